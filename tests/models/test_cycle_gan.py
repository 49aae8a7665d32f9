import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.game import Round
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, same, values

SHAPE = (8, 8, 1)


def make(shapes=(SHAPE, SHAPE), **arguments):
    keras.utils.set_random_seed(7)
    (a, b), channels = shapes, [shape[-1] for shape in shapes]
    gan = kg.CycleGAN(
        kg.networks.ResnetGenerator(a, channels[1], filters=2, blocks=1),
        kg.networks.ResnetGenerator(b, channels[0], filters=2, blocks=1),
        kg.networks.PatchGAN(a, filters=2, stages=1),
        kg.networks.PatchGAN(b, filters=2, stages=1),
        **{"seed": 3, "pool_size": 12, **arguments},
    )
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), loss="least_squares")
    return gan


@pytest.fixture
def batch(images):
    return {"a": images[:8], "b": -images[8:16]}


def test_contract(batch, tmp_path):
    run_gan_test(make, batch, tmp_path)


@pytest.mark.contract
def test_whole_contract(batch, tmp_path):
    run_whole_gan_test(make, batch, tmp_path)


def test_terms_are_mean_differences(batch):
    gan, random = make(cycle_weight=2.0, identity_weight=0.25), np.random.default_rng(0)
    made = {
        f"{word}_{domain}": random.normal(size=(8, *SHAPE)).astype("float32")
        for word in ("again", "same")
        for domain in "ab"
    }
    terms = gan.terms("generator", Round(batch, {}, made))
    cycle, identity = (sum(np.abs(made[f"{word}_{d}"] - batch[d]).mean() for d in "ab") for word in ("again", "same"))
    np.testing.assert_allclose(terms["cycle_loss"], 2 * cycle, rtol=1e-6)
    np.testing.assert_allclose(terms["identity_loss"], 0.5 * identity, rtol=1e-6)
    assert gan.terms("discriminator", Round(batch, {}, made)) == {}


def test_each_generator_makes_what_its_name_says(batch):
    gan, calls = make(), []

    def generate(name, inputs):
        ((given, tensor),) = inputs.items()
        calls.append((name, given))
        return {name[-1]: tensor + (1 if name == "a_to_b" else -1)}

    tensors = {name: keras.ops.convert_to_tensor(value) for name, value in batch.items()}
    made = gan.make(tensors, {}, generate)
    assert set(calls) == {("a_to_b", "a"), ("b_to_a", "b")}
    np.testing.assert_allclose(made["fake_b"], batch["a"] + 1)
    np.testing.assert_allclose(made["again_b"], batch["b"], atol=1e-6)
    np.testing.assert_allclose(made["same_a"], batch["a"] - 1)  # b_to_a of a: of the generator that makes a


def test_the_cycle_reaches_both_generators(batch):
    gan = make(identity_weight=0.0)
    gan.move(["generator"])  # no judge moves: no duel is played
    before = [values(network.trainable_variables) for network in (gan.a_to_b, gan.b_to_a)]
    fit(gan, batch, 1)
    for old, network in zip(before, (gan.a_to_b, gan.b_to_a), strict=True):
        assert not same(old, values(network.trainable_variables))


def test_judges_see_the_past_and_generators_are_judged_by_the_present(batch):
    gan, seen = make(), []
    original = gan.discriminate
    gan.discriminate = lambda shown, judge, training=True: (seen.append((judge, shown)), original(shown, judge))[1]
    gan.run_eagerly = True
    fit(gan, batch, 8)
    # In the order of play: of each judge the reals and the history, then the fakes as they are.
    last = [np.array(next(iter(shown.values()))) for _, shown in seen[-6:]]
    assert [judge for judge, _ in seen[-6:]] == ["judge_a"] * 2 + ["judge_b"] * 2 + ["judge_a", "judge_b"]
    mixed = [np.array_equal(old, new) for old, new in zip(last[1], last[4], strict=True)]
    assert 0 < sum(mixed) < 8
    assert int(gan.pool_a.stored) == 12


def test_domains_of_other_channels(images):
    gan = make((SHAPE, (8, 8, 3)), identity_weight=0.0)
    fit(gan, {"a": images[:8], "b": np.repeat(images[8:16], 3, axis=-1)}, 1)
    assert gan.translate(np.zeros((2, *SHAPE), "uint8")).shape == (2, 8, 8, 3)
    assert gan.translate(np.zeros((2, 8, 8, 3), "uint8"), "b_to_a").shape == (2, *SHAPE)
    with pytest.raises(ValueError, match=r"needs domains of one shape. Received: \(8, 8, 1\) and \(8, 8, 3\)"):
        make((SHAPE, (8, 8, 3)))


def test_fit_takes_two_arrays(images):
    history = make().fit(images, -images, batch_size=8, verbose=0)
    assert {"cycle_loss", "identity_loss", "discriminator_loss_a", "generator_loss_b"} <= set(history.history)


def test_what_cannot_be():
    with pytest.raises(ValueError, match="`pool_size` must be a whole number >= 0"):
        make(pool_size=-1)
    with pytest.raises(ValueError, match="`cycle_weight` must be a finite number >= 0"):
        make(cycle_weight=float("nan"))
    narrow, wide = (kg.networks.ResnetGenerator(SHAPE, n, filters=2, blocks=0) for n in (1, 3))
    judges = [kg.networks.PatchGAN(SHAPE, filters=2, stages=1) for _ in range(2)]
    with pytest.raises(ValueError, match=r"`a_to_b` must make what the other generator takes, \(8, 8, 1\)"):
        kg.CycleGAN(wide, narrow, *judges)


def test_a_batch_larger_than_the_pool(images):
    with pytest.raises(ValueError, match="Received: 16 images for a pool of 12"):
        make().fit(images[:16], images[16:], batch_size=16, verbose=0)


def test_validation_leaves_the_pools_alone_and_may_have_larger_batches(images):
    gan = make()
    gan.fit(images[:8], images[8:16], batch_size=8, verbose=0)
    before = values(gan.pool_a.weights)
    found = gan.evaluate(images[:16], images[16:], batch_size=16, verbose=0, return_dict=True)
    assert np.isfinite(list(found.values())).all()
    assert same(before, values(gan.pool_a.weights))
