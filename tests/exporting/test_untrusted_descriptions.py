"""What exported files of strangers say of their inputs and outputs: see test_untrusted_exports.py."""

import json

import pytest

from tests.exporting.strangers import drawn, with_metadata

LATENT = {"kind": "Latent", "shape": [6], "distribution": "normal", "stream": 0}
LABEL = {"kind": "Label", "num_classes": 3, "column": "label"}
CODE = {"kind": "Code", "categories": [3], "continuous": 1}
GIVEN = {"kind": "Given", "column": "a", "shape": [8, 8, 1], "medium": {"kind": "Images"}}
IMAGE = {"medium": {"kind": "Images"}, "shape": [8, 8, 1]}


def inputs(**others):
    return {"inputs": json.dumps({"latent": LATENT, "label": LABEL} | others)}


def outputs(**others):
    return {"outputs": json.dumps({"image": IMAGE | others})}


DESCRIBED = [
    ({"inputs": None}, "inputs None"),
    ({"outputs": None}, "outputs None"),
    ({"inputs": "[" * 100_000}, "levels|recursion"),
    ({"inputs": "{}"}, "inputs {}"),
    ({"inputs": json.dumps([LATENT])}, r"inputs \["),
    ({"inputs": json.dumps({str(number): LATENT for number in range(100)})}, "inputs {"),
    (inputs(**{"": LATENT}), "inputs ''"),
    (inputs(**{"a\nb": LATENT}), r"inputs 'a\\nb'"),
    (inputs(latent="Latent"), "latent: Latent, which is none of Code, Given, Label, Latent"),
    (inputs(latent=LATENT | {"kind": "Input"}), "which is none of"),
    (inputs(latent=LATENT | {"kind": ["Latent"]}), "which is none of"),
    (inputs(latent=LATENT | {"kind": "os.system"}), "which is none of"),
    (inputs(latent=LATENT | {"seed": 1}), "which should hold shape, distribution, stream"),
    (inputs(latent={"kind": "Latent", "shape": [6]}), "which should hold"),
    (inputs(latent=LATENT | {"shape": [65536, 65536]}), "16,777,216 numbers"),
    (inputs(latent=LATENT | {"shape": [-6]}), r"shape \[-6\]"),
    (inputs(latent=LATENT | {"shape": [None]}), r"shape \[None\]"),
    (inputs(latent=LATENT | {"shape": [True]}), r"shape \[True\]"),
    (inputs(latent=LATENT | {"shape": 6}), "shape 6"),
    (inputs(latent=LATENT | {"shape": [1] * 100}), r"shape \[1, 1"),
    (inputs(latent=LATENT | {"distribution": "cauchy"}), "distribution cauchy"),
    (inputs(latent=LATENT | {"distribution": ["normal"]}), "distribution"),
    (inputs(latent=LATENT | {"stream": -1}), "stream -1"),
    (inputs(label=LABEL | {"num_classes": 10**30}), "num_classes 1000"),
    (inputs(label=LABEL | {"num_classes": 0}), "num_classes 0"),
    (inputs(label=LABEL | {"num_classes": 2.0}), "num_classes 2.0"),
    (inputs(label=LABEL | {"column": {"a": 1}}), "column"),
    (inputs(code=CODE | {"categories": [10**6]}), r"categories \[1000000\]"),  # a table of its square would be made
    (inputs(code=CODE | {"categories": [4096] * 5000}), "a code of"),
    (inputs(code=CODE | {"categories": [], "continuous": 0}), "a code of 0 numbers"),
    (inputs(code=CODE | {"continuous": 2**40}), "continuous 1099511627776"),
    (inputs(code=CODE | {"categories": 3}), "categories 3"),
    (inputs(a=GIVEN | {"medium": {"kind": "Medium"}}), "which is none of Images, Labels"),
    (inputs(a=GIVEN | {"medium": {"kind": "Images", "rate": 3}}), "'rate': 3"),
    (
        inputs(a=GIVEN | {"medium": {"class_name": "Lambda", "module": "keras.layers", "config": {}}}),
        "which is none of",
    ),
    (inputs(a=GIVEN | {"shape": [2**20, None, 2**20]}), "16,777,216 numbers"),
    (outputs(shape=[8, 8]), r"Images\(\) of shape \(8, 8\)"),
    (outputs(shape=[0, 8, 1]), r"shape \[0, 8, 1\]"),
    (outputs(shape=[10**6, 10**6, 1]), "16,777,216 numbers"),
    (outputs(medium={"kind": "Labels", "num_classes": [3], "lowest": 0}), "Labels"),
    (outputs(medium={"kind": "Labels", "num_classes": 10**30}), "Labels"),
    (outputs(medium="Images"), "which is none of"),
    (outputs(more=1), "which should hold medium, shape"),
    # What the file says is plausible, and not what it does.
    (inputs(latent=LATENT | {"shape": [7]}), "invalid dimensions"),
    ({"inputs": json.dumps({"latent": LATENT})}, "label"),
    (outputs(shape=[8, 8, 3]), r"make 'image' of shape \(2, 8, 8, 3\), float32 or uint8.*float32 \(2, 8, 8, 1\)"),
    ({"outputs": json.dumps({"picture": IMAGE})}, "make 'picture' of shape"),
]


@pytest.mark.parametrize(("changes", "text"), DESCRIBED)
def test_descriptions_of_strangers_are_refused_by_the_package(changes, text, model, tmp_path):
    path = with_metadata(model, tmp_path / "generator.onnx", changes)
    with pytest.raises(ValueError, match=rf"^(An|The) exported generator must (?s:.*)({text})") as error:
        drawn(path)
    assert "generator.onnx" in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(("changes", "text"), DESCRIBED)
def test_descriptions_of_strangers_are_one_line_of_the_program(changes, text, model, program, tmp_path, capsys):
    path = with_metadata(model, tmp_path / "generator.onnx", changes)
    code = program.main([str(path), "--count", "2", "--out", str(tmp_path / "grid.png")])
    told = capsys.readouterr()
    assert code in (0, 2)  # 0 where the program does not need what is wrong
    assert told.err.count("\n") == (1 if code else 0)
