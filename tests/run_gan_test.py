"""What every GAN of the package must fulfil: one call per variant, `run_gan_test(make, batch, tmp_path)`."""

import contextlib
import inspect
from unittest import mock

import keras
import numpy as np

from keras_gan import augmenters, exporting
from keras_gan.game import Game, Round, step
from keras_gan.game.inspection import layers_of
from tests import worker

INJECTED = "injected/"
LARGEST = 64  # images in a batch


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def run_gan_test(make, batch, tmp_path):
    """Checks what is cheap to check, on one instance that is traced once: a few seconds.

    Args:
        make: function (**arguments of the constructor) -> a compiled game, the same weights at every call.
        batch: dict of numpy arrays, one batch that its step takes.
        tmp_path: folder to write to.
    """
    gan = make(ema_half_life=50.0, ema_ramp_up=0.5)
    check_words(gan, batch)
    check_config(gan)
    check_average(gan, batch)
    check_update_counts(gan, batch, steps=3)
    check_validation(gan, batch)
    check_saved(gan, batch, tmp_path)
    check_updates_move_only_their_player(gan, batch)
    check_samples(gan, batch)


def run_whole_gan_test(make, batch, tmp_path, tolerance=2e-6):
    """Checks the rest, which takes minutes: every way of running, precision and export, and the other backend.

    Args:
        make, batch, tmp_path: as for `run_gan_test`.
        tolerance: largest difference between ways of running the same step.
    """
    check_resume(make, batch, tmp_path)
    check_ways_of_running(make, batch, tolerance)
    check_low_precision(make, batch)
    if keras.backend.backend() == "tensorflow":  # from other backends: tests/exporting/test_process.py
        check_exports(make, batch, tmp_path)
        if worker.JAX:
            check_backends_agree(make, batch, tmp_path)


@keras.saving.register_keras_serializable("tests")
class Unseen(augmenters.ADA):
    """ADA whose controller works on images that it leaves alone: devices draw other transforms."""

    def apply(self, images, drawn):
        return images


class Batches(keras.utils.PyDataset):
    """The given batches, in order."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def dataset(batches):
    if keras.backend.backend() != "tensorflow":
        return Batches(batches)
    import tensorflow as tf  # tf.data keeps the size of the batch known

    return tf.data.Dataset.from_tensor_slices({name: np.stack([b[name] for b in batches]) for name in batches[0]})


def fit(gan, batch, steps):
    """Trains on the same batch, `steps` times; returns the logs of each step."""
    return replay(gan, [batch] * steps)


def replay(gan, batches):
    """Trains on the batches in order; returns the logs of each step."""
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append({name: float(value) for name, value in logs.items()})
    )
    gan.fit(dataset(batches), verbose=0, shuffle=False, callbacks=[watch])
    return seen


@contextlib.contextmanager
def same_noise():
    """Lets every backend draw the same: backends turn one seed into different numbers. One draw serves all steps."""

    def numpy_in_place_of(name):
        def draw(shape, *limits, dtype=None, seed=None, **named):
            random = np.random.default_rng(len(shape))
            part, shape = _part(shape)
            # keras.random.normal(mean, stddev), uniform(minval, maxval), randint(minval, maxval)
            keys = ("mean", "stddev") if name == "normal" else ("minval", "maxval")
            defaults = (0.0, 1.0)
            low, high = (named.get(k, d) for k, d in zip(keys, (*limits, *defaults[len(limits) :]), strict=True))
            method = {"normal": random.normal, "uniform": random.uniform, "randint": random.integers}[name]
            return keras.ops.convert_to_tensor(
                part(method(low, high, shape)), dtype or ("int32" if name == "randint" else "float32")
            )

        return draw

    with contextlib.ExitStack() as stack:
        for name in ("normal", "uniform", "randint"):
            stack.enter_context(mock.patch.object(keras.random, name, numpy_in_place_of(name)))
        yield


def _part(shape):
    """Returns what takes a replica's part of numbers drawn for a whole batch, and the shape to draw."""
    if keras.backend.backend() != "tensorflow":
        return (lambda drawn: drawn), shape
    import tensorflow as tf

    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return (lambda drawn: drawn), shape
    count, start = shape[0], replica.replica_id_in_sync_group * shape[0]
    return (lambda drawn: tf.constant(drawn)[start : start + count]), (LARGEST, *shape[1:])


def prepared(gan):
    """Makes a GAN take its inputs from the batch and drop nothing out, so that backends can be compared."""
    gan.sample_inputs = lambda batch: {k[len(INJECTED) :]: v for k, v in batch.items() if k.startswith(INJECTED)}
    for layer in layers_of(gan):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    return gan


def fixed_inputs(gan, batch, seed):
    """Returns the inputs of all generators of a game for as many rows as a batch has."""
    count, inputs = rows(batch), {}
    for generator in gan.generators().values():
        inputs |= generator.fixed_inputs(count, seed, batch)
    return inputs


def rows(batch):
    """Returns the number of rows of a batch."""
    return len(next(iter(batch.values())))


def check_backends_agree(make, batch, tmp_path, steps=20, tolerance=1e-5):
    folder = tmp_path / "backends"
    folder.mkdir()
    gan, random = make(), np.random.default_rng(0)
    gan.save(folder / "gan.keras")
    batches = []
    for number in range(steps):
        order = random.permutation(rows(batch))
        shown = {name: value[order] for name, value in batch.items()}
        inputs = fixed_inputs(gan, shown, number)
        batches.append({**shown, **{INJECTED + name: value for name, value in inputs.items()}})
    worker.save(folder, batches)
    theirs = worker.play(folder)
    with same_noise():
        ours = replay(prepared(gan), batches)
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for name in a:
            np.testing.assert_allclose(
                b[name], a[name], rtol=tolerance, atol=tolerance, err_msg=f"{name}, step {number}"
            )
    after = keras.models.load_model(folder / "after.keras")  # a checkpoint of the other backend
    assert int(after.step) == steps
    for a, b in zip(gan.trainable_variables, after.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, atol=10 * tolerance, err_msg=a.path)
    assert np.isfinite(list(fit(after, batch, 1)[0].values())).all()


def check_words(gan, batch):
    """What a game says of itself fits together, and fits its batches."""
    players = gan.players()
    owned = [id(v) for player in players.values() for v in player.variables]
    assert len(owned) == len(set(owned)), "a variable belongs to two players"
    assert set(owned) == {id(v) for v in gan.trainable_variables}, "a variable belongs to no player"
    for name, duel in gan.duels().items():
        judging = step.player_of(players, getattr(gan, duel.judge))
        assert players[judging].judges, f"the judge of the duel {name} is no judge"
        assert duel.against in players
        assert not players[duel.against].judges
    assert set(gan.columns()) <= set(batch)
    assert set(gan.pictures.values()) <= set(gan.columns())
    for generator in gan.generators().values():
        assert generator.outputs
        assert set(generator.output_shapes()) == set(generator.outputs)


def check_updates_move_only_their_player(gan, batch):
    batch = {name: keras.ops.convert_to_tensor(value) for name, value in batch.items()}
    averages = {id(v) for average, _ in gan.averaged() for v in average.variables}
    everything = [v for v in gan.variables if id(v) not in averages]
    for player, variables in ((name, player.variables) for name, player in gan.players().items()):
        others = [v for v in everything if id(v) not in {id(own) for own in variables}]
        others = [v for v in others if not _moves(gan, player, v)]
        before, mine = values(others), values(variables)
        step.update(gan, player, batch)
        assert same(before, values(others)), f"the update of {player} moved another variable"
        assert not any(np.array_equal(a, b) for a, b in zip(mine, values(variables), strict=True)), (
            f"the update of {player} left one of its variables where it was"
        )


def _moves(gan, player, variable):
    """Tells whether a variable that no optimizer owns may move: random states, the player's statistics, memories."""
    own = {id(v) for network in gan.players()[player].networks for v in network.variables}
    own |= {id(v) for part in gan.parts for v in part.variables}
    others = {id(v) for each in gan.players().values() for network in each.networks for v in network.variables}
    if isinstance(variable, keras.Variable) and id(variable) not in others:
        own.add(id(variable))  # what the game itself remembers, such as fakes of earlier steps
    return variable.name == "seed_generator_state" or (not variable.trainable and id(variable) in own)


def check_average(gan, batch):
    """Trains three steps of a game with a half-life of 50 images, and a ramp-up of a half."""
    pairs, count = gan.averaged(), rows(batch)
    expected = [values(average.weights) for average, _ in pairs]
    for seen in range(1, 4):
        fit(gan, batch, 1)
        decay = 0.5 ** (count / min(50.0, 0.5 * seen * count))
        for means, (average, network) in zip(expected, pairs, strict=True):
            for index, weight in enumerate(network.weights):
                now = values([weight])[0]
                means[index] = now + decay * (means[index] - now) if weight.trainable else now
            for mean, variable in zip(means, values(average.weights), strict=True):
                np.testing.assert_allclose(variable, mean, atol=1e-6)


def check_update_counts(gan, batch, steps):
    """Looks at the counts of a game that has trained so many steps."""
    for name, player in gan.players().items():
        assert int(gan.optimizer[name].iterations) == steps * (gan.discriminator_steps if player.judges else 1), name
    assert int(gan.step) == steps
    assert int(gan.images_seen) == steps * rows(batch)


def check_validation(gan, batch):
    """Validation has the same terms as training, but for penalties, and moves nothing."""
    before = values(gan.variables)
    found = gan.evaluate(dataset([batch]), verbose=0, return_dict=True)
    assert set(gan.loss_names()) <= set(found)
    assert np.isfinite(list(found.values())).all()
    assert same(before, values(gan.variables)), "validation moved a variable"


def check_config(gan):
    signatures = [inspect.signature(c.__init__).parameters for c in type(gan).__mro__ if issubclass(c, Game)]
    arguments = {name for s in signatures for name, p in s.items() if name != "self" and p.kind != p.VAR_KEYWORD}
    config = gan.get_config()
    assert sorted(set(config) - {"format"}) == sorted(arguments)
    again = type(gan).from_config(config).get_config()
    assert again == config


def check_saved(gan, batch, tmp_path):
    """A file holds everything: training goes on from it as it went on without it. No second game is traced."""
    path = tmp_path / "saved.keras"
    gan.save(path)
    loaded = keras.models.load_model(path)
    assert same(values(gan.variables), values(loaded.variables))
    assert same(values(gan.optimizer.variables), values(loaded.optimizer.variables))
    logs, after = fit(gan, batch, 2), values(gan.variables)
    gan.load_weights(path)
    assert same(values(gan.variables), values(loaded.variables)), "the file does not hold every variable"
    assert fit(gan, batch, 2) == logs
    assert same(values(gan.variables), after), "training went another way from the file"


def check_samples(gan, batch):
    """Every generator makes what people hold, alike for one seed."""
    for generator in gan.generators().values():
        made = generator.made(2, seed=1, reference=batch)
        assert list(made) == list(generator.outputs)
        for name, medium in generator.outputs.items():
            assert made[name].dtype == medium.held_dtype
            assert made[name].shape == (2, *generator.output_shapes()[name])
            np.testing.assert_array_equal(made[name], generator.made(2, seed=1, reference=batch)[name])


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
    assert len(sampler.sample(2, seed=1, reference=batch)) == 2


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


def terms_of(gan, player, outputs, batch=None, inputs=None, made=None):
    """Returns all terms of a player but its penalties, for given outputs of the judge: (of reals, of fakes)."""
    round = Round(batch or {}, inputs or {}, made or {})
    round.outputs["image"] = outputs
    return {**gan.adversarial_terms(player, round), **gan.terms(player, round)}
