import pathlib
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).parents[2] / "scripts" / "robustness" / "kills.py"


def test_a_training_that_is_killed_again_and_again_ends_as_if_it_were_not(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--kills", "5", "--exports", "1", "--epochs", "30"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "variables, 0 differ; rows of the logs [30, 30]" in done.stdout
