"""Rooms of the package import each other downwards only: the contract stands in `pyproject.toml`."""

import pathlib

from importlinter.cli import lint_imports

CONTRACT = str(pathlib.Path(__file__).parents[1] / "pyproject.toml")


def test_rooms_import_downwards_only():
    assert lint_imports(config_filename=CONTRACT) == 0
