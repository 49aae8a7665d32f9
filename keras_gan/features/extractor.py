import numpy as np


class Extractor:
    """Base of what turns images into the features that metrics read.

    Attributes:
        name: str, identifies the network, its layer and its version, for example "mnist-v1".
        weights_sha256: str, hash of the weights file (or of the weights themselves, where there is no file).
        score_names: {metric name: what the score is called with these features}. Only the published Inception may
            call its Fréchet distance FID. A metric that is not listed is called "<metric> (<name>)".
        channels: int or None, the number of channels it takes; grey images are repeated to three where needed.
    """

    name = ""
    weights_sha256 = ""
    score_names = {}
    channels = None

    def __call__(self, images):
        """Extracts from one batch.

        Args:
            images: uint8 array `(batch, height, width, channels)`, any height and width that `protocol` allows.

        Returns:
            {"features": float32 array (batch, width)}, with "logits" `(batch, classes)` where there is a classifier.
        """
        raise TypeError(f"{type(self).__name__} must define `__call__(images)`.")

    def protocol(self):
        """Returns what decides the features: {"extractor", "weights_sha256", "resize", ...}, plain JSON values."""
        return {"extractor": self.name, "weights_sha256": self.weights_sha256}

    def score_name(self, metric):
        """Returns what the result `metric` is called with these features."""
        return self.score_names.get(metric, f"{metric} ({self.name})")


def check_images(images):
    """Returns images as a uint8 array `(count, height, width, channels)`.

    Raises:
        TypeError: if they are not uint8.
        ValueError: if they are not of four dimensions, or have other than 1 or 3 channels.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(
            f"Images must be uint8, 0 to 255. Received: dtype {images.dtype}. Use keras_gan.media.to_uint8 "
            "for floats in [-1, 1]."
        )
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(f"Images must be an array (count, height, width, 1 or 3). Received: shape {images.shape}.")
    return images
