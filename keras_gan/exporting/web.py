import contextlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keras_gan.exporting import web_runtime
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.onnx import output_names, to_onnx
from keras_gan.game import Game
from keras_gan.inputs import Code, Given, Label, Latent, NetworkGenerator
from keras_gan.media import Images
from keras_gan.storage.files import replacing
from keras_gan.storage.texts import parse_json, read

PAGE = Path(__file__).parent / "files" / "web"  # what is copied: the page itself
FACTS = "generator.json"  # by which an earlier export is known, too
FORMAT = 1  # of the facts; raised when a page of the old ones would go wrong
LICENCES = {
    "LICENSE": "LICENSE",
    "NOTICES": "ThirdPartyNotices.txt",
}  # name here: file of the Python package onnxruntime
CHANNELS = (1, 3, 4)  # grey, colour, colour with transparency
KNOWN = ({Latent}, {Latent, Label}, {Latent, Code}, {Given})  # what the page has controls for


def to_web(
    gan: Game | NetworkGenerator,
    path: str | os.PathLike,
    runtime: str | os.PathLike | None = None,
    atol: float = 1e-4,
    about: Mapping[str, Any] | None = None,
    generator: str | None = None,
) -> Path:
    """Writes a folder of static files: a page that draws or translates in the browser, by ONNX Runtime.

    Put the folder on any web server, or `python -m http.server` in it. The page loads nothing from elsewhere and sends
    nothing anywhere. Its pictures are those of the ONNX file, by the formula of `keras_gan.media.to_uint8`; its
    seeds are its own, not those of `gan.sample`.

    The folder holds the page (`index.html`, `style.css`, scripts, `README.md`), `generator.onnx` as from `to_onnx`,
    `generator.json` (its metadata, and what else the page needs to know) and the runtime (15 MB), with its licence. It
    appears in one step. An earlier export by this function is replaced, unless there are other files in it.

    Args:
        gan: a game, such as a `keras_gan.GAN`, or a `keras_gan.inputs.NetworkGenerator`. The generator must make
            pictures, and take a latent, and a label or a code; or a picture of one size.
        path: the folder to write.
        runtime: a folder with the files of the pinned npm package `onnxruntime-web`, or None: npm fetches them, once,
            into `~/.cache/keras_gan` (or where the environment variable KERAS_GAN_CACHE says). Hashes are checked.
        atol: float, largest absolute difference between Keras and ONNX Runtime allowed (images span 2). Defaults to
            1e-4, an eightieth of a grey level.
        about: dict as of `to_onnx`, or None. The page shows the class names, and below what else is given.
        generator: str, which generator of the game. Defaults to the first.

    Returns:
        The path of the folder.

    Raises:
        FileExistsError: if `path` is there and is no earlier export, or holds other files.
        FileNotFoundError: if the runtime is not there and npm is not installed.
        OSError: if npm fails.
        ValueError: if the generator takes other inputs, or makes anything but images with 1, 3 or 4 channels; if a
            file of the runtime has another hash; as of `to_onnx`. Nothing is written then.
    """
    place = Path(path).resolve()  # so that a link stays one, and "." has a name
    check_place(place)
    facts = described(ExportedGenerator(gan, about, generator))
    runtime_files = {served(name): data for name, data in web_runtime.runtime_files(runtime).items()}
    with _replacing_folder(place) as written:
        written.mkdir()
        to_onnx(gan, written / "generator.onnx", atol=atol, about=about, generator=generator)
        for file in PAGE.iterdir():
            shutil.copyfile(file, written / file.name)
        for name, data in runtime_files.items():
            (written / name).write_bytes(data)
        for name, file in _licences().items():
            shutil.copyfile(file, written / name)
        facts["files"] = sorted([FACTS, *(file.name for file in written.iterdir())])
        (written / FACTS).write_text(json.dumps(facts, indent=2) + "\n")
    return Path(path)


def check_place(path: Path) -> None:
    """Raises FileExistsError if something stands there that must not be replaced."""
    if not path.exists():
        return
    try:
        known = set(parse_json(read(path / FACTS, "The facts of an export"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        raise FileExistsError(
            "Only an earlier web export is replaced. "
            f"Received: {path}, which is something else. Choose a folder that does not exist yet."
        ) from None
    if others := sorted({file.name for file in path.iterdir()} - known):
        raise FileExistsError(
            "A web export is replaced with all that is in it. "
            f"Received: {path}, which also holds {', '.join(others)}. Move that, or choose another folder."
        )


def described(generator: ExportedGenerator) -> dict[str, Any]:
    """Returns what the page needs to know about a generator.

    Raises:
        ValueError: if the page could not draw with it.
    """
    kinds = {type(each): (name, each) for name, each in generator.inputs.items()}
    if len(kinds) < len(generator.inputs) or not any(kinds.keys() == known for known in KNOWN):
        raise ValueError(
            "The page draws from a latent, and a label or the code of an InfoGAN, or translates a picture. "
            f"Received: a generator with the inputs {', '.join(generator.names)}. Use to_onnx."
        )
    output = next(iter(generator.outputs))
    shown = {output: (generator.outputs[output], generator.shapes[output])}
    if Given in kinds:
        name, each = kinds[Given]
        shown[name] = each.medium, each.shape
    for name, (medium, shape) in shown.items():
        if not isinstance(medium, Images) or shape[-1] not in CHANNELS or None in shape:
            raise ValueError(
                "The page shows images of one size with 1, 3 or 4 channels. "
                f"Received: {name!r}, {medium.describe(shape)}. Use to_onnx."
            )
    code = kinds[Code][1].get_config() if Code in kinds else None
    return {
        "keras_gan_web": FORMAT,
        "runtime": f"{web_runtime.PACKAGE} {web_runtime.VERSION}",
        "inputs": generator.names,
        "kinds": {kind.__name__.lower(): name for kind, (name, _) in kinds.items()},
        "output": {"name": output_names(generator)[output], "shape": list(generator.shapes[output])},
        **({"code": code} if code else {}),
        **({"given": {"shape": list(kinds[Given][1].shape)}} if Given in kinds else {}),
        "metadata": generator.metadata(),
    }


def served(name: str) -> str:
    """Returns the name a file of the runtime has in the export: some servers do not know that .mjs is JavaScript."""
    return name.replace(".mjs", ".js")


def _licences():
    """Returns {name: file} of the runtime's licence and notices, which its Python package brings and npm's does not."""
    folder = Path(importlib.util.find_spec("onnxruntime").origin).parent
    files = {f"onnxruntime-{name}.txt": folder / file for name, file in LICENCES.items()}
    return {name: file for name, file in files.items() if file.is_file()}


@contextlib.contextmanager
def _replacing_folder(path: Path) -> Iterator[Path]:
    """Gives the path of a folder to make; what stands at `path` gives way to it when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.replacing-", dir=path.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        with replacing(new) as written:
            yield written
        if path.exists():
            os.replace(path, old)
        try:
            os.replace(new, path)
        except OSError:
            if old.exists():
                os.replace(old, path)
            raise
