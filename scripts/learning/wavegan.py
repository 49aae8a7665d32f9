"""Learns to speak digits with WaveGAN, and measures whether they are loud, and which digits they are.

    python scripts/learning wavegan --data fsdd.tar.xz     # the Free Spoken Digit Dataset's archive, or its folder
    python scripts/learning wavegan --data FOLDER --sounds 600000 --seeds 0 1 2

Protocol. FSDD, 3,000 recordings of 8 kHz by six speakers, peak-normalised, the first 4,096 samples (0.51 s), zeros
after shorter ones. Recordings 0 to 4 of each digit and speaker are held out (300). Batches of 32; R1 every 16 steps;
Adam at 1e-3 (0, 0.99); an average with a half-life of 20,000 sounds. Judged by a logistic regression on log-mel
features (256/128, 40 bins, standardized), fitted on the training recordings alone. Of 1,000 samples of the averaged
generator: the root mean square over that of the real recordings; the share of each digit that the judge names, and the
mean of its largest probability, beside those of the held-out recordings and of noise. The script exits with 1 unless
the loudness is at least half of the real one and every digit is named in at least 3% of the samples.
"""

import argparse
import json
import os
import pathlib
import sys
import tarfile
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import keras_gan as kg
from keras_gan.media import pictures, waves
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE, LENGTH, HELD_OUT = 8000, 4096, 5


def recordings(source):
    """Returns {"train", "test": (int16 sounds (count, 4096, 1), labels)} of the archive or its folder."""
    with tempfile.TemporaryDirectory() as place:
        folder = source
        if source.is_file():
            with tarfile.open(source) as archive:
                archive.extractall(place, filter="data")
            folder = pathlib.Path(place)
        parts = {"train": ([], []), "test": ([], [])}
        for path in sorted(folder.rglob("*_*_*.wav")):
            digit, _, number = path.stem.split("_")
            sounds, labels = parts["test" if int(number) < HELD_OUT else "train"]
            samples, _ = waves.read_wav(path)
            sounds.append(prepared(samples))
            labels.append(int(digit))
    return {name: (np.stack(sounds), np.array(labels)) for name, (sounds, labels) in parts.items()}


def prepared(samples):
    """Returns the first 4,096 samples of a recording, as loud as can be, with zeros at the end."""
    samples = samples.reshape(len(samples), -1)[:, :1].astype("float32")
    samples = samples * (32767 / max(1.0, np.abs(samples).max()))
    return np.pad(samples[:LENGTH], [(0, max(0, LENGTH - len(samples))), (0, 0)]).round().astype("int16")


def log_mel(sounds, bins=40, size=256, hop=128):
    """Returns the log-mel features of int16 sounds: float32 (count, frames * bins)."""
    values = sounds[..., 0].astype("float32") / 32767
    frames = np.lib.stride_tricks.sliding_window_view(values, size, axis=1)[:, ::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=-1)) ** 2
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + RATE / 2 / 700), bins + 2) / 2595) - 1)
    grid = np.linspace(0, RATE / 2, size // 2 + 1)
    rise = (grid - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - grid) / np.diff(edges)[1:, None]
    filters = np.clip(np.minimum(rise, fall), 0, None)
    return np.log(power @ filters.T + 1e-6).reshape(len(sounds), -1).astype("float32")


def judge_of(sounds, labels):
    """Returns a classifier of int16 sounds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300))
    judge.fit(log_mel(sounds), labels)
    return judge


def trained(sounds, count, seed, filters, rate, gamma):
    """Returns a GAN that has heard so many sounds."""
    keras.utils.set_random_seed(seed)
    gan = kg.GAN(
        kg.networks.WaveGANGenerator((LENGTH, 1), latent_dim=64, filters=filters),
        kg.networks.WaveGANDiscriminator((LENGTH, 1), filters=filters),
        medium=kg.media.Sounds(RATE),
        ema_half_life=20_000,
        seed=seed,
    )
    gan.compile(
        keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99),
        penalties=[kg.penalties.R1(gamma, interval=16)],
        steps_per_execution=10,
    )
    dataset = kg.data.sounds(sounds, rate=RATE, length=LENGTH, batch_size=32, seed=seed).repeat()
    gan.fit(dataset, steps_per_epoch=count // 320 * 10, verbose=0, shuffle=False)
    return gan


def loudness(sounds):
    return float(np.sqrt(np.mean((sounds.astype("float64") / 32767) ** 2)))


def measured(judge, sounds, real):
    """Returns the scores of int16 sounds."""
    chances = judge.predict_proba(log_mel(sounds))
    shares = np.bincount(chances.argmax(axis=1), minlength=10) / len(sounds)
    return {
        "loudness": round(loudness(sounds) / loudness(real), 3),
        "rarest_digit": round(float(shares.min()), 3),
        "shares": shares.round(3).tolist(),
        "certainty": round(float(chances.max(axis=1).mean()), 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="fsdd.tar.xz, or a folder with its recordings")
    parser.add_argument("--sounds", type=int, default=240_000, help="sounds heard in training (default: 240,000)")
    parser.add_argument("--filters", type=int, default=16, help="channels of the longest maps (default: 16)")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate (default: 0.001)")
    parser.add_argument("--gamma", type=float, default=1.0, help="weight of R1 (default: 1)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "wavegan")
    options = parser.parse_args()
    parts = recordings(options.data)
    train, labels = parts["train"]
    test, test_labels = parts["test"]
    judge = judge_of(train, labels)
    noise = np.random.default_rng(0).normal(0, 3000, (1000, LENGTH, 1)).clip(-32767, 32767).astype("int16")
    rows = [{"what": "held out", **measured(judge, test, train)}, {"what": "noise", **measured(judge, noise, train)}]
    rows[0]["accuracy"] = round(float(judge.score(log_mel(test), test_labels)), 3)
    options.out.mkdir(parents=True, exist_ok=True)
    medium = kg.media.Sounds(RATE)
    pictures.save_image(options.out / "real.png", medium.sheet(test[::19][:16]))
    for seed in options.seeds:
        start = time.perf_counter()
        gan = trained(train, options.sounds, seed, options.filters, options.rate, options.gamma)
        seconds = time.perf_counter() - start
        made = gan.sample(1000, seed=0)
        rows.append({"what": f"WaveGAN, seed {seed}", **measured(judge, made, train), "seconds": round(seconds)})
        pictures.save_image(options.out / f"seed_{seed}.png", medium.sheet(made[:16]))
        medium.write(options.out / f"seed_{seed}.wav", made[:16].reshape(-1, 1))
    for row in rows:
        print(json.dumps(row))
    with files.replacing(options.out / "scores.json") as written:
        written.write_text(json.dumps(rows, indent=2) + "\n")
    return int(not all(row["loudness"] >= 0.5 and row["rarest_digit"] >= 0.03 for row in rows[2:]))


if __name__ == "__main__":
    sys.exit(main())
