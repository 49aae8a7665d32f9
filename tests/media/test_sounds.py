import keras
import numpy as np
import pytest
from keras import ops

from keras_gan.media import Sounds, read_wav, spectrograms
from keras_gan.media.medium import deserialize


def sine(frequency, rate=8000, count=4096, loudness=1.0):
    return (loudness * np.sin(2 * np.pi * frequency * np.arange(count) / rate))[:, None].astype("float32")


def test_samples_are_rounded_to_even_and_clipped():
    values = np.array([-2, -1, -1.5 / 32767, -0.5 / 32767, 0, 0.5 / 32767, 1.5 / 32767, 2.5 / 32767, 1, 2], "float32")
    finished = Sounds(8000).finish(values)
    assert finished.dtype == np.int16
    np.testing.assert_array_equal(finished, [-32767, -32767, -2, 0, 0, 0, 2, 2, 32767, 32767])


def test_every_sample_survives_the_round_trip_and_its_opposite_is_its_opposite():
    samples = np.arange(-32767, 32768).astype("int16")
    values = Sounds(8000).begin(samples)
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (-1, 1)
    np.testing.assert_array_equal(values, -values[::-1])
    np.testing.assert_array_equal(Sounds(8000).finish(values), samples)


def test_the_lowest_sample_is_minus_one():
    assert Sounds(8000).begin(np.array([-32768], "int16")) == -1


def test_tensors_stay_tensors():
    finished = Sounds(8000).finish(ops.convert_to_tensor([0.5, -0.5]))
    assert not isinstance(finished, np.ndarray)
    np.testing.assert_array_equal(ops.convert_to_numpy(finished), [16384, -16384])


def test_it_is_saved_with_its_rate():
    sounds = Sounds(16000)
    assert deserialize(keras.saving.serialize_keras_object(sounds)) == sounds != Sounds(8000)
    assert repr(sounds) == "Sounds(rate=16000)"


@pytest.mark.parametrize("rate", [0, -1, 8000.5, True, None, 2**40])
def test_the_rate_is_a_number_of_samples(rate):
    with pytest.raises(
        ValueError, match=rf"`rate` must be a whole number of samples in a second. Received: rate={rate}"
    ):
        Sounds(rate)


@pytest.mark.parametrize("channels", [1, 2])
def test_written_files_are_read_as_they_were(tmp_path, channels):
    samples = np.random.default_rng(0).integers(-32767, 32768, (100, channels)).astype("int16")
    Sounds(11025).write(tmp_path / "new" / "a.wav", samples)
    read, rate = read_wav(tmp_path / "new" / "a.wav")
    np.testing.assert_array_equal(read, samples)
    assert (read.dtype, rate) == (np.int16, 11025)


@pytest.mark.parametrize("samples", [np.zeros((4, 1)), np.zeros(4, "int16"), np.zeros((0, 1), "int16")])
def test_only_samples_are_written(tmp_path, samples):
    with pytest.raises(ValueError, match=r"int16 array \(samples, channels\). Received: .*Use `Sounds.finish`"):
        Sounds(8000).write(tmp_path / "a.wav", samples)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rate", [8000, 44100])
@pytest.mark.parametrize("frequency", [300, 1000, 3000])
def test_a_sine_is_a_line_at_its_frequency(rate, frequency):
    samples = Sounds(rate).finish(sine(frequency, rate, rate))
    found = spectrograms.decibels(samples, rate)
    mel = 2595 * np.log10(1 + frequency / 700) / (2595 * np.log10(1 + rate / 2 / 700))
    row = 95 - int(96 * mel)
    assert found.shape == (96, 160)
    assert abs(found[:, 80].argmax() - row) <= 1
    assert -2 < found[:, 80].max() < 0.1


def test_full_scale_is_zero_decibels_and_halves_are_six_less():
    at_bin = [spectrograms.decibels(Sounds(8000).finish(sine(1000, loudness=x)), 8000)[:, 80].max() for x in (1, 0.5)]
    assert at_bin[0] - at_bin[1] == pytest.approx(6.02, abs=0.01)


def test_time_runs_to_the_right():
    samples = Sounds(8000).finish(np.concatenate([0 * sine(1000), sine(1000)]))
    columns = spectrograms.decibels(samples, 8000).max(axis=0)
    assert columns[:70].max() < -80
    assert columns[90:150].min() > -10


def test_sheet_is_dark_and_silence_is_black():
    sounds = Sounds(8000).finish(np.stack([sine(1000), 0 * sine(1000), sine(1000, loudness=0.01)]))
    sheet = Sounds(8000).sheet(sounds, columns=3)
    assert sheet.shape == (96 + 8, 3 * 164 + 4, 3)
    loud, silent, quiet = (sheet[4:-4, 4 + 164 * k : 164 * (k + 1)] for k in range(3))
    assert loud.mean() < 60
    assert loud.max() > 240
    assert silent.max() <= 4
    assert 100 < quiet.max() < loud.max()
    assert (sheet[:4] == 40).all()
    assert Sounds(8000).sheet(sounds).shape[0] == 2 * 100 + 4  # two rows


def test_faint_noise_alone_is_not_drawn_as_loud():
    noise = np.random.default_rng(0).integers(-3, 4, (1, 4096, 1)).astype("int16")
    assert Sounds(8000).sheet(noise)[4:-4, 4:-4].mean() < 60
