"""Several devices: the step of one device with the whole batch, done by parts. Logical devices of the CPU."""

import functools
import json
import os
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.game import columns
from tests import run_gan_test, worker

ROOT = pathlib.Path(__file__).parents[2]
PLACES = ["tensorflow on 2", pytest.param("jax on 2", marks=pytest.mark.skipif(not worker.JAX, reason="needs JAX"))]

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs both backends in processes of its own"
)


def dcgan(size=16, batch_normalization=True, normalization="batch", **arguments):
    shape = (size, size, 1)
    return kg.GAN(
        kg.networks.DCGANGenerator(shape, 6, filters=4, normalization=normalization),
        kg.networks.DCGANDiscriminator(shape, filters=4, batch_normalization=batch_normalization),
        seed=0,
        ema_half_life=100.0,
        **arguments,
    )


def with_everything():
    """Statistics over the batch in both networks, in the loss, in a penalty's memory and in the augmenter."""
    gan = dcgan()
    gan.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5),
        loss="relativistic_average",
        penalties=[kg.penalties.LeCam()],
        augmenter=run_gan_test.Unseen(target=0.5, speed=100, interval=2, seed=0),
    )
    return gan


def penalized(loss, *penalties):
    gan = dcgan(8, batch_normalization=False, normalization="rms")
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), loss=loss, penalties=penalties)
    return gan


def recipe(name, **arguments):
    def make():
        images = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 1), "uint8")
        labels = np.arange(16) % 4
        data = images if name in ("dcgan", "r3gan") else (images, labels)
        gan = kg.recipes.make(name, data=data, batch_size=8, seed=0, **arguments).gan
        plain = keras.saving.serialize_keras_object(keras.optimizers.SGD(0.01))  # Adam makes much of rounding
        gan.compile_from_config({**gan.get_compile_config(), "optimizer": plain})
        return gan

    return make


def began():
    shape = (8, 8, 1)
    gan = kg.GAN(kg.networks.BEGANGenerator(shape, 6, 4), kg.networks.BEGANDiscriminator(shape, 6, 4), seed=0)
    gan.compile(keras.optimizers.SGD(0.01), loss=kg.losses.BEGAN(diversity=1.0, gain=0.1))
    return gan


def infogan():
    generator = kg.networks.MLPGenerator((8, 8, 1), 6, (16,), code_dim=5)
    heads = kg.networks.MLPDiscriminator((8, 8, 1), (16,)), kg.networks.MLPRecognizer((8, 8, 1), 5, (16,))
    gan = kg.InfoGAN(generator, *heads, categories=(3,), continuous=2, seed=0)
    gan.compile(keras.optimizers.SGD(0.01))
    return gan


def semi_supervised(feature_matching):
    judge = kg.networks.MLPDiscriminator((8, 8, 1), (16, 12), num_classes=3, conditioning="semi_supervised")
    generator = kg.networks.MLPGenerator((8, 8, 1), 6, (16,))
    gan = kg.SemiSupervisedGAN(generator, judge, feature_matching=feature_matching, seed=0)
    gan.compile(keras.optimizers.SGD(0.01))
    return gan


def played_on_both(make, folder, place, steps=6):
    """Trains on one device here and on two there; returns both GANs and both lists of losses."""
    keras.utils.set_random_seed(0)
    gan, random = make(), np.random.default_rng(0)
    gan.save(folder / "gan.keras")
    given = []
    for step in range(steps):
        batch = {"image": random.uniform(-1, 1, (8, *gan.image_shape)).astype("float32")}
        inputs = gan.fixed_inputs(8, seed=step)
        if "label" in inputs or gan.num_classes:
            batch["label"] = random.integers(gan.lowest_label, gan.num_classes, 8).astype("int32")
        given.append({**batch, **{run_gan_test.INJECTED + name: value for name, value in inputs.items()}})
    worker.save(folder, given)
    there = worker.play(folder, place)
    gan = keras.models.load_model(folder / "gan.keras")
    with run_gan_test.same_noise():
        here = run_gan_test.replay(run_gan_test.prepared(gan), given)
    return gan, keras.models.load_model(folder / "after.keras"), here, there


def check_agreement(make, folder, place, tolerance=1e-5):
    one, two, here, there = played_on_both(make, folder, place)
    for step, (a, b) in enumerate(zip(here, there, strict=True)):
        for name in a:
            np.testing.assert_allclose(b[name], a[name], rtol=tolerance, atol=tolerance, err_msg=f"{name}, step {step}")
    assert int(two.step) == int(one.step)
    assert int(two.images_seen) == int(one.images_seen)
    for a, b in zip(one.weights, two.weights, strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), atol=10 * tolerance, err_msg=a.path)
    return one


@pytest.mark.parametrize("place", PLACES)
def test_two_devices_play_the_step_of_one(tmp_path, place):
    gan = check_agreement(with_everything, tmp_path, place)
    assert float(gan.augmenter.current_probability) > 0  # something was there to agree on


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_penalties_on_two_devices(tmp_path, place):
    for number, arguments in enumerate(
        (
            ("relativistic_paired", kg.penalties.R1(interval=2), kg.penalties.R2(interval=2)),
            ("wasserstein", kg.penalties.GradientPenalty()),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_agreement(lambda arguments=arguments: penalized(*arguments), folder, place)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES[:1])
def test_the_mean_path_length_is_that_of_all_devices(tmp_path, place):
    """The penalty itself compares with a mean that holds a device's own lengths in the step that is played."""

    def make():
        gan = dcgan(8, batch_normalization=False, normalization="rms")
        gan.compile(keras.optimizers.SGD(0.0), penalties=[kg.penalties.PathLength(interval=2, share=1)])
        return gan

    one, two, _, _ = played_on_both(make, tmp_path, place)
    mean = float(one.penalties[0].average)
    assert mean > 0
    np.testing.assert_allclose(float(two.penalties[0].average), mean, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "make", [began, infogan, functools.partial(semi_supervised, True), functools.partial(semi_supervised, False)]
)
def test_other_games_on_two_devices(tmp_path, make, place):
    gan = check_agreement(make, tmp_path, place)
    assert make is not began or 0 < float(gan.adversarial.balance.numpy()) < 1  # something was there to agree on


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["dcgan", "cgan", "acgan", "r3gan"])
def test_recipes_on_two_devices(tmp_path, name, place):
    check_agreement(recipe(name), tmp_path, place)


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=[pytest.mark.slow, *PLACES[1].marks])])
def test_everything_else_on_two_devices(tmp_path, backend):
    script = ROOT / "tests" / "integration" / "on_two_devices.py"
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script, tmp_path], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_workers_play_the_step_of_one_device(tmp_path):
    keras.utils.set_random_seed(0)
    gan = dcgan()
    gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), loss="relativistic_average")
    gan.save(tmp_path / "gan.keras")
    random = np.random.default_rng(0)
    given = [{"image": random.uniform(-1, 1, (8, 16, 16, 1)).astype("float32")} for _ in range(4)]
    for step, batch in enumerate(given):
        batch[run_gan_test.INJECTED + "latent"] = gan.fixed_inputs(8, seed=step)["latent"]
    worker.save(tmp_path, given)
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    script = ROOT / "tests" / "integration" / "one_of_two_workers.py"
    workers = []
    for index in range(2):
        role = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(role), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, script, tmp_path, str(index)]
        with (tmp_path / f"{index}.log").open("w") as log:
            workers.append(subprocess.Popen(command, env=environment, stderr=log))
    try:
        codes = [process.wait(timeout=300) for process in workers]
    finally:
        for process in workers:
            process.kill()
    assert codes == [0, 0], [(tmp_path / f"{index}.log").read_text()[-3000:] for index in range(2)]
    with run_gan_test.same_noise():
        run_gan_test.replay(run_gan_test.prepared(gan), given)
    for index in range(2):
        after = keras.models.load_model(tmp_path / f"after_{index}.keras")
        assert int(after.images_seen) == 32
        for a, b in zip(gan.weights, after.weights, strict=True):
            np.testing.assert_allclose(b.numpy(), a.numpy(), atol=1e-4, err_msg=a.path)


@pytest.mark.slow
def test_the_command_line_trains_on_two_devices(tmp_path):
    np.save(tmp_path / "images.npy", np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), "uint8"))

    def command(*arguments):
        code = "import sys; from keras_gan import cli; sys.argv[0] = 'keras-gan'; cli.main()"
        arguments = ("train", *arguments, "--no-health")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stderr.splitlines()[-1]

    asked = ("--data", "images.npy", "--epochs", "1", "--out", "run")
    code, told = command("dcgan", *asked, "--batch-size", "7", "--devices", "2")
    assert code == 2
    assert "divisible by the number of devices, 2" in told
    assert not (tmp_path / "run").exists()
    assert command("dcgan", *asked, "--batch-size", "8", "--devices", "2")[0] == 0
    assert command("--resume", "run", "--epochs", "2")[0] == 0  # on one device again


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


@pytest.mark.parametrize(("batch", "count"), [(7, 14), (8, 13), (8, 3)])
def test_a_batch_that_devices_cannot_share(batch, count):
    with pytest.raises(ValueError, match=r"divisible by the number of devices, 2\. Received: a batch of \d\. Use"):
        columns.check_shares(np.zeros((count, 4, 4, 1)), batch, 2)


def test_a_batch_that_devices_can_share():
    columns.check_shares(np.zeros((12, 4, 4, 1)), 8, 2)
    columns.check_shares(kg.data.images(np.zeros((12, 4, 4, 1), "uint8"), batch_size=6), 32, 2)
    with pytest.raises(ValueError, match="Received: a batch of 5"):
        columns.check_shares(kg.data.images(np.zeros((12, 4, 4, 1), "uint8"), batch_size=5), 32, 2)
