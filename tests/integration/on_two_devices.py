"""What a GAN on two devices does besides its step: fit, sample, save, resume, export. Run by test_devices.py.

python tests/integration/on_two_devices.py FOLDER
"""

import pathlib
import sys

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan import _backend

images = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), "uint8")


def make(**arguments):
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 4, filters=4),
        kg.networks.DCGANDiscriminator((8, 8, 1), filters=4),
        seed=0,
    )
    gan.compile(**arguments)
    return gan


def refused(function, *told):
    with pytest.raises(ValueError, match=".*".join(told)):
        function()


def check_own_noise(gan):
    """Replicas draw other latents, and their seeds are the same again afterwards."""
    import tensorflow as tf

    from keras_gan._backend.tensorflow import _playing_together

    def draw():
        with _playing_together(gan):
            return gan.sample_inputs({"image": tf.zeros((2, 8, 8, 1))})["latent"]

    strategy = gan.distribute_strategy
    before = gan.latent_seed.state.value.values[0].numpy()
    first, second = strategy.experimental_local_results(strategy.run(tf.function(draw)))
    assert not np.isclose(first, second).any()
    seeds = [copy.numpy() for copy in gan.latent_seed.state.value.values]
    np.testing.assert_array_equal(seeds[0], seeds[1])
    assert (seeds[0] != before).any()


def check_equal_copies(gan):
    for variable in gan.variables:
        first, second = (copy.numpy() for copy in variable.value.values)
        np.testing.assert_allclose(second, first, rtol=1e-6, err_msg=variable.path)


def check_controllers(strategy):
    """Controllers follow the mean over the devices, not the mean of what each would do by itself."""
    import tensorflow as tf

    with strategy.scope():
        began, ada = kg.losses.BEGAN(diversity=1.0, gain=0.1), kg.augmenters.ADA(target=0.1, speed=100, interval=1)
    # Errors of 0.4 and -0.2 from a balance of 0; signs of 1 and -0.5 around a target of 0.1.
    real = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant([[0.4], [0.0]][context.replica_id_in_sync_group])
    )
    logits = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant([[1.0] * 4, [-1.0, -1.0, -1.0, 1.0]][context.replica_id_in_sync_group])
    )

    def adapt(real, logits):
        began.adapt(real, tf.where(real > 0, 0.0, 0.2))
        ada.adapt(logits)

    strategy.run(tf.function(adapt), args=(real, logits))
    np.testing.assert_allclose(began.balance.numpy(), 0.1 * (0.4 - 0.2) / 2, rtol=1e-5)
    np.testing.assert_allclose(ada.current_probability.numpy(), 8 / 100, rtol=1e-5)


def main(folder):
    with _backend.sharing(2):
        gan = make()
    assert gan.devices == 2
    dataset = kg.data.images(images, batch_size=8)
    refused(lambda: _backend.sharing(64), "as many devices as asked for", "Received: 64")
    history = gan.fit(images / np.float32(127.5) - np.float32(1), batch_size=8, epochs=1, verbose=0).history
    assert np.isfinite([value for values in history.values() for value in values]).all()
    watchers = [
        kg.callbacks.HealthMonitor(dataset),
        kg.callbacks.SampleGrid(folder / "samples"),
        kg.callbacks.Checkpoints(folder / "checkpoints"),
        kg.callbacks.StopOnNaN(),
    ]
    gan.fit(dataset, epochs=1, verbose=0, callbacks=watchers)
    assert int(gan.step.numpy()) == 8
    assert int(gan.images_seen.numpy()) == 64
    assert gan.sample(5, seed=0).shape == (5, 8, 8, 1)
    gan.evaluate(dataset, verbose=0)
    if keras.backend.backend() == "tensorflow":
        check_own_noise(gan)
        check_equal_copies(gan)
        check_controllers(gan.distribute_strategy)
        with gan.distribute_strategy.scope():
            refused(lambda: make(steps_per_execution=2), "neither several steps", "steps_per_execution=2")
            refused(lambda: make(jit_compile=True), "neither several steps", "jit_compile=True")
    else:
        assert len(gan.generator.weights[0].value.sharding.device_set) == 2
        make(steps_per_execution=2, jit_compile=True).fit(dataset, verbose=0)
    refused(lambda: gan.fit(images[:9] / np.float32(255), batch_size=8, verbose=0), "number of devices, 2")
    three = images[:3] / np.float32(255)
    refused(lambda: gan.fit(dataset, validation_data=(three, None), verbose=0), "number of devices, 2", "batch of 3")
    gan.save(folder / "gan.keras")
    np.testing.assert_array_equal(
        keras.models.load_model(folder / "gan.keras").sample(5, seed=0), gan.sample(5, seed=0)
    )
    kg.resume(gan, dataset, epochs=3, verbose=0)
    assert int(gan.step.numpy()) == 12
    kg.exporting.to_onnx(gan, folder / "generator.onnx")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
