"""The colour transforms of ADA, as one affine map of colours. Reference: arXiv:2006.06676, appendix B."""

import math

from keras import ops

from keras_gan.augmenters import pixels

NAMES = ("brightness", "contrast", "luma_flip", "hue", "saturation")


def draw(chance, channels):
    """Draws the parameters, in their order of application.

    Returns:
        dict of (batch,): `brightness`, added; `contrast`, factor; `luma_flip` int32, 1 to mirror brightness at 0 and
        keep colours; `hue`, radians about the grey axis; `saturation`, factor of the distance from the grey axis. The
        last two only for images with colours.
    """
    drawn = {
        "brightness": chance.or_identity(chance.normal(0.2), 0.0),
        "contrast": chance.or_identity(chance.log_normal(0.5), 1.0),
        "luma_flip": chance.or_identity(chance.integer(0, 1), 0),
    }
    if channels > 1:
        drawn["hue"] = chance.or_identity(chance.uniform(-math.pi, math.pi), 0.0)
        drawn["saturation"] = chance.or_identity(chance.log_normal(1.0), 1.0)
    return drawn


def recolor(images, drawn):
    """Applies the map to the colour channels.

    With v = (1, 1, 1) / sqrt(3), the product of the five homogeneous 4x4 matrices of the paper maps a colour x with
    mean m to contrast * (+-(m + brightness) (1, 1, 1) + saturation * (cos(hue) (x - m) + sin(hue) v cross x)): scaling
    and translation act along v and across it, mirroring along v only, turning and saturation across v only.
    """
    values = {name: pixels.per_image(drawn[name]) for name in NAMES if name in drawn}
    color, alpha = pixels.color_and_alpha(images)
    luma = ops.mean(color, axis=-1, keepdims=True)
    sign = 1.0 - 2.0 * ops.cast(values["luma_flip"], "float32")
    changed = sign * (luma + values["brightness"])
    if "hue" in drawn:
        across = (ops.roll(color, 1, axis=-1) - ops.roll(color, -1, axis=-1)) / math.sqrt(3.0)
        turned = ops.cos(values["hue"]) * (color - luma) + ops.sin(values["hue"]) * across
        changed = changed + values["saturation"] * turned
    changed = values["contrast"] * changed
    return pixels.with_alpha(pixels.choose(_changes(drawn), changed, color), alpha)


def _changes(drawn):
    identity = (drawn["brightness"] == 0.0) & (drawn["contrast"] == 1.0) & (drawn["luma_flip"] == 0)
    if "hue" in drawn:
        identity = identity & (drawn["hue"] == 0.0) & (drawn["saturation"] == 1.0)
    return ~identity
