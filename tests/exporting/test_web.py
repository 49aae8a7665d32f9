import hashlib
import io
import json
import os
import re
import stat
import sys
import tarfile

import keras
import numpy as np
import onnx
import pytest
from keras import layers

import keras_gan as kg
from keras_gan.exporting import web, web_runtime
from keras_gan.exporting.onnx import onnx_runner
from keras_gan.inputs import Given, NetworkGenerator
from tests.game import proofs

CONTENTS = {name: f"runtime {name}".encode() for name in web_runtime.FILES}
LOADER, WASM = web_runtime.FILES


@pytest.fixture(autouse=True)
def made_up_runtime(monkeypatch, tmp_path):
    """The hashes of a made-up runtime, an empty cache, and no npm."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(web_runtime, "FILES", hashes)
    monkeypatch.setenv("KERAS_GAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def runtime(tmp_path):
    """A folder with the made-up runtime."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def quick(monkeypatch):
    """The conversion replaced, for tests of the folder around it."""
    monkeypatch.setattr(web, "to_onnx", lambda gan, path, **options: path.write_bytes(b"converted"))


@pytest.fixture
def npm(tmp_path):
    """Function that puts a made-up npm on the PATH: it notes its arguments, and does what it is told in Python."""

    def make(does):
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f"#!{sys.executable}\nimport shutil, sys, time\n"
            f"with open({str(tmp_path / 'calls')!r}, 'a') as file:\n    print(*sys.argv[1:], file=file)\n{does}\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return make


def archive(path, members):
    """Writes an archive of {name: bytes, or None for a link to elsewhere}."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return path


def packing(path):
    """What npm does to deliver an archive."""
    return f"shutil.copy({str(path)!r}, 'onnxruntime-web.tgz')"


def package(**others):
    return {**{f"package/dist/{name}": content for name, content in CONTENTS.items()}, **others}


def calls(tmp_path):
    return (tmp_path / "calls").read_text().splitlines()


def content_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_all_that_the_page_asks_for(lively, runtime, tmp_path):
    about = {"training_data": "handwritten digits", "license": "CC0"}
    gan = lively()
    path = web.to_web(gan, tmp_path / "deep" / "web", runtime=runtime, about=about)
    assert path == tmp_path / "deep" / "web"
    texts = {file.name: file.read_text() for file in path.iterdir() if file.suffix in (".js", ".html", ".css")}
    page = [text for name, text in texts.items() if name != "ort.wasm.bundle.min.js"]
    asked = {name for text in page for name in re.findall(r"""(?:from|src=|href=|fetched\()\s*"([\w./-]+)[\"]""", text)}
    assert {name.removeprefix("./") for name in asked} > {"app.js", "generator.onnx", "ort.wasm.bundle.min.js"}
    assert {name.removeprefix("./") for name in asked} <= {file.name for file in path.iterdir()}
    assert not any("://" in text for text in page)
    assert (path / "ort.wasm.bundle.min.js").read_bytes() == CONTENTS[LOADER]
    assert (path / WASM).read_bytes() == CONTENTS[WASM]
    assert "Microsoft" in (path / "onnxruntime-LICENSE.txt").read_text()

    facts = json.loads((path / "generator.json").read_text())
    model = onnx.load(path / "generator.onnx")
    assert facts["metadata"].items() <= {entry.key: entry.value for entry in model.metadata_props}.items()
    assert facts["metadata"]["training_data"] == "handwritten digits"
    assert facts["inputs"] == [tensor.name for tensor in model.graph.input] == ["latent"]
    assert facts["files"] == sorted(file.name for file in path.iterdir())
    inputs = gan.fixed_inputs(2, seed=0)
    drawn = kg.media.to_uint8(onnx_runner(path / "generator.onnx")(inputs)["image"])
    assert np.abs(drawn.astype(int) - gan.sample(inputs=inputs)).max() <= 1


def test_an_infogan_says_what_its_code_is_made_of(quick, runtime, tmp_path):
    gan = kg.InfoGAN(
        kg.networks.MLPGenerator((8, 8, 1), latent_dim=4, units=(4,), code_dim=6),
        kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)),
        kg.networks.MLPRecognizer((8, 8, 1), units=(4,), code_dim=6),
        categories=(3, 2),
        continuous=1,
    )
    facts = json.loads((web.to_web(gan, tmp_path / "web", runtime=runtime) / "generator.json").read_text())
    assert facts["code"] == {"categories": [3, 2], "continuous": 1}


def test_a_translator_says_what_it_is_given_and_what_it_makes(quick, runtime, tmp_path):
    path = web.to_web(proofs.cycle_gan(), tmp_path / "web", runtime=runtime, generator="b_to_a")
    facts = json.loads((path / "generator.json").read_text())
    assert (facts["inputs"], facts["kinds"], facts["given"]) == (["b"], {"given": "b"}, {"shape": [8, 8, 1]})
    assert facts["output"] == {"name": "a", "shape": [8, 8, 1]}
    assert "code" not in facts


def test_an_earlier_export_is_replaced_whole(lively, quick, runtime, tmp_path):
    gan, path = lively(), tmp_path / "web"
    web.to_web(gan, path, runtime=runtime)
    facts = json.loads((path / "generator.json").read_text())
    (path / "app.js").write_text("old")
    (path / "of_an_older_version.js").write_text("old")
    facts["files"].append("of_an_older_version.js")
    (path / "generator.json").write_text(json.dumps(facts))
    link = tmp_path / "link"
    link.symlink_to(path)
    assert web.to_web(gan, link, runtime=runtime) == link
    assert link.is_symlink()
    assert not (path / "of_an_older_version.js").exists()
    assert (path / "app.js").read_text() == (web.PAGE / "app.js").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "runtime", "web"]


@pytest.mark.parametrize("facts", [None, "no JSON", "[]", "{}"])
def test_another_folder_stays(facts, lively, quick, runtime, tmp_path):
    path = tmp_path / "photos"
    path.mkdir()
    (path / "photo.png").write_bytes(b"photo")
    if facts is not None:
        (path / "generator.json").write_text(facts)
    before = content_of(path)
    with pytest.raises(FileExistsError, match=r"Only an earlier web export is replaced\. Received: .*photos, which"):
        web.to_web(lively(), path, runtime=runtime)
    assert content_of(path) == before


def test_an_earlier_export_with_other_files_in_it_stays(lively, quick, runtime, tmp_path):
    gan, path = lively(), tmp_path / "web"
    web.to_web(gan, path, runtime=runtime)
    (path / "thesis.txt").write_text("the only copy")
    with pytest.raises(FileExistsError, match=r"which also holds thesis.txt\. Move that"):
        web.to_web(gan, path, runtime=runtime)
    assert (path / "thesis.txt").read_text() == "the only copy"


def test_after_an_error_the_earlier_export_is_there_and_nothing_else(lively, quick, runtime, tmp_path, monkeypatch):
    gan, path = lively(), tmp_path / "web"
    web.to_web(gan, path, runtime=runtime)
    before = content_of(path)

    def fails(gan, path, **options):
        path.write_bytes(b"half")
        raise ValueError("The ONNX file must draw what Keras draws")

    monkeypatch.setattr(web, "to_onnx", fails)
    for place in (path, tmp_path / "new"):
        with pytest.raises(ValueError, match="must draw what Keras draws"):
            web.to_web(gan, place, runtime=runtime)
    assert content_of(path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runtime", "web"]


def test_an_export_that_cannot_take_its_place_leaves_the_earlier_one(lively, quick, runtime, tmp_path, monkeypatch):
    gan, path = lively(), tmp_path / "web"
    web.to_web(gan, path, runtime=runtime)
    replace = os.replace

    def refuses(source, target):
        if target == path and source.name == "new":
            raise PermissionError("no")
        replace(source, target)

    monkeypatch.setattr(web.os, "replace", refuses)
    with pytest.raises(PermissionError, match="no"):
        web.to_web(gan, path, runtime=runtime)
    assert (path / "generator.json").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runtime", "web"]


def test_generators_that_the_page_could_not_draw_with_are_refused(lively, quick, runtime, tmp_path):
    latent, noise = keras.Input((6,), name="latent"), keras.Input((8, 8, 1), name="noise")
    other = keras.Model([latent, noise], layers.Reshape((8, 8, 1))(layers.Dense(64)(latent)) + noise)

    class Noisy(kg.GAN):
        def inputs(self):
            return {**super().inputs(), "noise": kg.inputs.Latent((8, 8, 1), stream=1)}

    with pytest.raises(
        ValueError, match=r"of an InfoGAN, or translates a picture\. Received: .* inputs latent, noise\. Use to_onnx"
    ):
        web.to_web(Noisy(other, kg.networks.MLPDiscriminator((8, 8, 1), (4,))), tmp_path / "web", runtime=runtime)
    two = keras.Model(latent, layers.Reshape((8, 8, 2))(layers.Dense(128)(latent)))
    discriminator = keras.Sequential([keras.Input((8, 8, 2)), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"with 1, 3 or 4 channels\. Received: 'image', .* 2 channels\. Use to_onnx"):
        web.to_web(kg.GAN(two, discriminator), tmp_path / "web", runtime=runtime)
    with pytest.raises(ValueError, match=r"images of one size .* Received: 'latent', vectors of 4 numbers\."):
        web.to_web(proofs.bigan(), tmp_path / "web", runtime=runtime, generator="encoder")
    image = keras.Input((None, None, 1), name="image")
    varied = keras.Model(image, layers.Conv2D(1, 3, padding="same")(image))
    inputs, outputs = {"image": Given("image", (None, None, 1))}, {"target": kg.media.Images()}
    with pytest.raises(ValueError, match=r"images of one size .* 'target', images of anyxany pixels"):
        web.to_web(NetworkGenerator("any", inputs, outputs, varied), tmp_path / "web", runtime=runtime)
    assert not (tmp_path / "web").exists()


def test_a_runtime_that_is_not_whole_is_refused(lively, quick, runtime, tmp_path):
    (runtime / WASM).write_bytes(b"another version")
    with pytest.raises(ValueError, match=rf"{WASM} must be that of onnxruntime-web 1\.30\.0.*from .*runtime\."):
        web.to_web(lively(), tmp_path / "web", runtime=runtime)
    (runtime / WASM).unlink()
    with pytest.raises(FileNotFoundError, match=rf"`runtime` must be a folder .*, where {WASM} is missing"):
        web.to_web(lively(), tmp_path / "web", runtime=runtime)
    assert not (tmp_path / "web").exists()


def test_npm_is_asked_once(npm, tmp_path):
    npm(packing(archive(tmp_path / "package.tgz", package(**{"package/README.md": b"more"}))))
    assert web_runtime.runtime_files() == CONTENTS
    assert web_runtime.runtime_files() == CONTENTS
    assert calls(tmp_path) == ["pack onnxruntime-web@1.30.0 --loglevel=error"]
    assert content_of(tmp_path / "cache" / "onnxruntime-web-1.30.0") == CONTENTS


def test_a_damaged_cache_is_filled_again(npm, tmp_path):
    npm(packing(archive(tmp_path / "package.tgz", package())))
    web_runtime.runtime_files()
    cached = tmp_path / "cache" / "onnxruntime-web-1.30.0" / WASM
    cached.write_bytes(CONTENTS[WASM][:-1])
    assert web_runtime.runtime_files() == CONTENTS
    assert cached.read_bytes() == CONTENTS[WASM]
    assert len(calls(tmp_path)) == 2


def test_a_cache_that_cannot_be_written_is_no_error(npm, tmp_path):
    npm(packing(archive(tmp_path / "package.tgz", package())))
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    assert web_runtime.runtime_files() == CONTENTS


def test_without_npm_the_error_says_what_to_do():
    with pytest.raises(
        FileNotFoundError, match=r"npm, which is not installed\. Give a folder with .* --runtime FOLDER"
    ):
        web_runtime.runtime_files()


@pytest.mark.parametrize(
    ("does", "error", "told"),
    [
        ("sys.exit('npm error code\\nENOTFOUND')", OSError, r"must fetch .* Received: npm error code ENOTFOUND\. Give"),
        ("pass", OSError, r"Received: exit code 0, 0 archives\. Give"),
        ("time.sleep(60)", TimeoutError, r"must end within 0\.5 seconds"),
    ],
)
def test_an_npm_that_fails_is_told_with_the_mend(does, error, told, npm, monkeypatch):
    monkeypatch.setattr(web_runtime, "SECONDS", 0.5 if "sleep" in does else 60)
    npm(does)
    with pytest.raises(error, match=told):
        web_runtime.runtime_files()


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (package(**{f"package/dist/{WASM}": b"other"}), f"{WASM} must be that of onnxruntime-web .* from npm"),
        (package(**{f"package/dist/{WASM}": None}), f"Received: none of {WASM}"),
        ({f"package/dist/../../../{WASM}": CONTENTS[WASM], f"/{LOADER}": CONTENTS[LOADER]}, "Received: none of "),
    ],
    ids=["changed", "link", "paths that lead out"],
)
def test_an_archive_of_something_else_is_refused(members, told, npm, tmp_path):
    npm(packing(archive(tmp_path / "package.tgz", members)))
    with pytest.raises(ValueError, match=told):
        web_runtime.runtime_files()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("part", [slice(0, 80), slice(0, 0)], ids=["cut off", "empty"])
def test_an_archive_that_cannot_be_read_is_told(part, npm, tmp_path):
    path = archive(tmp_path / "package.tgz", package())
    path.write_bytes(path.read_bytes()[part])
    npm(packing(path))
    with pytest.raises(ValueError, match="archive of onnxruntime-web must be readable"):
        web_runtime.runtime_files()


def test_a_member_that_says_it_is_huge_is_not_read(npm, tmp_path, monkeypatch):
    monkeypatch.setattr(web_runtime, "MOST", 10)
    npm(packing(archive(tmp_path / "package.tgz", package())))
    with pytest.raises(ValueError, match="Received: none of"):
        web_runtime.runtime_files()
