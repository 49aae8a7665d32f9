import numpy as np
import pytest

from keras_gan.metrics.ms_ssim import MSSSIM, WEIGHTS, pair_similarities


def kept(metric, *columns):
    statistics = metric.statistics()
    statistics.update(*columns)
    return statistics


def flat(*levels, side=64, channels=3):
    return np.stack([np.full((side, side, channels), level, "float64") for level in levels])


def pairs(count):
    return np.triu_indices(count, k=1)


def noise(count, side, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, channels), "uint8")


def slow_similarity(a, b, scales):
    """One pair of grey images, window by window."""
    size = min(11, len(a))
    c1, c2, result = 6.5025, 58.5225, 1.0
    total = sum(WEIGHTS[:scales]) if scales < 5 else 1
    for scale in range(scales):
        size = min(11, len(a))
        places = np.arange(size) - (size - 1) / 2
        window = np.exp(-(places[:, None] ** 2 + places[None] ** 2) / (2 * (1.5 * size / 11) ** 2))
        window /= window.sum()
        cs, ssim = [], []
        for top in range(len(a) - size + 1):
            for left in range(len(a) - size + 1):
                x, y = (image[top : top + size, left : left + size] for image in (a, b))
                mx, my = (window * x).sum(), (window * y).sum()
                vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
                vxy = (window * (x - mx) * (y - my)).sum()
                cs.append((2 * vxy + c2) / (vx + vy + c2))
                ssim.append(cs[-1] * (2 * mx * my + c1) / (mx**2 + my**2 + c1))
        result *= max(np.mean(ssim if scale == scales - 1 else cs), 0) ** (WEIGHTS[scale] / total)
        if len(a) % 2:
            a, b = (np.pad(image, ((0, 1), (0, 1)), mode="edge") for image in (a, b))
        a, b = (image.reshape(len(a) // 2, 2, len(a) // 2, 2).mean(axis=(1, 3)) for image in (a, b))
    return result


def test_flat_images_in_closed_form():
    found = pair_similarities(flat(1, 0.7, 0), *pairs(3)).mean()
    expected = np.mean(
        [((2 * a * b + 6.5025) / (a**2 + b**2 + 6.5025)) ** 0.1333 for a, b in ((1, 0.7), (1, 0), (0.7, 0))]
    )
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    np.testing.assert_allclose(found, 0.98998868, atol=5e-9)


@pytest.mark.parametrize(("side", "scales"), [(28, 3), (25, 3), (9, 1), (13, 2), (49, 4)])
def test_against_window_by_window(side, scales):
    random = np.random.default_rng(side)
    a = random.uniform(0, 255, (side, side))
    b = np.clip(0.7 * a + random.uniform(0, 90, (side, side)), 0, 255)
    images = np.stack([a, b])[..., None]
    np.testing.assert_allclose(pair_similarities(images, [0], [1], scales), slow_similarity(a, b, scales), rtol=1e-10)


def test_five_scales_are_those_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    for shape in ((161, 170, 3), (176, 163, 1)):
        random = np.random.default_rng(0)
        a = random.uniform(0, 255, shape)
        b = np.clip(a + random.normal(scale=60, size=shape), 0, 255)
        expected = tf.image.ssim_multiscale(a.astype("float32"), b.astype("float32"), 255).numpy()
        # TensorFlow computes in float32, variances as differences of squares of up to 255^2.
        np.testing.assert_allclose(pair_similarities(np.stack([a, b]), [0], [1])[0], expected, rtol=2e-5)


def test_similarity_is_1_with_itself_symmetric_and_0_for_the_negative():
    image = noise(1, 32)[0].astype("float64")
    images = np.stack([image, 255 - image, 0.7 * image + 0.3 * noise(1, 32, seed=1)[0]])
    same, one, other, negative = pair_similarities(images, [0, 0, 2, 0], [0, 2, 0, 1], scales=3)
    np.testing.assert_allclose(same, 1, rtol=1e-14)
    np.testing.assert_allclose(one, other, rtol=1e-14)
    assert 0.5 < one < 0.99
    assert negative == 0


def test_channels_are_averaged_last():
    images = noise(2, 32, 3)
    each = [pair_similarities(images[..., c : c + 1], [0], [1], scales=2)[0] for c in range(3)]
    np.testing.assert_allclose(pair_similarities(images, [0], [1], scales=2)[0], np.mean(each), rtol=1e-13)


def test_metric_averages_all_pairs_of_each_batch():
    images = noise(6, 28)
    metric = MSSSIM(scales=3, batches=2, batch_size=3)
    order = np.random.default_rng(0).permutation(6).reshape(2, 3)
    means = [pair_similarities(images[batch], *pairs(3), 3).mean() for batch in order]
    (result,) = metric.value(None, kept(metric, images)).items()
    assert result[0] == "ms_ssim_3"
    np.testing.assert_allclose(result[1], (np.mean(means), np.std(means)), rtol=1e-13)
    single = MSSSIM(scales=3, batches=1, batch_size=6)
    assert single.value(None, kept(single, images))["ms_ssim_3"].deviation is None


def test_five_scales_alone_are_called_ms_ssim():
    images = noise(2, 161)
    metric = MSSSIM(batches=1, batch_size=2)
    assert list(metric.value(None, kept(metric, images))) == ["ms_ssim"] == list(metric.results)
    assert [list(MSSSIM(scales=scales).results) for scales in (4, 1)] == [["ms_ssim_4"], ["ms_ssim_1"]]


def test_collapse_raises_it():
    images = noise(40, 28)
    collapsed = np.repeat(images[:2], 20, axis=0)
    metric = MSSSIM(scales=3, batches=2, batch_size=20)
    varied, narrow = (metric.value(None, kept(metric, x))["ms_ssim_3"].value for x in (images, collapsed))
    assert varied < 0.2
    assert narrow > 0.45


def test_within_labels():
    images = np.repeat(noise(2, 28), 6, axis=0)
    labels = np.repeat([3, 7], 6)
    images[6:9] = noise(3, 28, seed=1)
    metric = MSSSIM(scales=3, per_class=True, batches=1, batch_size=6)
    assert metric.columns == ("image", "label")
    mixed = np.random.default_rng(2).permutation(12)
    statistics = kept(metric, images[mixed], labels[mixed])
    table = metric.by_class(statistics)
    assert list(table) == [3, 7]
    np.testing.assert_allclose(table[3], 1, rtol=1e-13)
    np.testing.assert_allclose(table[7], pair_similarities(images[6:], *pairs(6), 3).mean(), rtol=1e-12)
    value = metric.value(None, statistics)["ms_ssim_3"]
    np.testing.assert_allclose(value, (np.mean(list(table.values())), np.std(list(table.values()))), rtol=1e-13)


def test_cap_on_pairs_draws_by_seed():
    images = noise(12, 28) // 2 + noise(1, 28, seed=1) // 2
    values = []
    for seed, cap in ((0, 20), (0, 20), (1, 20), (0, 66), (0, None)):
        metric = MSSSIM(scales=3, batches=1, batch_size=12, max_pairs=cap, seed=seed)
        values.append(metric.value(None, kept(metric, images))["ms_ssim_3"].value)
    assert values[0] == values[1]
    assert values[0] != values[2]
    assert values[0] != values[3]
    assert values[3] == values[4]
    np.testing.assert_allclose(values[0], values[4], rtol=0.1)


def test_config_and_errors():
    config = MSSSIM(2, True, 3, 4, 5, 6).get_config()
    assert config == {"scales": 2, "per_class": True, "batches": 3, "batch_size": 4, "max_pairs": 5, "seed": 6}
    assert MSSSIM.from_config(config).get_config() == config
    with pytest.raises(ValueError, match=r"`scales` must be an integer from 1 to 5\. Received: scales=6"):
        MSSSIM(scales=6)
    with pytest.raises(ValueError, match=r"`batches` must be a whole number >= 1\. Received: batches=0"):
        MSSSIM(batches=0)
    with pytest.raises(ValueError, match=r"`batch_size` must be a whole number >= 2\. Received: batch_size=1"):
        MSSSIM(batch_size=1)
    with pytest.raises(ValueError, match=r"`max_pairs` must be a whole number >= 1\. Received: max_pairs=0"):
        MSSSIM(max_pairs=0)
    for scales, side, mend in ((5, 160, "Use scales=4"), (4, 32, "Use scales=3"), (3, 24, "Use scales=2"), (1, 6, "")):
        metric = MSSSIM(scales=scales, batches=1, batch_size=2)
        with pytest.raises(
            ValueError, match=rf"needs images of at least \d+ pixels\. Received: {side} pixels\. ?{mend}"
        ):
            metric.value(None, kept(metric, noise(2, side)))
    metric = MSSSIM(scales=3)
    with pytest.raises(
        ValueError, match=r"5 batches of 64 need 320 images\. Received: 9\. Use fewer or smaller batches"
    ):
        metric.value(None, kept(metric, noise(9, 28)))
    metric = MSSSIM(scales=3, per_class=True, batches=1, batch_size=4)
    with pytest.raises(ValueError, match=r"1 batches of 4 need 4 images of label 1\. Received: 3"):
        metric.value(None, kept(metric, noise(7, 28), np.array([0, 0, 0, 0, 1, 1, 1])))
    metric = MSSSIM(scales=3, batches=1, batch_size=2)
    with pytest.raises(TypeError, match="must be uint8"):
        metric.value(None, kept(metric, np.zeros((2, 28, 28, 1))))
