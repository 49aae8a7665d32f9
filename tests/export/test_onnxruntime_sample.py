import importlib.util
import pathlib
import re
import shlex
import subprocess
import sys

import numpy as np
import onnx
import pytest
from PIL import Image

import keras_gan as kg
from keras_gan import exporting
from keras_gan.exporting import about as descriptions
from tests.game import proofs

FOLDER = pathlib.Path(__file__).parents[2] / "export" / "onnxruntime"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("onnxruntime_sample", FOLDER / "sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["normal", "uniform"])
def exported(request, tmp_path_factory):
    generator = kg.networks.MLPGenerator((8, 6, 3), latent_dim=6, units=(8,))
    random = np.random.default_rng(5)
    generator.set_weights([random.standard_normal(weight.shape) / 2 for weight in generator.weights])
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((8, 6, 3), units=(4,)), latent=request.param)
    return gan, str(exporting.to_onnx(gan, tmp_path_factory.mktemp(request.param) / "generator.onnx"))


@pytest.mark.parametrize(("count", "seed"), [(1, 0), (70, 1)])
def test_same_seed_same_pictures_as_the_gan(count, seed, exported, program):
    gan, path = exported
    images = program.Sampler(path).sample(count, seed)
    expected = gan.sample(count, seed=seed)
    assert images.dtype == np.uint8
    assert images.shape == expected.shape == (count, 8, 6, 3)
    assert expected.std() > 10
    assert np.abs(images.astype(int) - expected).max() <= 1


def test_the_first_pictures_do_not_depend_on_the_count(exported, program):
    sampler = program.Sampler(exported[1])
    few, many = sampler.sample(3, seed=5), sampler.sample(9, seed=5)
    assert np.abs(few.astype(int) - many[:3]).max() <= 1
    assert np.abs(few.astype(int) - sampler.sample(3, seed=6)).max() > 10


@pytest.mark.parametrize("truncation", [0.5, 3.0])
def test_truncated_pictures_are_those_of_the_gan(truncation, exported, program):
    gan, path = exported
    images = program.Sampler(path).sample(9, seed=4, truncation=truncation)
    expected = gan.sample(9, seed=4, truncation=truncation)
    assert np.abs(images.astype(int) - expected).max() <= 1
    if truncation < 1:
        assert np.abs(expected.astype(int) - gan.sample(9, seed=4)).max() > 10


def test_interpolation_follows_an_arc_or_a_line(exported, program):
    gan, path = exported
    sampler = program.Sampler(path)
    a, b = gan.fixed_inputs(1, 2)["latent"], gan.fixed_inputs(1, 3)["latent"]
    if gan.latent == "normal":  # halfway on the arc: the sum, as long as the arc's law of sines makes it
        angle = np.arccos(np.sum(a * b) / np.linalg.norm(a) / np.linalg.norm(b))
        middle = (a + b) / (2 * np.cos(angle / 2))
    else:
        middle = (a + b) / 2
    expected = gan.sample(inputs={"latent": np.concatenate([a, middle, b])})
    images = sampler.interpolate(2, 3, steps=3)
    assert np.abs(images.astype(int) - expected).max() <= 1


def test_interpolation_between_equal_latents_stays(exported, program):
    sampler = program.Sampler(exported[1])
    for seed in range(8):  # the cosine is exactly 1 for some
        assert np.abs(sampler.interpolate(seed, seed, steps=4).astype(int) - sampler.sample(1, seed)).max() <= 1
    with pytest.raises(ValueError, match="steps must be at least 2"):
        sampler.interpolate(2, 3, steps=1)


def test_a_latent_may_have_several_axes(program, tmp_path):
    import keras
    from keras import layers

    generator = keras.Sequential([keras.Input((2, 3)), layers.Flatten(), layers.Dense(64), layers.Reshape((8, 8, 1))])
    gan = kg.GAN(generator, kg.networks.MLPDiscriminator((8, 8, 1), units=(4,)))
    sampler = program.Sampler(str(exporting.to_onnx(gan, tmp_path / "generator.onnx")))
    assert np.abs(sampler.sample(3, 1).astype(int) - gan.sample(3, seed=1)).max() <= 1
    assert sampler.interpolate(1, 2, 5).shape == (5, 8, 8, 1)


def lively(network):
    random = np.random.default_rng(5)
    network.set_weights(
        [random.standard_normal(w.shape) / np.sqrt(max(1, w[..., 0].size)) for w in network.get_weights()]
    )


def test_codes_are_those_of_the_gan(program, tmp_path):
    gan = kg.InfoGAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (8,), code_dim=8),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,)),
        kg.networks.MLPRecognizer((8, 8, 1), code_dim=8, units=(8,)),
        categories=(4, 2),
        continuous=2,
    )
    lively(gan.ema_generator)
    sampler = program.Sampler(str(exporting.to_onnx(gan, tmp_path / "generator.onnx")))
    for label in (None, 2):
        expected = gan.sample(9, seed=3, label=label)
        assert np.abs(sampler.sample(9, 3, label).astype(int) - expected).max() <= 1
        assert expected.std() > 10
    walk = sampler.interpolate(3, 4, 5, label=2)
    assert np.abs(walk[0].astype(int) - gan.sample(1, seed=3, label=2)[0]).max() <= 1
    inputs = gan.fixed_inputs(1, 3, label=2) | {"latent": gan.fixed_inputs(1, 4)["latent"]}
    assert np.abs(walk[-1].astype(int) - gan.sample(inputs=inputs)[0]).max() <= 1  # the code stays
    with pytest.raises(ValueError, match="label must be below 4, not 4"):
        sampler.sample(2, 1, label=4)


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    game = proofs.pix2pix()
    lively(game.average)
    return game, str(exporting.to_onnx(game, tmp_path_factory.mktemp("translator") / "generator.onnx"))


def test_a_picture_is_cropped_scaled_and_translated(translator, program, tmp_path, capsys):
    game, path = translator
    picture = np.random.default_rng(0).integers(0, 256, (8, 8), "uint8")
    Image.fromarray(np.pad(picture, [(0, 0), (2, 2)])).convert("RGB").save(tmp_path / "in.png")  # 12 x 8: the middle
    assert program.main([path, "--picture", str(tmp_path / "in.png"), "--out", str(tmp_path / "out.png")]) == 0
    expected = game.translate(picture[None, ..., None])[0, ..., 0]
    assert expected.std() > 5
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")).astype(int) - expected).max() <= 1
    assert capsys.readouterr().out.startswith("1 pictures: ")
    Image.new("L", (64, 64), 200).save(tmp_path / "large.png")
    made = program.Sampler(path).translate(Image.open(tmp_path / "large.png"))
    assert np.abs(made.astype(int) - game.translate(np.full((1, 8, 8, 1), 200, "uint8"))).max() <= 1


def test_what_it_cannot_do_is_one_line(translator, exported, program, tmp_path, capsys):
    _, path = translator
    encoder = str(exporting.to_onnx(proofs.bigan(), tmp_path / "encoder.onnx", generator="encoder"))
    Image.new("L", (8, 8)).save(tmp_path / "in.png")
    picture = ["--picture", str(tmp_path / "in.png")]
    for arguments, told in (
        ([path], "this generator translates: give it a picture"),
        ([exported[1], *picture], "this generator takes no picture: leave it out"),
        ([encoder, *picture], r"takes \['image'\] and makes Vectors; this program makes Images only"),
        ([path, "--picture", str(tmp_path / "none.png")], "No such file"),
        ([path, "--picture", path], "cannot identify image file"),
    ):
        assert program.main([*arguments, "--out", str(tmp_path / "out.png")]) == 2
        error = capsys.readouterr().err
        assert re.search(told, error)
        assert error.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_classes_are_drawn_as_asked(program, tmp_path):
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=3),
    )
    sampler = program.Sampler(str(exporting.to_onnx(gan, tmp_path / "generator.onnx")))
    for label in (None, 2):
        assert np.abs(sampler.sample(7, 1, label).astype(int) - gan.sample(7, seed=1, label=label)).max() <= 1
    assert np.abs(sampler.interpolate(1, 2, 3, label=1)[0].astype(int) - gan.sample(1, seed=1, label=1)[0]).max() <= 1
    with pytest.raises(ValueError, match="label must be below 3, not 3"):
        sampler.sample(2, 1, label=3)


def test_a_label_without_classes_is_refused(exported, program):
    with pytest.raises(ValueError, match="label must be left out, not 0"):
        program.Sampler(exported[1]).sample(2, 1, label=0)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grid_lays_pictures_out_in_rows(channels, program):
    images = np.arange(3, dtype="uint8")[:, None, None, None] * np.ones((1, 4, 5, channels), "uint8")
    sheet = np.asarray(program.grid(images, gap=1, smallest=5)).reshape(11, 13, channels)
    assert (sheet[1:5, 1:6] == 0).all()
    assert (sheet[1:5, 7:12] == 1).all()
    assert (sheet[6:10, 1:6] == 2).all()
    assert (sheet[[0, 5, 10]] == 255).all()
    assert (sheet[6:10, 7:12] == 255).all()


BLOCKED = """
import sys
for name in ("tensorflow", "keras", "keras_gan", "tf2onnx", "onnx", "matplotlib"):
    sys.modules[name] = None
import runpy
sys.argv = ["sample.py", *sys.argv[2:]]
runpy.run_path(PROGRAM, run_name="__main__")
"""


def test_it_runs_without_keras_and_tensorflow(exported, tmp_path):
    code = BLOCKED.replace("PROGRAM", repr(str(FOLDER / "sample.py")))
    command = [sys.executable, "-c", code, "sample.py", exported[1], "--count", "5", "--out", "five.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"5 pictures: five.png \(one alone takes \d+\.\d ms\)\n", done.stdout)
    width, height = 11 * 6, 11 * 8  # 6x8 pixels, enlarged to 64 or more
    assert Image.open(tmp_path / "five.png").size == (3 * (width + 2) + 2, 2 * (height + 2) + 2)


def test_the_commands_of_its_readme_work(exported, program, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "generator.onnx").write_bytes(pathlib.Path(exported[1]).read_bytes())
    commands = re.findall(r"^python sample.py (.*)$", (FOLDER / "README.md").read_text(), re.M)
    assert len(commands) == 3
    for command in commands:
        assert program.main(shlex.split(command)) == 0
    assert {"grid.png", "walk.png"} <= {p.name for p in tmp_path.iterdir()}


def test_it_is_a_page_long():
    assert len((FOLDER / "sample.py").read_text().splitlines()) < 190


def test_the_readme_names_all_metadata(exported):
    written = {entry.key for entry in onnx.load(exported[1]).metadata_props}
    written |= {"num_classes", "mean_difference", "largest_difference", *descriptions.KEYS}
    named = set(re.findall(r"^\| `(\w+)` \| `", (FOLDER / "README.md").read_text(), re.M))
    assert named == written


def changed(path, folder, change):
    model = onnx.load(path)
    change(model)
    onnx.save(model, folder / "changed.onnx")
    return str(folder / "changed.onnx")


def without_metadata(model):
    del model.metadata_props[:]


def of_a_later_format(model):
    onnx.helper.set_model_props(model, {"keras_gan_format": "99"})


def with_a_label(model):
    model.graph.input.append(onnx.helper.make_tensor_value_info("label", onnx.TensorProto.INT32, ["batch"]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_metadata, "no metadata of keras_gan"),
        (of_a_later_format, "no metadata of keras_gan in format 1 to 3"),
        (with_a_label, r"takes \['label', 'latent'\]"),
    ],
)
def test_other_onnx_files_are_refused_in_one_line(change, message, exported, program, tmp_path, capsys):
    assert program.main([changed(exported[1], tmp_path, change), "--out", str(tmp_path / "grid.png")]) == 2
    error = capsys.readouterr().err
    assert re.match(rf"sample.py: .*{message}", error)
    assert error.count("\n") == 1
    assert not (tmp_path / "grid.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.onnx"], "missing.onnx"),
        (["text.onnx"], "is not an ONNX file"),
        (["MODEL", "--count", "0"], "count and truncation must be positive, not 0"),
        (["MODEL", "--count", "1", "--to-seed", "3"], "steps must be at least 2"),
        (["MODEL", "--seed", "-1"], "non-negative"),
        (["MODEL", "--label", "2"], "label must be left out, not 2"),
        (["MODEL", "--truncation", "0"], "truncation must be positive"),
        (["MODEL", "--out", "no/such/folder/grid.png"], "No such file"),
        (["MODEL", "--out", "grid.unknown"], "unknown file extension"),
        (["MODEL", "--out", "grid.two\nlines"], "unknown file extension"),
    ],
)
def test_errors_are_one_line_and_code_2(arguments, message, exported, program, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.onnx").write_text("no model\n" * 10)
    assert program.main([exported[1] if a == "MODEL" else a for a in arguments]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["text.onnx"]
