"""Words of the command line become values that JSON keeps, or are told."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from keras_gan.cli import words
from keras_gan.recipes import options


@pytest.mark.parametrize(
    ("word", "annotation", "value"),
    [
        ("3", int, 3),
        ("3", float, 3.0),
        ("1e-3", float, 1e-3),
        ("true", bool | Path, True),
        ("none", int | None, None),
        ("none", Literal["a", "b"] | None, None),
        ("b", Literal["a", "b"], "b"),
        ("3", Literal[1, 3], 3),
        ("64", options.Size, 64),
        ("64x48", options.Size, [64, 48]),
        ("64,48", options.Size, [64, 48]),
        ("-1,1", tuple[float, float] | None, [-1.0, 1.0]),
        ("4", list[options.Filters], [4]),
        ("4,8,16", list[options.Filters], [4, 8, 16]),
        ("smiling,young", list[str], ["smiling", "young"]),
        ("x,y", str, "x,y"),
        ("3", str | int, 3),
        ("digits", options.Source, "digits"),
        ("no_such_thing", options.Source, "no_such_thing"),
    ],
)
def test_words_become_values(word, annotation, value):
    found = words.read(word, annotation)
    assert (found, type(found)) == (value, type(value))


def test_paths_become_absolute(tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    assert words.read("photos", options.Source) == str(tmp_path / "photos")
    assert words.read("photos", options.Folder) == str(tmp_path / "photos")
    assert words.read("not_there", options.Folder) == str(tmp_path / "not_there")


@pytest.mark.parametrize(
    ("word", "annotation", "message"),
    [
        ("x", int, "must be a whole number"),
        ("0", options.BatchSize, "must be a whole number, from 1 to 1,048,576"),
        ("inf", float, "must be a number"),
        ("none", int, "must be a whole number"),
        ("c", Literal["a", "b"] | None, "must be a or b or none"),
        ("64x", options.Size, "must be a whole number or 2 values with commas or none, from 1 to 32,768"),
        ("64x48x3", options.Size, "from 1 to 32,768"),
        ("64x99999", options.Size, "from 1 to 32,768"),
        ("4,x", list[int], "must be values with commas, each a whole number$"),
        ("4,0", list[options.Filters], "must be values with commas, each a whole number, from 1 to 65,536"),
        ("a\0b", str, "must be a text"),
        ("x" * 5000, Annotated[Any, "anything"], "must be a text"),
    ],
)
def test_words_that_stand_for_nothing_are_told(word, annotation, message):
    with pytest.raises(ValueError, match=message):
        words.read(word, annotation)
