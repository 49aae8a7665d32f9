import importlib.util


def has_tensorflow() -> bool:
    """Tells whether TensorFlow is installed; it is imported only where it is used."""
    return importlib.util.find_spec("tensorflow") is not None
