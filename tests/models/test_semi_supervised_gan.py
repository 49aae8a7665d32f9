import keras
import numpy as np
import pytest

from keras_gan import networks
from keras_gan.game import step
from keras_gan.media import to_uint8
from keras_gan.models.semi_supervised_gan import SemiSupervisedGAN
from tests.run_gan_test import fit, replay, run_gan_test, run_whole_gan_test, terms_of, values

CLASSES = 3
LABELS = np.array([0, -1, 2, -1, 1, -1, -1, 2], "int32")


def make(seed=3, network=None, **arguments):
    keras.utils.set_random_seed(7)
    networks_ = (
        networks.MLPGenerator((8, 8, 1), 6, (16,)),
        network or networks.MLPDiscriminator((8, 8, 1), (16, 12), num_classes=CLASSES, conditioning="semi_supervised"),
    )
    gan = SemiSupervisedGAN(*networks_, **{"seed": seed, **arguments})
    gan.compile(optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
    return gan


def test_contract(images, tmp_path):
    run_gan_test(make, {"image": images[:8], "label": LABELS}, tmp_path)


@pytest.mark.contract
def test_whole_contract(images, tmp_path):
    run_whole_gan_test(make, {"image": images[:8], "label": LABELS}, tmp_path)


def softplus(x):
    return np.log1p(np.exp(x))


def outputs(seed, gan):
    classes = 2 * np.random.default_rng(seed).normal(size=(8, CLASSES))
    features = np.random.default_rng(seed + 10).normal(size=(8, 5))
    numbers = {"logits": np.log(np.exp(classes).sum(axis=1, keepdims=True)), "classes": classes, "features": features}
    return numbers, {name: keras.ops.convert_to_tensor(value.astype("float32")) for name, value in numbers.items()}


def test_discriminator_minimises_the_cross_entropy_of_one_class_more():
    gan = make(class_weight=2.0)
    (real, real_out), (fake, fake_out) = outputs(0, gan), outputs(1, gan)
    terms = terms_of(gan, "discriminator", (real_out, fake_out), {"label": LABELS})
    # The paper's K + 1 classes, written out: the last is "fake", with the logit 0.
    chances = [
        np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        for x in (np.concatenate([out["classes"], np.zeros((8, 1))], axis=1) for out in (real, fake))
    ]
    unsupervised = -np.log(1 - chances[0][:, -1]).mean() - np.log(chances[1][:, -1]).mean()
    np.testing.assert_allclose(terms["discriminator_loss"], unsupervised, rtol=1e-6)
    rows = [k for k, label in enumerate(LABELS) if label >= 0]
    given_real = [chances[0][k, LABELS[k]] / chances[0][k, :-1].sum() for k in rows]
    np.testing.assert_allclose(terms["class_loss"], -2 * np.log(given_real).mean(), rtol=1e-6)


def test_generator_matches_mean_features():
    gan = make()
    (real, real_out), (fake, fake_out) = outputs(0, gan), outputs(1, gan)
    terms = terms_of(gan, "generator", (real_out, fake_out))
    expected = sum((real["features"][:, k].mean() - fake["features"][:, k].mean()) ** 2 for k in range(5))
    np.testing.assert_allclose(terms["generator_loss"], expected, rtol=1e-5)
    terms = terms_of(make(feature_matching=False), "generator", (None, fake_out))
    np.testing.assert_allclose(terms["generator_loss"], softplus(-fake["logits"]).mean(), rtol=1e-6)


def test_the_step_matches_features_of_the_batch(images):
    gan = make()
    gan.sample_inputs = lambda batch: gan.fixed_inputs(8, seed=1)
    batch = {"image": images[:8], "label": LABELS}
    tensors = {name: keras.ops.convert_to_tensor(value) for name, value in batch.items()}
    features = [
        np.array(gan.discriminator(x)["features"], "float64").mean(axis=0)
        for x in (images[:8], gan.generate(gan.fixed_inputs(8, seed=1)))
    ]
    step.update(gan, "generator", tensors)
    got = float(gan.trackers["generator_loss"].result())
    np.testing.assert_allclose(got, ((features[0] - features[1]) ** 2).sum(), rtol=1e-5)


def test_gradients_reach_every_variable_either_way(images):
    for feature_matching in (True, False):
        gan = make(feature_matching=feature_matching)
        before = values(gan.trainable_variables)
        fit(gan, {"image": images[:8], "label": LABELS}, 1)
        for variable, old in zip(gan.trainable_variables, before, strict=True):
            assert not np.array_equal(old, np.array(variable)), variable.path


def test_without_a_label_in_the_batch(images):
    gan = make()
    log = fit(gan, {"image": images[:8], "label": np.full(8, -1, "int32")}, 3)[-1]
    assert log["class_loss"] == 0
    assert np.isfinite(list(log.values())).all()


def test_images_without_label_do_not_move_the_class_loss(images):
    logs = []
    for rows in (slice(0, 8), np.flatnonzero(LABELS >= 0)):
        gan = make()
        real_out = gan.discriminate({"image": images[:8][rows]})
        terms = terms_of(gan, "discriminator", (real_out, real_out), {"label": LABELS[rows]})
        logs.append(float(terms["class_loss"]))
    np.testing.assert_allclose(*logs, rtol=1e-6)


def test_accuracy_counts_labelled_images_once_each(images):
    gan = make()
    right = gan.classify(images).argmax(axis=1)
    labels = np.full(32, -1, "int32")
    labels[:8], labels[8:10] = right[:8], (right[8:10] + 1) % CLASSES  # batches with 8, 2 and no labels
    assert gan.evaluate(images, labels, batch_size=8, verbose=0, return_dict=True)["accuracy"] == pytest.approx(0.8)
    gan.compile(keras.optimizers.SGD(0.0))
    log = gan.fit(images, labels, batch_size=8, verbose=0, shuffle=False).history
    assert log["accuracy"] == pytest.approx([0.8])


def test_validation_reports_the_accuracy_of_the_average(images):
    gan = make()
    labels = np.zeros(32, "int32")
    for weight in gan.ema_discriminator.weights:
        weight.assign(0 * weight)
    gan.ema_discriminator.get_layer("classes").bias.assign([1.0, 0.0, 0.0])
    assert gan.evaluate(images, labels, verbose=0, return_dict=True)["accuracy"] == 1
    assert gan.classify(images).argmax(axis=1).tolist() == [0] * 32


def test_classify_takes_floats_and_pixels(images):
    gan = make()
    pixels = to_uint8(images)
    chances = gan.classify(images, batch_size=5)
    assert chances.shape == (32, CLASSES)
    assert chances.dtype == "float32"
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-6)
    logits = np.array(gan.discriminator(images)["classes"], "float64")
    np.testing.assert_allclose(chances, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(gan.classify(pixels), chances, atol=0.02)
    assert gan.classify(images[:0]).shape == (0, CLASSES)
    with pytest.raises(ValueError, match=r"uint8 or float in \[-1, 1\]\. Received: shape \(32, 8, 8\), dtype float32"):
        gan.classify(images[..., 0])
    with pytest.raises(ValueError, match=r"dtype int64"):
        gan.classify(pixels.astype("int64"))


def test_without_an_average_the_discriminator_itself_classifies(images):
    gan = make(ema_half_life=None)
    assert gan.ema_discriminator is gan.discriminator
    assert gan.averaged() == []
    assert gan.classify(images).shape == (32, CLASSES)


def test_a_convolutional_discriminator(images):
    network = networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=CLASSES, conditioning="semi_supervised")
    log = fit(make(network=network), {"image": images[:8], "label": LABELS}, 2)[-1]
    assert np.isfinite(list(log.values())).all()


def test_few_labels_and_many_images_are_learned_from():
    # Two kinds of stripes, one labelled image of each.
    random = np.random.default_rng(0)
    kinds = np.repeat([0, 1], 32)
    stripes = np.where(np.arange(8) % 2, 0.9, -0.9)[None, :, None] * np.ones((64, 8, 8))
    images = np.where(kinds[:, None, None], stripes, stripes.swapaxes(1, 2)) + 0.2 * random.normal(size=(64, 8, 8))
    images = np.clip(images, -1, 1)[..., None].astype("float32")
    labels = np.full(64, -1, "int32")
    labels[[0, 32]] = [0, 1]
    gan = make()
    replay(gan, [{"image": images, "label": labels}] * 60)
    assert gan.evaluate(images, kinds.astype("int32"), verbose=0, return_dict=True)["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (np.full(32, CLASSES), r"Labels must lie from -1 to 2\. Received: 3 to 3"),
        (np.full(32, -2), r"Labels must lie from -1 to 2\. Received: -2 to -2"),
        (np.zeros(32, "float32"), r"Labels must be whole numbers\. Received: dtype float32"),
        (None, r"must hold the key 'label'.*Received: images alone"),
    ],
)
def test_labels_that_cannot_be_trained_on(images, label, message):
    with pytest.raises(ValueError, match=message):
        make().fit(images, label, batch_size=8, verbose=0)


def test_it_draws_without_labels():
    gan = make()
    assert list(gan.fixed_inputs(2)) == ["latent"]
    with pytest.raises(ValueError, match=r"nothing can be chosen for this generator\. Received: label=1"):
        gan.sample(2, label=1)


@pytest.mark.parametrize(
    ("conditioning", "message"),
    [
        ("projection", r"must return a dict with \['classes', 'features'\]\. Received: the outputs \['logits'\]"),
        ("classifier", r"must return a dict with \['features'\].*conditioning='semi_supervised'"),
    ],
)
def test_discriminators_of_another_kind(conditioning, message):
    network = networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=CLASSES, conditioning=conditioning)
    with pytest.raises(ValueError, match=message):
        make(network=network)


def test_weight_out_of_range():
    with pytest.raises(ValueError, match=r"`class_weight` must be a finite number >= 0\. Received: class_weight=-1"):
        make(class_weight=-1)
