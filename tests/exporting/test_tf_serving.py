import importlib
import inspect
import json
import re

import pytest

import keras_gan as kg
from keras_gan.exporting import to_saved_model
from keras_gan.exporting.tf_serving import SOURCES, to_tf_serving

FILES = {
    "README.md",
    "docker-compose.yml",
    "grpc_client.py",
    "load_test.py",
    "models/batching.txt",
    "models/models.config",
    "rest_client.py",
}


def gan():
    return kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))


def files(folder):
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    return {name for name in found if not name.startswith("models/generator/")}


def test_the_folder_is_complete_and_grows_by_versions(tmp_path):
    folder = tmp_path / "serving"
    assert to_tf_serving(gan(), folder) == folder / "models" / "generator" / "1"
    assert files(folder) == FILES
    for name in FILES:
        assert (folder / name).read_bytes() == (SOURCES / name.split("/")[-1]).read_bytes()
    (folder / "docker-compose.yml").write_text("edited\n")
    (folder / "models" / "batching.txt").unlink()
    assert to_tf_serving(gan(), folder, about={"license": "CC0"}).name == "2"
    assert (folder / "docker-compose.yml").read_text() == "edited\n"
    assert files(folder) == FILES
    for version in (folder / "models" / "generator").iterdir():
        assert {str(p.relative_to(version)) for p in version.rglob("*") if p.is_file()} == {
            "assets.extra/keras_gan.json",
            "assets.extra/tf_serving_warmup_requests",
            "fingerprint.pb",
            "saved_model.pb",
            "variables/variables.data-00000-of-00001",
            "variables/variables.index",
        }
    assert json.loads((version.parent / "2" / "assets.extra" / "keras_gan.json").read_text())["license"] == "CC0"


def test_without_a_good_generator_there_is_no_folder(tmp_path):
    broken = gan()
    broken.ema_generator.weights[0].assign(broken.ema_generator.weights[0] * float("nan"))
    with pytest.raises(ValueError, match="Only finite weights can be exported"):
        to_tf_serving(broken, tmp_path / "serving")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match=r"`path` must be a folder\. Received: .*file', which is a file"):
        to_tf_serving(gan(), tmp_path / "file")


@pytest.mark.parametrize("name", ["rest_client", "load_test"])
def test_programs_say_what_they_do_not_give_a_generator(name, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(SOURCES))
    script = importlib.import_module(name)
    asked = {"rest_client": ["--seeds", "0"], "load_test": ["--signature", "translate", "--requests", "1"]}[name]

    class Client:
        def __init__(self, *arguments):
            pass

        def inputs(self, signature):
            if signature == "sample":
                return {"seed": ("DT_INT64", [-1]), "code": ("DT_FLOAT", [-1, 3])}
            return {"source": ("DT_UINT8", [-1, 8, 8, 1])}

        def predict(self, signature, source):
            assert source.shape == (1, 8, 8, 1)
            assert 255 >= source.max() > 200
            return [0]

    monkeypatch.setattr(script, "Client", Client)
    code = script.main(asked)
    told = capsys.readouterr()
    if name == "load_test":
        assert (code, told.err) == (0, "")
    else:
        assert (code, told.out) == (2, "")
        assert told.err == "rest_client.py: this program gives seeds and labels; the generator also takes code\n"


def batching():
    text = re.sub(r"#.*", "", (SOURCES / "batching.txt").read_text())
    numbers = {name: int(value) for name, value in re.findall(r"(\w+) \{ value: (\d+) \}", text)}
    return numbers, [int(size) for size in re.findall(r"allowed_batch_sizes: (\d+)", text)]


def test_the_sizes_of_batches_are_those_of_the_warm_up_and_of_the_clients():
    numbers, sizes = batching()
    assert tuple(sizes) == inspect.signature(to_saved_model).parameters["warmup_batch_sizes"].default
    assert sizes == sorted(sizes)
    assert numbers["max_batch_size"] == sizes[-1]  # else TF Serving does not start
    for name in ("rest_client.py", "grpc_client.py"):
        assert re.search(r"^BATCH = (\d+)", (SOURCES / name).read_text(), re.M)[1] == str(sizes[-1])


def test_the_configuration_says_what_the_folder_holds(tmp_path):
    compose = (SOURCES / "docker-compose.yml").read_text()
    assert re.findall(r"image: (.*)", compose) == ["tensorflow/serving:2.20.0"]
    assert re.findall(r"- (\./\S+):(/\S+):ro", compose) == [("./models", "/models")]
    for path in re.findall(r"=/(models/\S+)", compose):
        assert path in FILES
    assert re.findall(r'- "(.*?):8\d', compose) == ["127.0.0.1"] * 2  # not to the network unless someone says so
    configuration = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2", reason="needs tensorflow-serving-api"
    )
    from google.protobuf import text_format

    parsed = text_format.Parse((SOURCES / "models.config").read_text(), configuration.ModelServerConfig())
    (model,) = parsed.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("generator", "/models/generator", "tensorflow")
    assert model.model_version_policy.latest.num_versions == 2
