import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.game import Round
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, values

SHAPE = (8, 8, 1)


def make(source=SHAPE, target=SHAPE, judged=None, **arguments):
    keras.utils.set_random_seed(7)
    gan = kg.Pix2Pix(
        kg.networks.UNetGenerator(source, target[-1], filters=4, dropout=0.2),
        kg.networks.PatchGAN(judged or {"source": source, "target": target}, filters=4, stages=1),
        **{"seed": 3, **arguments},
    )
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), penalties=[kg.penalties.R1(interval=2)])
    return gan


@pytest.fixture
def batch(images):
    return {"source": images[:8], "target": -images[:8]}


def test_contract(batch, tmp_path):
    run_gan_test(make, batch, tmp_path)


@pytest.mark.contract
def test_whole_contract(batch, tmp_path):
    run_whole_gan_test(make, batch, tmp_path)


def test_l1_is_the_mean_difference_from_the_target(batch):
    gan, random = make(l1_weight=3.0), np.random.default_rng(0)
    fake = random.normal(size=(8, *SHAPE)).astype("float32")
    terms = gan.terms("generator", Round(batch, {}, {"fake": fake}))
    np.testing.assert_allclose(terms["l1_loss"], 3 * np.abs(fake - batch["target"]).mean(), rtol=1e-6)
    assert gan.terms("discriminator", Round(batch, {}, {"fake": fake})) == {}


def test_the_judge_sees_the_source(batch):
    gan, seen = make(), []
    original = gan.discriminate
    gan.discriminate = lambda shown, judge, training=True: (seen.append(shown), original(shown, judge, training))[1]
    gan.run_eagerly = True
    fit(gan, batch, 1)
    for shown in seen[:2]:
        np.testing.assert_array_equal(shown["source"], batch["source"])
    np.testing.assert_array_equal(seen[0]["target"], batch["target"])
    assert not np.array_equal(seen[1]["target"], batch["target"])


def test_without_the_source_it_judges_targets_alone(batch):
    gan = make(judged={"target": SHAPE})
    assert gan.duels()["target"].context == ()
    assert np.isfinite(list(fit(gan, batch, 1)[0].values())).all()


def test_fit_takes_sources_and_targets(images):
    history = make().fit(images, -images, batch_size=16, verbose=0)
    assert history.history["l1_loss"][0] > 0


def test_other_channels_in_source_and_target(images):
    gan = make((8, 8, 3), (8, 8, 1))
    sources = np.repeat(images[:8], 3, axis=-1)
    fit(gan, {"source": sources, "target": images[:8]}, 1)
    assert gan.translate(np.zeros((2, 8, 8, 3), "uint8")).shape == (2, 8, 8, 1)
    with pytest.raises(ValueError, match=r"built for, \(8, 8, 3\). Received: \(8, 8, 1\) as 'source'"):
        fit(gan, {"source": images[:8], "target": sources}, 1)


def test_networks_that_do_not_fit():
    unet, patch = kg.networks.UNetGenerator, kg.networks.PatchGAN
    with pytest.raises(ValueError, match=r"must take some of \['source', 'target'\]. Received: the input 'image'"):
        kg.Pix2Pix(unet(SHAPE, filters=2), patch({"image": SHAPE, "target": SHAPE}, filters=2, stages=1))
    with pytest.raises(ValueError, match=r"must take 'target' of the shape \(8, 8, 3\)"):
        kg.Pix2Pix(unet(SHAPE, 3, filters=2), patch({"source": SHAPE, "target": SHAPE}, filters=2, stages=1))
    with pytest.raises(ValueError, match=r"`l1_weight` must be a finite number >= 0. Received: l1_weight=-1"):
        make(l1_weight=-1)
    with pytest.raises(ValueError, match="The generator must have one input"):
        kg.Pix2Pix(kg.networks.DCGANGenerator(SHAPE, 4, num_classes=2), patch(SHAPE, filters=2, stages=1))


def test_a_batch_without_targets(images):
    with pytest.raises(ValueError, match="Batches must hold the key 'target'"):
        make().fit(images, batch_size=8, verbose=0)


def test_one_translation_for_one_picture(images):
    gan, held = make(), kg.media.to_uint8(images[:8])
    np.testing.assert_array_equal(gan.translate(held), gan.translate(held))
    before = values(gan.variables)
    gan.translate(held)
    assert all(np.array_equal(a, b) for a, b in zip(before, values(gan.variables), strict=True))
