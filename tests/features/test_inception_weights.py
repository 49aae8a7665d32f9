import hashlib
import http.server
import pathlib
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

from keras_gan.features import inception, inception_weights
from keras_gan.features.inception import InceptionFeatures
from keras_gan.features.inception_weights import download, read_weights, scopes
from keras_gan.storage.caches import cache_folder

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def arrays(random_inception):
    return {name: variable.numpy() for name, variable in inception.tensors(random_inception.network).items()}


@pytest.fixture
def graph_file(arrays, tmp_path):
    """The random weights as a frozen graph, with a constant and an operation that are none of them."""
    graph = tf.compat.v1.GraphDef()
    for scope, name in scopes().items():
        graph.node.add(name=scope, op="Const").attr["value"].tensor.CopyFrom(tf.make_tensor_proto(arrays[name]))
    graph.node.add(name="ExpandDims/dim", op="Const").attr["value"].tensor.CopyFrom(tf.make_tensor_proto(0))
    graph.node.add(name="conv", op="Relu")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.SerializeToString())
    return path


def test_scopes_by_hand(arrays):
    names = scopes()
    assert sorted(names.values()) == sorted(arrays)
    assert names["conv_4/conv2d_params"] == "Conv2d_4a_3x3.conv.weight"
    assert names["mixed/tower/conv_1/batchnorm/gamma"] == "Mixed_5b.branch5x5_2.bn.weight"
    assert names["mixed_3/tower/conv_2/batchnorm/moving_variance"] == "Mixed_6a.branch3x3dbl_3.bn.running_var"
    assert names["mixed_7/tower_1/conv_4/batchnorm/beta"] == "Mixed_6e.branch7x7dbl_5.bn.bias"
    assert names["mixed_8/tower_1/conv_3/batchnorm/moving_mean"] == "Mixed_7a.branch7x7x3_4.bn.running_mean"
    assert names["mixed_10/tower/mixed/conv_1/conv2d_params"] == "Mixed_7c.branch3x3_2b.conv.weight"
    assert names["mixed_10/tower_2/conv/conv2d_params"] == "Mixed_7c.branch_pool.conv.weight"


def test_reads_a_graph(graph_file, arrays):
    found = read_weights(graph_file)
    assert sorted(found) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_reads_a_state_dict_into_the_layout_of_keras():
    # The format before PyTorch 1.6: the published file's length fits no other.
    found = read_weights(GOLDEN / "state_dict_legacy.pth")
    assert list(found)[:3] == ["0.weight", "1.weight", "1.bias"]
    assert "1.num_batches_tracked" not in found
    kernel = np.arange(12, dtype="float32").reshape(3, 2, 1, 2) / 8  # out, in, height, width
    assert found["0.weight"].shape == (1, 2, 2, 3)
    assert found["0.weight"][0, 1, 0, 2] == kernel[2, 0, 0, 1]
    np.testing.assert_array_equal(found["transposed"], np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    ("layer", "resize", "names"),
    [
        ("2048", "legacy", ("FID", "KID", "IS")),
        ("2048", "clean", ("FID-clean", "KID-clean", "IS-clean")),
        ("64", "legacy", tuple(f"{kind} (inception-2015-12-05-64)" for kind in ("FD", "KD", "CS"))),
    ],
)
def test_scores_of_a_published_file_have_its_names(layer, resize, names, monkeypatch, random_inception):
    extract = object.__new__(InceptionFeatures)
    extract._set_options(resize, layer)
    extract._set_names("inception-2015-12-05", published=True)
    assert tuple(map(extract.score_name, ("frechet_distance", "kernel_distance", "classifier_score"))) == names
    assert extract.score_name("recall") == f"recall ({extract.name})"


def test_only_a_published_file_makes_an_fid(graph_file, random_inception, monkeypatch):
    monkeypatch.setattr(inception, "inception_network", lambda: random_inception.network)  # building takes seconds
    extract = InceptionFeatures(graph_file)
    assert extract.weights_sha256 == random_inception.weights_sha256
    assert extract.score_name("frechet_distance") == f"FD (inception-{extract.weights_sha256[:8]})"
    monkeypatch.setattr(inception, "PUBLISHED", {inception_weights.sha256_of_file(graph_file): "graph.pb"})
    monkeypatch.setattr(inception, "download", lambda: graph_file)
    extract = InceptionFeatures()
    assert extract.score_name("frechet_distance") == "FID"
    assert extract.protocol()["extractor"] == "inception-2015-12-05"


def test_published_hashes_are_whole():
    assert [len(bytes.fromhex(digest)) for digest in inception_weights.PUBLISHED] == [32, 32]
    assert "6726825d" in inception_weights.PUBLISHED[inception_weights.SHA256]
    assert inception_weights.SHA256.startswith("6726825d")


@pytest.mark.parametrize(("name", "kind"), [("x.pb", "TensorFlow GraphDef"), ("x.pth", "PyTorch state dict")])
def test_unreadable_files(name, kind, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"no such thing")
    with pytest.raises(ValueError, match=f"A {kind} was expected. Received: .*{name}, unreadable: ") as raised:
        InceptionFeatures(path)
    assert "\n" not in str(raised.value)


def test_a_graph_without_the_tensors(tmp_path, random_inception, monkeypatch):
    monkeypatch.setattr(inception, "inception_network", lambda: random_inception.network)
    (tmp_path / "empty.pb").write_bytes(b"")
    with pytest.raises(ValueError, match=r"Received: .*empty.pb, which lacks 472: .* \.\.\."):
        InceptionFeatures(tmp_path / "empty.pb")


def test_other_files(tmp_path):
    with pytest.raises(ValueError, match=r"must be a .pb or a .pth file. Received: .*x.h5"):
        read_weights("x.h5")
    for name in ("none.pb", "none.pth"):
        with pytest.raises(FileNotFoundError):
            read_weights(tmp_path / name)


def test_a_graph_needs_tensorflow(graph_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r"Install tensorflow, or use the .pth file"):
        read_weights(graph_file)


@pytest.fixture
def server():
    """A web server with the paths /good, /short (ends early) and nothing else; `requests` are the paths asked for."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.requests.append(self.path)
            if self.path not in ("/good", "/short"):
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if self.path == "/good" else CONTENT[:-1])

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_download_once(server, tmp_path):
    path = download([f"{server.address}/good"], SHA256, tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    assert download([f"{server.address}/good"], SHA256, tmp_path / "cache") == path
    assert server.requests == ["/good"]


def test_download_tries_the_next_address(server, tmp_path):
    path = download([f"{server.address}/gone", f"{server.address}/good"], SHA256, tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.requests == ["/gone", "/good"]


@pytest.mark.parametrize("what", ["good", "short"])
def test_a_wrong_hash_is_not_kept(server, what, tmp_path):
    expected = "0" * 64 if what == "good" else SHA256
    with pytest.raises(ValueError, match=rf"must have the SHA-256 {expected}. Received: [0-9a-f]{{64}} from http://"):
        download([f"{server.address}/{what}"], expected, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_replaced(server, tmp_path):
    (tmp_path / "good").write_bytes(b"half")
    assert download([f"{server.address}/good"], SHA256, tmp_path).read_bytes() == CONTENT


def test_no_address_answers(server, tmp_path):
    with pytest.raises(ConnectionError, match=r"http.*/gone: HTTP Error 404.*InceptionFeatures\(weights=PATH"):
        download([f"{server.address}/gone"], SHA256, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_can_be_set(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_GAN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("KERAS_GAN_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "keras_gan"
