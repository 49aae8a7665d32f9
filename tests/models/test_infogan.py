import keras
import numpy as np
import pytest

from keras_gan import networks
from keras_gan.game import Round
from keras_gan.models.infogan import InfoGAN
from tests.run_gan_test import fit, run_gan_test, run_whole_gan_test, values

CATEGORIES, CONTINUOUS, SIZE = (4, 3), 2, 9


def make(categories=CATEGORIES, continuous=CONTINUOUS, seed=3, **arguments):
    keras.utils.set_random_seed(7)
    size = sum(categories) + continuous
    gan = InfoGAN(
        networks.MLPGenerator((8, 8, 1), 6, (16,), code_dim=size),
        networks.MLPDiscriminator((8, 8, 1), (16,)),
        networks.MLPRecognizer((8, 8, 1), size, (16,)),
        categories,
        continuous,
        seed=seed,
        **arguments,
    )
    gan.compile(optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
    return gan


def test_contract(images, tmp_path):
    run_gan_test(make, {"image": images[:8]}, tmp_path)


@pytest.mark.contract
def test_whole_contract(images, tmp_path):
    run_whole_gan_test(make, {"image": images[:8]}, tmp_path)


def test_terms_are_the_likelihoods_of_each_row():
    random = np.random.default_rng(0)
    gan = make(category_weight=2.0, continuous_weight=0.5)
    first, second, numbers = random.integers(0, 4, 6), random.integers(0, 3, 6), random.uniform(-1, 1, (6, 2))
    code = np.concatenate([np.eye(4)[first], np.eye(3)[second], numbers], axis=1).astype("float32")
    logits, means = [3 * random.normal(size=(6, n)) for n in CATEGORIES], random.normal(size=(6, 2))
    category = continuous = 0.0
    for row in range(6):  # one image after another, as the paper writes it
        for drawn, read in ((first, logits[0]), (second, logits[1])):
            category -= np.log(np.exp(read[row, drawn[row]]) / np.exp(read[row]).sum()) / 6
        for number in range(2):
            density = np.exp(-0.5 * (numbers[row, number] - means[row, number]) ** 2) / np.sqrt(2 * np.pi)
            continuous -= np.log(density) / 6
    gan.recognize = lambda images, training: ([x.astype("float32") for x in logits], means.astype("float32"))
    terms = gan.terms("generator", Round({}, {"code": code}, {"fake": None}))
    np.testing.assert_allclose(terms["category_loss"], 2 * category, rtol=1e-6)
    np.testing.assert_allclose(terms["continuous_loss"], 0.5 * continuous, rtol=1e-6)


def test_the_code_that_was_drawn_is_compared_with_what_is_read_from_its_image(images):
    gan = make()
    code = gan.fixed_inputs(8, seed=5)
    gan.sample_inputs = lambda batch: code
    fakes = gan.generate(code, training=True)
    expected = gan.terms("generator", Round({}, code, {"fake": fakes}))
    log = fit(gan, {"image": images[:8]}, 1)[0]
    for name, value in expected.items():
        np.testing.assert_allclose(log[name], float(value), rtol=1e-5)


def test_recognize_divides_by_category():
    gan = make()
    images = np.random.default_rng(0).uniform(-1, 1, (5, 8, 8, 1)).astype("float32")
    logits, means = gan.recognize(images)
    assert [tuple(part.shape) for part in (*logits, means)] == [(5, 4), (5, 3), (5, 2)]
    np.testing.assert_array_equal(np.concatenate([*logits, means], axis=1), gan.recognizer(images))


@pytest.mark.parametrize(("categories", "continuous"), [((4,), 0), ((), 2)])
def test_codes_of_one_kind(images, categories, continuous):
    gan = make(categories, continuous)
    log = fit(gan, {"image": images[:8]}, 1)[0]
    assert ("category_loss" in log, "continuous_loss" in log) == (bool(categories), bool(continuous))
    assert np.isfinite(list(log.values())).all()
    assert gan.sample(3, seed=0).shape == (3, 8, 8, 1)


def test_drawn_codes_follow_their_distributions():
    gan = make()
    drawn = gan.sample_inputs({"image": np.zeros((6000, 8, 8, 1), "float32")})
    for inputs in (drawn, gan.fixed_inputs(6000, seed=1)):
        latent, code = (np.array(inputs[name]) for name in ("latent", "code"))
        assert code.shape == (6000, SIZE)
        assert code.dtype == latent.dtype == "float32"
        for part, values_ in ((code[:, :4], 4), (code[:, 4:7], 3)):
            assert set(np.unique(part)) == {0, 1}
            np.testing.assert_array_equal(part.sum(axis=1), 1)
            np.testing.assert_allclose(part.mean(axis=0), 1 / values_, atol=0.02)
        numbers = code[:, 7:]
        assert np.abs(numbers).max() <= 1
        np.testing.assert_allclose([numbers.mean(), numbers.std()], [0, 1 / np.sqrt(3)], atol=0.02)
        together = np.corrcoef(np.concatenate([code, latent], axis=1)[:, [0, 4, 7, 8, 9, 14]].T) - np.eye(6)
        assert np.abs(together).max() < 0.06


def test_fixed_inputs_are_a_prefix_and_as_chosen():
    gan = make()
    inputs = gan.fixed_inputs(6, seed=2)
    for name, value in gan.fixed_inputs(3, seed=2).items():
        np.testing.assert_array_equal(value, inputs[name][:3])
    assert inputs["code"][:, :4].argmax(axis=1).tolist() == [0, 1, 2, 3, 0, 1]
    chosen = gan.fixed_inputs(6, seed=2, label=3, continuous=[0.25, -2.0])
    assert chosen["code"][:, :4].argmax(axis=1).tolist() == [3] * 6
    np.testing.assert_array_equal(chosen["code"][:, 4:7], inputs["code"][:, 4:7])
    np.testing.assert_array_equal(chosen["code"][:, 7:], np.tile(np.float32([0.25, -2.0]), (6, 1)))
    np.testing.assert_array_equal(chosen["latent"], inputs["latent"])


def test_categories_and_sweeps_can_be_drawn():
    gan = make()
    assert not np.array_equal(gan.sample(2, seed=0, label=0), gan.sample(2, seed=0, label=1))
    pictures = gan.sweep(1, values=[-1.0, 0.0, 1.0], seed=4, rows=5, label=2)
    assert pictures.shape == (5, 3, 8, 8, 1)
    inputs = gan.fixed_inputs(5, seed=4, label=2)
    inputs["code"][:, 8] = 0.0
    np.testing.assert_array_equal(pictures[:, 1], gan.sample(inputs=inputs))
    assert not np.array_equal(pictures[:, 0], pictures[:, 2])
    assert gan.sweep(0).shape == (4, 9, 8, 8, 1)


def test_the_recognizer_learns_with_the_generator(images):
    gan = make()
    before = values(gan.trainable_variables)
    assert {id(v) for v in gan.recognizer.trainable_variables} <= {id(v) for v in gan.players()["generator"].variables}
    assert gan.players()["generator"].networks == [gan.generator, gan.recognizer]
    fit(gan, {"image": images[:8]}, 1)
    for variable, old in zip(gan.trainable_variables, before, strict=True):
        assert not np.array_equal(old, np.array(variable)), variable.path


def test_codes_become_legible(images):
    gan = make((3,), 1, continuous_weight=1.0)
    logs = fit(gan, {"image": images}, 400)
    assert logs[0]["category_loss"] > 0.9
    fakes = gan.generate(inputs := gan.fixed_inputs(300, seed=9))
    (logits,), means = gan.recognize(fakes)
    assert (np.argmax(logits, axis=1) == inputs["code"][:, :3].argmax(axis=1)).mean() > 0.9
    assert np.corrcoef(np.array(means)[:, 0], inputs["code"][:, 3])[0, 1] > 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"categories": (1,)}, r"`categories` must hold whole numbers >= 2.*Received: categories=\(1,\)"),
        ({"categories": (2.5,)}, r"`categories` must hold whole numbers"),
        ({"continuous": -1}, r"`continuous` be one >= 0.*continuous=-1"),
        ({"categories": (), "continuous": 0}, r"An InfoGAN needs a code"),
        ({"category_weight": -1.0}, r"`category_weight` must be a finite number >= 0"),
        ({"continuous_weight": "1"}, r"`continuous_weight` must be a finite number >= 0"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        InfoGAN(
            networks.MLPGenerator((8, 8, 1), 6, (4,), code_dim=12),
            networks.MLPDiscriminator((8, 8, 1), (4,)),
            networks.MLPRecognizer((8, 8, 1), 12, (4,)),
            **arguments,
        )


@pytest.mark.parametrize(
    ("generator", "recognizer", "message"),
    [
        ({"code_dim": 11}, 12, r"inputs 'latent' and 'code' \(12,\).*Give it `code_dim=12`"),
        ({}, 12, r"inputs 'latent' and 'code' \(12,\)"),
        ({"code_dim": 12, "num_classes": 3}, 12, r"inputs 'latent' and 'code' \(12,\)"),
        ({"code_dim": 12}, 11, r"The recognizer must give 12 numbers.*Received: output shape \(11,\)"),
    ],
)
def test_networks_with_other_codes(generator, recognizer, message):
    with pytest.raises(ValueError, match=message):
        InfoGAN(
            networks.MLPGenerator((8, 8, 1), 6, (4,), **generator),
            networks.MLPDiscriminator((8, 8, 1), (4,)),
            networks.MLPRecognizer((8, 8, 1), recognizer, (4,)),
        )


def test_choices_that_there_are_not():
    gan = make()
    with pytest.raises(ValueError, match=r"Labels must lie from 0 to 3\. Received: 4 to 4"):
        gan.sample(2, label=4)
    with pytest.raises(ValueError, match=r"`index` must be one of 2 continuous codes\. Received: index=2"):
        gan.sweep(2)
    with pytest.raises(ValueError, match=r"`continuous` must have the shape \(2,\) or \(5, 2\)\. .*\(3,\)"):
        gan.fixed_inputs(5, continuous=[0, 0, 0])
    with pytest.raises(ValueError, match=r"this code has no categories\. Received: label=1"):
        make((), 2).sample(2, label=1)
