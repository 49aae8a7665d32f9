import functools
import types

import pytest

from keras_gan.recipes import signatures
from keras_gan.recipes.recipe import Recipe
from keras_gan.recipes.signatures import passes_on


def paint(wall: str, colour: str = "white", coats: int = 2) -> str:
    """Paints a wall.

    Args:
        wall: which one.
        colour: of the
            paint.
        coats: how often: twice, or more.

    Returns:
        What was done.
    """
    return f"{wall} {colour} {coats}"


@passes_on(paint, without=["colour"])
def renovate(house: str, doors: int = 1, **further) -> str:
    """Args:
    house: what is old.
    doors: how many.
    """
    return paint(house, colour="red", **further)


def test_what_is_passed_on_is_named_and_described():
    options = signatures.options(renovate)
    assert {name: option.default for name, option in options.items() if not option.required} == {"doors": 1, "coats": 2}
    assert list(options) == ["house", "doors", "coats"]
    assert options["coats"].help == "how often: twice, or more."
    assert options["coats"].annotation is int
    assert signatures.options(paint)["colour"].help == "of the paint."
    assert renovate("house", coats=3) == "house red 3"


def test_other_defaults_are_those_of_a_partial():
    options = signatures.options(functools.partial(renovate, coats=5))
    assert (options["coats"].default, options["coats"].help) == (5, "how often: twice, or more.")


def test_what_is_not_named_is_refused():
    def gan(dataset, **further): ...

    with pytest.raises(TypeError, match=r"must name its options. Received: \*\*further. Decorate .*@passes_on"):
        signatures.options(gan)


def test_an_option_without_annotation_is_refused():
    module = types.ModuleType("bare", "A recipe.")
    module.data, module.gan, module.EPOCHS = paint, lambda dataset, depth=3: None, 1
    with pytest.raises(TypeError, match=r"must have an annotation. Received: `depth` of bare without"):
        Recipe(module)


def test_an_option_that_must_be_given_is_asked_for():
    module = types.ModuleType("painting", "A recipe.")
    module.data, module.gan, module.EPOCHS = paint, lambda dataset: None, 1
    recipe = Recipe(module)
    recipe.check({"wall": "north"})
    with pytest.raises(ValueError, match=r"painting needs `wall`: which one. Received: none."):
        recipe.check({"coats": 3})
