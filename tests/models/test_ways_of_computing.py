"""Every loss, penalty and augmenter in low precision, with XLA, and with several steps a call. Minutes."""

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import augmenters, losses, penalties

pytestmark = pytest.mark.slow

LOSSES = ["NonSaturating", "Minimax", "LeastSquares", "Hinge", "Wasserstein"]
LOSSES += ["RelativisticPaired", "RelativisticAverage"]
PENALTIES = {
    "WGAN-GP": lambda: [penalties.GradientPenalty()],
    "R1, R2": lambda: [penalties.R1(interval=2), penalties.R2(interval=2)],
    "DRAGAN": lambda: [penalties.DRAGAN()],
    "clipping": lambda: [penalties.WeightClipping()],
    "consistency": lambda: [penalties.Consistency(augmenters.DiffAugment())],
    "latent consistency": lambda: [penalties.LatentConsistency()],
    "LeCam": lambda: [penalties.LeCam()],
    "orthogonal": lambda: [penalties.Orthogonal()],
    "path length": lambda: [penalties.PathLength(interval=2)],
}
AUGMENTERS = {"DiffAugment": augmenters.DiffAugment, "ADA": augmenters.ADA}
WAYS = {
    "float16": ("mixed_float16", {}),
    "bfloat16": ("mixed_bfloat16", {}),
    "XLA": ("float32", {"jit_compile": True}),
    "bfloat16, XLA, 2 steps a call": ("mixed_bfloat16", {"jit_compile": True, "steps_per_execution": 2}),
}
CASES = [
    *[pytest.param({"loss": getattr(losses, name)}, id=name) for name in LOSSES],
    *[pytest.param({"penalties": make}, id=name) for name, make in PENALTIES.items()],
    *[pytest.param({"augmenter": make}, id=name) for name, make in AUGMENTERS.items()],
]


@pytest.fixture
def policy(request):
    keras.mixed_precision.set_global_policy(request.param)
    yield request.param
    keras.mixed_precision.set_global_policy("float32")


@pytest.mark.parametrize(("policy", "options"), WAYS.values(), ids=WAYS, indirect=["policy"])
@pytest.mark.parametrize("parts", CASES)
def test_it_trains(parts, policy, options):
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 6, filters=4, normalization="rms"),
        kg.networks.DCGANDiscriminator((8, 8, 1), filters=4),
    )
    before = [np.array(variable) for variable in gan.generator.trainable_variables]
    gan.compile(keras.optimizers.Adam(1e-3), **{name: make() for name, make in parts.items()}, **options)
    images = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), "uint8")
    history = gan.fit(kg.data.images(images, batch_size=8), epochs=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values()), history
    after = gan.generator.trainable_variables
    assert all(np.isfinite(variable).all() for variable in map(np.array, after))
    assert any((np.array(new) != old).any() for new, old in zip(after, before, strict=True))
    assert gan.generator.compute_dtype == keras.mixed_precision.global_policy().compute_dtype
