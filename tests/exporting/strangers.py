"""Files as a stranger might write them, for the tests of what is refused."""

import onnx

from keras_gan import evaluation


def with_metadata(model, path, changes):
    """Writes the model with other metadata: {key: text, or None to leave it out}."""
    kept = {entry.key: entry.value for entry in model.metadata_props} | changes
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.metadata_props[:]
    onnx.helper.set_model_props(copy, {key: value for key, value in kept.items() if value is not None})
    path.write_bytes(copy.SerializeToString())
    return path


def drawn(path):
    return list(evaluation.generated(evaluation.open_generator(path), count=2))
