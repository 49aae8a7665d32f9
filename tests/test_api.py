"""The public names are those of api.txt: a change of the interface is a change of that file, and seen in review."""

import inspect
import pathlib
import re

import keras

import keras_gan

REGISTERED = ("augmenters", "layers", "losses", "networks", "penalties")
LIST = pathlib.Path(__file__).with_name("api.txt")


def public_names():
    """Every public name with its arguments, one a line, as in api.txt."""
    return sorted(_names(keras_gan, "keras_gan"))


def _names(module, path):
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            yield from _names(thing, f"{path}.{name}")
        elif callable(thing):
            arguments = ", ".join(
                str(parameter.replace(annotation=inspect.Parameter.empty))
                for parameter in inspect.signature(thing).parameters.values()
            )
            yield f"{path}.{name}({arguments})"
        else:
            yield f"{path}.{name}"


def test_public_names_are_the_committed_ones():
    assert public_names() == LIST.read_text().splitlines(), f"write the new names to {LIST.name} if the change is meant"


def test_public_classes_are_registered_with_keras():
    for module in (keras_gan, *(getattr(keras_gan, name) for name in REGISTERED)):
        for name in module.__all__:
            member = getattr(module, name)
            abstract = name in ("AdversarialLoss", "Penalty", "Play")
            if inspect.isclass(member) and not abstract:
                assert keras.saving.get_registered_name(member) == f"keras_gan>{name}"


def test_version_is_written_once():
    assert re.fullmatch(r"\d+\.\d+\.\d+", keras_gan.__version__)
    project = pathlib.Path(__file__).parents[1]
    assert 'dynamic = ["version"]' in (project / "pyproject.toml").read_text()
    assert f"## {keras_gan.__version__}" in (project / "CHANGELOG.md").read_text()
