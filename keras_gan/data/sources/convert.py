"""One image at a time: pixel format, channels and size. Every source goes through here."""

import dataclasses

import numpy as np

FITS = ("crop", "pad", "stretch")
LUMA = np.array([0.299, 0.587, 0.114], "float32")  # Rec. 601


@dataclasses.dataclass(frozen=True)
class Convert:
    """Brings one image to the wanted channels and size.

    Args:
        size: (height, width) in pixels, or None to keep the image's own.
        fit: "crop", "pad" or "stretch".
        channels: 1, 3, 4, or None to keep the image's own.
        upscale: whether an image may be enlarged.
        smallest: (height, width) that an image must have unless `upscale`. Defaults to None: `size`; less where a
            `size` with a margin is cut later on.
        argument: the name of the argument that is `channels`, for errors.
    """

    size: tuple[int, int] | None = None
    fit: str = "crop"
    channels: int | None = None
    upscale: bool = False
    smallest: tuple[int, int] | None = dataclasses.field(default=None, repr=False)
    argument: str = dataclasses.field(default="channels", repr=False)

    def __call__(self, image: np.ndarray, name: str) -> np.ndarray:
        """Converts `image` (height, width, channels), uint8 or float32 in [-1, 1], keeping its dtype."""
        if self.channels is not None:
            image = to_channels(image, self.channels)
        if self.size is None or image.shape[:2] == self.size:
            return image
        self.check_scale(image.shape[0], image.shape[1], name)
        return self.resize(image)

    def keeps(self, height: int, width: int, channels: int) -> bool:
        """Whether an image of this shape passes unchanged."""
        return self.size in (None, (height, width)) and self.channels in (None, channels)

    def check_scale(self, height: int, width: int, name: str) -> None:
        """Raises ValueError when an image of this size would have to be enlarged and may not be."""
        smallest = self.smallest or self.size
        if smallest is None or self.upscale:
            return
        scales = (smallest[0] / height, smallest[1] / width)
        if (min(scales) if self.fit == "pad" else max(scales)) > 1:
            raise ValueError(
                f"An image is smaller than `size`: {name} has {height}x{width} pixels. Received: size={smallest}, "
                f'fit="{self.fit}". Use a smaller `size`, or `upscale=True` to enlarge small images.'
            )

    def resize(self, image: np.ndarray) -> np.ndarray:
        (height, width), (wanted_height, wanted_width) = image.shape[:2], self.size
        if self.fit == "stretch":
            return _resample(image, self.size, (0, 0, width, height))
        if self.fit == "crop":
            scale = max(wanted_height / height, wanted_width / width)
            kept_height, kept_width = wanted_height / scale, wanted_width / scale
            left, top = (width - kept_width) / 2, (height - kept_height) / 2
            return _resample(image, self.size, (left, top, left + kept_width, top + kept_height))
        scale = min(wanted_height / height, wanted_width / width)
        inner = (max(1, round(height * scale)), max(1, round(width * scale)))
        top, left = (wanted_height - inner[0]) // 2, (wanted_width - inner[1]) // 2
        black = 0 if image.dtype == np.uint8 else -1
        canvas = np.full((*self.size, image.shape[2]), black, image.dtype)
        canvas[top : top + inner[0], left : left + inner[1]] = _resample(image, inner, (0, 0, width, height))
        return canvas


def with_margin(size: tuple[int, int] | None, margin: int) -> tuple[int, int] | None:
    """Returns a size of the same proportions whose shorter side has `margin` pixels more."""
    if not margin:
        return size
    scale = 1 + margin / min(size)
    return round(size[0] * scale), round(size[1] * scale)


def to_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """Converts (height, width, 1 | 3 | 4) to `channels`.

    Grey is the Rec. 601 luma, alpha is composited over white, a new alpha channel is opaque.
    """
    stored = image.shape[-1]
    if stored == channels:
        return image
    whole = image.dtype == np.uint8
    black, white = (0.0, 255.0) if whole else (-1.0, 1.0)
    pixels = image.astype("float32")
    if stored == 4:
        alpha = (pixels[..., 3:] - black) / (white - black)
        pixels = pixels[..., :3] * alpha + white * (1 - alpha)
    if channels == 1 and pixels.shape[-1] == 3:
        pixels = (pixels @ LUMA)[..., None]
    if channels >= 3 and pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    if channels == 4:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], white)], axis=-1)
    return np.round(pixels).astype("uint8") if whole else pixels


def _resample(image: np.ndarray, size: tuple[int, int], box: tuple) -> np.ndarray:
    # Lanczos with antialiasing: the filter of the StyleGAN2-ADA dataset tool.
    from PIL import Image

    shape, lanczos = (size[1], size[0]), Image.Resampling.LANCZOS
    if image.dtype == np.uint8:
        picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        return np.asarray(picture.resize(shape, lanczos, box)).reshape(*size, image.shape[2])
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(image[..., c])).resize(shape, lanczos, box))
        for c in range(image.shape[2])
    ]
    return np.clip(np.stack(planes, axis=-1), -1, 1)  # Lanczos overshoots at edges
