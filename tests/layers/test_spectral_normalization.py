import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_gan import _backend
from keras_gan.layers import EqualizedLearningRate, SpectralNormalization
from keras_gan.layers.kernel_wrapper import KernelWrapper
from tests.layers.check_layer import TENSORFLOW, WIDEST, array, check_layer, check_second_derivative, random

# Each layer, its input, and its kernel as the matrix (outputs, everything else).
CASES = {
    "dense": (lambda **a: layers.Dense(6, **a), (4,), lambda k: k.T),
    "conv1d": (lambda **a: layers.Conv1D(6, 3, **a), (7, 2), lambda k: k.reshape(-1, 6).T),
    "conv2d": (lambda **a: layers.Conv2D(6, 3, padding="same", **a), (5, 5, 2), lambda k: k.reshape(-1, 6).T),
    "grouped": (lambda **a: layers.Conv2D(6, 3, groups=2, **a), (5, 5, 4), lambda k: k.reshape(-1, 6).T),
    "conv3d": (lambda **a: layers.Conv3D(6, 2, **a), (3, 3, 3, 2), lambda k: k.reshape(-1, 6).T),
    "conv1d_transposed": (
        lambda **a: layers.Conv1DTranspose(6, 3, **a),
        (5, 2),
        lambda k: k.transpose(1, 0, 2).reshape(6, -1),
    ),
    "conv2d_transposed": (
        lambda **a: layers.Conv2DTranspose(6, 4, strides=2, padding="same", **a),
        (3, 3, 5),
        lambda k: k.transpose(2, 0, 1, 3).reshape(6, -1),
    ),
    "conv3d_transposed": (
        lambda **a: layers.Conv3DTranspose(6, 2, **a),
        (2, 2, 2, 3),
        lambda k: k.transpose(3, 0, 1, 2, 4).reshape(6, -1),
    ),
    "embedding": (lambda **a: layers.Embedding(7, 6, **a), (), lambda k: k.T),
}


def example(name, count=5):
    _, shape, _ = CASES[name]
    return np.arange(count).reshape(count, *shape) if name == "embedding" else random(count, *shape)


def built(name, **arguments):
    make, shape, _ = CASES[name]
    layer = SpectralNormalization(make(), **arguments)
    layer.build((None, *shape))
    return layer


def largest(name, layer):
    return np.linalg.svd(CASES[name][2](array(layer.kernel).astype("float64")), compute_uv=False)[0]


def converged(layer, kernel):
    """Gives a layer a kernel, and the singular vector that belongs to it."""
    layer.kernel.assign(kernel)
    name = next(name for name, (make, _, _) in CASES.items() if type(make()) is type(layer.layer))
    layer.left_vector.assign(np.linalg.svd(CASES[name][2](kernel))[0][:, 0])
    return layer


def without_bias(layer, x):
    """Output of the layer, less its bias."""
    bias = getattr(layer.layer, "bias", None)
    return array(layer(x)) - (0 if bias is None else array(bias))


@pytest.mark.parametrize("name", CASES)
def test_divides_by_the_largest_singular_value(name):
    layer, x = built(name), example(name)
    converged(layer, random(*layer.kernel.shape, seed=1))
    plain = array(layer.layer(x)) - (array(layer.layer.bias) if name != "embedding" else 0)
    np.testing.assert_allclose(without_bias(layer, x), plain / largest(name, layer), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("inputs", "outputs"), [(64, 64), (1024, 64), (100, 1600), (7, 1)])
def test_sigma_starts_accurate(inputs, outputs):
    layer = SpectralNormalization(layers.Dense(outputs, use_bias=False))
    layer.build((None, inputs))
    kernel = array(layer.kernel)
    u = array(layer.left_vector).astype("float64")
    sigma = np.linalg.norm(kernel @ u)
    exact = np.linalg.svd(kernel, compute_uv=False)[0]
    assert 0.975 * exact < sigma <= 1.0001 * exact
    np.testing.assert_allclose(np.linalg.norm(u), 1, rtol=1e-5)


def test_power_iterations_are_the_papers():
    layer, x = built("dense", power_iterations=2), random(5, 4)
    kernel, u = random(4, 6, seed=1).astype("float64"), random(6, seed=2).astype("float64")
    layer.kernel.assign(kernel)
    layer.left_vector.assign(u)
    found = array(layer(x, training=True))
    for _ in range(2):
        v = kernel @ u / np.linalg.norm(kernel @ u)
        u = v @ kernel / np.linalg.norm(v @ kernel)
    np.testing.assert_allclose(found, x @ kernel / (v @ kernel @ u), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(array(layer.left_vector), u, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_a_forward_pass_leaves_the_kernel_alone(name):
    layer = built(name)
    layer.kernel.assign(10 * array(layer.kernel))
    before = array(layer.kernel)
    for training in (True, False):
        layer(example(name), training=training)
        np.testing.assert_array_equal(array(layer.kernel), before)


def test_only_training_moves_the_vector():
    layer, x = built("dense"), random(5, 4)
    layer.left_vector.assign(random(6))
    start = array(layer.left_vector)
    stored = array(layer(x))
    np.testing.assert_array_equal(array(layer.left_vector), start)
    with _backend.frozen():
        frozen = array(layer(x, training=True))
    np.testing.assert_array_equal(array(layer.left_vector), start)
    layer.trainable = False
    layer(x, training=True)
    np.testing.assert_array_equal(array(layer.left_vector), start)
    layer.trainable = True
    trained = array(layer(x, training=True))
    assert not np.allclose(array(layer.left_vector), start)
    np.testing.assert_array_equal(frozen, stored)
    np.testing.assert_array_equal(trained, stored)


def test_training_follows_a_moving_kernel():
    layer, x = built("conv2d"), example("conv2d")
    start, end = (random(*layer.kernel.shape, seed=seed) for seed in (1, 2))
    for share in np.linspace(0, 1, 60):
        layer.kernel.assign((1 - share) * start + share * end)
        layer(x, training=True)
    sigma = np.linalg.norm(array(layer.kernel).reshape(-1, 6) @ array(layer.left_vector))
    assert sigma > 0.98 * largest("conv2d", layer)


def gradient_of(layer, x, towards):
    def loss():
        return ops.sum(layer(x) * towards), None

    return array(_backend.aux_and_gradients(loss, [layer.kernel])[1][0])


def test_gradient_is_the_papers_formula_before_convergence():
    layer, x, towards = built("dense"), random(5, 4), random(5, 6, seed=9)
    kernel, u = random(4, 6, seed=1).astype("float64"), random(6, seed=2).astype("float64")
    layer.kernel.assign(kernel)
    layer.left_vector.assign(u)
    v = kernel @ u / np.linalg.norm(kernel @ u)
    u = v @ kernel / np.linalg.norm(v @ kernel)
    sigma, of_normalized = v @ kernel @ u, x.T @ towards
    expected = (of_normalized - np.sum(of_normalized * kernel / sigma) * np.outer(v, u)) / sigma
    np.testing.assert_allclose(gradient_of(layer, x, towards), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dense", "conv2d", "conv2d_transposed"])
def test_gradient_is_that_of_the_exact_singular_value(name):
    layer, x = built(name), example(name)
    converged(layer, random(*layer.kernel.shape, seed=1))
    towards = array(layer(x)) + random(*layer(x).shape, seed=2)  # so that the scale of the kernel matters much
    kernel = array(layer.kernel).astype("float64")
    direction = kernel + random(*kernel.shape, seed=3)
    plain = gradient_of(layer.layer, x, towards).astype("float64")  # of <towards, layer(x)>, which is linear in W

    def value(kernel):
        return np.sum(plain * kernel) / np.linalg.svd(CASES[name][2](kernel), compute_uv=False)[0]

    slope = (value(kernel + 1e-5 * direction) - value(kernel - 1e-5 * direction)) / 2e-5
    np.testing.assert_allclose(np.sum(gradient_of(layer, x, towards) * direction), slope, rtol=1e-3)


@pytest.mark.parametrize("name", ["dense", "conv2d"])
def test_gradient_penalties_can_be_learned_from(name):
    make, shape, _ = CASES[name]
    layer = SpectralNormalization(make(dtype=WIDEST), power_iterations=50 if TENSORFLOW else 10)
    layer.build((None, *shape))
    converged(layer, random(*layer.kernel.shape, seed=1))
    check_second_derivative(layer, example(name))


def test_a_kernel_of_zeros_stays_and_recovers():
    layer, x = built("dense"), random(5, 4)
    start = array(layer.left_vector)
    layer.kernel.assign(np.zeros((4, 6)))
    assert not array(layer(x, training=True)).any()
    np.testing.assert_array_equal(array(layer.left_vector), start)
    assert np.isfinite(gradient_of(layer, x, random(5, 6))).all()
    layer.kernel.assign(random(4, 6))
    for _ in range(50):
        layer(x, training=True)
    np.testing.assert_allclose(np.linalg.norm(array(layer.kernel) @ array(layer.left_vector)), largest("dense", layer))


def test_layer(tmp_path):
    make, _, _ = CASES["conv2d_transposed"]
    check_layer(lambda: SpectralNormalization(make(), power_iterations=2), [example("conv2d_transposed")], tmp_path)


def test_embedding_in_a_model(tmp_path):
    labels = keras.Input((), dtype="int32")
    model = keras.Model(labels, SpectralNormalization(CASES["embedding"][0]())(labels))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(array(loaded(np.arange(7))), array(model(np.arange(7))))


def test_sigma_is_float32_in_half_precision():
    layer = SpectralNormalization(layers.Dense(6, dtype="mixed_float16", use_bias=False))
    x = 100 * np.eye(4, dtype="float32")
    layer.build((None, 4))
    for scale in (1e5, 1e-6):  # beyond float16, and nothing in it
        converged(layer, scale * random(4, 6))
        expected = x @ array(layer.kernel) / largest("dense", layer)
        np.testing.assert_allclose(array(layer(x, training=True)), expected, rtol=2e-3)


def test_the_wrapped_layers_precision_is_the_outputs():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        layer = SpectralNormalization(layers.Dense(1, dtype="float32"))
        image = keras.Input((4,))
        logits = layer(image)
    finally:
        keras.config.set_dtype_policy("float32")
    assert (logits.dtype, layer.dtype_policy.name) == ("float32", "float32")


def test_one_variable_appears_once():
    layer = built("dense")
    assert [w.name for w in layer.trainable_variables] == ["kernel", "bias"]
    assert [w.name for w in layer.non_trainable_variables] == ["left_vector"]
    assert len(layer.weights) == 3


def test_built_inside_a_compiled_function():
    layer, x = SpectralNormalization(layers.Dense(6)), random(5, 4)
    with keras.StatelessScope():
        layer(x)
    sigma = np.linalg.norm(array(layer.kernel) @ array(layer.left_vector))
    np.testing.assert_allclose(sigma, largest("dense", layer), rtol=0.02)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: layers.ReLU(), r"`layer` must have one kernel.* Received: layer=<ReLU"),
        (lambda: layers.DepthwiseConv2D(3), r"one kernel.*Wrap the layers in it one by one"),
        (lambda: layers.SeparableConv2D(4, 3), r"one kernel.*Received: layer=<SeparableConv2D"),
        (lambda: SpectralNormalization(layers.Dense(2)), r"one kernel.*Received: layer=<SpectralNormalization"),
        (lambda: keras.Sequential([layers.Dense(2)]), r"one kernel.*Received: layer=<Sequential"),
    ],
)
def test_refuses_layers_without_a_kernel(layer, message):
    with pytest.raises(ValueError, match=message):
        SpectralNormalization(layer())


def test_refuses_what_has_several_kernels_when_built():
    with pytest.raises(ValueError, match=r"`layer` must have one kernel.*Received: layer=<LSTM"):
        SpectralNormalization(layers.LSTM(3))(random(2, 4, 3))


def test_refuses_other_arguments():
    with pytest.raises(TypeError, match=r"`layer` must be a keras.layers.Layer. Received: layer='dense'"):
        SpectralNormalization("dense")
    for value in (0, 1.5, True):
        with pytest.raises(ValueError, match=r"`power_iterations` must be a whole number >= 1. Received"):
            SpectralNormalization(layers.Dense(2), power_iterations=value)
    with pytest.raises(ValueError, match=r"computes in float32. Received: dtype='float16'. Give `dtype` to the"):
        SpectralNormalization(layers.Dense(2), dtype="float16")


def test_wrappers_share_their_mechanism():
    assert issubclass(SpectralNormalization, KernelWrapper)
    assert issubclass(EqualizedLearningRate, KernelWrapper)
    with pytest.raises(NotImplementedError):
        KernelWrapper(layers.Dense(2)).substitutes(False)


@pytest.mark.skipif(not TENSORFLOW, reason="tf.distribute is TensorFlow's")
def test_replicas_keep_one_vector():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with strategy.scope():
        layer = built("dense")
        layer.left_vector.assign(random(6))
        start = array(layer.left_vector)
    strategy.run(tf.function(lambda: layer(random(5, 4), training=True)))
    assert not np.allclose(array(layer.left_vector), start)
