import math

import keras
import numpy as np
import pytest

from keras_gan import schedules


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (schedules.Linear(1.0, 3.0, begin=100, end=200), {0: 1, 100: 1, 150: 2, 175: 2.5, 200: 3, 10**9: 3}),
        (schedules.Cosine(4.0, 0.0, end=200), {0: 4, 50: 2 + math.sqrt(2), 100: 2, 200: 0, 300: 0}),
    ],
)
def test_values_by_hand(schedule, values):
    np.testing.assert_allclose([float(schedule(images)) for images in values], list(values.values()), atol=1e-6)


@pytest.mark.parametrize(("begin", "end"), [(10, 10), (10, 5), (-1, 5), (0, 0)])
def test_a_schedule_must_not_end_before_it_starts(begin, end):
    with pytest.raises(ValueError, match=r"end after that. Received: begin=-?\d+, end=\d+"):
        schedules.Linear(0.0, 1.0, begin=begin, end=end)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_must_be_finite(value):
    with pytest.raises(ValueError, match="between finite numbers"):
        schedules.Cosine(0.0, value, end=10)


def test_config_round_trip():
    schedule = schedules.Cosine(2.0, 1.0, end=20, begin=10)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert type(again) is schedules.Cosine
    assert again.get_config() == {"initial": 2.0, "final": 1.0, "end": 20, "begin": 10}


def test_numbers_pass_and_schedules_are_asked():
    assert schedules.value_at(3.0, 5) == 3.0
    assert float(schedules.value_at(schedules.Linear(0.0, 1.0, end=10), 5)) == 0.5


@pytest.mark.parametrize("value", [-1, 2.0, True, "1", None, schedules.Linear(0.5, 1.5, end=1)])
def test_range(value):
    with pytest.raises(
        ValueError, match=r"`share` must be a number > 0 and <= 1, or a schedule of such. Received: share="
    ):
        schedules.check("share", value, above=True, highest=1.0)
