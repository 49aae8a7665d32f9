import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.game import Round
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, same, values

SHAPE, LATENT = (8, 8, 1), 4


def networks(latent_dim=LATENT, filters=4):
    return (
        kg.networks.DCGANGenerator(SHAPE, latent_dim=LATENT, filters=4, normalization="rms"),
        kg.networks.DCGANRecognizer(SHAPE, code_dim=latent_dim, filters=4, units=16),
        kg.networks.BiGANDiscriminator(SHAPE, latent_dim=LATENT, filters=filters, units=(16,)),
    )


def make(latent_dim=LATENT, filters=4, **arguments):
    keras.utils.set_random_seed(7)
    gan = kg.BiGAN(*networks(latent_dim, filters), **{"seed": 3, **arguments})
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), penalties=[kg.penalties.R1(interval=2)])
    return gan


@pytest.fixture
def batch(images):
    return {"image": images[:8]}


def test_contract(batch, tmp_path):
    run_gan_test(make, batch, tmp_path)


@pytest.mark.contract
def test_whole_contract(batch, tmp_path):
    run_whole_gan_test(make, batch, tmp_path)


def test_both_sides_of_the_duel_are_pairs(batch):
    gan, seen = make(), []
    original = gan.discriminate
    gan.discriminate = lambda shown, judge, training=True: (seen.append(shown), original(shown, judge, training))[1]
    gan.run_eagerly = True
    fit(gan, batch, 1)
    real, fake = seen[:2]
    np.testing.assert_array_equal(real["image"], batch["image"])
    assert real["latent"].shape == fake["latent"].shape == (8, LATENT)
    assert not np.array_equal(fake["image"], batch["image"])


def test_generator_and_encoder_minimise_the_judges_loss_with_sides_exchanged():
    gan, round = make(), Round({}, {}, {})
    logits = [np.array([[0.7], [-1.2]], "float32"), np.array([[-0.4], [2.0]], "float32")]
    round.outputs["pair"] = tuple({"logits": keras.ops.convert_to_tensor(each)} for each in logits)

    def cost(real, fake):
        return np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean()

    for player, expected in (("discriminator", cost(*logits)), ("generator", cost(*logits[::-1]))):
        terms = gan.adversarial_terms(player, round)
        np.testing.assert_allclose(terms[f"{player}_loss"], expected, rtol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "wasserstein", "relativistic_paired"])
def test_every_loss_reaches_the_encoder(batch, loss):
    gan = make()
    gan.compile(keras.optimizers.Adam(1e-3), loss=loss)
    before = values(gan.encoder.trainable_variables)
    fit(gan, batch, 1)
    assert not same(before, values(gan.encoder.trainable_variables))


def test_codes_and_reconstructions(images):
    gan, held = make(), kg.media.to_uint8(images[:6])
    codes = gan.encode(held)
    assert codes.shape == (6, LATENT)
    assert codes.dtype == "float32"
    np.testing.assert_allclose(codes, gan.average_encoder(kg.media.Images().begin(held)), atol=1e-5)
    np.testing.assert_array_equal(gan.reconstruct(held), gan.sample(inputs={"latent": codes}))


def test_dense_layers_may_read_the_pixels(batch):
    assert np.isfinite(list(fit(make(filters=None, latent="uniform"), batch, 1)[0].values())).all()


def test_networks_that_do_not_fit():
    with pytest.raises(ValueError, match=r"The encoder must give what the generator takes, \(4,\). Received: \(5,\)"):
        make(latent_dim=5)
    generator, encoder, _ = networks()
    with pytest.raises(ValueError, match="must judge pairs: give it the inputs 'image' and 'latent'"):
        kg.BiGAN(generator, encoder, kg.networks.MLPDiscriminator(SHAPE, units=(4,)))
