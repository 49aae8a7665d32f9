import keras
import numpy as np
import pytest
from keras import ops

from keras_gan import _backend
from keras_gan.layers import ModulatedConv2D
from tests.layers.check_layer import TENSORFLOW, WIDEST, array, check_layer, random, shuffled


def inputs(count=5, side=4, channels=3, seed=0):
    return [random(count, side, side + 1, channels, seed=seed), 1 + random(count, channels, seed=seed + 1, scale=0.5)]


def convolved(image, kernel, before):
    """Correlates an image with a kernel, zeros around it, `before` of them ahead; as many outputs as pixels."""
    (height, width, _), size = image.shape, len(kernel)
    around = [[before, size - 1 - before]] * 2 + [[0, 0]]
    image = np.pad(image, around)
    return np.array(
        [
            [np.einsum("hwi,hwio->o", image[y : y + size, x : x + size], kernel) for x in range(width)]
            for y in range(height)
        ]
    )


def doubled_size(image, kernel):
    """Zeros between pixels, convolution, the filter [1, 3, 3, 1] scaled to sum 4; on a wide frame of zeros, cut."""
    frame, (height, width, channels) = 8, image.shape
    sparse = np.zeros((2 * height, 2 * width, channels))
    sparse[::2, ::2] = image
    sparse = np.pad(sparse, [[frame, frame]] * 2 + [[0, 0]])
    smooth = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16.0
    channels = kernel.shape[-1]
    smooth = smooth[:, :, None, None] * np.eye(channels)
    wide = convolved(convolved(sparse, kernel, len(kernel) // 2), smooth, 2)
    return wide[frame:-frame, frame:-frame]


def reference(layer, x, styles):
    """Equations 1 to 3: a kernel for each image, in float64."""
    kernel = array(layer.kernel).astype("float64")
    images = []
    for image, style in zip(x.astype("float64"), styles.astype("float64"), strict=True):
        own = style[None, None, :, None] * kernel
        if layer.demodulate:
            own = own / np.sqrt(np.sum(own**2, axis=(0, 1, 2)) + 1e-8)
        images.append(doubled_size(image, own) if layer.upsampling else convolved(image, own, (len(own) - 1) // 2))
    return np.array(images) + (array(layer.bias) if layer.use_bias else 0)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize(("upsampling", "kernel_size"), [(False, 1), (False, 2), (False, 3), (False, 5), (True, 3)])
def test_against_a_kernel_for_each_image(demodulate, upsampling, kernel_size):
    layer = ModulatedConv2D(4, kernel_size, demodulate, upsampling, use_bias=demodulate)
    batch = inputs(2)
    layer.build([x.shape for x in batch])
    shuffled(layer)
    np.testing.assert_allclose(array(layer(batch)), reference(layer, *batch), rtol=1e-4, atol=1e-5)


def test_upsampling_is_bilinear_resizing_inside():
    layer = ModulatedConv2D(1, demodulate=False, upsampling=True, use_bias=False)
    x = random(1, 6, 6, 1)
    styles = np.ones((1, 1), "float32")
    layer([x, styles])
    layer.kernel.assign(np.pad(np.ones((1, 1, 1, 1)), [[1, 1], [1, 1], [0, 0], [0, 0]]))
    resized = array(ops.image.resize(x, (12, 12), interpolation="bilinear", data_format="channels_last"))
    np.testing.assert_allclose(array(layer([x, styles]))[:, 1:-1, 1:-1], resized[:, 1:-1, 1:-1], atol=1e-6)


def test_outputs_have_unit_deviation_whatever_the_style():
    layer = ModulatedConv2D(64, 3, use_bias=False)
    x = random(8, 16, 16, 32)
    for scale in (1e-2, 1.0, 1e2):
        y = array(layer([x, scale * (1 + random(8, 32, seed=1))]))[:, 1:-1, 1:-1]
        np.testing.assert_allclose(y.std(axis=(1, 2, 3)), 1.0, rtol=0.05)


def test_styles_of_zero_have_finite_gradients():
    layer, x = ModulatedConv2D(4), random(2, 4, 4, 3)
    styles = ops.zeros((2, 3))
    assert np.isfinite(array(_backend.input_gradients(lambda s: ops.sum(layer([x, s])), styles))).all()


@pytest.mark.parametrize("upsampling", [False, True])
def test_layer(upsampling, tmp_path):
    check_layer(lambda: ModulatedConv2D(4, 3, upsampling=upsampling), inputs(), tmp_path)


def test_any_size_when_running():
    features, styles = keras.Input((None, None, 3)), keras.Input((3,))
    layer = ModulatedConv2D(4, upsampling=True)
    model = keras.Model([features, styles], layer([features, styles]))
    assert model.output_shape == (None, None, None, 4)
    batch = inputs(2, side=5)
    np.testing.assert_allclose(model.predict(batch, verbose=0), reference(layer, *batch), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("upsampling", [False, True])
def test_path_length_penalties_can_be_learned_from(upsampling):
    layer = ModulatedConv2D(4, upsampling=upsampling, dtype=WIDEST)
    features, styles = (ops.convert_to_tensor(x, WIDEST) for x in inputs(2))
    layer.build([features.shape, styles.shape])
    towards = random(*layer([features, styles]).shape, seed=4)

    def penalty():
        of_styles = _backend.input_gradients(lambda s: ops.sum(towards * layer([features, s])), styles)
        return ops.sum(ops.square(of_styles))

    _, (gradient,) = _backend.aux_and_gradients(lambda: (penalty(), None), [layer.kernel])
    start, direction, step = array(layer.kernel), random(3, 3, 3, 4, seed=5), 1e-5 if TENSORFLOW else 3e-3
    around = []
    for sign in (1, -1):
        layer.kernel.assign(start + sign * step * direction)
        around.append(float(penalty()))
    slope = (around[0] - around[1]) / (2 * step)
    np.testing.assert_allclose(np.sum(array(gradient) * direction), slope, rtol=1e-6 if TENSORFLOW else 2e-2)


def test_refuses_bad_arguments():
    for name in ("filters", "kernel_size"):
        with pytest.raises(ValueError, match=f"`{name}` must be a whole number >= 1. Received: {name}=0"):
            ModulatedConv2D(**{"filters": 4, name: 0})
    with pytest.raises(ValueError, match=r"`kernel_size` must be 3 with `upsampling`. Received: kernel_size=4"):
        ModulatedConv2D(4, 4, upsampling=True)


def test_refuses_other_inputs():
    features, styles = inputs()
    with pytest.raises(ValueError, match=r"takes a list of two inputs, features.*Received"):
        ModulatedConv2D(4)(features)
    with pytest.raises(ValueError, match=r"styles \(batch, channels\). Received.*a dense layer of 3 units"):
        ModulatedConv2D(4)([features, styles[:, :2]])
