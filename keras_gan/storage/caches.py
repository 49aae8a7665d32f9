import os
from pathlib import Path


def cache_folder():
    """Returns where downloads are kept: the environment variable KERAS_GAN_CACHE, else ~/.cache/keras_gan."""
    return Path(os.environ.get("KERAS_GAN_CACHE") or "~/.cache/keras_gan").expanduser()
