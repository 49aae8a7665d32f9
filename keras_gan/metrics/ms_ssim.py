import numpy as np

from keras_gan.arguments import check_whole
from keras_gan.features.extractor import check_images
from keras_gan.metrics.metric import Estimate, Metric

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003, section 3.2
WINDOW, SIGMA = 11, 1.5
SMALLEST = {5: 161, 4: 49, 3: 25, 2: 13, 1: 7}  # pixels: all of the window at the fifth scale, else 7 at the last one
CHUNK_BYTES = 2**23


class MSSSIM(Metric):
    """Multi-scale structural similarity between the fakes: the higher, the more alike they are.

    The mean over all pairs of a batch, averaged over batches. Meaningful only within a class, and next to the same
    number for reals: pure noise has the lowest. So neither direction is better.

    The published score has five scales and is called "ms_ssim". It needs images of at least 161 pixels, for the window
    to fit at the last scale; for smaller images take fewer scales. The result is then "ms_ssim_3", say, with the first
    weights divided by their sum, and a window that shrinks to the image: another number, to be compared with its like.

    Args:
        scales: int, 1 to 5. Defaults to 5. The smallest images are 161, 49, 25, 13 and 7 pixels for 5, 4, 3, 2 and 1.
        per_class: bool: False (default): pairs of any images; True: of one label only, batches for each label, and the
            mean over labels. Reads "label" besides "image".
        batches: int >= 1, of images (of each label). Defaults to 5, as published.
        batch_size: int >= 2, images. Defaults to 64, as published: 2016 pairs.
        max_pairs: int >= 1, pairs drawn from each batch at most, for large images; or None (default), all.
        seed: int, of the draw of images and pairs.

    Raises:
        ValueError: if an argument is out of range; by `value`, if images are too small or too few.
        TypeError: by `value`, if images are not uint8.

    Reference:
        Wang, Simoncelli and Bovik 2003, "Multi-scale structural similarity for image quality assessment"; Odena et al.
        2017, arXiv:1610.09585, section 4.2 (between fakes of a class); the batches are those of Fedus et al. 2018,
        arXiv:1710.08446, section 5.3. Contrasts below 0 count as 0; an odd side is repeated by one pixel before
        halving; channels are averaged last.

    Example:

    >>> import numpy as np
    >>> images = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 1), "uint8")
    >>> metric = MSSSIM(scales=3, batches=2, batch_size=10)
    >>> kept = metric.statistics()
    >>> kept.update(images)
    >>> round(metric.value(None, kept)["ms_ssim_3"].value, 2)
    0.05
    """

    name = "ms_ssim"
    needs_real = False

    def __init__(self, scales=5, per_class=False, batches=5, batch_size=64, max_pairs=None, seed=0):
        if scales not in SMALLEST:
            raise ValueError(f"`scales` must be an integer from 1 to 5. Received: scales={scales!r}.")
        for argument, given, least in (("batches", batches, 1), ("batch_size", batch_size, 2)):
            check_whole(argument, given, least)
        if max_pairs is not None:
            check_whole("max_pairs", max_pairs)
        self.scales, self.per_class, self.seed = scales, per_class, seed
        self.batches, self.batch_size, self.max_pairs = batches, batch_size, max_pairs
        self.columns = ("image", "label") if per_class else ("image",)
        self.results = {"ms_ssim" if scales == 5 else f"ms_ssim_{scales}": None}

    def get_config(self):
        keys = ("scales", "per_class", "batches", "batch_size", "max_pairs", "seed")
        return {key: getattr(self, key) for key in keys}

    def value(self, real, fake):
        """Returns the mean, and the standard deviation over batches (with `per_class`, over labels)."""
        (name,) = self.results
        parts = list(self.by_class(fake).values()) if self.per_class else self._batch_means(check_images(fake.column()))
        return {name: Estimate(float(np.mean(parts)), float(np.std(parts)) if len(parts) > 1 else None)}

    def by_class(self, fake):
        """Returns {label: mean similarity within it} from statistics of images and labels."""
        images, labels = check_images(fake.column(0)), fake.column(1)
        return {
            int(label): float(np.mean(self._batch_means(images[labels == label], f" of label {label}")))
            for label in np.unique(labels)
        }

    def _batch_means(self, images, which=""):
        needed, side = self.batches * self.batch_size, min(images.shape[1:3])
        if side < SMALLEST[self.scales]:
            fits = max((scales for scales, smallest in SMALLEST.items() if side >= smallest), default=None)
            raise ValueError(
                f"`scales={self.scales}` needs images of at least {SMALLEST[self.scales]} pixels. Received: {side} "
                + ("pixels." if fits is None else f"pixels. Use scales={fits}.")
            )
        if len(images) < needed:
            raise ValueError(
                f"{self.batches} batches of {self.batch_size} need {needed} images{which}. Received: {len(images)}. "
                "Use fewer or smaller batches."
            )
        random = np.random.default_rng(self.seed)
        chosen = random.permutation(len(images))[:needed].reshape(self.batches, self.batch_size)
        first, second = np.triu_indices(self.batch_size, k=1)
        means = []
        for batch in chosen:
            drawn = np.arange(len(first))
            if self.max_pairs is not None and self.max_pairs < len(first):
                drawn = np.sort(random.choice(len(first), self.max_pairs, replace=False))
            means.append(pair_similarities(images[batch], first[drawn], second[drawn], self.scales).mean())
        return means


def pair_similarities(images, first, second, scales=5):
    """Computes the multi-scale structural similarity of pairs of images.

    Args:
        images: array `(count, height, width, channels)`, 0 to 255, float or uint8.
        first: int array `(pairs,)`, indices into `images`.
        second: int array `(pairs,)`.
        scales: int, 1 to 5.

    Returns:
        float64 `(pairs,)`. Where the image is smaller than the window of 11 pixels (sigma 1.5), the window has the size
        of the image, and sigma shrinks with it.

    Example:

    >>> import numpy as np
    >>> images = np.array([[[[100.0]]] * 8] * 2).repeat(8, axis=2)
    >>> pair_similarities(images, [0], [1], scales=2)
    array([1.])
    """
    first, second = np.asarray(first), np.asarray(second)
    images = np.asarray(images, "float64").transpose(0, 3, 1, 2)
    weights = np.array(WEIGHTS[:scales])
    if scales < len(WEIGHTS):
        weights /= weights.sum()
    product = np.ones((len(first), images.shape[1]))
    for scale, weight in enumerate(weights):
        if scale:
            images = _halved(images)
        contrast, whole = _pair_means(images, first, second)
        product *= np.maximum(whole if scale == scales - 1 else contrast, 0) ** weight
    return product.mean(axis=1)


def _pair_means(images, first, second):
    """Returns means over the image of contrast * structure, and of luminance times that, each `(pairs, channels)`."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    size = min(WINDOW, *images.shape[2:])
    vertical, horizontal = (_window_matrix(side, size) for side in images.shape[2:])

    def smooth(x):
        return vertical @ x @ horizontal.T

    means = smooth(images)
    variances = smooth(images**2) - means**2
    contrast, whole = (np.empty((len(first), images.shape[1])) for _ in range(2))
    step = max(1, CHUNK_BYTES // images[0].nbytes)
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        i, j = first[part], second[part]
        mean_product = means[i] * means[j]
        covariance = smooth(images[i] * images[j]) - mean_product
        similarity = (2 * covariance + c2) / (variances[i] + variances[j] + c2)
        contrast[part] = similarity.mean(axis=(2, 3))
        similarity *= (2 * mean_product + c1) / (means[i] ** 2 + means[j] ** 2 + c1)
        whole[part] = similarity.mean(axis=(2, 3))
    return contrast, whole


def _window_matrix(side, size):
    """Returns `(side - size + 1, side)`: row r weights the pixels r to r + size - 1 by a Gaussian of sum 1."""
    sigma = SIGMA * size / WINDOW
    weights = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    matrix = np.zeros((side - size + 1, side))
    for row in range(len(matrix)):
        matrix[row, row : row + size] = weights / weights.sum()
    return matrix


def _halved(images):
    height, width = images.shape[2:]
    images = np.pad(images, ((0, 0), (0, 0), (0, height % 2), (0, width % 2)), mode="symmetric")
    return images.reshape(*images.shape[:2], (height + 1) // 2, 2, (width + 1) // 2, 2).mean(axis=(3, 5))
