import numpy as np
from sklearn.datasets import load_digits

import keras_gan
from keras_gan.data import catalogue


def test_equals_the_stored_digits(data_dir):
    dataset = keras_gan.data.images("digits", batch_size=1797, shuffle=False, data_dir=data_dir)
    batch = next(dataset.as_numpy_iterator())
    wanted = load_digits()
    # TFDS stores examples in an order of its own, so both sides are sorted.
    received = np.c_[np.round((batch["image"].reshape(1797, 64) + 1) * 127.5), batch["label"]]
    expected = np.c_[np.floor(wanted.data * 255 / 16 + 0.5), wanted.target]
    np.testing.assert_array_equal(*(np.array(sorted(map(tuple, table))) for table in (received, expected)))


def test_states_its_origin_and_licence():
    info = catalogue.builder("digits").info
    assert "Alpaydin" in info.citation
    assert "CC BY 4.0" in info.description
    assert info.supervised_keys == ("image", "label")
    assert info.features["label"].num_classes == 10
