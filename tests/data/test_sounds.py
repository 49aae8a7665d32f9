import tarfile

import numpy as np
import pytest

from keras_gan.data import class_names, sounds
from keras_gan.media import Labels, Sounds, waves


@pytest.fixture
def wavs(tmp_path):
    """Function that writes {name: int16 samples, or bytes} as WAV files of one rate, and returns the folder."""

    def write(files, rate=8000):
        for name, samples in files.items():
            path = tmp_path / "wavs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(samples, bytes):
                path.write_bytes(samples)
            else:
                samples = np.asarray(samples, "int16")
                waves.write_wav(path, samples.reshape(len(samples), -1), rate)
        return tmp_path / "wavs"

    return write


def test_a_folder_of_classes(either, wavs, numpy):
    path = wavs({f"{word}/{i}.wav": [100 * i + place, 7] for place, word in enumerate(("no", "yes")) for i in range(3)})
    for cache in (True, False):
        batches = sounds(path, length=3, batch_size=6, shuffle=False, cache=cache)
        assert batches.columns == {"sound": Sounds(8000), "label": Labels(2)}
        assert tuple(batches.element_spec["sound"].shape) == (6, 3, 1)
        batch = numpy(batches)[0]
        assert batch["sound"].dtype == np.float32
        np.testing.assert_allclose(batch["sound"][:, 0, 0] * 32767, [0, 100, 200, 1, 101, 201], rtol=1e-6)
        np.testing.assert_array_equal(batch["sound"][:, 2, 0], np.zeros(6))
        np.testing.assert_array_equal(batch["label"], [0, 0, 0, 1, 1, 1])
    assert class_names(path) == ["no", "yes"]


def test_sounds_lose_their_ends_and_are_padded_there(either, wavs, numpy):
    path = wavs({"a.wav": [1, 2, 3, 4, 5, 6], "b.wav": [7, 8]})
    batch = numpy(sounds(path, length=4, batch_size=2, shuffle=False))[0]
    np.testing.assert_array_equal(np.round(batch["sound"][..., 0] * 32767), [[1, 2, 3, 4], [7, 8, 0, 0]])


def test_both_ends_of_the_range(either, wavs, numpy):
    batch = numpy(sounds(wavs({"a.wav": [-32768, -32767, 0, 32767]}), length=4, batch_size=1))[0]
    np.testing.assert_array_equal(batch["sound"][0, :, 0], [-1, -1, 0, 1])


def test_the_peak_is_that_of_the_whole_sound(either, wavs, numpy):
    path = wavs({"a.wav": [10, -20, 40, 0], "b.wav": [0, 0, 0], "c.wav": [-32768, 100, 0]})
    for cache in (True, False):
        batches = sounds(path, length=2, normalize="peak", batch_size=3, shuffle=False, cache=cache)
        np.testing.assert_allclose(
            numpy(batches)[0]["sound"][..., 0], [[0.25, -0.5], [0, 0], [-1, 100 / 32767]], rtol=1e-6
        )


def test_files_of_several_depths_meet_as_floats(wavs, numpy):
    path = wavs({"a.wav": [32767, -32768]})
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\xc0\x5d\0\0\x03\0\x18\0data\x06\0\0\0"
    (path / "b.wav").write_bytes(header + b"\xff\xff\x7f\x00\x00\x80")
    batch = numpy(sounds(path, length=2, batch_size=2, shuffle=False))[0]
    np.testing.assert_array_equal(batch["sound"][..., 0], [[1, -1], [1, -1]])


@pytest.mark.parametrize("dtype", ["int16", "float64"])
@pytest.mark.parametrize("channels", [None, 1, 2])
def test_arrays(either, numpy, dtype, channels):
    shape = (6, 5) if channels is None else (6, 5, channels)
    samples = np.random.default_rng(0).integers(-32767, 32768, shape).astype("int16")
    given = samples if dtype == "int16" else samples / 32767
    batches = sounds((given, np.arange(6)), length=4, rate=16000, batch_size=6)
    assert batches.columns == {"sound": Sounds(16000), "label": Labels()}
    batch = numpy(batches)[0]
    wanted = samples.reshape(6, 5, channels or 1)[batch["label"], :4]
    np.testing.assert_array_equal(Sounds(16000).finish(batch["sound"]), wanted)


def test_files_of_arrays(either, numpy, tmp_path):
    samples = np.arange(12, dtype="int16").reshape(3, 4)
    np.save(tmp_path / "a.npy", samples)
    np.savez(tmp_path / "b.npz", sound=samples, label=np.arange(3), rate=4000)
    np.savez(tmp_path / "c.npz", x_train=samples, x_test=samples + 100, y_test=np.arange(3))
    assert sounds(tmp_path / "a.npy", length=4, rate=8000, batch_size=3).columns == {"sound": Sounds(8000)}
    batches = sounds(tmp_path / "b.npz", length=4, batch_size=3)
    assert batches.columns == {"sound": Sounds(4000), "label": Labels()}
    batch = numpy(sounds(tmp_path / "c.npz", length=4, rate=8000, split="test", batch_size=3, shuffle=False))[0]
    np.testing.assert_array_equal(np.round(batch["sound"][0, :, 0] * 32767), [100, 101, 102, 103])
    with pytest.raises(ValueError, match=r"that of the file. Received: rate=8000, b\.npz with the rate 4000"):
        sounds(tmp_path / "b.npz", length=4, rate=8000)


def test_another_rate_is_named(wavs, tmp_path):
    path = wavs({"a.wav": [1]}) and wavs({"sub/b.wav": [1]}, 16000)
    message = r"one rate.*Received: a\.wav with the rate 8000, sub/b\.wav with the rate 16000\. Resample it"
    for bad_files in ("raise", "skip"):
        with pytest.raises(ValueError, match=message) as error:
            sounds(path, length=4, bad_files=bad_files)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"Received: rate=16000, a\.wav with the rate 8000\. .*-ar 16000"):
        sounds(path, length=4, rate=16000)


def test_another_number_of_channels_is_named(wavs):
    path = wavs({"a.wav": [1], "b.wav": [[1, 2]]})
    with pytest.raises(ValueError, match=r"one number of channels. Received: a\.wav with 1, b\.wav with 2\. Mix them"):
        sounds(path, length=4)


def test_bad_files(either, wavs, numpy):
    path = wavs({"a.wav": [1, 2], "b.wav": b"RIFF", "notes.txt": b"hello"})
    message = r"readable WAV file.*2 bad of 3 files: b\.wav \(.*no WAV file.*notes\.txt \(not a sound"
    with pytest.raises(ValueError, match=message):
        sounds(path, length=2, batch_size=1)
    with pytest.warns(UserWarning, match=r"Skipped 2 files of .*b\.wav.*notes\.txt") as told:
        batches = sounds(path, length=2, batch_size=1, bad_files="skip")
    assert len(told) == 1
    assert told[0].filename == __file__
    assert len(numpy(batches)) == 1


def test_epochs_orders_and_places(either, numpy):
    samples = np.arange(20, dtype="int16")[:, None]
    batches, same = (sounds(samples, length=1, rate=8000, batch_size=5, passes=2) for _ in range(2))
    orders = [np.concatenate([batch["sound"].ravel() for batch in numpy(batches)]) for _ in range(2)]
    assert (orders[0] != orders[1]).any()
    assert (orders[0][:20] != orders[0][20:]).any()
    np.testing.assert_array_equal(np.sort(orders[0][:20]), samples[:, 0] / np.float32(32767))
    same.place.begin_epoch(1, 3)
    rest = np.concatenate([batch["sound"].ravel() for batch in numpy(same.place.rest(3))])
    np.testing.assert_array_equal(rest, orders[1][15:])
    other = np.concatenate(
        [b["sound"].ravel() for b in numpy(sounds(samples, length=1, rate=8000, batch_size=20, seed=1))]
    )
    assert (other != orders[0][:20]).any()


def test_augment_and_the_last_batch(either, numpy):
    samples = np.arange(5, dtype="int16")[:, None]
    options = {"length": 1, "rate": 8000, "batch_size": 3, "shuffle": False}
    plain, turned = (
        numpy(sounds(samples, drop_remainder=False, augment=augment, **options)) for augment in (None, lambda x: -x)
    )
    assert [len(batch["sound"]) for batch in plain] == [3, 2]
    np.testing.assert_array_equal(turned[0]["sound"], -plain[0]["sound"])
    assert len(numpy(sounds(samples, **options))) == 1


def test_from_disk(wavs, numpy, tmp_path):
    path = wavs({f"{i}.wav": [i] for i in range(4)})
    for _ in range(2):
        batch = numpy(sounds(path, length=2, batch_size=4, shuffle=False, cache=tmp_path / "cache"))[0]
        np.testing.assert_allclose(batch["sound"][:, 0, 0] * 32767, [0, 1, 2, 3], rtol=1e-6)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        (np.zeros((2, 4), "int16"), {"rate": None}, ValueError, "need a `rate`, in samples a second. Received: sounds"),
        (np.zeros((2, 4), "int16"), {"rate": 0.5}, ValueError, "`rate` must be a whole number"),
        (np.zeros((2, 4), "int16"), {"length": 0}, ValueError, "`length` must be a whole number above 0"),
        (np.zeros((2, 4), "int16"), {"normalize": "rms"}, ValueError, "`normalize` must be one of None, 'peak'"),
        (np.zeros((2, 4), "int16"), {"bad_files": "x"}, ValueError, "`bad_files` must be one of"),
        (np.zeros((2, 4), "int16"), {"split": "test"}, ValueError, "`split` is for .npz files"),
        (np.zeros((2, 4), "int16"), {"batch_size": 3}, ValueError, "batch_size=3, with 2 sounds"),
        (np.zeros((2, 4), "int32"), {}, TypeError, "int16, or floats in .* Received: sounds with dtype=int32"),
        (np.full((2, 4), 3.0), {}, ValueError, r"lie in \[-1, 1\]. Received: sounds with values up to 3"),
        (np.full((2, 4), np.nan), {}, ValueError, "must be finite. Received: sounds with NaN"),
        (np.zeros(4, "int16"), {}, ValueError, r"shape \(count, samples\) or .* Received: sounds with shape=\(4,\)"),
        (np.zeros((2, 0), "int16"), {}, ValueError, "with at least one sample"),
        ((np.zeros((2, 4), "int16"), np.arange(3)), {}, ValueError, "one label for each of 2"),
        ("nowhere", {}, ValueError, "folder of WAV files.*Received: source='nowhere', which is none of them"),
        ([1, 2], {}, TypeError, "must be a path, an array or a tuple .* Received: source of type list"),
    ],
)
def test_what_cannot_be(source, options, error, message):
    with pytest.raises(error, match=message):
        sounds(source, **{"length": 4, "rate": 8000, "batch_size": 1, **options})


def test_a_folder_without_sounds(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"must hold sound files \(\.wav, \.wave\). Received: .*with 1 other files"):
        sounds(tmp_path, length=4)


def test_real_spoken_digits(real_file, tmp_path, numpy):
    with tarfile.open(real_file("fsdd.tar.xz")) as archive:
        for member in archive.getmembers():
            digit, speaker, number = member.name.split("/")[-1].removesuffix(".wav").split("_")
            if int(number) < 5:
                (tmp_path / digit).mkdir(exist_ok=True)
                (tmp_path / digit / f"{speaker}_{number}.wav").write_bytes(archive.extractfile(member).read())
    batches = sounds(tmp_path, length=8192, normalize="peak", batch_size=300, shuffle=False)
    assert batches.columns == {"sound": Sounds(8000), "label": Labels(10)}
    batch = numpy(batches)[0]
    assert batch["sound"].shape == (300, 8192, 1)
    np.testing.assert_array_equal(np.bincount(batch["label"]), [30] * 10)
    assert (abs(batch["sound"]).max(axis=(1, 2)) == 1).mean() > 0.95
