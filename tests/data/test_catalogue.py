import socket

import numpy as np
import pytest
import tensorflow_datasets as tfds

import keras_gan
from keras_gan.data import catalogue


@pytest.mark.parametrize(
    ("source", "known"),
    [
        *[("digits", True), ("fashion_mnist", True), ("mnist:3.0.1", True), ("cycle_gan/horse2zebra", True)],
        *[("no_such", False), ("./digits", False), ("/digits", False), ("Digits", False)],
    ],
)
def test_is_name(source, known):
    assert catalogue.is_name(source) is known


@pytest.mark.parametrize(
    ("source", "near"), [("fashion-mnist", "fashion_mnist"), ("Cifar10", "cifar10"), ("digit", "digits")]
)
def test_unknown_name_offers_near_ones(source, near):
    with pytest.raises(ValueError, match=rf"Received: source='{source}', which is neither. Near names: .*\b{near}\b"):
        keras_gan.data.images(source)


@pytest.mark.parametrize("source", ["digits/other", "digits:9.9.9"])
def test_unknown_config_or_version(source, data_dir):
    with pytest.raises(ValueError, match=rf"named as name, name/config or name:version. Received: source='{source}'"):
        catalogue.open_named(source, data_dir=data_dir)


def test_unknown_split(data_dir):
    with pytest.raises(ValueError, match=r"`split` must be one of train, or a part.*split='test' of source='digits'"):
        catalogue.open_named("digits", "test", data_dir)


def test_part_of_a_split(data_dir):
    assert catalogue.open_named("digits", "train[:10]", data_dir).dataset.cardinality() == 10


def test_preparing_leaves_standard_output_alone(tmp_path, capsys):
    catalogue.open_named("digits", data_dir=tmp_path)
    assert capsys.readouterr().out == ""


def test_preparing_needs_no_network(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("network access")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert catalogue.open_named("digits", data_dir=tmp_path).dataset.cardinality() == 1797


def test_failed_download_is_one_line_with_the_mend(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(catalogue.urllib.request, "getproxies", dict)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(
        ValueError, match=r"'mnist' could not be prepared: storage.googleapis.com cannot.*`archives`"
    ) as caught:
        catalogue.open_named("mnist", data_dir=tmp_path)
    assert "\n" not in str(caught.value)


def test_another_process_that_is_quicker_wins(tmp_path, monkeypatch):
    catalogue.names()  # imports the builder
    from keras_gan.data.digits import Digits

    generate, others = Digits._generate_examples, []

    def interrupted(builder):
        if not others:  # the other process prepares everything while this one is in the middle of it
            others.append(catalogue.builder("digits", tmp_path))
            others[0].download_and_prepare()
        yield from generate(builder)

    monkeypatch.setattr(Digits, "_generate_examples", interrupted)
    assert catalogue.open_named("digits", data_dir=tmp_path).dataset.cardinality() == 1797
    assert [path.name for path in (tmp_path / "digits").iterdir()] == ["1.0.0"]


class Pictures(tfds.core.GeneratorBasedBuilder):
    """Pictures of two sizes, with a label that is no class."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        image, label = tfds.features.Image(shape=(None, None, 3)), tfds.features.Scalar(np.float32)
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict({"image": image, "label": label}))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index, shape in enumerate([(8, 8, 3), (6, 12, 3)]):
            yield index, {"image": np.full(shape, 100, "uint8"), "label": 0.5}


class Sounds(Pictures):
    """No images at all."""

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({"audio": tfds.features.Scalar(np.int32)})
        )

    def _generate_examples(self):
        yield 0, {"audio": 1}


def test_pictures_of_varying_size_are_resized_like_files(data_dir, stack):
    dataset = keras_gan.data.images("pictures", size=4, batch_size=2, data_dir=data_dir)
    np.testing.assert_allclose(stack(dataset), np.full((2, 4, 4, 3), 100 / 127.5 - 1), atol=1e-6)


def test_label_that_is_no_class_is_left_out(data_dir):
    assert set(keras_gan.data.images("pictures", size=4, batch_size=2, data_dir=data_dir).element_spec) == {"image"}


def test_data_set_without_images(data_dir):
    with pytest.raises(ValueError, match=r'the feature "image" is needed. Received: source=\'sounds\' with audio'):
        catalogue.open_named("sounds", data_dir=data_dir)
