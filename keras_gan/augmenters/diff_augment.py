import keras
from keras import ops

from keras_gan.augmenters import pixels
from keras_gan.augmenters.augmenter import Augmenter, image_size
from keras_gan.augmenters.chance import Chance


@keras.saving.register_keras_serializable("keras_gan")
class DiffAugment(Augmenter):
    """Brightness, saturation, contrast, translation and cutout on every image, with parameters of its own.

        brightness:   x + U(-0.5, 0.5)
        saturation:   m + U(0, 2) * (x - m), m the pixel's mean over the channels; nothing with one channel
        contrast:     m + U(0.5, 1.5) * (x - m), m the image's mean
        translation:  by whole pixels, both directions alike, zeros come in
        cutout:       a square becomes 0; its centre may lie anywhere, so that a part of it may lie outside

    An alpha channel is moved and cut, but keeps its values.

    Args:
        color: bool, whether brightness, saturation and contrast change. Defaults to True.
        translation: float in [0, 1), largest shift as a share of height and width. Defaults to 0.125; 0 is none.
        cutout: float in [0, 1), height and width of the cut as a share of the image's. Defaults to 0.5; 0 is none.
        seed: int or None, seed of the parameters drawn.
        name: str, name of the layer.

    Raises:
        ValueError: for a share out of range; when called, for images of unknown size, or of other than 1, 3 or 4
            channels with `color`.

    Example:

    >>> import numpy as np
    >>> augmenter = DiffAugment(color=False, translation=0.0, cutout=0.5, seed=0)
    >>> cut = np.asarray(augmenter(np.ones((1, 8, 8, 3), "float32"))) == 0
    >>> bool(2 * 2 <= cut[..., 0].sum() <= 4 * 4)
    True

    Reference: Zhao et al. 2020, arXiv:2006.10738, section 4.1: "Color + Translation + Cutout".
    """

    def __init__(self, color=True, translation=0.125, cutout=0.5, seed=None, name=None):
        super().__init__(seed=seed, name=name)
        for label, share in (("translation", translation), ("cutout", cutout)):
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
                raise ValueError(f"`{label}` must be a share of the image in [0, 1). Received: {label}={share!r}.")
        self.color = color
        self.translation = translation
        self.cutout = cutout

    def draw(self, images):
        height, width, channels = image_size(images, colors=self.color)
        chance, drawn = Chance(ops.shape(images)[0], self.seed_generator, uniforms=7, normals=0), {}
        if self.color:
            drawn["brightness"] = chance.uniform(-0.5, 0.5)
            drawn["contrast"] = chance.uniform(0.5, 1.5)
            if channels > 1:
                drawn["saturation"] = chance.uniform(0.0, 2.0)
        if self.translation:
            down, right = round(self.translation * height), round(self.translation * width)
            drawn["down"], drawn["right"] = chance.integer(-down, down), chance.integer(-right, right)
        if self.cutout:
            tall, wide = self._cut(height, width)
            drawn["top"] = chance.integer(-(tall // 2), height - 1 - tall // 2)
            drawn["left"] = chance.integer(-(wide // 2), width - 1 - wide // 2)
        return drawn

    def apply(self, images, drawn):
        height, width, _ = image_size(images, colors=self.color)
        images = ops.cast(images, "float32")
        if self.color:
            images = _recolor(images, drawn)
        if self.translation:
            images = pixels.shift(images, drawn["down"], drawn["right"], reflect=False)
        if self.cutout:
            (tall, wide), top, left = self._cut(height, width), drawn["top"], drawn["left"]
            images = pixels.erase(images, top, top + tall, left, left + wide)
        return images

    def _cut(self, height, width):
        return round(self.cutout * height), round(self.cutout * width)

    def get_config(self):
        return {
            "color": self.color,
            "translation": self.translation,
            "cutout": self.cutout,
            **super().get_config(),
        }


def _recolor(images, drawn):
    color, alpha = pixels.color_and_alpha(images)
    color = color + pixels.per_image(drawn["brightness"])
    if "saturation" in drawn:
        grey = ops.mean(color, axis=-1, keepdims=True)
        color = grey + pixels.per_image(drawn["saturation"]) * (color - grey)
    mean = ops.mean(color, axis=(1, 2, 3), keepdims=True)
    return pixels.with_alpha(mean + pixels.per_image(drawn["contrast"]) * (color - mean), alpha)
