"""What `fuzz.py` feeds: for each loader, how an input is made from valid files, and what reads it."""

import contextlib
import importlib.util
import io
import json
import pathlib
import shutil
import sys
import types

import keras
import mutations
import numpy as np

import keras_gan as kg
from keras_gan import exporting
from keras_gan.cli import app as cli
from keras_gan.evaluation import figures, sources
from keras_gan.features import inception_weights
from keras_gan.features.torch_file import read_state_dict
from keras_gan.runs import run as runs
from keras_gan.runs import untrusted
from keras_gan.storage import logs

PROJECT = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = ["data", "batch_size", "seed", "size", "channels", "flip", "latent_dim", "filters", "base", "gamma", "fit"]
ARGUMENTS += ["labels", "passes", "cache", "upscale", "bad_files", "augment", "source", "value_range", "__class__"]


def make_seeds(folder, kinds):
    """Writes the valid files that inputs of these kinds are made from."""
    draw = np.random.default_rng(0)
    images, labels = draw.integers(0, 256, (12, 8, 8, 1), dtype="uint8"), np.arange(12) % 3
    for kind in ("npz", "npy", "keras", "onnx", "torch", "graph"):
        (folder / kind).mkdir()
    np.savez(folder / "npz" / "plain.npz", image=images, label=labels)
    np.savez_compressed(folder / "npz" / "small.npz", x_train=images[..., 0], y_train=labels, names=np.array(["a"]))
    np.save(folder / "npy" / "bytes.npy", images)
    np.save(folder / "npy" / "floats.npy", (images / 127.5 - 1).astype("float32"))
    for name in ("zip", "legacy"):
        shutil.copyfile(PROJECT / f"tests/golden/state_dict_{name}.pth", folder / "torch" / f"{name}.pth")
    _make_folder(folder / "folder", images[..., 0])
    (folder / "graph" / "graph.pb").write_bytes(_graph(draw))
    options = {"data": str(folder / "npz" / "plain.npz"), "batch_size": 4, "filters": 4, "latent_dim": 6}
    for name in ("dcgan", "acgan"):
        gan = kg.recipes.make(name, **options).gan
        gan.save(folder / "keras" / f"{name}.keras")
        if {"onnx", "sample"} & set(kinds):
            exporting.to_onnx(gan, folder / "onnx" / f"{name}.onnx", about={"recipe": name})
    _make_run(folder / "run", options, folder / "keras" / "dcgan.keras")


def _make_run(folder, options, checkpoint):
    run = runs.Run.create(folder, "dcgan", {**options, "seed": 0}, 3)
    (folder / "checkpoints").mkdir()
    shutil.copyfile(checkpoint, folder / "checkpoints" / "step_0000000003.keras")
    run.log.write_text("epoch,discriminator_loss,generator_loss\n0,1.5,0.5\n1,1.25,0.75\n")
    run.scores.parent.mkdir()
    run.scores.write_text(json.dumps([{"name": "FD", "value": 1.5, "protocol": {"n_fake": 10}}]))


def _make_folder(folder, images):
    from PIL import Image

    for name, index in (("a/one.png", 0), ("a/two.jpg", 1), ("b/three.gif", 2), ("b/four.bmp", 3), ("b/five.tif", 4)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[index]).save(folder / name)


def _graph(draw):
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    for name in list(inception_weights.scopes())[:5]:
        node = graph.node.add(op="Const", name=name)
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(draw.random(6).astype("float32")))
    return graph.SerializeToString()


class Loader:
    """A kind of file, of which valid ones lie in a folder of the loader's name."""

    def __init__(self, seeds):
        self.seeds = sorted((seeds / self.kind).iterdir())
        self.others = [path.read_bytes() for path in self.seeds]

    def make(self, random, place):
        chosen = random.choice(self.seeds)
        path = place / f"input{chosen.suffix}"
        path.write_bytes(self.changed(random, chosen))
        return path

    def changed(self, random, path):
        return mutations.of_file(random, path, self.others)


class Images(Loader):
    def load(self, path):
        kg.data.images(path, batch_size=2)


class Npz(Images):
    kind = "npz"


class Npy(Images):
    kind = "npy"


class Folder(Loader):
    kind = "folder"

    def __init__(self, seeds):
        self.source = seeds / self.kind
        self.seeds = sorted(path for path in self.source.rglob("*") if path.is_file())
        self.others = [path.read_bytes() for path in self.seeds]

    def make(self, random, place):
        shutil.copytree(self.source, place / "input")
        for _ in range(random.choice((1, 1, 3))):
            path = place / "input" / random.choice(self.seeds).relative_to(self.source)
            kind = random.random()
            if kind < 0.9:
                path.write_bytes(mutations.of_bytes(random, path.read_bytes(), self.others))
            elif kind < 0.95:
                shutil.copyfile(path, path.with_suffix(random.choice((".webp", ".txt", ".PNG", ".\x1b"))))
            elif path.is_file() and not (path.parent / "loop").exists():
                (path.parent / "loop").symlink_to(path.parent)
        return place / "input"

    def load(self, path):
        kg.data.images(path, size=8, upscale=True, batch_size=2, bad_files="skip" if len(path.name) % 2 else "raise")


class Keras(Loader):
    kind = "keras"

    def make(self, random, place):
        path = place / "run" / "checkpoints" / "step_0000000001.keras"
        path.parent.mkdir(parents=True)
        path.write_bytes(self.changed(random, random.choice(self.seeds)))
        return place / "run"

    def load(self, path):
        run = runs.Run(path)
        run.load(compile=run.checkpoint().stat().st_size % 2 == 0).sample(1, seed=0)
        keras.utils.clear_session(free_memory=False)


class Config(Loader):
    """`config.json`, changed or made up, against the checkpoint of a run; what is accepted opens its data."""

    kind = "run"

    def __init__(self, seeds):
        self.source = seeds / self.kind / "config.json"
        self.gan = keras.models.load_model(seeds / "keras" / "dcgan.keras", compile=False)

    def make(self, random, place):
        (place / "config.json").write_bytes(
            self._made_up(random) if random.random() < 0.3 else mutations.of_json(random, self.source.read_bytes())
        )
        return place

    def _made_up(self, random):
        config = json.loads(self.source.read_text())
        for _ in range(random.randrange(1, 4)):
            config["arguments"][random.choice(ARGUMENTS)] = mutations.value(random)
        config["recipe"] = random.choice((*kg.recipes.names(), "training", config["recipe"], "__init__", "own"))
        return json.dumps(config).encode("utf-8", "surrogatepass")

    def load(self, path):
        run = runs.Run.open(path)
        config = run.config()
        untrusted.check_agreement(config["arguments"], self.gan, run.config_path)
        known = ("data", "batch_size", "seed", "size", "channels", "flip", "passes", "fit", "value_range", "bad_files")
        options = {name: value for name, value in config["arguments"].items() if name in known}
        if options["data"].endswith("plain.npz"):
            kg.data.images(options.pop("data"), **options)


class Run(Config):
    """Everything else in a run folder; one input in fifty through the command line."""

    def __init__(self, seeds):
        super().__init__(seeds)
        self.folder = seeds / "run"

    def make(self, random, place):
        shutil.copytree(self.folder, place / "run")
        for _ in range(random.choice((1, 2))):
            path = place / "run" / random.choice(("log.csv", "evaluation/scores.json", "config.json", "checkpoints"))
            if random.random() < 0.05:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                random.choice((path.mkdir, lambda path=path: path.symlink_to("/etc/passwd")))()
            elif path.is_file():
                path.write_bytes(mutations.of_file(random, path, [b"0,1\n", b"epoch,\xff\n", b"\0", b"1" * 200_000]))
            elif path.is_dir():
                name = random.choice(("step_0000000009.keras", "step_.keras", "step_\x1b[2J.keras", "notes.txt"))
                (path / name).write_bytes(random.choice((b"", b"PK\5\6", random.randbytes(99))))
        if random.random() < 0.02:
            (place / "run" / "typed").touch()
        return place / "run"

    def load(self, path):
        if (path / "typed").exists():
            return self._typed(path)
        run = runs.Run.open(path)
        run.checkpoint()
        run.about(types.SimpleNamespace(num_classes=3))
        logs.values(run.log, "generator_loss")
        if run.log.exists():
            figures.read_log(run.log)
        return logs.forget_epochs_from(run.log, 1)

    def _typed(self, path):
        """Goes through the command line, which must print one line and end with 0 or 2."""
        errors, before = io.StringIO(), sys.argv
        sys.argv = ["keras-gan", "train", "--resume", str(path), "--epochs", "1"]
        if runs.Run(path).config_path.is_file():
            sys.argv = ["keras-gan", "sample", str(path), "--count", "1", "--out", str(path / "grid.png")]
        try:
            with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
                cli.main()
        except SystemExit as stop:
            lines = [line for line in errors.getvalue().splitlines() if not line.startswith("Warning: ")]
            if stop.code not in (0, 2) or (stop.code == 2 and len(lines) != 1):
                raise RuntimeError(f"exit code {stop.code}, printed {errors.getvalue()!r}") from stop
        finally:
            sys.argv = before


class Onnx(Loader):
    """The metadata of ONNX files: what a file says of itself, changed; in one of ten the file, too."""

    kind = "onnx"

    def changed(self, random, path):
        import onnx

        if random.random() < 0.1:
            return mutations.of_bytes(random, path.read_bytes(), self.others)
        model = onnx.load_model(path)
        for _ in range(random.choice((1, 1, 2))):
            entry = random.choice(model.metadata_props)
            kind = random.random()
            if kind < 0.2:
                model.metadata_props.remove(entry)
                continue
            value = mutations.value(random)
            text = value if isinstance(value, str) and kind < 0.6 else json.dumps([value] if kind < 0.8 else value)
            entry.value = text.encode("utf-8", "replace").decode()
        return model.SerializeToString()

    def load(self, path):
        for batch in sources.generated(sources.open_generator(path), count=2):
            assert batch["image"].dtype == "uint8"


class Sample(Onnx):
    """The same, read by the program that is shipped with exports."""

    def __init__(self, seeds):
        super().__init__(seeds)
        spec = importlib.util.spec_from_file_location("sample", PROJECT / "export/onnxruntime/sample.py")
        self.program = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.program)
        self.program.timeit.repeat = lambda *_, **__: [0.0]

    def load(self, path):
        with contextlib.redirect_stderr(io.StringIO()) as errors, contextlib.redirect_stdout(io.StringIO()):
            code = self.program.main([str(path), "--count", "2", "--out", str(path.with_suffix(".png"))])
        if code not in (0, 2) or (code == 2 and len(errors.getvalue().splitlines()) != 1):
            raise RuntimeError(f"exit code {code}, printed {errors.getvalue()!r}")
        if code == 2:
            raise ValueError(errors.getvalue())


class Torch(Loader):
    kind = "torch"

    def load(self, path):
        for name, array in read_state_dict(path).items():
            assert isinstance(name, str)
            array.sum()


class Graph(Loader):
    kind = "graph"

    def load(self, path):
        inception_weights.read_weights(path)


LOADERS = {"config": Config, "run": Run, "npz": Npz, "npy": Npy, "keras": Keras, "onnx": Onnx, "sample": Sample}
LOADERS |= {"folder": Folder, "torch": Torch, "graph": Graph}
