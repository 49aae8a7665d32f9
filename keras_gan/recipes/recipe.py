"""Recipes: modules of `keras_gan.recipes` with a function `data`, a function `gan` and a number `EPOCHS`."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import keras

from keras_gan.recipes import signatures
from keras_gan.recipes.precision import computing_in
from keras_gan.recipes.signatures import Option
from keras_gan.recipes.training import Training

PACKAGE = __name__.rpartition(".")[0]


class Recipe:
    """A module that makes data and a GAN for them, and the options that the signatures of its functions name.

    `data(source, ...)` returns batches; its argument `source` is the option `data`. `gan(dataset, ...)` returns a
    compiled GAN for them. An option that both have, such as `seed`, goes to both. A recipe may have a third function,
    `stages(...)`, which returns the `Stage`s of its training.

    Args:
        module: the recipe.
    """

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.name = module.__name__.rpartition(".")[2]
        self.summary = inspect.getdoc(module).partition("\n")[0]
        self.epochs = module.EPOCHS
        self.of_data = signatures.options(module.data)
        if "source" in self.of_data:
            renamed = {"data": self.of_data["source"]._replace(name="data"), **self.of_data}
            self.of_data = {name: option for name, option in renamed.items() if name != "source"}
        _, *of_gan = signatures.options(module.gan).items()
        self.of_gan = dict(of_gan)
        self.of_stages = signatures.options(module.stages) if hasattr(module, "stages") else {}
        if unclear := [name for name, o in self.options.items() if o.annotation is inspect.Parameter.empty]:
            raise TypeError(
                f"Every option of a recipe must have an annotation. Received: `{unclear[0]}` of {self.name} without. "
                "Annotate it with a type, or one of keras_gan.recipes.options."
            )

    @property
    def options(self) -> dict[str, Option]:
        """All options by name: those of the data, then those of the GAN and of its stages."""
        found = {}
        for options in (self.of_data, self.of_gan, self.of_stages):
            found |= {name: option for name, option in options.items() if name not in found}
        return found

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises ValueError if an argument is none of the recipe's options, or one that it needs is missing."""
        for name in arguments:
            if name not in self.options:
                raise ValueError(no_such_option(self, name, self.options))
        if missing := [name for name, option in self.options.items() if option.required and name not in arguments]:
            raise ValueError(f"{self.name} needs `{missing[0]}`: {self.options[missing[0]].help} Received: none.")

    def dataset(self, arguments: Mapping[str, Any]) -> Any:
        """Makes the batches, and sets Keras's global seed if the recipe has one.

        Args:
            arguments: {option: value}; those of the GAN are left aside.
        """
        if "seed" in self.options:
            keras.utils.set_random_seed(arguments.get("seed", self.options["seed"].default))
        named = {name: value for name, value in arguments.items() if name in self.of_data}
        if "data" in named:
            named["source"] = named.pop("data")
        return self.module.data(**named)

    def training(
        self, arguments: Mapping[str, Any], epochs: int | None = None, precision: str | None = None
    ) -> Training:
        """Makes the batches and the GAN: see `make`."""
        self.check(arguments)
        dataset = self.dataset(arguments)

        def named_in(options):
            return {name: value for name, value in arguments.items() if name in options}

        with computing_in(precision):
            gan = self.module.gan(dataset, **named_in(self.of_gan))
        stages = tuple(self.module.stages(**named_in(self.of_stages))) if self.of_stages else ()
        return Training(gan, dataset, self.epochs if epochs is None else epochs, stages)


def find(name: str) -> Recipe | None:
    """Returns the recipe of this name; None where there is none, as for any other module of the package."""
    if name not in _modules():
        return None
    module = importlib.import_module(f"{PACKAGE}.{name}")
    return Recipe(module) if hasattr(module, "data") and hasattr(module, "gan") else None


def names() -> list[str]:
    """Returns the names of all recipes, in alphabetical order.

    Example:

    >>> import keras_gan as kg
    >>> "dcgan" in kg.recipes.names()
    True
    """
    return [name for name in _modules() if find(name) is not None]


def _modules():
    return sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__))


def named(name: str) -> Recipe:
    """Returns the recipe of this name.

    Raises:
        ValueError: if there is none; the text has the near names.
    """
    if (found := find(name)) is None:
        near = difflib.get_close_matches(name, names(), n=3, cutoff=0.4) or names()
        raise ValueError(f"Unknown recipe {name!r}. Did you mean {' or '.join(near)}? All of them: keras-gan recipes.")
    return found


def make(recipe: str, /, *, epochs: int | None = None, precision: str | None = None, **options: Any) -> Training:
    """Makes what a recipe trains, and on what.

    Args:
        recipe: name of a recipe: see `names`, or `keras-gan recipes`.
        epochs: passes over the data. Defaults to the recipe's own number.
        precision: "float32", "bfloat16" or "float16", what the networks compute in; weights stay float32. Defaults to
            Keras's dtype policy.
        options: the recipe's own, such as `data`: `keras-gan train RECIPE --help` tells them.

    Returns:
        A `Training`: the compiled GAN, its batches, the number of epochs, its stages.

    Raises:
        ValueError: if there is no such recipe, it has no such option, or an option is not as described.

    Example:

    >>> import keras_gan as kg
    >>> training = kg.recipes.make("dcgan", data="digits", filters=4, epochs=2)
    >>> training.gan.image_shape, training.epochs
    ((8, 8, 1), 2)
    """
    return named(recipe).training(options, epochs, precision)


def no_such_option(recipe: Recipe, option: str, known: Iterable[str], shown: Any = str) -> str:
    """Returns what to say of an option that a recipe lacks: which recipes have it, or the near names.

    Args:
        recipe: the recipe.
        option: name of the option.
        known: names that may be meant.
        shown: function that writes a name as the reader writes it.
    """
    having = [name for name in names() if option in named(name).options]
    if having:
        mend = f"Recipes that have it: {', '.join(having[:5])}{' and others' if len(having) > 5 else ''}."
    else:
        near = difflib.get_close_matches(option, known, n=3)
        mend = f"Did you mean {' or '.join(map(shown, near))}?" if near else ""
    return f"{recipe.name} has no option {shown(option)}. {mend} All of them: keras-gan train {recipe.name} --help."
