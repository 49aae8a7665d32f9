import json

import pytest

from keras_gan import exporting
from keras_gan.exporting import about as descriptions


def test_what_is_said_stands_in_the_files(lively, tmp_path):
    import onnx

    about = {"training_data": "digits", "license": "CC0", "metrics": [{"name": "FCD-digits-v1", "value": 3.5}]}
    gan = lively()
    path = exporting.to_onnx(gan, tmp_path / "generator.onnx", about=about)
    stored = {p.key: p.value for p in onnx.load(path).metadata_props}
    assert stored["training_data"] == "digits"
    assert stored["license"] == "CC0"
    assert json.loads(stored["metrics"]) == about["metrics"]
    folder = exporting.to_saved_model(gan, tmp_path / "saved_model", about=about)
    same = {key: value for key, value in stored.items() if key not in ("precision", "output_type")}  # of ONNX alone
    assert json.loads((folder / "assets.extra" / "keras_gan.json").read_text()) == same


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"author": "me"}, "may hold training_data.*Received: author"),
        ({"license": 3}, r"about\['license'\]` must be a str. Received: 3"),
        ({"class_names": ["a", "b"]}, "must be 3 names, one for each class"),
        ({"class_names": "abc"}, "must be 3 names"),
        ({"class_names": [1, 2, 3]}, "must be 3 names"),
        ({"metrics": {"name": "x"}}, "must be a list of dicts"),
        ({"metrics": [{"value": 1}]}, "must be a list of dicts"),
    ],
)
def test_wrong_descriptions_are_refused(about, told):
    with pytest.raises(ValueError, match=told):
        descriptions.checked(about, 3)


def test_names_need_classes():
    with pytest.raises(ValueError, match="must be 0 names"):
        descriptions.checked({"class_names": ["a"]}, None)
    assert descriptions.checked(None, None) == {}
    assert descriptions.checked({"class_names": ["a", "b"]}, 2) == {"class_names": ["a", "b"]}
