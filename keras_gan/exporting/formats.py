"""The formats that `keras-gan export --to` knows. A new one is a line here."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from keras_gan.exporting.onnx import to_onnx
from keras_gan.exporting.saved_model import to_saved_model
from keras_gan.exporting.tf_serving import to_tf_serving


class Format(NamedTuple):
    """How a format is written.

    Attributes:
        export: `(gan, path, about=)` -> the path written, compared with Keras.
        place: name of the file or folder within the folder of exports.
        usage: Markdown for the model card, how it is called; `{path}`, `{shape}` (of four latents) and `{label}` are
            filled in.
        usual: whether it is written when no format is asked for.
        compared: whether `verify` takes such a file, by the format's name.
    """

    export: Callable[..., Path]
    place: str
    usage: str
    usual: bool = False
    compared: bool = False


SAVED_MODEL = """**TensorFlow**, and TF Serving:

```python
import tensorflow as tf

generator = tf.saved_model.load("{path}")
images = generator.signatures["uint8"](latent=tf.random.normal(({shape})){label})["image"]
```"""

ONNX = """**ONNX Runtime**; the file's metadata says how to draw:

```
python sample.py {path} --count 64 --seed 0 --out grid.png
```

`sample.py` is keras_gan's `export/onnxruntime/sample.py`: NumPy, ONNX Runtime and Pillow."""

TF_SERVING = """**TensorFlow Serving**; `README.md` in that folder tells more:

```
docker compose up --detach --wait
python rest_client.py --seeds 0-15 --out grid.png
```"""

FORMATS = {
    "saved_model": Format(to_saved_model, "saved_model", SAVED_MODEL, usual=True, compared=True),
    "onnx": Format(to_onnx, "generator.onnx", ONNX, usual=True, compared=True),
    "tf_serving": Format(to_tf_serving, "tf_serving", TF_SERVING),
}
