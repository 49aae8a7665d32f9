import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import networks
from keras_gan.models.acgan import ACGAN
from keras_gan.models.classes import multi_class_hinge
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, terms_of, values

CLASSES = 3
LABELS = np.array([0, 1, 2, 2, 1, 0, 1, 2], "int32")


def pair():
    return (
        networks.DCGANGenerator((8, 8, 1), 6, filters=4, num_classes=CLASSES),
        networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=CLASSES, conditioning="classifier"),
    )


def make(**arguments):
    keras.utils.set_random_seed(7)
    gan = ACGAN(*pair(), **{"seed": 3, **arguments})
    gan.compile(optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
    return gan


def test_contract(images, tmp_path):
    run_gan_test(make, {"image": images[:8], "label": LABELS}, tmp_path)


@pytest.mark.contract
def test_whole_contract(images, tmp_path):
    run_whole_gan_test(make, {"image": images[:8], "label": LABELS}, tmp_path)


def entropy(label, logits):
    """-log softmax(logits)[label] in float64, row by row."""
    logits = np.asarray(logits, "float64")
    return np.array([np.log(np.exp(row - row[k]).sum()) for k, row in zip(label, logits, strict=True)])


def test_terms_are_the_cross_entropies_of_each_row():
    random = np.random.default_rng(0)
    gan = make(real_class_weight=0.5, fake_class_weight=2.0, generator_class_weight=3.0)
    real, fake = ({"logits": random.normal(size=(8, 1)), "classes": 3 * random.normal(size=(8, 3))} for _ in "rf")
    drawn = LABELS[::-1].copy()
    outs = [{k: keras.ops.convert_to_tensor(v.astype("float32")) for k, v in out.items()} for out in (real, fake)]
    terms = terms_of(gan, "discriminator", outs, {"label": LABELS}, {"label": drawn})
    expected = 0.5 * entropy(LABELS, real["classes"]).mean() + 2 * entropy(drawn, fake["classes"]).mean()
    np.testing.assert_allclose(terms["discriminator_class_loss"], expected, rtol=1e-6)
    adversarial = np.log1p(np.exp(-real["logits"])).mean() + np.log1p(np.exp(fake["logits"])).mean()
    np.testing.assert_allclose(terms["discriminator_loss"], adversarial, rtol=1e-6)
    terms = terms_of(gan, "generator", (None, outs[1]), {"label": LABELS}, {"label": drawn})
    np.testing.assert_allclose(terms["generator_class_loss"], 3 * entropy(drawn, fake["classes"]).mean(), rtol=1e-6)
    np.testing.assert_allclose(terms["generator_loss"], np.log1p(np.exp(-fake["logits"])).mean(), rtol=1e-6)


def test_labels_of_reals_and_of_fakes_are_those_of_their_rows(images):
    # Outside of training labels may differ: what is drawn from one class is not judged by the batch's.
    gan, drawn = make(), np.array([2, 2, 2, 2, 0, 0, 0, 0], "int32")
    latent = gan.fixed_inputs(8, seed=0)["latent"]
    gan.sample_inputs = lambda batch: {"latent": latent, "label": drawn}
    expected = entropy(LABELS, gan.discriminator(images[:8])["classes"]).mean()
    fakes = gan.generator({"latent": latent, "label": drawn}, training=True)
    gan = make()
    gan.sample_inputs = lambda batch: {"latent": latent, "label": drawn}
    fake = entropy(drawn, gan.discriminator(fakes)["classes"]).mean()
    log = fit(gan, {"image": images[:8], "label": LABELS}, 1)[0]
    np.testing.assert_allclose(log["discriminator_class_loss"], expected + fake, rtol=1e-5)


def test_logs_name_every_term(images):
    log = fit(make(), {"image": images[:8], "label": LABELS}, 1)[0]
    assert sorted(name for name in log if name.endswith("loss")) == [
        "discriminator_class_loss",
        "discriminator_loss",
        "generator_class_loss",
        "generator_loss",
    ]


def test_a_weight_of_zero_takes_the_term_out(images):
    batch = {"image": images[:8], "label": LABELS}
    with_class, without = make(), make(generator_class_weight=0.0)
    both = [(fit(gan, batch, 1), values(gan.generator.trainable_variables))[1] for gan in (with_class, without)]
    assert not all(np.array_equal(a, b) for a, b in zip(*both, strict=True))
    assert fit(without, batch, 1)[0]["generator_class_loss"] == 0


@pytest.mark.parametrize(
    ("generator", "conditioning", "message"),
    [
        (CLASSES, "projection", r"must return a dict with \['classes'\]\. Received: the outputs \['logits'\]"),
        (None, "classifier", r"must have an input named 'label'\. Received: inputs \['latent'\].*`num_classes`"),
    ],
)
def test_networks_of_another_kind(generator, conditioning, message):
    with pytest.raises(ValueError, match=message):
        ACGAN(
            networks.MLPGenerator((8, 8, 1), 6, (4,), num_classes=generator),
            networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=CLASSES, conditioning=conditioning),
        )


def test_head_of_another_size():
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Flatten()(image)
    heads = {"logits": keras.layers.Dense(1)(x), "classes": keras.layers.Dense(4)(x)}
    with pytest.raises(ValueError, match=r"one logit for each of the GAN's classes\. Received: \(4,\) for num_classes"):
        ACGAN(pair()[0], keras.Model(image, heads))


@pytest.mark.parametrize("name", ["real_class_weight", "fake_class_weight", "generator_class_weight"])
@pytest.mark.parametrize("value", [-1.0, "1", float("nan"), True])
def test_weights_out_of_range(name, value):
    with pytest.raises(ValueError, match=rf"`{name}` must be a finite number >= 0\. Received: {name}="):
        ACGAN(*pair(), **{name: value})


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX gives zeros, not None, as gradient")
def test_a_classifier_in_a_gan_without_its_term_is_told(images):
    gan = kg.GAN(*pair())
    gan.compile()
    with pytest.raises(ValueError, match=r"no gradient for .*classes"):
        gan.fit(images, np.zeros(32, "int32"), verbose=0)


def test_multi_class_hinge_by_hand():
    logits = np.array([[2.0, 0.5, -1.0], [2.0, 1.5, -1.0], [0.0, 3.0, 1.0]], "float32")
    found = multi_class_hinge(np.array([0, 0, 2]), {"classes": keras.ops.array(logits)})
    np.testing.assert_allclose(found, [0.0, 0.5, 3.0])  # 1 - 1.5 < 0, 1 - 0.5, 1 + 2


def test_hinge_takes_the_place_of_cross_entropy(images):
    gans = {name: make(class_loss=name) for name in ("cross_entropy", "hinge")}
    assert gans["hinge"].get_config()["class_loss"] == "hinge"
    batch = {"image": images[:8], "label": np.arange(8) % 3}
    logs = {name: fit(gan, batch, 1)[0] for name, gan in gans.items()}
    assert logs["hinge"]["discriminator_loss"] == logs["cross_entropy"]["discriminator_loss"]
    assert logs["hinge"]["generator_class_loss"] != logs["cross_entropy"]["generator_class_loss"]
    with pytest.raises(ValueError, match=r"`class_loss` must be one of .*Received: class_loss='hing'"):
        make(class_loss="hing")
