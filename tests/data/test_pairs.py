import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gan.data import pairs
from keras_gan.media import Images


def noise(count, height=8, width=8, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), dtype="uint8")


def grey(value, size=(6, 4)):
    return Image.new("L", size, value)


@pytest.fixture
def two(folder):
    """Function that writes {name: value of grey} of sources and of targets, and returns the two folders."""

    def write(sources, targets):
        return tuple(
            folder({file: value if isinstance(value, bytes) else grey(value) for file, value in files.items()}, name)
            for name, files in (("sources", sources), ("targets", targets))
        )

    return write


def levels(batches, column):
    return [round((float(batch[column][0, 0, 0, 0]) + 1) * 127.5) for batch in batches]


def test_batches_are_dicts_of_two_columns(either, numpy):
    sources, targets = noise(10, channels=1), noise(10)
    batches = pairs(sources, targets, batch_size=4)
    assert batches.columns == {"source": Images(), "target": Images()}
    assert {name: tuple(spec.shape) for name, spec in batches.element_spec.items()} == {
        "source": (4, 8, 8, 1),
        "target": (4, 8, 8, 3),
    }
    found = numpy(batches)
    assert len(found) == 2
    for batch in found:
        for source, target in zip(batch["source"], batch["target"], strict=True):
            place = np.flatnonzero((Images().begin(sources) == source).all(axis=(1, 2, 3))).item()
            np.testing.assert_array_equal(target, Images().begin(targets[place]))


@pytest.mark.parametrize("cache", [True, False])
def test_folders_are_matched_by_their_stems(either, two, numpy, cache):
    sources, targets = two({"b.png": 2, "a/x.png": 1, "c.png": 3}, {"c.bmp": 103, "b.png": 102, "a/x.bmp": 101})
    found = numpy(pairs(sources, targets, shuffle=False, cache=cache))
    assert levels(found, "source") == [1, 2, 3]
    assert levels(found, "target") == [101, 102, 103]


def test_a_folder_is_the_same_from_disk(two, numpy, tmp_path):
    sources, targets = two({f"{i}.png": i for i in range(5)}, {f"{i}.png": 100 + i for i in range(5)})
    for _ in range(2):
        found = numpy(pairs(sources, targets, cache=tmp_path / "cache"))
        assert [b - a for a, b in zip(levels(found, "source"), levels(found, "target"), strict=True)] == [100] * 5
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_files_without_a_partner_are_listed(two):
    sources, targets = two({f"{i:02}.png": 0 for i in range(15)}, {"00.png": 0, "extra.png": 0})
    message = (
        r"with one partner .*15 bad of 17 files: .*01\.png \(no partner in targets\).*10\.png \([^)]*\) and 5 more\. "
        r'Remove them, or use `bad_files="skip"`'
    )
    with pytest.raises(ValueError, match=message) as error:
        pairs(sources, targets)
    assert "11.png" not in str(error.value)
    assert "\n" not in str(error.value)


def test_files_without_a_partner_can_be_skipped(either, two, numpy):
    sources, targets = two({"a.png": 1, "b.png": 2, "c.png": b"x"}, {"b.png": 3, "c.png": 4, "d.png": 5})
    with pytest.warns(
        UserWarning, match=r"Skipped 3 files of .*sources and .*targets: .*a\.png.*c\.png.*d\.png"
    ) as told:
        batches = pairs(sources, targets, bad_files="skip")
    assert len(told) == 1
    found = numpy(batches)
    assert (levels(found, "source"), levels(found, "target")) == ([2], [3])


def test_two_files_of_one_name_are_no_partners(two):
    sources, targets = two({"a.png": 1, "a.bmp": 2}, {"a.png": 3})
    with pytest.raises(ValueError, match=r"3 bad of 3 files: .*a\.bmp \(one of 2 files of this name\)"):
        pairs(sources, targets)
    with pytest.raises(ValueError, match="3 bad of 3 files"):
        pairs(sources, targets, bad_files="skip")


def test_pairs_of_different_sizes(folder):
    sources = folder({"a.png": grey(1), "b.png": grey(1, (9, 9)), "c.png": grey(1, (9, 9))}, "sources")
    targets = folder({f"{name}.png": grey(1) for name in "abc"}, "targets")
    with pytest.raises(ValueError, match=r"sources/b\.png of 9x9 pixels and .*b\.png of 4x6 pixels, and 1 more such"):
        pairs(sources, targets, size=4)
    with pytest.raises(ValueError, match=r"source with shape=\(2, 8, 8, 3\), target with shape=\(2, 8, 9, 3\)"):
        pairs(noise(2), noise(2, width=9))
    with pytest.raises(ValueError, match=r"source with shape=\(2, 8, 8, 3\), target with shape=\(3, 8, 8, 3\)"):
        pairs(noise(2), noise(3))


def test_channels_of_the_two(either, folder, numpy):
    sources = folder({"a.png": grey(1), "b.png": Image.new("RGB", (6, 4))}, "sources")
    targets = folder({"a.png": grey(1), "b.png": grey(2)}, "targets")
    with pytest.raises(ValueError, match=r"source_channels=None, 1 grey and 1 colour images. Use `source_channels=1`"):
        pairs(sources, targets)
    with pytest.raises(ValueError, match=r"target_channels=None, 1 grey and 1 colour images. Use `target_channels=1`"):
        pairs(targets, sources)
    batches = pairs(sources, targets, source_channels=3, target_channels=4)
    assert [numpy(batches)[0][name].shape[-1] for name in ("source", "target")] == [3, 4]


@pytest.mark.parametrize(("half", "first"), [("left", "source"), ("right", "target")])
@pytest.mark.parametrize("kind", ["folder", "folder streamed", "array", "tf.data", "tf.data streamed"])
def test_images_side_by_side(folder, numpy, kind, half, first):
    images = noise(6, 8, 16)
    source = {
        "folder": lambda: folder({f"{i}.png": Image.fromarray(image) for i, image in enumerate(images)}),
        "array": lambda: images,
        "tf.data": lambda: tf.data.Dataset.from_tensor_slices(images),
    }[kind.split()[0]]()
    batches = pairs(source, source_half=half, size=4, batch_size=6, shuffle=False, cache="streamed" not in kind)
    second = ({"source", "target"} - {first}).pop()
    wanted = pairs(images[:, :, :8], images[:, :, 8:], size=4, batch_size=6, shuffle=False)
    batch, both = numpy(batches)[0], numpy(wanted)[0]
    np.testing.assert_array_equal(batch[first], both["source"])
    np.testing.assert_array_equal(batch[second], both["target"])


def test_an_odd_width_side_by_side(folder):
    path = folder({"a.png": grey(1, (8, 4)), "b.png": grey(1, (9, 4))})
    for source, name in ((path, r"b\.png of 4x9 pixels"), (noise(3, 4, 9), "image 0 of the array of 4x9 pixels")):
        with pytest.raises(ValueError, match=f"must have an even width. Received: {name}"):
            pairs(source)


def test_npy_files(numpy, tmp_path):
    for name, images in (("a", noise(3)), ("b", noise(3, seed=1))):
        np.save(tmp_path / f"{name}.npy", images)
    batch = numpy(pairs(tmp_path / "a.npy", tmp_path / "b.npy", batch_size=3, shuffle=False))[0]
    np.testing.assert_array_equal(batch["target"], Images().begin(noise(3, seed=1)))


@pytest.mark.parametrize(
    ("source", "target", "options", "message"),
    [
        (
            "folder",
            noise(2),
            {},
            "must be two folders, or .* source of the kind folder, target of the kind array",
        ),
        ("digits", noise(2), {}, "source of the kind named data set"),
        (noise(2), noise(2), {"source_half": "right"}, "`source_half` is for images side by side"),
        (noise(2), noise(2), {"source_half": "top"}, "`source_half` must be one of 'left', 'right'"),
        (noise(2), noise(2), {"target_channels": 2}, "`target_channels` must be one of None, 1, 3, 4"),
        (noise(2), noise(2), {"jitter": 3}, "`jitter` needs a `size` that is cut out. Received: jitter=3, size=None"),
        (noise(2), noise(2), {"jitter": -1, "size": 4}, "`jitter` must be a number of pixels, 0 or more"),
        (noise(2), noise(2), {"size": 16}, r"image 0 of the array has 8x8 pixels. Received: size=\(16, 16\)"),
        (noise(2), noise(2), {"split": "test"}, "`split` is for named data sets"),
        (noise(2), noise(2), {"batch_size": 3}, "batch_size=3, with 2 pairs"),
        ("missing", "missing", {}, "source='missing', which is neither"),
    ],
)
def test_what_cannot_be(folder, source, target, options, message):
    path = folder({"a.png": grey(1)})
    source, target = (path if isinstance(side, str) and side == "folder" else side for side in (source, target))
    with pytest.raises(ValueError, match=message):
        pairs(source, target, **options)


def test_real_label_maps_and_photographs(real_file, tmp_path, numpy):
    with zipfile.ZipFile(real_file("camvid256.zip")) as archive:
        names = [name for name in archive.namelist() if name.startswith("camvid256/val/")]
        archive.extractall(tmp_path, names)
    path = tmp_path / "camvid256" / "val"
    batches = pairs(path / "label", path / "photo", size=64, jitter=8, flip=True, batch_size=101)
    batch = numpy(batches)[0]
    assert batch["source"].shape == batch["target"].shape == (101, 64, 64, 3)
    sky = (abs(batch["source"] - 1 / 255) < 0.02).all(axis=-1)  # it is labelled grey, and is the brightest of classes
    assert batch["target"][sky].mean() - batch["target"][~sky].mean() > 1.2
    swapped = np.roll(sky, 1, axis=0)  # of another pair
    assert batch["target"][swapped].mean() - batch["target"][~swapped].mean() < 1
