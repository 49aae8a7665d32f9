import io
import warnings

import numpy as np
import pytest
from PIL import Image

import keras_gan
from keras_gan.data.sources.convert import Convert
from keras_gan.data.sources.folder import Folder
from keras_gan.data.sources.layout import whole


def grey(value, size=(6, 4)):
    return Image.new("L", size, value)


def colour(value, size=(6, 4)):
    return Image.new("RGB", size, value)


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def truncated():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype("uint8")
    data = encoded(Image.fromarray(noise), "JPEG")
    return data[: len(data) // 2]


def read(path, bad_files="raise", **convert):
    read = Folder(path, bad_files).read(whole(Convert(**convert))).arrays
    return read["image"], read.get("label")


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "gif", "webp", "tif", "tiff", "PNG"])
def test_formats(folder, suffix):
    images, labels = read(folder({f"a.{suffix}": grey(128)}), channels=1)
    assert labels is None
    assert images.shape == (1, 4, 6, 1)
    np.testing.assert_allclose(images.astype(int), 128, atol=2)


def test_files_come_in_the_order_of_their_paths(folder):
    images, _ = read(folder({"c.png": grey(3), "a.png": grey(1), "b/a.png": grey(2)}))
    np.testing.assert_array_equal(images[:, 0, 0, 0], [1, 2, 3])


def test_sub_folders_are_classes(folder):
    path = folder({"dog/1.png": grey(1), "cat/2.png": grey(2), "cat/3.png": grey(3)})
    images, labels = read(path)
    np.testing.assert_array_equal(images[:, 0, 0, 0], [2, 3, 1])
    np.testing.assert_array_equal(labels, [0, 0, 1])
    assert Folder(path).class_names == ["cat", "dog"]


@pytest.mark.parametrize("files", [["a.png", "cat/b.png", "dog/c.png"], ["cat/x/a.png", "dog/b.png"], ["all/a.png"]])
def test_other_trees_have_no_classes(folder, files):
    assert read(folder({file: grey(1) for file in files}))[1] is None


def test_mixed_sizes_meet_at_the_size(folder):
    images, _ = read(folder({"a.png": grey(10, (40, 20)), "b.png": grey(20, (9, 33))}), size=(8, 8))
    np.testing.assert_array_equal(images[:, :, :, 0], np.array([10, 20])[:, None, None] * np.ones((1, 8, 8)))


def test_mixed_sizes_without_a_size(folder):
    path = folder({"a.png": grey(1), "b.png": grey(1, (9, 5))})
    with pytest.raises(ValueError, match=r"size=None, a\.png of 4x6 pixels and b\.png of 5x9.*`size=64`"):
        read(path)


def test_small_file_is_named_before_anything_is_decoded(folder):
    path = folder({"a.png": grey(1, (9, 9)), "sub/b.png": grey(1, (9, 5))})
    with pytest.raises(ValueError, match=r"sub/b\.png has 5x9 pixels"):
        read(path, size=(8, 8))


def test_grey_and_colour_together(folder):
    path = folder({"a.png": grey(1), "b.png": colour((1, 2, 3)), "c.png": grey(1)})
    with pytest.raises(ValueError, match=r"channels=None, 2 grey and 1 colour images. Use `channels=1` or"):
        read(path)


@pytest.mark.parametrize(("channels", "second"), [(1, [76]), (3, [255, 0, 0]), (4, [255, 0, 0, 255])])
def test_grey_and_colour_together_with_channels(folder, channels, second):
    images, _ = read(folder({"a.png": grey(9), "b.png": colour((255, 0, 0))}), channels=channels)
    np.testing.assert_array_equal(images[1, 0, 0], second)


def test_exif_orientation_turns_the_image(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (8, 4), "black")
    image.paste("white", (0, 0, 4, 4))
    images, _ = read(folder({"a.jpg": encoded(image, "JPEG", exif=exif, quality=100)}))
    assert images.shape == (1, 8, 4, 3)
    assert images[0, 0].mean() > 200
    assert images[0, -1].mean() < 50


def test_palette_becomes_colour(folder):
    image = colour((200, 100, 50)).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(read(folder({"a.png": image}))[0][0, 0, 0], [200, 100, 50])


def test_sixteen_bits_become_eight(folder):
    image = Image.fromarray(np.full((4, 6), 257 * 250, "uint16"))
    images, _ = read(folder({"a.png": encoded(image, "PNG")}))
    np.testing.assert_array_equal(images, np.full((1, 4, 6, 1), 250))


def test_cmyk_becomes_rgb(folder):
    images, _ = read(folder({"a.tif": Image.new("CMYK", (6, 4), (0, 255, 255, 0))}))
    np.testing.assert_array_equal(images[0, 0, 0], [255, 0, 0])


def test_alpha_over_white_by_default(folder):
    images, _ = read(folder({"a.png": Image.new("RGBA", (6, 4), (0, 100, 200, 51))}))
    np.testing.assert_array_equal(images[0, 0, 0], [204, 224, 244])


def test_alpha_kept_with_four_channels(folder):
    images, _ = read(folder({"a.png": Image.new("RGBA", (6, 4), (0, 100, 200, 51))}), channels=4)
    np.testing.assert_array_equal(images[0, 0, 0], [0, 100, 200, 51])


def test_grey_with_alpha_stays_grey(folder):
    images, _ = read(folder({"a.png": Image.new("LA", (6, 4), (100, 0))}))
    np.testing.assert_array_equal(images, np.full((1, 4, 6, 1), 255))


def test_animation_gives_its_first_frame(folder):
    frames = [colour((255, 0, 0)), colour((0, 255, 0))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    images, _ = read(folder({"a.gif": data}))
    np.testing.assert_array_equal(images[:, 0, 0], [[255, 0, 0]])


def test_hidden_and_system_files_do_not_count(folder):
    litter = [".DS_Store", "Thumbs.db", "desktop.ini", ".git/config", "__MACOSX/._a.png"]
    images, _ = read(folder({"a.png": grey(1), **dict.fromkeys(litter, b"x")}))
    assert len(images) == 1


@pytest.mark.parametrize(
    ("file", "content"),
    [("notes.txt", b"hello"), ("text.png", b"hello"), ("cut.jpg", truncated()), ("empty.png", b"")],
)
def test_bad_file_is_named_with_the_mend(folder, file, content):
    path = folder({"a.png": colour(1, (64, 64)), file: content})
    with pytest.raises(ValueError, match=rf'1 bad of 2 files: {file} \(.+Remove them, or use `bad_files="skip"`'):
        read(path)


def test_many_bad_files_are_counted(folder):
    path = folder({"a.png": grey(1), **{f"b{i}.png": b"x" for i in range(8)}})
    with pytest.raises(ValueError, match=r"8 bad of 9 files: b0\.png.*b4\.png \([^)]*\) and 3 more\."):
        read(path)


def test_skipping_warns_once_and_lists_them(folder):
    bad = {"dog/notes.txt": b"hello", "dog/cut.jpg": truncated(), "cat/text.png": b"hello"}
    path = folder({"cat/a.png": colour(1, (64, 64)), "dog/b.png": colour(2, (64, 64)), **bad})
    with pytest.warns(UserWarning, match=r"Skipped 3 files of .*cat/text\.png.*dog/cut\.jpg.*dog/notes\.txt") as caught:
        _, labels = read(path, "skip")
    assert len(caught) == 1
    np.testing.assert_array_equal(labels, [0, 1])


def test_nothing_bad_warns_nothing(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read(folder({"a.png": grey(1)}), "skip")[0]) == 1


def test_skipping_everything_is_an_error(folder):
    with pytest.raises(ValueError, match=r"1 bad of 1 files: a\.png"):
        read(folder({"a.png": b"x"}), "skip")


@pytest.mark.parametrize("bad_files", ["raise", "skip"])
def test_files_that_are_all_cut_off_are_named(folder, bad_files):
    with pytest.raises(ValueError, match=r"2 bad of 2 files: a\.jpg \(.*truncated.*b\.jpg"):
        read(folder({"a.jpg": truncated(), "b.jpg": truncated()}), bad_files)


def test_folder_without_images(folder):
    with pytest.raises(ValueError, match=r"must hold image files .*\.png.*with 1 other files"):
        read(folder({"notes.txt": b"hello"}))


def test_streaming_gives_the_same_images(folder, stack):
    path = folder({f"{name}/{i}.png": grey(20 * i) for i in range(6) for name in "ab"})
    kept, streamed = (
        keras_gan.data.images(path, batch_size=4, shuffle=False, cache=cache, size=3) for cache in (True, False)
    )
    assert streamed.element_spec == kept.element_spec
    assert streamed.cardinality() == kept.cardinality()
    np.testing.assert_array_equal(stack(streamed), stack(kept))


def test_streaming_reports_damage_before_the_first_epoch(folder):
    path = folder({"a.png": colour(1, (64, 64)), "cut.jpg": truncated()})
    with pytest.raises(ValueError, match=r"1 bad of 2 files: cut\.jpg"):
        keras_gan.data.images(path, batch_size=1, cache=False)


def test_streaming_skips_what_is_bad(folder):
    path = folder({"cat/a.png": colour(1, (64, 64)), "cat/cut.jpg": truncated(), "dog/b.png": colour(2, (64, 64))})
    with pytest.warns(UserWarning, match="Skipped 1 files"):
        dataset = keras_gan.data.images(path, batch_size=2, cache=False, shuffle=False, bad_files="skip")
    np.testing.assert_array_equal(next(iter(dataset))["label"], [0, 1])
