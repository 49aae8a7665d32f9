import keras
import numpy as np
import pytest
from keras import ops

import keras_gan as kg
from keras_gan import callbacks, health
from keras_gan.game import step
from tests.run_gan_test import same, values


def monitored(gan, images, epochs=3, **arguments):
    monitor = callbacks.HealthMonitor(images, **{"count": 32, "warm_up": 0, "patience": 1, **arguments})
    history = gan.fit(images, batch_size=8, epochs=epochs, verbose=0, callbacks=[monitor]).history
    return monitor, history


@pytest.fixture
def always(monkeypatch):
    """Makes one check bad at every look."""
    bad = health.Verdict("balance", True, "the discriminator wins", {"auc": 1.0})
    monkeypatch.setattr(health, "verdicts", lambda moment: [bad])


def test_looking_moves_nothing(make_gan, images):
    plain, watched = make_gan(), make_gan()
    plain.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False)
    monitor = callbacks.HealthMonitor(images, count=32)
    watched.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False, callbacks=[monitor])
    assert same(values(plain.variables), values(watched.variables))
    assert len(monitor.verdicts) == 5


def test_numbers_are_in_the_logs_and_lines_in_the_file(make_gan, images, tmp_path):
    monitor, history = monitored(make_gan(), images, path=tmp_path / "new" / "health.txt", every=2, epochs=4)
    assert monitor.looks == 3
    for name in (
        "diversity_pixels",
        "duplicates",
        "auc",
        "gradient_generator",
        "gradient_discriminator",
        "copied",
        "alarms",
    ):
        assert np.isfinite(history[f"health_{name}"]).all()
    lines = (tmp_path / "new" / "health.txt").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["epoch 1"] * 5 + ["epoch 2"] * 5 + ["epoch 4"] * 5
    assert lines[0] == "epoch 1, finite: ok, all losses and weights are finite"


def test_gradient_norms_are_those_of_the_losses(make_gan, images):
    gan = make_gan(generator=kg.networks.MLPGenerator((8, 8, 1), 6, (16,)), optimizer=keras.optimizers.SGD(1.0))
    batch = {"image": ops.convert_to_tensor(images[:8])}
    norms, before = step.gradient_norms(gan, batch), {p: values(v.variables) for p, v in gan.players().items()}
    step.update(gan, "discriminator", batch)  # a step of SGD at a rate of 1 is the gradient
    moved = [
        a - b for a, b in zip(before["discriminator"], values(gan.players()["discriminator"].variables), strict=True)
    ]
    np.testing.assert_allclose(norms["discriminator"], np.sqrt(sum(np.sum(m**2) for m in moved)), rtol=1e-4)


def test_alarm_after_patience_and_warm_up(make_gan, images, always, capsys):
    monitor, history = monitored(make_gan(), images, epochs=5, warm_up=1, patience=3)
    assert [epoch for epoch, _, _ in monitor.alarms] == [3, 4, 5]
    assert history["health_alarms"] == [0, 0, 1, 1, 1]
    told = [line for line in capsys.readouterr().out.splitlines() if line]
    assert told == ["Health, epoch 3, balance: ALARM, the discriminator wins."]
    late, _ = monitored(make_gan(), images, epochs=5, warm_up=4, patience=1)
    assert [epoch for epoch, _, _ in late.alarms] == [5]


def test_stop(make_gan, images, always):
    _, history = monitored(make_gan(), images, epochs=5, patience=2, on_alarm="stop")
    assert len(history["health_auc"]) == 2


def test_nan_alarms_at_once(make_gan, images):
    gan = make_gan(optimizer=keras.optimizers.SGD(1e30))
    monitor, _ = monitored(gan, images, warm_up=10, patience=10, on_alarm="stop")
    assert monitor.alarms[0][1] == "finite"


def test_roll_back_restores_the_checkpoint_and_halves_the_rates(make_gan, images, always, tmp_path):
    gan, path = make_gan(), tmp_path / "best.keras"
    gan.fit(images, batch_size=8, verbose=0)
    gan.save(path)
    saved, rates = values(gan.variables), [float(o.learning_rate) for o in gan.optimizer.optimizers]
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((int(gan.step), values(gan.variables)))
    )
    monitor = callbacks.HealthMonitor(images, count=32, warm_up=0, patience=1, on_alarm="roll_back", checkpoint=path)
    gan.fit(images, batch_size=8, epochs=9, verbose=0, callbacks=[monitor, watch])
    assert [step for step, _ in seen] == [4, 4, 4, 8], "three times back, then it stops"
    assert same(seen[0][1], saved)
    np.testing.assert_allclose([float(o.learning_rate) for o in gan.optimizer.optimizers], np.array(rates) / 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 8}, r"`count` must be a whole number >= 16. Received: count=8"),
        ({"every": 0}, r"`every` must be a whole number >= 1"),
        ({"patience": 0}, r"`patience` must be a whole number >= 1"),
        ({"warm_up": -1}, r"`warm_up` must be a whole number >= 0"),
        ({"on_alarm": "panic"}, r"`on_alarm` must be one of .*Received: on_alarm='panic'"),
        ({"on_alarm": "roll_back"}, r"needs a `checkpoint`"),
    ],
)
def test_arguments_out_of_range(images, arguments, message):
    with pytest.raises(ValueError, match=message):
        callbacks.HealthMonitor(images, **arguments)


def test_too_few_reals(images):
    with pytest.raises(ValueError, match=r"at least 16 rows. Received: 5"):
        callbacks.HealthMonitor(images[:5])
