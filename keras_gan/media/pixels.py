"""What stored numbers mean as pixels, and the checks that they can mean it."""

import numpy as np

ROUNDING = 1e-5  # how far float32 arithmetic such as x * (1 / 127.5) - 1 may leave the range


def to_pixels(images: np.ndarray, value_range: tuple | None = None, name: str = "the images") -> np.ndarray:
    """Brings images to uint8, or to float32 in [-1, 1].

    Args:
        images: integers, read as [0, 255], or floats, read as [-1, 1].
        value_range: (lowest, highest) value that the numbers can take, when it is another.
        name: what to call the images in an error.

    Raises:
        TypeError: the dtype is neither integer nor float.
        ValueError: a value is outside of the range, NaN or infinite.
    """
    if images.dtype == np.uint8 and value_range in (None, (0, 255)):
        return images
    whole = np.issubdtype(images.dtype, np.integer)
    if not whole and not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"Images must be integers or floats. Received: {name} with dtype={images.dtype}.")
    if not whole:
        _check_finite(images, name)
    lowest, highest = images.min().item(), images.max().item()
    if whole and value_range in (None, (0, 255)):
        if lowest < 0 or highest > 255:
            raise ValueError(
                f"Integer images are read as [0, 255]. Received: {name} from {lowest} to {highest}. "
                "State their range, for 16-bit images `value_range=(0, 65535)`."
            )
        return images.astype("uint8", copy=False)
    if value_range is None:
        _check_float_range(lowest, highest, name)
        images = images.astype("float32", copy=False)
        return images.clip(-1, 1) if lowest < -1 or highest > 1 else images
    low, high = value_range
    slack = 0 if whole else ROUNDING * (high - low)
    if lowest < low - slack or highest > high + slack:
        raise ValueError(
            f"Images must lie in `value_range`. Received: value_range={value_range}, "
            f"{name} from {lowest:g} to {highest:g}."
        )
    return ((images.astype("float32") - low) * (2 / (high - low)) - 1).clip(-1, 1)


def check_shape(shape: tuple, name: str = "the images") -> None:
    """Checks (count, height, width, channels)."""
    if len(shape) != 4:
        raise ValueError(
            "Images must have the shape (count, height, width) or (count, height, width, channels). "
            f"Received: {name} with shape={tuple(shape)}."
        )
    if 0 in shape:
        raise ValueError(f"At least one image with at least one pixel is needed. Received: {name} with shape={shape}.")
    if shape[-1] not in (1, 3, 4):
        raise ValueError(
            f"Images must have 1, 3 or 4 channels, last. Received: {name} with shape={tuple(shape)}. "
            "Transpose channels-first images with `numpy.moveaxis(images, 1, -1)`."
        )


def to_labels(labels: np.ndarray, count: int, name: str = "labels") -> np.ndarray:
    """Checks `count` whole numbers, shape (count,) or (count, 1), and returns them as int32 (count,)."""
    labels = np.asarray(labels)
    if not np.issubdtype(labels.dtype, np.integer):
        raise TypeError(
            f"Labels must be integers, one class number an image. Received: {name} with dtype={labels.dtype}."
        )
    if labels.shape not in ((count,), (count, 1)):
        raise ValueError(f"There must be one label for each of {count} images. Received: {name}.shape={labels.shape}.")
    return labels.reshape(count).astype("int32")


def _check_finite(images: np.ndarray, name: str) -> None:
    bad = ~np.isfinite(images)
    count = np.count_nonzero(bad)
    if count:
        first = tuple(int(i) for i in np.unravel_index(bad.argmax(), bad.shape))
        raise ValueError(
            f"Images must be finite. Received: {name} with {count} NaN or infinite values, the first at index {first}."
        )


def _check_float_range(lowest: float, highest: float, name: str) -> None:
    if lowest < -1 - ROUNDING or highest > 1 + ROUNDING:
        raise ValueError(
            f"Float images are read as [-1, 1]. Received: {name} from {lowest:g} to {highest:g}. "
            "State their range, for example `value_range=(0, 255)`."
        )
    if lowest >= 0:
        raise ValueError(
            "Float images without a negative value may mean [0, 1] or [-1, 1]. "
            f"Received: {name} from {lowest:g} to {highest:g}, value_range=None. "
            "Use `value_range=(0, 1)` or `value_range=(-1, 1)`."
        )
