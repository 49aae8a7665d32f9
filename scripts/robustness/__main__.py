"""These scripts try what can go wrong: kills, damaged files, bad requests, very long runs, very many files."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from entrance import main

main(__file__, __doc__)
