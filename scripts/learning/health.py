"""Shows that the health monitor warns when a game fails, and stays silent when it does not.

    python scripts/learning health  # digits: five healthy seeds, three failures in three seeds each
    python scripts/learning health --cases healthy --recipe dcgan_fashion_mnist --archives FOLDER --seeds 0

Cases, all from the recipe:
  healthy      the recipe as it is
  collapsed    a generator whose picture hardly depends on its latents: all of them are scaled by 0.01
  strong D     the discriminator learns without penalties and 100 times faster than the generator
  high rate    both learning rates are 100 times the recipe's
Printed: the first alarm of each check with its epoch, and the range of every number over the looks that can alarm.
"""

import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import keras_gan as kg

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ("healthy", "collapsed", "strong D", "high rate")


class Collapsed(kg.GAN):
    """A GAN whose generator sees next to nothing of its latents."""

    def make(self, batch, inputs, generate):
        return super().make(batch, {**inputs, "latent": 0.01 * inputs["latent"]}, generate)


def spoiled(training, case):
    """Returns the recipe's GAN, made to fail."""
    gan = training.gan
    rate = float(gan.optimizer["generator"].learning_rate)
    if case == "collapsed":
        config = gan.get_compile_config()
        gan = Collapsed(gan.generator, gan.discriminator, latent=gan.latent, seed=gan.seed)
        gan.compile_from_config(config)
    elif case == "strong D":
        slow, fast = (keras.optimizers.Adam(r, beta_1=0.5, beta_2=0.99) for r in (rate / 100, rate))
        gan.compile({"generator": slow, "discriminator": fast})
    elif case == "high rate":
        gan.compile(keras.optimizers.Adam(100 * rate, beta_1=0.5, beta_2=0.99), penalties=gan.penalties)
    return gan


def watch(case, recipe, seed, epochs, extractor, archives):
    """Trains one case; returns a dict of alarms and of numbers."""
    options = {} if archives is None else {"archives": archives}
    training = kg.recipes.make(recipe, seed=seed, **options)
    gan = spoiled(training, case)
    monitor = kg.callbacks.HealthMonitor(training.dataset, extractor=extractor)
    numbers = []

    def keep(epoch, logs):
        numbers.append({**monitor.values, "epoch": epoch + 1})
        if monitor.looks and monitor.verdicts[0].bad:
            gan.stop_training = True

    gan.fit(
        training.dataset,
        epochs=epochs,
        verbose=0,
        callbacks=[monitor, keras.callbacks.LambdaCallback(on_epoch_end=keep)],
    )
    first = {}
    for epoch, check, text in monitor.alarms:
        first.setdefault(check, (epoch, text))
    return {"case": case, "seed": seed, "epochs": len(numbers), "alarms": first, "numbers": numbers}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--recipe", default="dcgan_digits")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seeds", type=int, nargs="+", help="default: five of healthy games, three of others")
    parser.add_argument("--archives", help="folder with the data set's original archives")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "health.json")
    options = parser.parse_args()
    extractor = kg.metrics.features.ClassifierFeatures("digits" if "digits" in options.recipe else "fashion_mnist")
    rows = []
    for case in options.cases:
        for seed in options.seeds or range(5 if case == "healthy" else 3):
            rows.append(watch(case, options.recipe, seed, options.epochs, extractor, options.archives))
            told = "; ".join(f"{check} from epoch {epoch}" for check, (epoch, _) in rows[-1]["alarms"].items())
            print(f"{case:10} seed {seed}, {rows[-1]['epochs']} epochs: {told or 'no alarm'}", flush=True)
            late = [n for n in rows[-1]["numbers"] if n["epoch"] > 2]
            for name in [k for k in (late[-1] if late else {}) if k.startswith("health_")]:
                values = [n[name] for n in late if name in n]
                print(f"    {name[7:]:24} {np.min(values):10.3g} to {np.max(values):10.3g}", file=sys.stderr)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows, indent=1) + "\n")
    false = [row for row in rows if row["case"] == "healthy" and row["alarms"]]
    missed = [row for row in rows if row["case"] != "healthy" and not row["alarms"]]
    print(f"false alarms in {len(false)} healthy games, no alarm in {len(missed)} broken ones")
    return 1 if false or missed else 0


if __name__ == "__main__":
    sys.exit(main())
