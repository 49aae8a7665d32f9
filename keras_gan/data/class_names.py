import pathlib

from keras_gan.data import catalogue, embedded
from keras_gan.data.sources.files import Files, Trouble
from keras_gan.data.sources.folder import SUFFIXES as IMAGES
from keras_gan.data.sources.sounds import SUFFIXES as SOUNDS


def class_names(source: str | pathlib.Path = "digits") -> list[str]:
    """The names of the classes of a source, in the order of its labels.

    Args:
        source: the name of a data set, or the path of a folder of images or sounds, as for `keras_gan.data.images`
            and `keras_gan.data.sounds`. Nothing is downloaded.

    Returns:
        The names: those that TensorFlow Datasets states, or of the sub-folders. Empty when there are no classes.

    Raises:
        ValueError: the source is neither a data set's name nor a folder of images or sounds.

    Example:

    >>> import keras_gan
    >>> keras_gan.data.class_names("digits")[:3]
    ['0', '1', '2']
    """
    if source == embedded.NAME:
        return list(embedded.CLASS_NAMES)
    if isinstance(source, str) and catalogue.is_name(source):
        label = dict(catalogue.builder(source).info.features.items()).get("label")
        return list(getattr(label, "names", None) or [])
    if not pathlib.Path(source).is_dir():
        raise catalogue.unknown(str(source))
    trouble = Trouble({"source": pathlib.Path(source)}, "skip", "Every file must be readable.")
    return Files(pathlib.Path(source), "image or sound", (*IMAGES, *SOUNDS), trouble).class_names
