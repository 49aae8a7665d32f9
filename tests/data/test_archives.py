import gzip
import os
import pathlib
import types

import numpy as np
import pytest
from tensorflow_datasets.core.download.checksums import UrlInfo, compute_url_info

import keras_gan
from keras_gan.data.archives import fill_download_folder

SHARED = pathlib.Path(__file__).parents[2].parent / "shared" / "data"


def real_files(name):
    folder = pathlib.Path(os.environ.get("KERAS_GAN_TEST_DATA", SHARED)) / name
    if not folder.is_dir():
        pytest.skip(f"needs the original files of {name} in KERAS_GAN_TEST_DATA/{name}")
    return folder


@pytest.fixture
def archives(tmp_path):
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "a.zip").write_bytes(b"content of a")
    (tmp_path / "downloads").mkdir()
    return tmp_path / "archives"


def made(archives, url="https://example.org/files/a.zip?download=1", info=None, config=None):
    """What `fill_download_folder` reads of a builder."""
    info = info or compute_url_info(archives / "a.zip")
    others = {"https://example.org/other.zip": UrlInfo(3, "0" * 64, "other.zip")} if config else {}
    config = types.SimpleNamespace(name=config) if config else None
    return types.SimpleNamespace(name="made_up", url_infos={url: info, **others}, builder_config=config)


def test_archive_lands_where_tfds_looks(archives):
    downloads = archives.parent / "downloads"
    fill_download_folder(made(archives), archives, downloads)
    copies = sorted(path.name for path in downloads.iterdir())
    assert len(copies) == 2
    assert copies[1] == f"{copies[0]}.INFO"
    assert (downloads / copies[0]).read_bytes() == b"content of a"


def test_missing_archive_is_named(archives):
    (archives / "a.zip").rename(archives / "c.zip")
    builder = made(archives, "https://x.org/b.zip", UrlInfo(12, "0" * 64, "a.zip"))
    message = r"original files of 'made_up'.*without b\.zip or a\.zip.*from https://x\.org/b\.zip"
    with pytest.raises(ValueError, match=message):
        fill_download_folder(builder, archives, archives.parent / "downloads")


def test_wrong_contents_are_named(archives):
    info = UrlInfo(12, "0" * 64, "a.zip")
    with pytest.raises(
        ValueError, match=r"original file of 12 bytes with SHA-256 0{64}\. Received: a\.zip with 12 bytes"
    ):
        fill_download_folder(made(archives, info=info), archives, archives.parent / "downloads")


def test_of_several_configs_only_the_chosen_one_is_needed(archives):
    downloads = archives.parent / "downloads"
    fill_download_folder(made(archives, "https://example.org/a.zip", config="a"), archives, downloads)
    assert len(list(downloads.iterdir())) == 2


def test_data_set_without_recorded_files(archives, tmp_path):
    with pytest.raises(ValueError, match=r"whose files TFDS has on record. Received: source='digits'"):
        keras_gan.data.images("digits", archives=archives, data_dir=tmp_path / "data")


def test_errors_reach_the_user_of_images(archives, tmp_path):
    with pytest.raises(ValueError, match=r"files of 'fashion_mnist'. Received: archives=.*t10k-images-idx3-ubyte\.gz"):
        keras_gan.data.images("fashion_mnist", archives=archives, data_dir=tmp_path / "data")


def test_fashion_mnist_from_its_original_files(tmp_path):
    archives = real_files("fashion_mnist")
    raw = {}
    for split, file, count in (("train", "train", 60_000), ("test", "t10k", 10_000)):
        pixels = gzip.decompress((archives / f"{file}-images-idx3-ubyte.gz").read_bytes())[16:]
        labels = gzip.decompress((archives / f"{file}-labels-idx1-ubyte.gz").read_bytes())[8:]
        raw = {
            (image.tobytes(), label)
            for image, label in zip(np.frombuffer(pixels, "uint8").reshape(-1, 784), labels, strict=True)
        }
        dataset = keras_gan.data.images(
            "fashion_mnist", split=split, archives=archives, data_dir=tmp_path, batch_size=1000, shuffle=False
        )
        assert dataset.cardinality() == count // 1000
        batches = list(dataset.as_numpy_iterator())
        images = np.round((np.concatenate([b["image"] for b in batches]) + 1) * 127.5).astype("uint8")
        received = np.concatenate([b["label"] for b in batches])
        np.testing.assert_array_equal(np.bincount(received), [count // 10] * 10)
        assert {(image.tobytes(), label) for image, label in zip(images, received.tolist(), strict=True)} == raw
