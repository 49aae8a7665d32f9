"""What every augmenter keeps to."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_gan as kg
from keras_gan import _backend
from keras_gan.augmenters import ADA, Augmenter, DiffAugment

AUGMENTERS = {
    "none": lambda: Augmenter(seed=1),
    "diff": lambda: DiffAugment(seed=1),
    "ada": lambda: ADA(target=None, probability=0.9, filter=True, noise=True, cutout=True, seed=1),
}


@pytest.fixture(params=AUGMENTERS)
def augmenter(request):
    return AUGMENTERS[request.param]()


def traced(function, jit_compile=False):
    """The function as a graph, on JAX always under XLA."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=jit_compile)


def state(augmenter):
    return [np.asarray(variable) for variable in augmenter.variables]


def test_apply_moves_no_state_and_draw_moves_the_seed_only(make_images, augmenter):
    images = make_images()
    start = state(augmenter)
    drawn = augmenter.draw(images)
    after = state(augmenter)
    moved = [not np.array_equal(a, b) for a, b in zip(start, after, strict=True)]
    seeds = [variable is augmenter.seed_generator.state for variable in augmenter.variables]
    assert moved == (seeds if drawn else [False] * len(seeds))
    first = augmenter.apply(images, drawn)
    augmenter.set_progress(5)
    assert all(np.array_equal(a, b) for a, b in zip(after, state(augmenter), strict=True))
    np.testing.assert_array_equal(first, augmenter.apply(images, drawn))


def test_nothing_is_trained(augmenter):
    assert augmenter.trainable_variables == []


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shape_and_type(make_images, augmenter, channels):
    images = make_images(5, 9, 12, channels)
    augmented = augmenter(images) if channels == 3 else traced(augmenter.apply)(images, augmenter.draw(images))
    assert augmented.shape == images.shape
    assert keras.backend.standardize_dtype(augmented.dtype) == "float32"
    assert np.isfinite(augmented).all()


def test_an_image_does_not_depend_on_its_batch_mates(make_images, augmenter):
    images = make_images()
    drawn = augmenter.draw(images)
    apply = traced(augmenter.apply)
    together = np.asarray(apply(images, drawn))
    apart = apply(images[1:2], {name: value[1:2] for name, value in drawn.items()})
    np.testing.assert_allclose(apart, together[1:2], atol=1e-6)


@pytest.mark.parametrize("name", ["diff", "ada"])
def test_compiled_is_eager(make_images, name):
    augmenter, images = AUGMENTERS[name](), make_images()
    variables = augmenter.variables

    def draw_and_apply(values, images):
        with keras.StatelessScope(list(zip(variables, values, strict=True))) as scope:
            drawn = augmenter.draw(images)
            return drawn, augmenter.apply(images, drawn), [scope.get_current_value(v) for v in variables]

    start = [variable.value for variable in variables]
    drawn, augmented, after = traced(draw_and_apply, jit_compile=True)(start, images)
    np.testing.assert_allclose(augmented, augmenter.apply(images, drawn), atol=1e-5)
    assert np.abs(augmented - images).max() > 0.05
    moved = [not np.array_equal(a, b) for a, b in zip(start, after, strict=True)]
    assert moved == [variable is augmenter.seed_generator.state for variable in variables]


@pytest.mark.parametrize("name", ["diff", "ada"])
def test_in_a_model_with_batches_of_any_size(make_images, name):
    augmenter = AUGMENTERS[name]()
    model = keras.Sequential([keras.Input((8, 8, 3)), augmenter, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", jit_compile=False)
    assert augmenter.output.shape == (None, 8, 8, 3)
    start = np.asarray(augmenter.seed_generator.state)
    model.fit(make_images(7, 8, 8), np.zeros((7, 1)), batch_size=4, verbose=0)
    assert np.isfinite(model.get_weights()[-1]).all()
    assert not np.array_equal(start, augmenter.seed_generator.state)


def test_adapt_compiled():
    augmenter = ADA(speed=1000, interval=2)
    model = Adapting(augmenter)
    model.compile(loss="mse", optimizer="sgd", jit_compile=True)
    model.fit(np.ones((20, 1), "float32"), np.ones((20, 1)), batch_size=5, verbose=0)
    np.testing.assert_allclose(float(augmenter.current_probability), 0.02, rtol=1e-5)


class Adapting(keras.Model):
    def __init__(self, augmenter):
        super().__init__()
        self.augmenter = augmenter
        self.dense = keras.layers.Dense(1)

    def call(self, inputs, training=False):
        if training:
            self.augmenter.adapt(inputs)
        return self.dense(inputs)


def test_low_precision_policy_computes_in_float32(make_images, augmenter):
    images = make_images()
    drawn = augmenter.draw(images)
    expected = augmenter.apply(images, drawn)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        low = type(augmenter).from_config(augmenter.get_config())
        augmented = low(images)
        np.testing.assert_array_equal(augmented, expected)
        from_half = low.apply(ops.cast(images, "float16"), drawn)
    finally:
        keras.config.set_dtype_policy("float32")
    for one in (augmented, from_half):
        assert keras.backend.standardize_dtype(one.dtype) == "float32"
    assert np.isfinite(from_half).all()


def test_gradient_against_finite_differences(make_images, augmenter):
    images, weights = make_images(), make_images(seed=5)
    drawn = augmenter.draw(images)
    apply = traced(lambda x: augmenter.apply(x, drawn))
    slope = traced(lambda x: _backend.input_gradients(lambda x: augmenter.apply(x, drawn) * weights, x))
    gradient = np.asarray(slope(ops.convert_to_tensor(images)), "float64")
    # Every augmenter is an affine map of the image: differences are exact for any step, but for rounding.
    for seed in (6, 7):
        direction = make_images(seed=seed)
        high, low = (np.asarray(apply(images + step * direction), "float64") for step in (1.0, -1.0))
        expected = np.sum((high - low) * weights / 2, axis=(1, 2, 3))
        np.testing.assert_allclose(np.sum(gradient * direction, axis=(1, 2, 3)), expected, rtol=1e-4, atol=1e-3)


def test_second_derivative_against_finite_differences(make_images, augmenter):
    images, direction = make_images(), make_images(seed=6)
    drawn = augmenter.draw(images)

    def gradient(x):
        return _backend.input_gradients(lambda x: augmenter.apply(x, drawn) ** 3, x)

    penalty = traced(lambda x: ops.sum(gradient(x) ** 2))
    images = ops.convert_to_tensor(images)
    second = np.asarray(traced(lambda x: _backend.input_gradients(lambda x: gradient(x) ** 2, x))(images), "float64")
    assert np.isfinite(second).all()
    assert np.abs(second).max() > 0
    step = 1e-2
    high, low = (np.float64(penalty(images + sign * step * direction)) for sign in (1, -1))
    np.testing.assert_allclose(np.sum(second * direction), (high - low) / (2 * step), rtol=2e-2)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about TensorFlow's gradient of a condition")
@pytest.mark.slow
def test_lazy_penalty_through_an_augmenter_under_xla(make_images):
    """There XLA gets no constants for the axes of transpositions and the like: not every operation survives."""
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 3), latent_dim=4, filters=2),
        kg.networks.DCGANDiscriminator((8, 8, 3), filters=2),
    )
    augmenter = ADA(target=None, probability=0.9, filter=True, seed=1)
    gan.compile(augmenter=augmenter, penalties=[kg.penalties.R1(0.5, interval=2)], jit_compile=True)
    history = gan.fit(make_images(8, 8, 8), batch_size=4, verbose=0)
    assert all(np.isfinite(values).all() for values in history.history.values())


@pytest.mark.parametrize("make", [DiffAugment, ADA])
def test_wrong_images(make):
    with pytest.raises(ValueError, match=r"shape \(batch, height, width, channels\). Received: shape=\(8, 8, 3\)"):
        make().draw(np.zeros((8, 8, 3), "float32"))
    with pytest.raises(ValueError, match=r"1 \(grey\), 3 \(RGB\) or 4 .* Received: channels=2. Switch the colour"):
        make().draw(np.zeros((2, 8, 8, 2), "float32"))
    with pytest.raises(ValueError, match=r"Received: shape=\(None, None, 8, 3\). .* known when the function is traced"):
        make().draw(keras.KerasTensor((None, None, 8, 3)))
    assert make(color=False)(np.zeros((2, 8, 8, 2), "float32")).shape == (2, 8, 8, 2)


def test_base_config():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Augmenter(seed=4, name="a")))
    assert type(again) is Augmenter
    assert again.get_config() == {"seed": 4, "name": "a"}
