"""The formats that `keras-gan export --to` knows. A new one is a line here."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from keras_gan.exporting.litert import to_litert
from keras_gan.exporting.onnx import to_onnx
from keras_gan.exporting.saved_model import to_saved_model
from keras_gan.exporting.tf_serving import to_tf_serving
from keras_gan.exporting.web import to_web


class Format(NamedTuple):
    """How a format is written.

    Attributes:
        export: `(gan, path, about=, generator=)` -> the path written, compared with Keras.
        place: name of the file or folder within the folder of exports.
        usage: Markdown for the model card, how it is called; `{path}` and the words of `keras_gan.exporting.usage` are
            filled in.
        usual: whether it is written when no format is asked for.
        options: names of further arguments of `export` that the command line has.
        compared: whether `verify` takes such a file, by the format's name.
    """

    export: Callable[..., Path]
    place: str
    usage: str
    usual: bool = False
    compared: bool = False
    options: tuple[str, ...] = ()


SAVED_MODEL = """**TensorFlow**, and TF Serving:

```python
import tensorflow as tf

generator = tf.saved_model.load("{path}")
{made} = generator.signatures["{signature}"]({arguments})["{output}"]
```"""

ONNX = """**ONNX Runtime**; the file's metadata says how to use it:

{program}"""

TF_SERVING = """**TensorFlow Serving**; `README.md` in that folder tells more:

```
docker compose up --detach --wait
{request}
```"""

LITERT = """**LiteRT**:

```python
import numpy as np
from ai_edge_litert.interpreter import Interpreter

signature = Interpreter("{path}").get_signature_runner()
{made} = signature({array_arguments})["{output}"]
```"""

WEB = """**A page in the browser**; any server of static files will do:

```
python -m http.server --bind 127.0.0.1 --directory {path}
```"""

FORMATS = {
    "saved_model": Format(to_saved_model, "saved_model", SAVED_MODEL, usual=True, compared=True),
    "onnx": Format(to_onnx, "generator.onnx", ONNX, usual=True, compared=True),
    "tf_serving": Format(to_tf_serving, "tf_serving", TF_SERVING),
    "litert": Format(to_litert, "generator.tflite", LITERT, compared=True),
    "web": Format(to_web, "web", WEB, options=("runtime",)),
}
