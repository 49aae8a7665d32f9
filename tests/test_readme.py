"""What the README and the pages of `docs/` show is run."""

import pathlib
import re

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
LONGEST = 110  # lines: the README is for people in a hurry, the rest stands in docs/
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]


def test_it_opens_with_the_two_commands():
    first = re.search(r"```\n(.*?)```", README, re.S).group(1)
    assert re.findall(r"^bash (scripts/\w+\.sh)", first, re.M) == ["scripts/demo.sh", "scripts/test.sh"]


def test_it_is_short():
    assert len(README.splitlines()) <= LONGEST


def run(*pages, epochs):
    """Runs the Python of pages as one program, shortened; returns its variables.

    Args:
        pages: names of files.
        epochs: how many numbers of epochs they are known to write.
    """
    text = "\n".join((ROOT / page).read_text() for page in pages)
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    code, changed = re.subn(r"epochs=\d+", "epochs=1", code)
    assert changed == epochs
    variables = {}
    exec(code.replace("every=10", "every=1").replace("10_000", "100"), variables)
    return variables


def test_the_lines_of_python_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    variables = run("README.md", "docs/python.md", "docs/scores.md", epochs=3)
    assert variables["images"].shape == (64, 8, 8, 1)
    assert variables["threes"].shape == (16, 8, 8, 1)
    assert (tmp_path / "export" / "saved_model" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "export" / "generator.onnx").exists()
    assert (tmp_path / "samples" / "timeline.gif").exists()


def test_the_game_that_is_written_out_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    variables = run("docs/games.md", epochs=3)
    assert variables["translated"].shape == (4, 8, 8, 1)
    assert variables["translated"].dtype == np.uint8
    assert (tmp_path / "export" / "translation.onnx").exists()
    assert (tmp_path / "translated" / "timeline.gif").exists()
    steps = {name: int(variables["game"].optimizer[name].iterations) for name in ("generator", "discriminator")}
    assert steps["generator"] == 3 * steps["discriminator"] // 2 > 0  # three epochs, one of them a stage without judge


def anchor(heading):
    """Returns what GitHub calls a heading in links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


LINKS = [
    pytest.param(page, target, id=f"{page.name}:{target}")
    for page in PAGES
    for target in re.findall(r'(?:src="|\]\()([^)"\s]+)', page.read_text())
    if "://" not in target
]


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_links_lead_to_files_and_their_headings(page, target):
    path, _, heading = target.partition("#")
    file = page.parent / path if path else page
    assert file.exists()
    if heading:
        assert heading in [anchor(line) for line in re.findall(r"^#+ (.*)$", file.read_text(), re.M)]
