"""How one generator is called, in code for its model card."""

import numpy as np

from keras_gan.exporting.examples import SIDE
from keras_gan.inputs import Code, Generator, Input, Label, Latent
from keras_gan.media import Images

ROWS = 4


def words(generator: Generator) -> dict[str, str]:
    """Returns what the `usage` of a format is filled with, besides the path.

    Args:
        generator: `keras_gan.inputs.Generator`.

    Example:

    >>> words(Generator("generator", {"latent": Latent((6,))}, {"image": Images()}))["arguments"]
    'latent=tf.random.normal((4, 6))'
    """
    given = [each.medium for each in generator.inputs.values() if hasattr(each, "medium")]
    held = [medium for medium in (*generator.outputs.values(), *given) if medium.held_dtype != medium.dtype]
    translates = any(medium in held for medium in given)
    return {
        "signature": "translate" if translates else held[0].held_dtype if held else "serving_default",
        "arguments": ", ".join(f"{name}={_tensor(each)}" for name, each in generator.inputs.items()),
        "array_arguments": ", ".join(f"{name}={_array(each)}" for name, each in generator.inputs.items()),
        "output": generator.output,
        "made": type(generator.medium).__name__.lower(),
        "program": _program(generator, bool(given)),
        "request": _request(generator),
    }


def _shape(each: Input) -> str:
    return str((ROWS, *(SIDE if side is None else side for side in each.shape)))


def _tensor(each):
    """Returns TensorFlow code that makes an input as the signature takes it: signals as people hold them."""
    if isinstance(each, Latent):
        normal = each.distribution == "normal"
        return f"tf.random.normal({_shape(each)})" if normal else f"tf.random.uniform({_shape(each)}, -1.0, 1.0)"
    if isinstance(each, Code):
        return f"tf.constant({ROWS} * [{_row(each)}])"
    if isinstance(each, Label):
        return f"tf.constant({ROWS * [0]})"
    return f'tf.zeros({_shape(each)}, "{each.medium.held_dtype if hasattr(each, "medium") else each.dtype}")'


def _array(each):
    """Returns NumPy code that makes an input as the network takes it."""
    if isinstance(each, Latent):
        random = "np.random.default_rng(0)"
        if each.distribution == "normal":
            return f'{random}.standard_normal({_shape(each)}, "float32")'
        return f'{random}.uniform(-1, 1, {_shape(each)}).astype("float32")'
    if isinstance(each, Code):
        return f"np.float32({ROWS} * [{_row(each)}])"
    if isinstance(each, Label):
        return f'np.zeros({ROWS}, "int32")'
    return f'np.zeros({_shape(each)}, "{each.dtype}")'


def _row(code: Code) -> list[float]:
    return np.round(code.fixed(1, seed=0)[0].astype("float64"), 2).tolist()


def _program(generator, given):
    """Returns the call of `export/onnxruntime/sample.py`, or that it can do nothing here."""
    if not isinstance(generator.medium, Images):
        return "The program `sample.py` of keras_gan makes pictures only: use ONNX Runtime itself."
    arguments = "--picture picture.png --out translated.png" if given else "--count 64 --seed 0 --out grid.png"
    return f"""```
python sample.py {{path}} {arguments}
```

`sample.py` is keras_gan's `export/onnxruntime/sample.py`: NumPy, ONNX Runtime and Pillow."""


def _request(generator):
    """Returns what is asked of TensorFlow Serving once it is up."""
    kinds = {type(each) for each in generator.inputs.values()}
    if Latent in kinds and kinds <= {Latent, Label} and isinstance(generator.medium, Images):
        return "python rest_client.py --seeds 0-15 --out grid.png"
    return "curl localhost:8501/v1/models/generator/metadata"
