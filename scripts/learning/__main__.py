"""These scripts train networks to measure how well GANs learn, and how far the metrics can be trusted."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from entrance import main

main(__file__, __doc__)
