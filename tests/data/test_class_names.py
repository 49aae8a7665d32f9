import pytest
from PIL import Image

from keras_gan.data import class_names


def test_of_a_named_data_set():
    assert class_names("digits") == [str(digit) for digit in range(10)]
    assert class_names("fashion_mnist")[9] == "Ankle boot"


def test_of_a_folder(folder):
    assert class_names(folder({"dog/a.png": Image.new("L", (2, 2)), "cat/a.png": Image.new("L", (2, 2))})) == [
        "cat",
        "dog",
    ]


def test_of_a_folder_without_classes(folder):
    assert class_names(folder({"a.png": Image.new("L", (2, 2))})) == []


def test_of_nothing_known():
    with pytest.raises(ValueError, match="Received: source='no_such', which is neither"):
        class_names("no_such")
