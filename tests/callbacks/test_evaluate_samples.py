import csv

import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.callbacks import EvaluateSamples
from keras_gan.evaluation import Evaluation
from keras_gan.metrics import DensityCoverage, FrechetDistance
from tests.evaluation.test_evaluation import Pixels


@pytest.fixture
def evaluation(images):
    return Evaluation(kg.media.to_uint8(images), Pixels(), [FrechetDistance(), DensityCoverage()])


def test_results_reach_logs_checkpoints_and_files(make_gan, images, evaluation, tmp_path):
    gan = make_gan()
    measure = EvaluateSamples(evaluation, count=30)
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="val_frechet_distance", mode="min", save_best_only=True
    )
    history = gan.fit(
        images,
        batch_size=8,
        epochs=3,
        verbose=0,
        callbacks=[measure, best, keras.callbacks.CSVLogger(tmp_path / "log.csv")],
    )
    values = history.history["val_frechet_distance"]
    assert len(values) == 3
    assert len(set(values)) == 3
    np.testing.assert_allclose(values[-1], measure.scores[0].value)
    np.testing.assert_allclose(values[-1], evaluation.scores(gan.sample(30, seed=0))[0].value, rtol=1e-6)
    assert measure.scores[0].seeds == {"latents": 0}
    assert {"val_density", "val_coverage", "val_precision_prdc", "val_recall_prdc"} <= set(history.history)
    loaded = keras.models.load_model(tmp_path / "best.keras")
    assert int(loaded.step) == 4 * (1 + int(np.argmin(values)))
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert [float(row["val_frechet_distance"]) for row in rows] == pytest.approx(values)


def test_between_evaluations_the_last_values_stay(make_gan, images, evaluation):
    history = make_gan().fit(
        images, batch_size=8, epochs=5, verbose=0, callbacks=[EvaluateSamples(evaluation, count=30, every=2)]
    )
    first, second, third, fourth, fifth = history.history["val_frechet_distance"]
    assert first != second == third != fourth == fifth


def test_training_is_not_changed_by_it(make_gan, images, evaluation):
    plain, watched = make_gan(), make_gan()
    plain.fit(images, batch_size=8, epochs=2, verbose=0, shuffle=False)
    watched.fit(
        images, batch_size=8, epochs=2, verbose=0, shuffle=False, callbacks=[EvaluateSamples(evaluation, count=30)]
    )
    for a, b in zip(plain.variables, watched.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_later_failure_is_a_warning_and_training_goes_on(make_gan, images, evaluation):
    callback = EvaluateSamples(evaluation, count=30)

    def fail(samples, seeds):
        raise ValueError("Features must be finite.")

    def break_it(epoch, logs):
        evaluation.scores = fail

    with pytest.warns(UserWarning, match=r"The samples of epoch 2 could not be measured: Features must be finite"):
        history = make_gan().fit(
            images,
            batch_size=8,
            epochs=2,
            verbose=0,
            callbacks=[callback, keras.callbacks.LambdaCallback(on_epoch_end=break_it)],
        )
    first, second = history.history["val_frechet_distance"]
    assert first == second


def test_the_first_failure_is_an_error(make_gan, images):
    callback = EvaluateSamples(Evaluation(np.zeros((1, 8, 8, 1), "uint8"), Pixels(), [FrechetDistance()]), count=30)
    with pytest.raises(ValueError, match="needs at least 2 reals"):
        make_gan().fit(images, batch_size=8, verbose=0, callbacks=[callback])


@pytest.mark.parametrize("arguments", [{"count": 0}, {"every": 0}, {"every": 1.5}])
def test_numbers_must_be_whole(evaluation, arguments):
    with pytest.raises(ValueError, match=r"must be a whole number >= 1. Received: "):
        EvaluateSamples(evaluation, **arguments)


def test_evaluation_must_be_one():
    with pytest.raises(TypeError, match=r"`evaluation` must be a keras_gan.evaluation.Evaluation. Received: None"):
        EvaluateSamples(None)
