"""Attacks by files of strangers: each is refused by one clear error, before memory is taken or anything is run."""

import io
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.cli import app as cli
from keras_gan.features import KerasLayerFeatures
from keras_gan.recipes import recipe as recipes
from keras_gan.recipes.options import kinds
from keras_gan.runs import run as runs
from keras_gan.storage import arrays, files, logs, models, texts

PROJECT = pathlib.Path(__file__).parents[2]
TERABYTE = 2**40


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The bytes of a checkpoint."""
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), latent_dim=6, filters=4),
        kg.networks.DCGANDiscriminator((8, 8, 1), filters=4),
    )
    gan.compile()
    path = tmp_path_factory.mktemp("checkpoint") / "gan.keras"
    gan.save(path)
    return path.read_bytes()


@pytest.fixture
def run(tmp_path, checkpoint):
    run = runs.Run.create(tmp_path / "run", "dcgan", {"data": "digits", "seed": 0, "latent_dim": 6, "filters": 4}, 2)
    run.checkpoints.mkdir()
    (run.checkpoints / "step_0000000001.keras").write_bytes(checkpoint)
    return run


@pytest.fixture
def here(monkeypatch, capsys):
    """Function that runs the command line in this process: (exit code, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gan", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop, pytest.MonkeyPatch.context():
            cli.main()
        return stop.value.code, capsys.readouterr().err

    return run


def rewritten(archive, changes, compression=zipfile.ZIP_STORED):
    """Returns an archive with parts replaced: {name: bytes, None to leave it out, or a function of its JSON}."""
    written, waiting = io.BytesIO(), dict(changes)
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(written, "w", compression) as new:
        for name in old.namelist():
            content = old.read(name)
            change = waiting.pop(name, content)
            if callable(change):
                config = json.loads(content)
                change(config)
                change = json.dumps(config).encode()
            if change is not None:
                new.writestr(name, change)
        for name, content in waiting.items():
            new.writestr(name, content)
    return written.getvalue()


def put(run, content):
    (run.checkpoints / "step_0000000001.keras").write_bytes(content)


def refused(run, text):
    with pytest.raises(ValueError, match=rf"must be readable. Received: .*\.keras.*{text}") as caught:
        run.load()
    assert len(str(caught.value).splitlines()) == 1


def described(name, module=None, registered=None, config=None):
    return {"class_name": name, "module": module, "registered_name": registered, "config": config or {}}


def test_the_checkpoint_itself_is_loaded(run):
    assert run.load().sample(2, seed=0).shape == (2, 8, 8, 1)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (described("system", "os"), "names os.system, which is no part of Keras"),
        (described("Popen", "subprocess", "Popen", {"args": "true"}), "names subprocess.Popen"),
        (described("function", "os", "keras_gan>GAN", "system"), "names os.system"),
        (described("function", "keras.utils", None, "get_file"), "names keras.utils.get_file"),
        (described("Own", "somebodys_package.networks"), "names somebodys_package.networks.Own"),
        (described("Own", None, "somebody>Own"), "names somebody>Own"),
        (described("Lambda", "keras.layers"), "holds keras.layers.Lambda, which is refused"),
        (described("Lambda", "keras.src.layers.core.lambda_layer"), "Lambda, which is refused"),
        (described("layers.Lambda", "keras"), "a class is named by a single word"),
        (described("TFSMLayer", "keras.layers"), "holds keras.layers.TFSMLayer, which is refused"),
        (described("StringLookup", "keras.layers"), "may run code or open other files"),
        (described("__lambda__", "builtins", None, {"value": "4wEAAA"}), "holds a __lambda__, which is refused"),
        (described("__typespec__", "tensorflow"), "holds a __typespec__, which is refused"),
        (described("__numpy__", "builtins", None, {"value": [0], "dtype": "V9999999999"}), "a __numpy__, which is"),
        (described(["os"], "os"), "a class is named by texts"),
        (described("A", ["os"]), "a class is named by texts"),
    ],
)
def test_classes_of_strangers_are_refused_before_anything_is_imported(what, text, run, checkpoint):
    put(run, rewritten(checkpoint, {"config.json": lambda c: c["config"].update(generator=what)}))
    before = set(sys.modules)
    refused(run, re.escape(text))
    assert not {"somebodys_package", "somebodys_package.networks"} & (set(sys.modules) - before)


def test_a_class_of_ones_own_is_loaded_once_it_is_registered(run, tmp_path):
    @keras.saving.register_keras_serializable("test_untrusted")
    class Doubled(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((4,)), Doubled(), keras.layers.Dense(2, activation="relu")])
    model.save(tmp_path / "own.keras")
    assert models.load_model(tmp_path / "own.keras").count_params() == 10


def test_functional_models_with_operations_are_loaded(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.SpectralNormalization(keras.layers.Dense(4, kernel_regularizer="l2"))(inputs)
    outputs = keras.ops.tanh(x + inputs * np.float32(2)) - np.ones(4, "float32")
    model = keras.Model(inputs, keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])(outputs))
    model.save(tmp_path / "model.keras")
    loaded = models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(np.ones((1, 4))), model(np.ones((1, 4))), rtol=1e-5)


def test_a_lambda_is_refused_even_when_keras_would_allow_it(tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Lambda(abs), keras.layers.Flatten(name="flat")])
    model.save(tmp_path / "lambda.keras")
    keras.config.enable_unsafe_deserialization()
    try:
        with pytest.raises(ValueError, match=r"readable .keras file. Received: .*Lambda, which is refused"):
            KerasLayerFeatures(tmp_path / "lambda.keras", "flat", (0, 1))
    finally:
        keras.src.backend.common.global_state.set_global_attribute("safe_mode_saving", None)


def change_of_size(config):
    config["config"]["generator"]["config"]["latent_dim"] = 10**9


def test_more_weights_than_the_file_holds_are_refused_before_they_take_memory(run, checkpoint):
    put(run, rewritten(checkpoint, {"config.json": change_of_size}))
    refused(run, r"its networks would have 64,000,000,\d\d\d numbers, and it holds 2,\d\d\d$")
    with keras.StatelessScope():  # as it ends, Keras gives variables that wait for them their values
        pass


def deep(levels):
    return b'{"config":' * levels + b"0" + b"}" * levels


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"config.json": deep(10_000)}, "JSON of at most 64 levels"),
        ({"config.json": deep(100)}, "JSON of at most 64 levels"),
        ({"config.json": b"[" + b"0," * 20_000 + b"0]"}, "10,000 entries in each"),
        ({"config.json": b" " * (texts.MOST + 1)}, "config.json has 8,388,609 bytes, more than 8,388,608"),
        ({"config.json": b"[]"}, "its configuration is not that of a model"),
        ({"config.json": b"\xff"}, "codec can't decode"),
        ({"config.json": None}, "it lacks config.json"),
        ({"metadata.json": None}, "it lacks metadata.json"),
        ({"model.weights.h5": None}, "it lacks model.weights.h5"),
        ({"model.weights.h5": b"HDF5"}, "model.weights.h5 cannot be read"),
        ({"../../outside.txt": b"x"}, "the part '../../outside.txt' would be unpacked outside of its folder"),
        ({"/etc/x": b"x"}, "would be unpacked outside"),
        ({"assets/..\\x": b"x"}, "would be unpacked outside"),
        ({"model.weights.npz": b"x"}, "it holds 'model.weights.npz', which no model has"),
    ],
)
def test_archives_of_strangers_are_refused(changes, text, run, checkpoint):
    put(run, rewritten(checkpoint, changes))
    with pytest.warns(UserWarning, match="left out") if "outside" in text else pytest.MonkeyPatch.context():
        refused(run, re.escape(text))


def test_a_part_that_is_there_twice_is_refused(run, checkpoint):
    content = io.BytesIO(checkpoint)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(content, "a") as archive:
        archive.writestr("config.json", "{}")
    put(run, content.getvalue())
    with pytest.warns(UserWarning, match="left out"):
        refused(run, "the part 'config.json' is there more than once")


def lying(archive, name, size):
    """Returns an archive whose list says that a part unpacks to so many bytes."""
    data = bytearray(archive)
    place = data.rfind(name.encode()) - 46
    assert data[place : place + 4] == b"PK\1\2"
    data[place + 24 : place + 28] = int(size).to_bytes(4, "little")
    return bytes(data)


def test_a_checkpoint_that_says_it_unpacks_to_gigabytes_is_refused(run, checkpoint, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda self: pytest.fail("it must not be unpacked"))
    put(run, lying(checkpoint, "model.weights.h5", 4e9))
    with pytest.warns(UserWarning, match=r"left out: its \d+,\d+ bytes say that they unpack to 4,000,0"):
        refused(run, r"say that they unpack to 4,000,0")


def hdf5(make):
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        make(file)
    return content.getvalue()


def external(file):
    import h5py

    file["a"] = h5py.ExternalLink("/etc/passwd", "/")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (external, "'a' is a link, which is refused"),
        (lambda f: f.create_dataset("a", (4,), "u1", external=[("/etc/hostname", 0, 4)]), "are in another file"),
        (
            lambda f: f.create_dataset("a", (10**6, 10**6), "f4", chunks=(100, 100)),
            "says that it holds 4,000,000,000,000",
        ),
        (lambda f: f.create_dataset("a", (2**20,), "f4", compression="gzip"), "says that it holds 4,194,304 bytes"),
        (lambda f: f.create_dataset("a", data=["text"]), "'a' holds no numbers"),
        (lambda f: f.create_group("a").__setitem__("loop", f["a"]), "'loop' is there more than once"),
    ],
)
def test_weights_that_refer_elsewhere_or_say_too_much_are_refused(make, text, run, checkpoint):
    put(run, rewritten(checkpoint, {"model.weights.h5": hdf5(make)}))
    refused(run, text)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"epochs": 1e30}, "`epochs` must be a whole number from 1 to 1,000,000,000, not 1e+30"),
        ({"epochs": 10**400}, "`epochs` must be a whole number from 1 to 1,000,000,000, not a int of such length"),
        ({"epochs": True}, "`epochs` must be a whole number"),
        ({"epochs": 0}, "`epochs` must be a whole number"),
        ({"recipe": "__init__"}, "`recipe` must be the name of a recipe, not '__init__'"),
        ({"recipe": "../dcgan"}, "`recipe` must be the name of a recipe"),
        ({"recipe": ["dcgan"]}, "`recipe` must be the name of a recipe, not a list"),
        ({"format": "1"}, "`format` must be a whole number"),
        ({"format": 0}, "`format` must be a whole number"),
        ({"arguments": []}, "`arguments` must be a dict"),
        ({"arguments": {"data": 3}}, "`arguments` must be a dict, and its `data` a text"),
        ({"batch_size": -1}, "`batch_size` must be as the recipe describes it, not -1"),
        ({"batch_size": "64"}, "`batch_size` must be as the recipe describes it, not '64'"),
        ({"batch_size": 64.0}, "`batch_size` must be as the recipe describes it, not 64.0"),
        ({"latent_dim": 10**12}, "`latent_dim` must be as the recipe describes it, not 1000000000000"),
        ({"size": [8, 10**9]}, "`size` must be as the recipe describes it"),
        ({"seed": -1}, "`seed` must be as the recipe describes it"),
        ({"gamma": math.nan}, "`gamma` must be as the recipe describes it, not nan"),
        ({"gamma": "1"}, "`gamma` must be as the recipe describes it"),
        ({"flip": 1}, "`flip` must be as the recipe describes it, not 1"),
        ({"augment": "os.system"}, "dcgan has no argument 'augment'"),
        ({"__class__": 1}, "dcgan has no argument '__class__'"),
        ({"interval": 4}, "dcgan has no argument 'interval'"),
        ({"source": "digits"}, "dcgan has no argument 'source'"),
        ({"fit": "cut"}, "`fit` must be as the recipe describes it, not 'cut'"),
        ({"value_range": [0, math.inf]}, "`value_range` must be as the recipe describes it"),
        ({"value_range": [0, 1, 2]}, "`value_range` must be as the recipe describes it"),
        ({"discriminator_steps": 2**11}, "`discriminator_steps` must be as the recipe describes it, not 2048"),
        ({"data_dir": 3}, "`data_dir` must be as the recipe describes it, not 3"),
        ({"archives": "a\0b"}, "`archives` must be as the recipe describes it"),
        ({"precision": "float8"}, "`precision` must be one of float32, bfloat16, float16, not 'float8'"),
        ({"precision": ["float16"]}, "`precision` must be one of float32, bfloat16, float16, not a list"),
        ({"labels": {"class_name": "system"}}, "`labels` must be as the recipe describes it, not a dict"),
        ({"labels": "x" * 5000}, "`labels` must be as the recipe describes it, not a str of such length"),
    ],
)
def test_absurd_configurations_are_refused(changes, text, run):
    config = run.config()
    for name, value in changes.items():
        (config if name in (*config, "format") else config["arguments"])[name] = value
    run.config_path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match=rf"configuration of a run must be .*{re.escape(text)}"):
        run.config()


@pytest.mark.parametrize("content", [deep(10_000), b"[" * 10**6, b"\xff", b"\0" * 99, b" " * (texts.MOST + 1)])
def test_a_configuration_that_is_no_plausible_json_is_one_line(content, run, here):
    run.config_path.write_bytes(content)
    code, err = here("train", "--resume", run.folder)
    assert code == 2
    assert re.fullmatch(r"keras-gan: The configuration of a run must be readable\. Received: [^\n]*\n", err), err


@pytest.mark.parametrize("changes", [{"latent_dim": 2**20}, {"filters": 4096}, {"size": 16}, {"channels": 3}])
def test_a_configuration_that_does_not_fit_its_checkpoint_is_refused_before_its_networks_are_made(changes, run, here):
    config = run.config()
    config["arguments"] |= changes
    run.config_path.write_text(json.dumps(config))
    for command in (["--resume", run.folder], ["--from", run.folder, "--out", run.folder / "new"]):
        code, err = here("train", *command)
        assert code == 2
        assert "must fit its checkpoint" in err


@pytest.mark.parametrize("name", ["training", "recipe", "__init__", "__doc__", "os", "..data", "recipe.os", "a.b"])
def test_only_recipes_are_imported_by_name(name):
    before = set(sys.modules)
    assert recipes.find(name) is None
    assert set(sys.modules) == before


@pytest.mark.parametrize("name", kg.recipes.names())
def test_every_whole_number_of_every_recipe_is_bounded(name, run):
    config = run.config()
    for option in recipes.named(name).options.values():
        absurd = [{}, [1], *([10**12, -1, [8, 10**9], "x"] if int in kinds(option.annotation) else [])]
        for value in absurd:
            changed = {**config, "recipe": name, "arguments": {"data": "digits", option.name: value}}
            run.config_path.write_text(json.dumps(changed))
            with pytest.raises(ValueError, match=rf"`{option.name}` must be as the recipe describes it|its `data` a"):
                run.config()


def test_only_files_of_plausible_size_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", pathlib.Path("/dev/zero"), tmp_path):
        with pytest.raises(ValueError, match=r"A text must be a file. Received: .*a folder, a pipe or a device"):
            texts.read(path, "A text")
    (tmp_path / "long").write_bytes(bytes(101))
    with pytest.raises(ValueError, match=r"A text must have at most 100 bytes. Received: .*long with more"):
        texts.read(tmp_path / "long", "A text", most=100)


def test_an_encrypted_part_is_refused(tmp_path):
    content = io.BytesIO()
    np.savez(content, image=np.zeros((2, 8, 8), "uint8"))
    data = bytearray(content.getvalue())
    data[data.rfind(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(ValueError, match=r"the part 'image.npy' is encrypted"):
        kg.data.images(tmp_path / "a.npz")


@pytest.mark.parametrize("name", [".lock", "log.csv", "health.txt", "checkpoints", "samples"])
def test_links_in_a_run_folder_are_refused_before_what_they_lead_to_is_written(name, run, tmp_path, here):
    target = tmp_path / "precious"
    target.write_text("precious")
    (run.folder / name).rename(tmp_path / "moved") if (run.folder / name).exists() else None
    (run.folder / name).symlink_to(target)
    code, err = here("train", "--resume", run.folder)
    assert code == 2
    assert f"must hold its own files, for they are written to. Received: {run.folder / name}, a link" in err
    assert target.read_text() == "precious"


def test_a_lock_that_is_a_link_is_not_written_through(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), files.locked(tmp_path):
        pytest.fail("it must not be held")
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["config.json", "log.csv"])
def test_a_pipe_is_not_waited_for(name, run, here):
    (run.folder / name).unlink(missing_ok=True)
    os.mkfifo(run.folder / name)
    code, err = here("sample", run.folder)
    assert code == 2
    assert f"Received: {run.folder / name}, a pipe or a device" in err


@pytest.mark.parametrize("text", ["epoch,a\nx,1\n", "a,b\n1,2\n", "epoch\n" + "1" * 5000, "epoch,a\n\0,1\n", "\xff"])
def test_a_log_of_strangers_is_refused(text, run):
    run.log.write_bytes(text.encode("latin-1"))
    run.best.touch()
    if text != "\xff":
        with pytest.raises(ValueError, match=r"A log must .*Received: .*log.csv"):
            logs.values(run.log, "a")
    logs.forget_epochs_from(run.log, 1)


def npy(shape, dtype="|u1", data=b"", version=b"\1\0"):
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode() + b"\n"
    size = len(header).to_bytes(2 if version == b"\1\0" else 4, "little")
    return b"\x93NUMPY" + version + size + header + data


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (npy((TERABYTE, 8, 8)), r"it says that it holds an array of shape \(1099511627776, 8, 8\)"),
        (npy((2**62, 2**62)), "it says that it holds an array of shape"),
        (npy((-1, 8, 8), data=bytes(64)), "it says that it holds an array of shape"),
        (npy((2**40, 2, 2), "|S0"), "it says that it holds an array of shape"),
        (npy((1, 8), "|O", bytes(64)), "no Python objects"),
        (npy((1, 8), "|V999999", bytes(64)), "only numbers and texts are read"),
        (npy((1, 8), [("a", "<f4")], bytes(64), b"\3\0"), "of version 1.0 or 2.0"),
        (b"\x93NUMPY\1\0\xff\x7f" + b"(" * 0x7FFF, "."),
        (b"", "."),
    ],
)
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_arrays_that_say_more_than_they_hold_are_refused(kind, content, text, tmp_path):
    path = tmp_path / f"images.{kind}"
    if kind == "npy":
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("image.npy", content)
    with pytest.raises(ValueError, match=rf"A .{kind} file of plain arrays .*{text}"):
        kg.data.images(path)


def test_arrays_larger_than_the_memory_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "zeros.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("image.npy", npy((16384, 8, 8), data=bytes(2**20)))
    assert (tmp_path / "zeros.npz").stat().st_size < 2000
    assert len(arrays.read_arrays(tmp_path / "zeros.npz")["image"]) == 16384
    monkeypatch.setattr(arrays, "memory_limit", lambda: 2**19)
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("it must not be unpacked"))
    with pytest.raises(ValueError, match=r"it says that it unpacks to 1,048,\d\d\d bytes, and 524,288 may be used"):
        kg.data.images(tmp_path / "zeros.npz")


def test_latents_of_a_run_of_strangers_are_refused(run):
    run.samples.mkdir()
    (run.samples / "latents.npz").write_bytes(b"PK\5\6" + bytes(18))
    callback = kg.callbacks.SampleGrid(run.samples, count=4)
    callback.set_model(run.load())
    with pytest.raises(ValueError, match=r"saved latents must (fit|be readable).*latents.npz"):
        callback.on_train_begin()
    (run.samples / "latents.npz").write_bytes(npy((TERABYTE, 6)))
    with pytest.raises(ValueError, match=r"saved latents must be readable. Received: .*latents.npz"):
        callback.on_train_begin()


def test_the_command_line_shows_no_control_characters(here):
    code, err = here("sample", "a\x1b[2Jb")
    assert code == 2
    assert "a?[2Jb" in err


def test_fuzzing_finds_nothing(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, PROJECT / "scripts" / "robustness" / "fuzz.py", "--inputs", "400", "--seed", "7"),
            *("--failures", tmp_path / "failures", "--loaders", "config", "npz", "torch"),
        ],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^all +400 .* 0 +\d+ s in all$", done.stdout, re.M), done.stdout
