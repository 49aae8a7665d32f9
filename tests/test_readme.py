"""What the README shows is run."""

import pathlib
import re

import pytest

README = (pathlib.Path(__file__).parents[1] / "README.md").read_text()


def test_it_opens_with_the_two_commands():
    first = re.search(r"```\n(.*?)```", README, re.S).group(1)
    assert re.findall(r"^bash (scripts/\w+\.sh)", first, re.M) == ["scripts/demo.sh", "scripts/test.sh"]


def test_the_lines_of_python_run(tmp_path, monkeypatch):
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, re.S))
    code, changed = re.subn(r"epochs=\d+", "epochs=1", code)
    code = code.replace("every=10", "every=1").replace("10_000", "100")
    assert changed == 3
    monkeypatch.chdir(tmp_path)
    variables = {}
    exec(code, variables)
    assert variables["images"].shape == (64, 8, 8, 1)
    assert (tmp_path / "export" / "saved_model" / "1" / "saved_model.pb").exists()
    assert (tmp_path / "export" / "generator.onnx").exists()
    assert (tmp_path / "samples" / "timeline.gif").exists()


@pytest.mark.parametrize("path", re.findall(r'(?:src="|\]\()([\w./]+)', README))
def test_links_lead_to_files(path):
    assert (pathlib.Path(__file__).parents[1] / path).exists()
