import importlib.util
import os
import subprocess
import sys

import pytest

CODE = """
import sys
sys.modules["tensorflow"] = sys.modules["tensorflow_datasets"] = None
import numpy as np, keras_gan as kg
gan, dataset, *_ = kg.recipes.make("dcgan", data="digits", batch_size=256, filters=4, latent_dim=4)
gan.fit(dataset, epochs=1, verbose=0, callbacks=[kg.callbacks.Checkpoint(sys.argv[2] + "/gan.keras")])
again, folder, *_ = kg.recipes.make("dcgan", data=sys.argv[1], batch_size=2, filters=4, size=8, cache=False)
again.fit(folder, epochs=1, verbose=0)
try:
    kg.exporting.to_onnx(gan, sys.argv[2] + "/generator.onnx")
except ImportError as error:
    print(error)
print(int(gan.step), int(again.step), gan.sample(2, seed=0).shape)
"""


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs jax")
def test_jax_trains_from_arrays_and_folders_without_tensorflow(tmp_path):
    from PIL import Image

    (tmp_path / "images").mkdir()
    for index in range(4):
        Image.new("L", (8, 8), 60 * index).save(tmp_path / "images" / f"{index}.png")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "images"), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Exporting needs TensorFlow. Run: pip install" in done.stdout
    assert done.stdout.splitlines()[-1] == "7 2 (2, 8, 8, 1)"
