"""The clients, against servers on this machine that answer from the SavedModel by TensorFlow Serving's rules."""

import base64
import contextlib
import http.server
import importlib.util
import io
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.framework import tensor_pb2

import keras_gan as kg
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.requests import as_keras_takes
from keras_gan.exporting.saved_model import ask
from keras_gan.exporting.tf_serving import SOURCES, to_tf_serving
from keras_gan.media import to_uint8

MOST_ROWS = 64  # max_batch_size


class Model:
    """A SavedModel under TensorFlow Serving's rules, for both interfaces.

    Attributes:
        state: what the version is said to be.
        delay: seconds that a prediction takes longer.
        asked: [(signature, rows)] of the predictions.
    """

    def __init__(self, folder):
        self.loaded = tf.saved_model.load(str(folder))
        self.state, self.delay, self.asked = "AVAILABLE", 0.0, []

    def signature(self, name):
        if name not in self.loaded.signatures:
            raise KeyError(f'Serving signature name: "{name}" not found in signature def')
        return self.loaded.signatures[name]

    def predict(self, name, inputs):
        time.sleep(self.delay)
        sizes = {len(value) for value in inputs.values()}
        if len(sizes) > 1:
            raise ValueError("Batching input tensors supplied in a given call must have equal 0th-dimension size")
        if max(sizes) > MOST_ROWS:
            raise ValueError(f"Task size {max(sizes)} is larger than maximum input batch size {MOST_ROWS}")
        self.asked.append((name, max(sizes)))
        return ask(self.loaded, name, inputs)


class Handler(http.server.BaseHTTPRequestHandler):
    """REST, as of TensorFlow Serving's json_tensor.cc and http_rest_api_util.cc."""

    protocol_version = "HTTP/1.1"
    PATH = re.compile(r"/v1/models/generator(?:/versions/(\d+))?(/metadata|:predict)?")

    def do_GET(self):
        version, what = self.routed()
        if what is None and version is not None:
            status = {"error_code": "OK", "error_message": ""}
            self.answer(
                200, {"model_version_status": [{"version": version, "state": self.model.state, "status": status}]}
            )
        elif what == "/metadata":
            named = {name: self.described(signature) for name, signature in self.model.loaded.signatures.items()}
            specification = {"name": "generator", "signature_name": "", "version": version}
            self.answer(200, {"model_spec": specification, "metadata": {"signature_def": {"signature_def": named}}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.routed()[1] == ":predict":
            try:
                self.answer(200, self.predicted(json.loads(body)))
            except tf.errors.InvalidArgumentError as error:
                self.answer(400, {"error": error.message})
            except (KeyError, ValueError) as error:
                self.answer(400, {"error": str(error.args[0])})

    def routed(self):
        match = self.PATH.fullmatch(self.path)
        if not match:
            self.answer(404, {"error": "Malformed request"})
        elif match[1] not in (None, "1"):
            self.answer(404, {"error": f"Servable not found for request: Specific(generator, {match[1]})"})
        else:
            return "1", match[2]
        return None, None

    def predicted(self, body):
        name = body.get("signature_name", "serving_default")
        specs = self.model.signature(name).structured_input_signature[1]
        if "instances" in body:  # rows
            rows = [row if isinstance(row, dict) else dict.fromkeys(specs, row) for row in body["instances"]]
            values = {key: [row[key] for row in rows] for key in rows[0]}
        else:
            values = body["inputs"] if isinstance(body["inputs"], dict) else dict.fromkeys(specs, body["inputs"])
        if set(values) != set(specs):
            raise ValueError(f"JSON object: does not have named input(s): {sorted(set(specs) - set(values))}")
        for key, spec in specs.items():
            kind = int if spec.dtype.is_integer else (int, float)
            if not all(isinstance(number, kind) for number in np.array(values[key], object).ravel()):
                raise ValueError(f"JSON Value: {values[key]} Type: is not of expected type: {spec.dtype.name}")
        inputs = {key: np.array(values[key], spec.dtype.as_numpy_dtype) for key, spec in specs.items()}
        ((output, result),) = self.model.predict(name, inputs).items()
        if result.dtype == object:
            assert output.endswith("_bytes")
            result = [{"b64": base64.b64encode(file).decode()} for file in result]
        else:
            assert result.dtype in (np.float32, np.uint8)
            result = result.tolist()
        return {"predictions" if "instances" in body else "outputs": result}

    @staticmethod
    def described(signature):
        types = {tf.float32: "DT_FLOAT", tf.int32: "DT_INT32", tf.int64: "DT_INT64"}
        inputs = {
            name: {
                "dtype": types[spec.dtype],
                "tensor_shape": {
                    "dim": [{"size": str(size or -1), "name": ""} for size in spec.shape],
                    "unknown_rank": False,
                },
                "name": f"{name}:0",
            }
            for name, spec in signature.structured_input_signature[1].items()
        }
        return {"inputs": inputs, "outputs": {}, "method_name": "tensorflow/serving/predict", "defaults": {}}

    def answer(self, status, content):
        content = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def make_gan(classes):
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 6, 3), 6, (16,), num_classes=classes),
        kg.networks.MLPDiscriminator((8, 6, 3), (4,), num_classes=classes),
    )
    random = np.random.default_rng(5)
    gan.ema_generator.set_weights([random.standard_normal(weight.shape) / 2 for weight in gan.ema_generator.weights])
    return gan


def load(path):
    """Imports a script."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Serving:
    """A folder written by `to_tf_serving`, and servers of it.

    Attributes:
        url, port: of the REST server.
    """

    def __init__(self, folder, classes):
        self.folder, self.gan = folder, make_gan(classes)
        self.generator = ExportedGenerator(self.gan)
        self.model = Model(to_tf_serving(self.gan, folder))
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (Handler,), {"model": self.model})
        )
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def pictures(self, seeds, **inputs):
        """Returns what Keras draws for the latents of these seeds."""
        inputs = {name: np.array(value) for name, value in {"seed": seeds, **inputs}.items()}
        return to_uint8(self.generator.run(as_keras_takes(self.generator, inputs))["image"]).astype(int)

    def script(self, name):
        """Imports a script of the folder."""
        return load(self.folder / f"{name}.py")

    def run(self, name, *arguments, blocked=("tensorflow", "keras", "keras_gan", "tensorflow_serving")):
        """Runs a script of the folder in a process without the blocked packages."""
        code = (
            f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); sys.path.insert(0, {str(self.folder)!r}); "
            f"import runpy; sys.argv = sys.argv[1:]; runpy.run_path({str(self.folder / name)!r}, run_name='__main__')"
        )
        command = [sys.executable, "-c", code, name, *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=[None, 3], ids=["latent", "label"])
def serving(request, tmp_path_factory):
    serving = Serving(tmp_path_factory.mktemp("serving"), request.param)
    yield serving
    serving.server.shutdown()
    serving.server.server_close()


UNLABELLED = pytest.mark.parametrize("serving", [None], indirect=True, ids=["latent"])
LABELLED = pytest.mark.parametrize("serving", [3], indirect=True, ids=["label"])


@contextlib.contextmanager
def grpc_server(model, as_content):
    """Serves gRPC with the official messages; numbers travel as bytes, or one by one as TensorFlow Serving's do."""
    grpc = pytest.importorskip("grpc", reason="needs grpcio")
    pytest.importorskip("tensorflow_serving", reason="needs tensorflow-serving-api")
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    def to_proto(value):
        if as_content or value.dtype == object:
            return tf.make_tensor_proto(value)
        proto = tf.make_tensor_proto(value[:0])
        proto.tensor_shape.dim[0].size = len(value)
        getattr(proto, "float_val" if value.dtype == np.float32 else "int_val").extend(value.ravel().tolist())
        return proto

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            if request.model_spec.name != "generator" or request.model_spec.version.value not in (0, 1):
                context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request")
            try:
                inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
                model.signature(request.model_spec.signature_name)
                outputs = model.predict(request.model_spec.signature_name, inputs)
            except tf.errors.InvalidArgumentError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
            except (KeyError, ValueError, TypeError) as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error.args[0]))
            answer = predict_pb2.PredictResponse()
            for name, value in outputs.items():
                answer.outputs[name].CopyFrom(to_proto(value))
            return answer

    server = grpc.server(futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture(params=["rest", "grpc", "grpc as bytes"])
def client(request, serving):
    if request.param == "rest":
        yield serving.script("rest_client").Client(serving.url)
        return
    with grpc_server(serving.model, as_content=request.param == "grpc as bytes") as address:
        client = serving.script("grpc_client").Client(address)
        yield client
        client.close()


def labels_of(serving, count):
    return {"label": np.arange(count, dtype="int32") % 3} if serving.gan.num_classes else {}


def as_argument(labels):
    return {"labels": labels["label"]} if labels else {}


def test_seeds_draw_the_same_pictures_as_keras(client, serving):
    seeds, labels = np.arange(70), labels_of(serving, 70)
    serving.model.asked.clear()
    images = client.sample(seeds, **as_argument(labels))
    assert serving.model.asked == [("sample", 64), ("sample", 6)]
    assert images.dtype == np.uint8
    expected = serving.pictures(seeds, **labels)
    assert expected.std() > 10
    assert np.abs(images - expected).max() <= 1
    images = client.sample(seeds[:5], **as_argument(labels_of(serving, 5)), truncation=0.5)
    expected = serving.pictures(seeds[:5], **labels_of(serving, 5), truncation=[0.5] * 5)
    assert np.abs(images - expected).max() <= 1


def test_latents_draw_png_files_of_the_gans_own_pictures(client, serving):
    inputs = serving.gan.fixed_inputs(4, 1)
    found = client.png(inputs["latent"], **({"labels": inputs["label"]} if "label" in inputs else {}))
    images = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in found])
    assert np.abs(images.astype(int) - serving.gan.sample(4, seed=1)).max() <= 1
    assert all(file.startswith(b"\x89PNG") for file in found)


@UNLABELLED
def test_float_pictures(client, serving):
    inputs = serving.gan.fixed_inputs(3, 1)
    found = client.predict("serving_default", **inputs)
    found = found["image"] if isinstance(found, dict) else np.array(found)
    np.testing.assert_allclose(found, serving.generator.run(inputs)["image"], rtol=0, atol=1e-5)


@UNLABELLED
@pytest.mark.parametrize("client", ["grpc", "grpc as bytes"], indirect=True)
def test_large_pictures_arrive(client, serving, monkeypatch):
    """More than the 4 MB that gRPC allows by itself."""
    drawn = np.arange(16 * 300 * 300 * 3, dtype="uint32").reshape(16, 300, 300, 3).astype("uint8")
    monkeypatch.setattr(serving.model, "predict", lambda name, inputs: {"image": drawn})
    np.testing.assert_array_equal(client.sample(np.arange(16)), drawn)


@LABELLED
def test_errors_of_the_server_are_told(client, serving):
    with pytest.raises(Exception, match=r"label must lie from 0 to 2\. Received:\] \[0 3\]"):
        client.sample([1, 2], labels=[0, 3])
    with pytest.raises(Exception, match="truncation must be positive"):
        client.sample([1], labels=[0], truncation=0.0)
    with pytest.raises(Exception, match="no_such"):
        client.predict("no_such", seed=np.arange(2))
    with pytest.raises(Exception, match="equal 0th-dimension"):
        client.sample([1, 2, 3], labels=[0, 1])
    assert client.sample([1], labels=[0]).shape == (1, 8, 6, 3)


def test_rest_rows_give_predictions(serving):
    """The other way to write a request, which the page of instructions shows."""
    inputs = serving.gan.fixed_inputs(2, 1)
    rows = [{name: value[i].tolist() for name, value in inputs.items()} for i in range(2)]
    client = serving.script("rest_client").Client(serving.url, version=1)
    found = client.call(":predict", {"signature_name": "uint8", "instances": rows})["predictions"]
    assert np.abs(np.array(found) - serving.gan.sample(2, seed=1)).max() <= 1


def test_rest_client_knows_versions_and_inputs(serving):
    script = serving.script("rest_client")
    client = script.Client(serving.url + "/")
    assert client.versions() == {1: "AVAILABLE"}
    label = {"label": ("DT_INT32", [-1])} if serving.gan.num_classes else {}
    assert client.inputs("png") == {"latent": ("DT_FLOAT", [-1, 6]), **label}
    with pytest.raises(script.ServerError, match="no signature nothing"):
        client.inputs("nothing")
    with pytest.raises(script.ServerError, match=r"404: Servable not found.*generator, 7"):
        script.Client(serving.url, version=7).versions()
    with pytest.raises(script.ServerError, match="404: Malformed"):
        script.Client(serving.url, model="other").versions()
    with pytest.raises(ValueError, match="url must be like"):
        script.Client("localhost:8501")


@UNLABELLED
def test_rest_client_opens_a_closed_connection_again(serving):
    client = serving.script("rest_client").Client(serving.url)
    client.versions()
    before = client.connection.sock
    before.shutdown(socket.SHUT_RDWR)  # as a server does that has waited long enough
    assert client.versions() == {1: "AVAILABLE"}
    assert client.connection.sock is not before


def test_rest_client_tells_answers_that_are_no_json():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)  # knows no method
    thread = threading.Thread(target=server.handle_request, daemon=True)
    thread.start()
    script = load(SOURCES / "rest_client.py")
    with pytest.raises(script.ServerError, match=r"(?s)501: <.*Unsupported method"):
        script.Client(f"http://127.0.0.1:{server.server_port}").versions()
    thread.join()
    server.server_close()


def test_the_rest_client_draws_a_grid_without_keras_and_tensorflow(serving):
    labels = ["--labels", "0-2"] if serving.gan.num_classes else []
    done = serving.run("rest_client.py", "--url", serving.url, "--seeds", "3,5-6,9", *labels, "--out", "four.png")
    assert (done.returncode, done.stdout, done.stderr) == (0, "4 pictures of 8x6x3: four.png\n", "")
    sheet = np.asarray(Image.open(serving.folder / "four.png")).astype(int)
    assert sheet.shape == (2 * (11 * 8 + 2) + 2, 2 * (11 * 6 + 2) + 2, 3)  # 8x6 pixels, enlarged to 64 or more
    label = {"label": np.int32([0, 1, 2, 0])} if labels else {}
    expected = serving.pictures([3, 5, 6, 9], **label)
    assert np.abs(sheet[2:90:11, 2:68:11] - expected[0]).max() <= 1
    assert np.abs(sheet[92:180:11, 70:136:11] - expected[3]).max() <= 1


def test_the_grpc_client_writes_an_array_without_keras_and_tensorflow(serving):
    labels = ["--labels", "2"] if serving.gan.num_classes else []
    with grpc_server(serving.model, as_content=False) as address:
        done = serving.run("grpc_client.py", "--address", address, "--seeds", "0-4", *labels, "--truncation", "0.5")
    assert (done.returncode, done.stdout, done.stderr) == (0, "5 pictures of 8x6x3: pictures.npy\n", "")
    expected = serving.pictures(range(5), **({"label": np.int32([2] * 5)} if labels else {}), truncation=[0.5] * 5)
    assert np.abs(np.load(serving.folder / "pictures.npy") - expected).max() <= 1


@LABELLED
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rest_client.py", "--url", "URL"], "say which with --labels"),
        (["rest_client.py", "--url", "URL", "--labels", "5"], "label must lie from 0 to 2."),
        (["rest_client.py", "--url", "URL", "--version", "4"], "404: Servable not found"),
        (["rest_client.py", "--url", "URL", "--labels", "0", "--out", "no/folder.png"], "No such file"),
        (["rest_client.py", "--url", "http://127.0.0.1:1"], "Connection refused"),
        (["rest_client.py", "--url", "127.0.0.1:1"], "url must be like"),
        (["grpc_client.py", "--address", "127.0.0.1:1"], "UNAVAILABLE"),
        (["load_test.py", "--url", "http://127.0.0.1:1"], "Connection refused"),
        (["load_test.py", "--url", "URL", "--label", "4"], "label must lie from 0 to 2."),
    ],
)
def test_errors_are_one_line_and_code_2(arguments, told, serving):
    arguments = [serving.url if argument == "URL" else argument for argument in arguments]
    done = serving.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{arguments[0]}: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("script", ["rest_client", "grpc_client"])
def test_seeds_are_numbers_and_ranges(script):
    if script == "grpc_client":
        pytest.importorskip("grpc", reason="needs grpcio")
    numbers = load(SOURCES / f"{script}.py").numbers
    assert numbers("0-3,8") == [0, 1, 2, 3, 8]
    assert numbers("7") == [7]
    for wrong in ("3-1", "0-99999999999999", "a", "", "1,"):
        with pytest.raises(ValueError, match=r"not 1 to 10000|invalid literal"):
            numbers(wrong)


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64", "uint8"])
def test_tensors_are_read_in_each_way_they_are_written(dtype):
    pytest.importorskip("grpc", reason="needs grpcio")
    script = load(SOURCES / "grpc_client.py")
    value = np.array([[1, 2, 3], [200, 7, 7]], dtype)
    official = tensor_pb2.TensorProto.FromString(script.to_tensor(value).SerializeToString())
    np.testing.assert_array_equal(tf.make_ndarray(official), value)

    def read(proto):
        found = script.to_array(script.MESSAGES["Tensor"].FromString(proto.SerializeToString()))
        assert found.dtype == value.dtype
        return found

    field = {"float32": "float_val", "int64": "int64_val"}.get(dtype, "int_val")
    proto = tensor_pb2.TensorProto(dtype=official.dtype, tensor_shape=official.tensor_shape)
    np.testing.assert_array_equal(read(official), value)
    np.testing.assert_array_equal(read(proto), np.zeros((2, 3)))
    getattr(proto, field).extend([1, 2, 3, 200, 7])  # equal values at the end may be left out
    np.testing.assert_array_equal(read(proto), value)
    with pytest.raises(ValueError, match="must be float32, int32, int64 or uint8, not float64"):
        script.to_tensor(np.zeros(2))


@LABELLED
@pytest.mark.parametrize("signature", ["sample", "sample_truncated", "png", "uint8", "serving_default"])
def test_the_load_test_sends_so_many_requests(signature, serving):
    serving.model.asked.clear()
    done = serving.run(
        "load_test.py", "--url", serving.url, "--requests", "12", "--concurrency", "3", "--rows", "2",
        "--signature", signature,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert serving.model.asked == [(signature, 2)] * 13  # the first alone, to see whether it is answered
    assert re.fullmatch(
        rf"{signature}, 2 pictures a request, 3 requests at a time\n"
        r"12 requests answered, 0 failed, in \d+\.\d s\n"
        r"throughput    [\d.]+ requests/s, [\d.]+ pictures/s\n"
        r"latency in ms p50 [\d.]+  p90 [\d.]+  p99 [\d.]+  most [\d.]+\n",
        done.stdout,
    )


@UNLABELLED
def test_the_load_test_ends_in_time_and_measures(serving, monkeypatch):
    monkeypatch.syspath_prepend(str(serving.folder))
    script, client = serving.script("load_test"), serving.script("rest_client").Client
    monkeypatch.setattr(serving.model, "delay", 0.2)
    took, latencies, errors = script.measure(lambda: client(serving.url), "sample", 10_000, 0.5, 2, 1)
    assert 0.5 < took < 5
    assert 2 <= len(latencies) <= 8
    assert min(latencies) > 0.2
    assert errors == []
    text = script.report(2.0, [0.1, 0.2, 0.3, 0.4], [], rows=8)
    assert "throughput    2.0 requests/s, 16.0 pictures/s" in text
    assert "latency in ms p50 250.0  p90 370.0  p99 397.0  most 400.0" in text


@UNLABELLED
def test_the_load_test_tells_failures(serving, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(serving.folder))
    script, answered = serving.script("load_test"), []

    def fails(name, inputs):
        answered.append(name)
        if len(answered) > 3:
            raise ValueError("out of memory")
        return predict(name, inputs)

    predict = serving.model.predict
    monkeypatch.setattr(serving.model, "predict", fails)
    arguments = ["--url", serving.url, "--requests", "6", "--concurrency", "1"]
    assert script.main(arguments) == 1
    told = capsys.readouterr().out
    assert "2 requests answered, 4 failed" in told
    assert "failed: 400: out of memory" in told


@pytest.mark.parametrize(
    ("option", "wrong"), [("--requests", "0"), ("--requests", "100001"), ("--seconds", "601"), ("--concurrency", "65"),
                          ("--rows", "65"), ("--seconds", "nan")]
)  # fmt: skip
def test_the_load_test_is_bounded(option, wrong, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(SOURCES))
    with pytest.raises(SystemExit) as raised:
        load(SOURCES / "load_test.py").main([option, wrong])
    assert raised.value.code == 2
    assert f"argument {option}: must be from " in capsys.readouterr().err


@UNLABELLED
def test_the_load_test_asks_this_machine_unless_told_otherwise(serving):
    done = serving.run("load_test.py", "--help")
    assert "http://localhost:8501" in " ".join(done.stdout.split())


@UNLABELLED
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("state", "healthy"), [("AVAILABLE", True), ("LOADING", False), ("UNAVAILABLE", False)])
def test_the_health_check_of_the_compose_file(state, healthy, serving, monkeypatch):
    monkeypatch.setattr(serving.model, "state", state)
    command = re.search(r"- bash\n +- -c\n +- (.*)", (serving.folder / "docker-compose.yml").read_text())[1]
    assert command.count("127.0.0.1/8501") == 1
    done = subprocess.run(["bash", "-c", command.replace("127.0.0.1/8501", f"127.0.0.1/{serving.port}")], check=False)
    assert (done.returncode == 0) == healthy


@UNLABELLED
def test_the_commands_of_the_page_work(serving, monkeypatch):
    page = (serving.folder / "README.md").read_text()
    commands = [shlex.split(line) for line in re.findall(r"^python (.*)$", page, re.M)]
    assert [command[0] for command in commands] == ["rest_client.py"] * 2 + ["grpc_client.py", "load_test.py"]
    with grpc_server(serving.model, as_content=False) as address:
        for name, *arguments in commands:
            where = ["--address", address] if name == "grpc_client.py" else ["--url", serving.url]
            done = serving.run(name, *arguments, *where)
            assert (done.returncode, done.stderr) == (0, ""), name
    assert {"grid.png", "typical.png", "pictures.npy"} <= {p.name for p in serving.folder.iterdir()}
    for name in ("rest_client.py", "grpc_client.py", "load_test.py", "models/models.config", "docker-compose.yml"):
        assert name in page
        assert (serving.folder / name).exists()
    assert "A running TensorFlow Serving was not part of the tests" in " ".join(page.split())
