"""The scripts are listed, say what they do, and import what exists; they are not run here, for they take minutes."""

import ast
import importlib.machinery
import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
FOLDERS = ("bench", "parity", "learning", "robustness")
FILES = [path for folder in FOLDERS for path in sorted((SCRIPTS / folder).glob("[!_]*.py"))]
PACKAGE = pathlib.Path(importlib.util.find_spec("keras_gan").origin).parent
OPTIONAL = {"prdc", "torch", "torch_fidelity"}  # their docstrings say how these are installed
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def sentence(path):
    """Returns the first line of a file's docstring."""
    return ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]


@pytest.mark.parametrize("arguments", [(), ("--help",)])
@pytest.mark.parametrize("folder", FOLDERS)
def test_an_entrance_lists_what_it_runs(folder, arguments):
    done = run(f"scripts/{folder}", *arguments)
    assert done.returncode == 0, done.stderr
    listed = re.findall(r"^  (\w+) +(.*)$", done.stdout, re.M)
    mains = [path for path in FILES if path.parent.name == folder and "\ndef main(" in path.read_text()]
    assert listed == [(path.stem, sentence(path)) for path in mains]
    assert f"python scripts/{folder} NAME [arguments]" in done.stdout


@pytest.mark.parametrize(("folder", "name"), [("bench", "train"), ("robustness", "fuzz")])
def test_an_entrance_runs_a_script_as_if_it_were_run_directly(folder, name):
    done, direct = run(f"scripts/{folder}", name, "--help"), run(f"scripts/{folder}/{name}.py", "--help")
    assert (done.returncode, done.stdout) == (direct.returncode, direct.stdout)
    assert done.returncode == 0
    assert f"usage: {name}.py" in done.stdout


def test_arguments_and_exit_code_are_passed_on():
    done = run("scripts/bench", "train", "--rounds", "many")
    assert done.returncode == 2
    assert "invalid int value: 'many'" in done.stderr


def test_an_unknown_name_is_refused_in_one_line():
    done = run("scripts/bench", "trian")
    assert done.returncode == 2
    assert done.stderr == (
        "The name of a script was expected. Received: 'trian'. Run `python scripts/bench` to see them.\n"
    )


@each_file
def test_a_script_compiles_and_says_what_it_does(path):
    compile(path.read_text(), str(path), "exec")
    assert re.fullmatch(r"[A-Z]\S* .+\.", sentence(path)), sentence(path)


@each_file
def test_a_script_that_is_run_reads_arguments(path):
    text = path.read_text()
    assert ("\ndef main(" in text) == ('\nif __name__ == "__main__":\n' in text)
    if "\ndef main(" in text:
        assert "argparse.ArgumentParser(description=" in text or "machine.parser(__doc__" in text


@each_file
def test_a_script_has_no_name_of_a_library(path):
    """A script's folder comes first where Python looks for modules: a `statistics.py` in it would be imported."""
    assert path.stem not in sys.stdlib_module_names
    assert not installed(path.stem)


def installed(name):
    """Tells whether a library is installed; the folders of scripts that other tests put on the path do not count."""
    places = [place for place in sys.path if not pathlib.Path(place).resolve().is_relative_to(SCRIPTS)]
    found = importlib.machinery.PathFinder.find_spec(name, places)
    return found is not None and found.origin is not None  # not a folder that merely has this name


def file_of(module, near):
    """Returns the file of a module of the scripts or of the package; None for other modules."""
    if module.split(".")[0] == "keras_gan":
        place = PACKAGE.joinpath(*module.split(".")[1:])
        found = [place.with_suffix(".py"), place / "__init__.py"]
    else:
        found = [near / f"{module}.py", SCRIPTS / f"{module.replace('.', '/')}.py"]
    return next((path for path in found if path.is_file()), None)


def names_in(path):
    """Returns the names that a module's own statements bind."""
    names = set()
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        else:
            names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return names


def imports_of(path):
    """Yields (module, name) of all imports of a file, also of those in functions; the name is None for a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


@each_file
def test_what_a_script_imports_exists(path):
    for module, name in imports_of(path):
        found, first = file_of(module, path.parent), module.split(".")[0]
        if found is None:
            assert first in sys.stdlib_module_names | OPTIONAL or (first != "keras_gan" and installed(first)), module
        elif name is not None and file_of(f"{module}.{name}", path.parent) is None:
            assert name in names_in(found), f"{module} has no {name}"


@each_file
def test_what_a_script_takes_from_its_neighbours_exists(path):
    tree = ast.parse(path.read_text())
    imported = {module: file_of(module, path.parent) for module, name in imports_of(path) if name is None}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = imported.get(node.value.id)
            if found and found.is_relative_to(SCRIPTS) and not node.attr.startswith("__"):
                assert node.attr in names_in(found), f"{node.value.id} has no {node.attr}"


def test_what_is_written_about_scripts_names_those_that_exist():
    texts = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]
    texts += [*PACKAGE.rglob("*.py"), *SCRIPTS.rglob("*.py"), *ROOT.glob("tests/golden/*.json")]
    known = {(path.parent.name, path.stem) for path in FILES}
    mentions = 0
    for text in texts:
        for folder, name in re.findall(rf"scripts/({'|'.join(FOLDERS)})(?:/| )(\w+)", text.read_text()):
            assert (folder, name) in known | {(folder, "NAME")}, text
            mentions += 1
        assert not re.search(r"scripts/(?!entrance)\w+\.py", text.read_text()), text
    assert mentions > 50
