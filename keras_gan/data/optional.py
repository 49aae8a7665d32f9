import importlib.util
import sys


def has_tensorflow() -> bool:
    """Tells whether TensorFlow is installed; it is imported only where it is used."""
    return importlib.util.find_spec("tensorflow") is not None


def is_dataset(source):
    """Tells whether something is a `tf.data.Dataset`, without importing TensorFlow."""
    tensorflow = sys.modules.get("tensorflow")  # whoever has made a data set has imported it
    return tensorflow is not None and isinstance(source, tensorflow.data.Dataset)
