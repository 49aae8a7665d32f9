import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import networks
from tests.run_gan_test import fit, replay, run_gan_test, run_whole_gan_test, values

CLASSES = 3
WAYS = ["projection", "concatenation"]


@pytest.fixture
def batch(images):
    return {"image": images[:8], "label": np.array([0, 1, 2, 2, 1, 0, 1, 2], "int32")}


def dcgan_pair(conditioning="projection"):
    return {
        "generator": networks.DCGANGenerator((8, 8, 1), 6, filters=4, num_classes=CLASSES),
        "discriminator": networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=CLASSES, conditioning=conditioning),
    }


def mlp_pair(conditioning="projection"):
    return {
        "generator": networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=CLASSES),
        "discriminator": networks.MLPDiscriminator((8, 8, 1), (16,), num_classes=CLASSES, conditioning=conditioning),
    }


def maker(make_gan, pair, conditioning, **fixed):
    def make(**arguments):
        keras.utils.set_random_seed(1)
        return make_gan(**pair(conditioning), **fixed, **arguments)

    return make


# The contract of every GAN, with labels: exports have an input for them.


@pytest.fixture
def make_projection(make_gan):
    return maker(make_gan, dcgan_pair, "projection", penalties=[kg.penalties.R1(gamma=0.5, interval=2)])


def test_contract(make_projection, batch, tmp_path):
    run_gan_test(make_projection, batch, tmp_path)


@pytest.mark.contract
def test_whole_contract(make_projection, batch, tmp_path):
    run_whole_gan_test(make_projection, batch, tmp_path)


@pytest.mark.contract
def test_concatenation(make_gan, batch, tmp_path):
    run_gan_test(maker(make_gan, mlp_pair, "concatenation"), batch, tmp_path)


# What labels do.


@pytest.mark.parametrize("pair", [dcgan_pair, mlp_pair])
def test_another_label_draws_another_picture(make_gan, pair):
    gan = make_gan(**pair())
    inputs = gan.fixed_inputs(4, seed=0, label=[0, 1, 2, 0])
    images = gan.sample(inputs=inputs)
    swapped = gan.sample(inputs={**inputs, "label": np.array([1, 1, 2, 0], "int32")})
    assert not np.array_equal(images[0], swapped[0])
    np.testing.assert_array_equal(images[1:], swapped[1:])


@pytest.mark.parametrize("conditioning", WAYS)
@pytest.mark.parametrize("pair", [dcgan_pair, mlp_pair])
def test_another_label_is_another_judgement_of_its_own_row(make_gan, images, pair, conditioning):
    discriminator = pair(conditioning)["discriminator"]
    logits = discriminator({"image": images[:4], "label": np.array([0, 1, 2, 0], "int32")})
    swapped = discriminator({"image": images[:4], "label": np.array([1, 1, 2, 0], "int32")})
    changed = np.abs(np.array(logits) - np.array(swapped))[:, 0] > 1e-6
    assert changed.tolist() == [True, False, False, False]


@pytest.mark.parametrize("conditioning", WAYS)
def test_fakes_are_judged_by_the_labels_they_were_drawn_from(make_gan, batch, conditioning):
    gan, seen = make_gan(**dcgan_pair(conditioning)), {}
    original = gan.discriminate

    def watched(shown, judge, training=True):
        seen.setdefault("labels", []).append(np.array(shown["label"]).tolist())
        return original(shown, judge, training)

    gan.discriminate = watched
    gan.run_eagerly = True
    fit(gan, batch, 1)
    assert seen["labels"] == [batch["label"].tolist()] * 3  # reals, fakes, fakes in the generator's update


def test_every_class_in_turn_unless_chosen(make_gan):
    gan = make_gan(**dcgan_pair())
    assert gan.fixed_inputs(5, seed=0)["label"].tolist() == [0, 1, 2, 0, 1]
    assert gan.fixed_inputs(2, seed=0, label=2)["label"].tolist() == [2, 2]
    np.testing.assert_array_equal(gan.sample(6, seed=0)[:3], gan.sample(3, seed=0, label=[0, 1, 2]))


@pytest.mark.parametrize("conditioning", WAYS)
def test_it_learns_which_label_is_which(make_gan, conditioning):
    # Class 0 is black, 1 grey, 2 white.
    images = np.repeat(np.array([-0.9, 0.0, 0.9], "float32"), 8)[:, None, None, None] * np.ones((8, 8, 1), "float32")
    batch = {"image": images, "label": np.repeat(np.arange(3, dtype="int32"), 8)}
    penalties, optimizer = [kg.penalties.R1(gamma=1.0, interval=1)], keras.optimizers.Adam(5e-3, beta_1=0.0)
    gan = make_gan(**mlp_pair(conditioning), penalties=penalties, optimizer=optimizer, ema_half_life=500)
    fit(gan, batch, 250)
    means = gan.sample(30, seed=0).reshape(10, 3, -1).mean(axis=(0, 2))
    levels = 127.5 * (np.array([-0.9, 0.0, 0.9]) + 1)
    assert np.argmin(np.abs(means[:, None] - levels), axis=1).tolist() == [0, 1, 2], means


@pytest.mark.parametrize("conditioning", WAYS)
def test_images_of_one_label_move_its_embedding_together(make_gan, images, conditioning):
    # Adam's first step is the rate times the sign of the gradient; rows squared one by one would make it smaller.
    gan = make_gan(**mlp_pair(conditioning), optimizer=keras.optimizers.Adam(1e-3, epsilon=1e-12))
    tables = [network.get_layer("label_embedding").embeddings for network in (gan.generator, gan.discriminator)]
    before = values(tables)
    fit(gan, {"image": images[:8], "label": np.full(8, 1, "int32")}, 1)
    for old, new in zip(before, values(tables), strict=True):
        moved = np.abs(new - old)
        assert not moved[[0, 2]].any()
        reached = moved[1] > 0  # behind a ReLU that is off for all images there is no gradient
        assert reached.mean() > 0.5
        np.testing.assert_allclose(moved[1][reached], 1e-3, rtol=2e-3)


# What it refuses.


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (np.full(32, CLASSES), r"Labels must lie from 0 to 2\. Received: 3 to 3"),
        (np.full(32, -1), r"Labels must lie from 0 to 2\. Received: -1 to -1"),
        (np.zeros(32, "float32"), r"Labels must be whole numbers\. Received: dtype float32"),
        (np.eye(3, dtype="int32")[np.zeros(32, "int32")], r"one number for each image. Received: shape \(\w+, 3\)"),
        (None, r"must hold the key 'label'.*Received: images alone"),
    ],
)
def test_labels_that_cannot_be_trained_on(make_gan, images, label, message):
    with pytest.raises(ValueError, match=message):
        make_gan(**mlp_pair()).fit(images, label, batch_size=8, verbose=0)


@pytest.mark.parametrize("as_pair", [True, False])
def test_labels_of_a_dataset_are_checked_as_they_come(as_pair, make_gan, images):
    tf = pytest.importorskip("tensorflow")
    labels = np.arange(32, dtype="int32") % CLASSES

    def batches(labels):
        parts = (images, labels) if as_pair else {"image": images, "label": labels}
        return tf.data.Dataset.from_tensor_slices(parts).batch(8)

    gan = make_gan(**mlp_pair())
    gan.fit(batches(labels), verbose=0)
    labels[20] = CLASSES
    with pytest.raises(Exception, match=r"Labels must lie from 0 to 2. Received:\]? ?\[?3"):
        gan.fit(batches(labels), verbose=0)
    assert int(gan.step) < 8


def test_float_and_missing_labels_of_batches(make_gan, batch):
    with pytest.raises(ValueError, match=r"Labels must be whole numbers\. Received: dtype float32"):
        replay(make_gan(**mlp_pair()), [{**batch, "label": batch["label"].astype("float32")}])
    with pytest.raises(ValueError, match=r"must hold the key 'label'"):
        replay(make_gan(**mlp_pair()), [{"image": batch["image"]}])


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (CLASSES, r"Labels must lie from 0 to 2\. Received: 3 to 3"),
        (-1, r"Labels must lie from 0 to 2\. Received: -1 to -1"),
        (1.0, r"Labels must be whole numbers\. Received: dtype float64"),
        ([0, 1, 2], r"`label` must be one class or 4 of them\. Received: shape \(3,\)"),
    ],
)
def test_labels_that_cannot_be_drawn(make_gan, label, message):
    with pytest.raises(ValueError, match=message):
        make_gan(**mlp_pair()).sample(4, label=label)


def test_sampling_without_the_label(make_gan):
    gan = make_gan(**mlp_pair())
    with pytest.raises(ValueError, match=r"missing \['label'\]"):
        gan.sample(inputs={"latent": gan.fixed_inputs(2)["latent"]})


def test_labels_of_a_gan_without(make_gan):
    with pytest.raises(ValueError, match=r"nothing can be chosen for this generator\. Received: label=1"):
        make_gan().sample(2, label=1)


def test_networks_must_agree_on_the_number_of_classes(make_gan):
    generator = networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=4)
    with pytest.raises(ValueError, match=r"one number of classes\. Received: \[3, 4\]"):
        make_gan(generator=generator, discriminator=mlp_pair()["discriminator"])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow reads and writes these files")
def test_exported_generators_want_their_label(make_gan, tmp_path):
    import onnxruntime
    import tensorflow as tf

    gan = make_gan(**mlp_pair())
    folder = kg.exporting.to_saved_model(gan, tmp_path / "saved_model")
    file = kg.exporting.to_onnx(gan, tmp_path / "generator.onnx")
    inputs = gan.fixed_inputs(5, seed=0, label=2)
    drawn = np.array(gan.generate(inputs, generator=gan.ema_generator))
    signature = (loaded := tf.saved_model.load(str(folder))).signatures["serving_default"]
    assert loaded is not None
    served = signature(latent=tf.constant(inputs["latent"]), label=tf.constant(inputs["label"]))["image"]
    np.testing.assert_allclose(served, drawn, atol=1e-5)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    types = {tensor.name: (tensor.type, tensor.shape) for tensor in session.get_inputs()}
    assert types == {"latent": ("tensor(float)", ["batch", 6]), "label": ("tensor(int32)", ["batch"])}
    np.testing.assert_allclose(session.run(["image"], inputs)[0], drawn, atol=1e-5)
    with pytest.raises(ValueError, match="label"):
        session.run(["image"], {"latent": inputs["latent"]})
    with pytest.raises(TypeError, match="label"):
        signature(latent=tf.constant(inputs["latent"]))


def test_gradients_reach_every_variable(make_gan, batch):
    for conditioning in WAYS:
        gan = make_gan(**dcgan_pair(conditioning))
        before = values(gan.trainable_variables)
        fit(gan, batch, 1)
        for variable, old in zip(gan.trainable_variables, before, strict=True):
            assert not np.array_equal(old, np.array(variable)), variable.path
