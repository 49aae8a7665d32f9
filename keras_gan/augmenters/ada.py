import keras
from keras import ops

from keras_gan import _backend, schedules
from keras_gan.arguments import check_number, check_whole
from keras_gan.augmenters import blitting, coloring, corruption, filtering, geometry, pixels
from keras_gan.augmenters.augmenter import Augmenter, image_size
from keras_gan.augmenters.chance import Chance
from keras_gan.part import plain

GROUPS = ("blit", "geometry", "color", "filter", "noise", "cutout")


@keras.saving.register_keras_serializable("keras_gan")
class ADA(Augmenter):
    """Adaptive discriminator augmentation: each transform happens with a probability p that follows overfitting.

    Every transform of the groups below is applied to every image with probability p, independently. With p below about
    0.8 the augmented images' distribution still determines that of the images, so that the generator learns samples
    that are not augmented; at p = 1 it would not: turned by chance to all four sides, nothing tells which way is up.

    The controller: over `interval` calls of `adapt`, one per batch of reals, r = E[sign(D(reals))]; then

        p <- min(max(p + sign(r - target) * images / speed, 0), limit)

    with the number of images in those batches, on all devices together.

    The groups, in their order of application:

    - blit: mirror image (half of those chosen), 0 to 3 quarter turns, shift by whole pixels, U(-1/8, 1/8) of the size.
      Where nothing else is drawn the pixels are copied as they are.
    - geometry: scale 2^N(0, 0.2), rotation by U(-pi, pi) before and after a stretch by 2^N(0, 0.2) to the right and its
      inverse downwards (either rotation happens with probability p), translation by N(0, 1/8) of the size; one affine
      map, at doubled resolution between the filters of the wavelet sym6, image continued by reflection.
    - color: brightness N(0, 0.2), contrast 2^N(0, 0.5), luma flip (half of those chosen), hue U(-pi, pi), saturation
      2^N(0, 1). With one channel hue and saturation are left out; alpha keeps its values.
    - filter: gains 2^N(0, 1) of four octaves, split by sym2, at constant expected power.
    - noise: white, of deviation |N(0, 0.1)|; not on alpha.
    - cutout: a rectangle of half the size becomes 0; its centre may lie anywhere in the image.

    Args:
        target: float in (0, 1), what the controller holds r at, or None for no controller. Defaults to 0.6.
        probability: float in [0, 1], p at the start, and without a controller always; without one it may be a
            `keras_gan.schedules.Schedule`, which `set_progress` follows. Defaults to 0.
        speed: number of images in which p can rise from 0 to 1. Defaults to 500,000.
        interval: int >= 1, batches per adaptation. Defaults to 4.
        limit: float in (0, 1], most that the controller gives p. Defaults to 1; 0.8 rules out leaks.
        blit, geometry, color, filter, noise, cutout: bool, the groups to use. Default to the first three, the paper's
            choice.
        seed: int or None, seed of the parameters drawn.
        name: str, name of the layer.

    Attributes:
        current_probability: float32 scalar variable, p. Saved with the layer, like the controller's sums.

    Raises:
        ValueError: for a value out of range, a schedule beside a `target`, or no group at all; when called, for images
            of unknown size, or of other than 1, 3 or 4 channels with `color`.

    Example:

    >>> import numpy as np
    >>> augmenter = ADA(speed=1000, interval=1)
    >>> augmenter.adapt(np.ones((100, 1), "float32"))  # D is sure of all 100 reals
    >>> round(float(augmenter.current_probability), 3)
    0.1

    Reference:
        Karras et al. 2020, arXiv:2006.06676, sections 2.2, 3 and appendix B. Deviations: mirror images and quarter
        turns copy pixels instead of passing through the affine map, as do shifts where geometry draws nothing for an
        image; images that are not square turn by 0 or 180 degrees only; reflection goes on without end, instead of a
        padding measured per batch; the middle of the sym6 filter is its mean index, so that the map turns about the
        image's middle exactly; p has an upper limit.
    """

    def __init__(
        self,
        target=0.6,
        probability=0.0,
        speed=500_000,
        interval=4,
        limit=1.0,
        blit=True,
        geometry=True,
        color=True,
        filter=False,
        noise=False,
        cutout=False,
        seed=None,
        name=None,
    ):
        super().__init__(seed=seed, name=name)
        schedules.check("probability", probability, highest=1.0)
        _check_controller(target, probability, speed, interval, limit)
        self.target = target
        self.probability = probability
        self.speed = speed
        self.interval = interval
        self.limit = limit
        self.blit = blit
        self.geometry = geometry
        self.color = color
        self.filter = filter
        self.noise = noise
        self.cutout = cutout
        if not any(getattr(self, group) for group in GROUPS):
            raise ValueError(f"At least one group must be on. Received: {', '.join(f'{g}=False' for g in GROUPS)}.")
        self.current_probability = self.state("probability", float(schedules.value_at(probability, 0)))
        self.signs = self.state("signs")
        self.images = self.state("images")
        self.batches = self.state("batches")

    def draw(self, images):
        height, width, channels = image_size(images, colors=self.color)
        chance = Chance(ops.shape(images)[0], self.seed_generator, ops.convert_to_tensor(self.current_probability))
        drawn = {}
        if self.blit:
            drawn.update(blitting.draw(chance, height, width))
        if self.geometry:
            drawn.update(geometry.draw(chance, height, width))
        if self.color:
            drawn.update(coloring.draw(chance, channels))
        if self.filter:
            drawn.update(filtering.draw(chance))
        if self.noise:
            drawn.update(corruption.draw_noise(chance, height, width, channels))
        if self.cutout:
            drawn.update(corruption.draw_cutout(chance, height, width))
        return drawn

    def apply(self, images, drawn):
        image_size(images, colors=self.color)
        images = ops.cast(images, "float32")
        images = self._move(images, drawn)
        if self.color:
            images = coloring.recolor(images, drawn)
        if self.filter:
            images = filtering.amplify(images, drawn)
        if self.noise:
            images = corruption.add_noise(images, drawn)
        return corruption.cut(images, drawn) if self.cutout else images

    def _move(self, images, drawn):
        down, right, moved = 0, 0, images
        if self.blit:
            down, right = drawn["down"], drawn["right"]
            images = blitting.turn(images, drawn)
            moved = pixels.shift(images, down, right, reflect=True)
        if self.geometry:
            warped = geometry.warp(images, drawn, down, right)
            moved = pixels.choose(geometry.changes(drawn), warped, moved)
        return moved

    def adapt(self, real_logits):
        if self.target is None:
            return
        signs = ops.sign(ops.cast(ops.stop_gradient(real_logits), "float32"))
        count = ops.cast(ops.shape(signs)[0] * _backend.replicas(), "float32")
        mean = _backend.replica_mean(ops.mean(signs))
        signs, images, batches = self.signs + count * mean, self.images + count, self.batches + 1.0
        step = ops.sign(signs / images - self.target) * images / float(self.speed)
        moved = ops.clip(self.current_probability + step, 0.0, self.limit)
        due = ops.cast(batches >= self.interval, "float32")
        self.current_probability.assign(due * moved + (1.0 - due) * self.current_probability)
        for variable, value in ((self.signs, signs), (self.images, images), (self.batches, batches)):
            variable.assign((1.0 - due) * value)

    def set_progress(self, images_seen):
        if isinstance(self.probability, schedules.Schedule):
            self.current_probability.assign(ops.cast(self.probability(images_seen), "float32"))

    def get_config(self):
        return {
            "target": self.target,
            "probability": plain(self.probability),
            "speed": self.speed,
            "interval": self.interval,
            "limit": self.limit,
            **{group: getattr(self, group) for group in GROUPS},
            **super().get_config(),
        }

    @classmethod
    def from_config(cls, config):
        """Makes the layer from `get_config`'s dict."""
        probability = config["probability"]
        if isinstance(probability, dict):
            probability = keras.saving.deserialize_keras_object(probability)
        return cls(**{**config, "probability": probability})


def _check_controller(target, probability, speed, interval, limit):
    number = (int, float)
    if target is not None and (isinstance(target, bool) or not isinstance(target, number) or not 0 < target < 1):
        raise ValueError(f"`target` must lie in (0, 1), or be None. Received: target={target!r}.")
    if target is not None and isinstance(probability, schedules.Schedule):
        raise ValueError(
            "`probability` can follow a schedule only without a controller. "
            f"Received: probability={probability!r}, target={target}. Set target=None."
        )
    check_number("speed", speed, above=0)
    check_whole("interval", interval)
    if isinstance(limit, bool) or not isinstance(limit, number) or not 0 < limit <= 1:
        raise ValueError(f"`limit` must lie in (0, 1]. Received: limit={limit!r}.")
    if target is not None and probability > limit:
        raise ValueError(
            f"`probability` must not start above `limit`. Received: probability={probability}, limit={limit}."
        )
