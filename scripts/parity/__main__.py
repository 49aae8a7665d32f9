"""These scripts compare the package with references: metrics with other libraries, exported files with Keras."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))
from entrance import main

main(__file__, __doc__)
