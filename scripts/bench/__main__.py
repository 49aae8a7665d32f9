"""These scripts measure speed and memory; all sides of a comparison run in turn."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from entrance import main

main(__file__, __doc__)
