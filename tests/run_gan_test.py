"""What every GAN of the package must fulfil: one call per variant, `run_gan_test(make, batch, tmp_path)`."""

import inspect

import keras
import numpy as np

from keras_gan import exporting


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def run_gan_test(make, batch, tmp_path, tolerance=2e-6):
    """Runs all checks.

    Args:
        make: function (**arguments of the constructor) -> a compiled GAN, the same weights at every call.
        batch: dict of numpy arrays, one batch that its step takes.
        tmp_path: folder to write to.
        tolerance: largest difference between ways of running the same step.
    """
    check_players_own_every_variable(make)
    check_updates_move_only_their_player(make, batch)
    check_update_counts(make, batch)
    check_average(make, batch)
    check_config(make)
    check_resume(make, batch, tmp_path)
    check_ways_of_running(make, batch, tolerance)
    check_low_precision(make, batch)
    check_exports(make, batch, tmp_path)


def fit(gan, batch, steps):
    """Trains on the same batch, `steps` times; returns the logs of each step."""
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensors(batch).repeat(steps)
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(dict(logs)))
    gan.fit(dataset, verbose=0, shuffle=False, callbacks=[watch])
    return seen


def check_players_own_every_variable(make):
    gan = make()
    owned = [id(v) for variables in gan.players().values() for v in variables]
    assert len(owned) == len(set(owned)), "a variable belongs to two players"
    assert set(owned) == {id(v) for v in gan.trainable_variables}, "a variable belongs to no player"


def check_updates_move_only_their_player(make, batch):
    gan = make()
    batch = {name: keras.ops.convert_to_tensor(value) for name, value in batch.items()}
    averages = {id(v) for v in gan.averaged_variables()}
    everything = [v for v in gan.variables if id(v) not in averages]
    for player, variables in gan.players().items():
        others = [v for v in everything if id(v) not in {id(own) for own in variables}]
        others = [v for v in others if v is not gan.latent_seed.state and not _is_statistic_of(gan, player, v)]
        before, mine = values(others), values(variables)
        gan.update(player, batch)
        assert same(before, values(others)), f"the update of {player} moved another variable"
        assert not any(np.array_equal(a, b) for a, b in zip(mine, values(variables), strict=True)), (
            f"the update of {player} left one of its variables where it was"
        )


def _is_statistic_of(gan, player, variable):
    own = {id(v) for network in gan.networks_of(player) for v in network.variables}
    return not variable.trainable and id(variable) in own


def check_update_counts(make, batch):
    gan = make()
    fit(gan, batch, 2)
    judge, *others = gan.players()
    assert int(gan.optimizer[judge].iterations) == 2 * gan.discriminator_steps
    assert [int(gan.optimizer[player].iterations) for player in others] == [2] * len(others)
    assert int(gan.step) == 2
    assert int(gan.images_seen) == 2 * len(batch["image"])


def check_average(make, batch):
    gan = make(ema_half_life=50.0, ema_ramp_up=0.5)
    pairs = gan.averaged()
    expected, count = [values(average.weights) for average, _ in pairs], len(batch["image"])
    for step in range(1, 4):
        fit(gan, batch, 1)
        decay = 0.5 ** (count / min(50.0, 0.5 * step * count))
        for means, (average, network) in zip(expected, pairs, strict=True):
            for index, weight in enumerate(network.weights):
                now = values([weight])[0]
                means[index] = now + decay * (means[index] - now) if weight.trainable else now
            for mean, variable in zip(means, values(average.weights), strict=True):
                np.testing.assert_allclose(variable, mean, atol=1e-6)


def check_config(make):
    gan = make()
    arguments = [name for name in inspect.signature(type(gan).__init__).parameters if name != "self"]
    config = gan.get_config()
    assert sorted(config) == sorted(arguments)
    again = type(gan).from_config(config).get_config()
    assert again == config


def check_resume(make, batch, tmp_path):
    gan = make()
    fit(gan, batch, 2)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert same(values(gan.variables), values(loaded.variables))
    assert same(values(gan.optimizer.variables), values(loaded.optimizer.variables))
    assert fit(gan, batch, 2) == fit(loaded, batch, 2)
    assert same(values(gan.variables), values(loaded.variables)), "the resumed run went another way"
    sampler = keras.models.load_model(tmp_path / "gan.keras", compile=False)
    assert sampler.sample(2, seed=1).shape == (2, *gan.image_shape)


def check_ways_of_running(make, batch, tolerance):
    reference = make()
    fit(reference, batch, 4)
    for arguments in ({"run_eagerly": True}, {"steps_per_execution": 2}, {"jit_compile": True}):
        gan = make()
        config = gan.get_compile_config()
        gan.compile_from_config({**config, **arguments})
        if "jit_compile" in arguments:  # XLA draws other random numbers: only that it runs can be compared
            assert np.isfinite(list(fit(gan, batch, 1)[0].values())).all()
            continue
        fit(gan, batch, 4)
        for a, b in zip(values(reference.variables), values(gan.variables), strict=True):
            np.testing.assert_allclose(a, b, atol=tolerance, err_msg=f"{arguments} differs from the compiled step")


def check_low_precision(make, batch):
    before = keras.config.dtype_policy()
    for policy in ("mixed_float16", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        try:
            gan = make()
        finally:
            keras.config.set_dtype_policy(before)
        logs = fit(gan, batch, 3)
        assert all(np.isfinite(list(log.values())).all() for log in logs), f"{policy}: {logs}"
        assert all(v.dtype == "float32" for v in gan.trainable_variables)
        scaled = isinstance(gan.optimizer["generator"], keras.optimizers.LossScaleOptimizer)
        assert scaled == (policy == "mixed_float16")


def check_exports(make, batch, tmp_path):
    gan = make()
    fit(gan, batch, 2)
    saved_model = exporting.to_saved_model(gan, tmp_path / "saved_model")
    onnx = exporting.to_onnx(gan, tmp_path / "generator.onnx")
    exporting.verify(gan, saved_model=saved_model, onnx=onnx, atol=1e-4)
