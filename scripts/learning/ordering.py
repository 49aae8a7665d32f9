"""Shows that worse images are farther in the committed classifiers' features, and what that depends on.

    python scripts/learning ordering levels --data FOLDER
    python scripts/learning ordering floors --data FOLDER
    python scripts/learning ordering ranking --data FOLDER  # trains six GANs and a second extractor: 15 CPU-minutes

FOLDER/mnist and FOLDER/fashion_mnist hold the original files. Each part prints its table and stores it in
tests/golden/ordering.json.

Levels. The reference and the images to worsen are disjoint random draws from the training images, 10,000 each (of
the digits 800 each, from all 1,797), anew for each of ten draws:
  real       other images of the data set
  blurred    the same, smoothed by a Gaussian of 0.35 pixels (a neighbour gets 1.6%), rounded to uint8
  dropped    images of nine classes; the class left out is a tenth of the data
  one class  images of the tenth class alone, drawn with replacement where there are too few
  shuffled   the pixels of each image in an order of its own
  noise      each pixel uniform over 0 to 255
Each class is left out, and alone, in one of the ten draws. The strength of the blur is free: beside the table stand the
strengths for which real < blurred < dropped holds in each of the first three draws.
`--weights` measures the levels with another extractor. With the second seed of Fashion-MNIST all but the last pair keep
their order: there shuffled pixels are farther than noise (264 and 239) in every draw: which of the two is farther hangs
on the seed.

Floors. Real images against real images: two disjoint draws of training images, and training against test images; beside
them the closed form of `FrechetDistance.floor`, which takes features for Gaussian, and one from their fourth moments,
which does not. What train against test has over train against train is no matter of the number of images: other images,
and a classifier that has seen those of one side.

Ranking. Six DCGANs of clearly different quality on Fashion-MNIST, 10,000 samples each against as many training images,
in the features of the committed extractor, of one trained with another seed, and of one with random weights.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import subprocess
import sys

import keras
import numpy as np
import train_extractors
from scipy.ndimage import gaussian_filter

import keras_gan as kg
from keras_gan.features.classifier import SIZES, ClassifierFeatures
from keras_gan.metrics.frechet_distance import FrechetDistance
from keras_gan.metrics.kernel_distance import KernelDistance
from keras_gan.storage import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests" / "golden" / "ordering.json"
CACHE = ROOT / "runs" / "ordering"
LEVELS = ("real", "blurred", "dropped", "one class", "shuffled", "noise")
METRICS = {"frechet_distance": FrechetDistance(), "kernel_distance": KernelDistance(subsets=None)}
BLUR = 0.35
STRENGTHS = [0.3, 0.325, 0.35, 0.375, 0.4, 0.45, 0.5]
COUNT = {"digits": 800, "mnist": 10_000, "fashion_mnist": 10_000}
GENERATORS = {  # images seen, and what differs from the recipe
    "5,000 images": (5_000, {}),
    "20,000 images": (20_000, {}),
    "60,000 images": (60_000, {}),
    "240,000 images": (240_000, {}),
    "60,000 images, latents of 1 number": (60_000, {"latent_dim": 1}),
    "60,000 images, 4 filters": (60_000, {"filters": 4}),
}


def blurred(images, sigma):
    """Smooths uint8 images by a Gaussian of `sigma` pixels; rounds to uint8."""
    return np.floor(gaussian_filter(images.astype("float32"), (0, sigma, sigma, 0)) + 0.5).astype("uint8")


def draw(images, labels, count, sigma, seed):
    """Draws one reference and the six levels.

    Args:
        images: uint8 array `(n, height, width, channels)`, n at least `2 count` and some more.
        labels: integers `(n,)`, ten classes.
        count: int, images of the reference and of each level.
        sigma: strength of the blur, pixels.
        seed: int; its last digit is the class left out, and alone.

    Returns:
        (reference, {level: images}).
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    reference, rest = order[:count], order[count:]
    alone = rest[labels[rest] == seed % 10]
    other = images[rest[:count]]
    levels = {
        "real": other,
        "blurred": blurred(other, sigma),
        "dropped": images[rest[labels[rest] != seed % 10][:count]],
        "one class": images[alone[:count] if len(alone) >= count else random.choice(alone, count)],
        "shuffled": random.permuted(other.reshape(count, -1), axis=1).reshape(other.shape),
        "noise": random.integers(0, 256, other.shape, "uint8"),
    }
    return images[reference], levels


def distances(extract, reference, others):
    """Returns {metric: {name: distance}} of `others` {name: images} from the reference, in an extractor's features."""
    features = lambda images: extract(images)["features"].astype("float64")  # noqa: E731
    reference = features(reference)
    others = {name: features(images) for name, images in others.items()}
    return {key: {name: metric(reference, fake) for name, fake in others.items()} for key, metric in METRICS.items()}


def in_order(values):
    """Tells whether numbers rise strictly."""
    return all(low < high for low, high in itertools.pairwise(values))


def summary(draws):
    """Returns {name: {"mean", "deviation"}} of a list of {name: value}."""
    columns = {name: [values[name] for values in draws] for name in draws[0]}
    return {name: {"mean": statistics.fmean(v), "deviation": statistics.stdev(v)} for name, v in columns.items()}


def levels(data_set, images, labels, weights=None, draws=10):
    """Measures the six levels and the range of blurs that keeps the order; prints both."""
    extract, count = ClassifierFeatures(data_set, weights), COUNT[data_set]
    measured, blurs = [], []
    for seed in range(draws):
        reference, made = draw(images, labels, count, BLUR, seed)
        measured.append(distances(extract, reference, made))
        if seed < 3:
            others = {str(sigma): blurred(made["real"], sigma) for sigma in STRENGTHS}
            blurs.append(distances(extract, reference, others))
        print(f"{data_set}: draw {seed + 1} of {draws}", flush=True)
    result = {"images": count, "draws": draws, "blur": BLUR, "weights_sha256": extract.weights_sha256}
    for key in METRICS:
        values = [draw[key] for draw in measured]
        table = summary(values)
        kept = [s for s in STRENGTHS if all(_between(d[key], b[key], s) for d, b in zip(measured, blurs, strict=False))]
        result[key] = {
            "name": extract.score_name(key),
            "levels": table,
            "draws_in_order": sum(in_order([value[level] for level in LEVELS]) for value in values),
            "blurs_in_order": [kept[0], kept[-1]] if kept else [],
        }
        print(f"{result[key]['name']}, {count} images, blur {BLUR}:")
        for level in LEVELS:
            print(f"  {level:10} {table[level]['mean']:10.4f} +- {table[level]['deviation']:.4f}")
        print(f"  in order: {result[key]['draws_in_order']} of {draws} draws; blurs {result[key]['blurs_in_order']}")
    return result


def _between(values, blurs, sigma):
    return in_order([values["real"], blurs[str(sigma)], values["dropped"]])


def floors(data_set, parts, draws=6):
    """Measures real against real; prints it beside both closed forms."""
    extract = ClassifierFeatures(data_set)
    train, test = (extract(images)["features"].astype("float64") for images in (parts[0], parts[2]))
    count = min(10_000, len(train) // 2)
    measured = {"train, train": [], "train, test": []}
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(len(train))
        first, second = train[order[:count]], train[order[count : 2 * count]]
        for name, fake in (("train, train", second), ("train, test", test)):
            measured[name].append({key: metric(first, fake) for key, metric in METRICS.items()})
    moments = METRICS["frechet_distance"].statistics()
    moments.update(train)
    result = {"weights_sha256": extract.weights_sha256, "draws": draws}
    for name, second_count in (("train, train", count), ("train, test", len(test))):
        samples = 1 / count + 1 / second_count
        gaussian = METRICS["frechet_distance"].floor(moments, len(train))["frechet_distance"] * len(train) / 2
        closed = {"gaussian": samples * gaussian, "fourth_moments": samples * floor_by_fourth_moments(train)}
        result[name] = {"n": [count, second_count], **summary(measured[name]), "closed_form": closed}
        print(f"{data_set}, {name}: n {count} and {second_count}, closed forms {closed}")
        for key, value in summary(measured[name]).items():
            print(f"  {extract.score_name(key)} {value['mean']:.5f} +- {value['deviation']:.5f}")
    return result


def floor_by_fourth_moments(features):
    """Returns c of the expected Fréchet distance c (1/n1 + 1/n2) between two samples of the features' distribution.

    In the axes of the covariance S with eigenvalues l: `c = tr S + 1/2 sum_ij (E[z_i^2 z_j^2] - [i=j] l_i^2) /
    (l_i + l_j)`, the second order in the errors of mean and covariance without the assumption that features are
    Gaussian; for Gaussians it is `FrechetDistance.floor`.
    """
    centred = features - features.mean(axis=0)
    eigenvalues, axes = np.linalg.eigh(np.cov(centred, rowvar=False))
    eigenvalues = np.maximum(eigenvalues, 1e-9 * eigenvalues[-1])  # of units that never fire, which add nothing
    squares = (centred @ axes) ** 2
    variances = squares.T @ squares / len(squares) - np.diag(eigenvalues**2)
    return float(eigenvalues.sum() + np.sum(variances / (eigenvalues[:, None] + eigenvalues)) / 2)


def samples(name, archives):
    """Trains one of the six generators, or loads its 10,000 samples from the cache."""
    path = CACHE / f"{name.replace(', ', '_').replace(' ', '_')}.npy"
    if path.exists():
        return np.load(path)
    budget, options = GENERATORS[name]
    gan, dataset, _ = kg.recipes.make("dcgan_fashion_mnist", seed=0, archives=archives, **options)
    batch = 32
    gan.fit(dataset.repeat(), epochs=1, steps_per_epoch=budget // batch, verbose=0, shuffle=False)
    images = gan.sample(10_000, seed=0, batch_size=500)
    with files.replacing(path) as written:
        np.save(written, images)
    return images


def other_extractor(kind, archives):
    """Trains the extractor of another seed, or makes the one of random weights; both are cached."""
    path = CACHE / f"fashion_mnist_{kind.replace(' ', '_')}.npz"
    if not path.exists():
        options = {"second seed": ["--seed", "1"], "random weights": ["--seed", "2", "--epochs", "0", "--no-gate"]}[
            kind
        ]
        command = [sys.executable, train_extractors.__file__, "fashion_mnist", "--archives", archives, *options]
        subprocess.run([*command, "--out", str(path)], check=True)
    return ClassifierFeatures("fashion_mnist", weights=path)


def spearman(first, second):
    """Rank correlation of two sequences without ties."""
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def ranking(archives):
    """Ranks six generators by three extractors; prints the values and the rank correlations."""
    extractors = {"committed": ClassifierFeatures("fashion_mnist")}
    extractors |= {kind: other_extractor(kind, archives) for kind in ("second seed", "random weights")}
    fakes = {name: samples(name, archives) for name in GENERATORS}
    train = train_extractors.stored("fashion_mnist", archives)[0]
    reference = train[np.random.default_rng(0).permutation(len(train))[:10_000]]
    measured = {kind: distances(extract, reference, fakes) for kind, extract in extractors.items()}
    result = {"n": 10_000, "weights_sha256": extractors["committed"].weights_sha256, "distances": measured}
    result["accuracy"] = {kind: extract.about["accuracy"] for kind, extract in extractors.items()}
    result["spearman"] = {}
    for key in METRICS:
        own = list(measured["committed"][key].values())
        others = {kind: spearman(own, list(measured[kind][key].values())) for kind in list(extractors)[1:]}
        result["spearman"][key] = others
        print(f"{key}: " + ", ".join(extractors))
        for name in GENERATORS:
            print(f"  {name:36}" + "".join(f"{measured[kind][key][name]:12.4f}" for kind in extractors))
        print("  rank correlation with the committed: " + ", ".join(f"{k} {v:.3f}" for k, v in others.items()))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["levels", "floors", "ranking"])
    parser.add_argument("--data", required=True, help="folder with the folders mnist and fashion_mnist")
    parser.add_argument("--only", nargs="+", choices=SIZES, default=list(SIZES), help="data sets")
    parser.add_argument("--weights", help="levels of one data set: another extractor's .npz; nothing is stored")
    arguments = parser.parse_args()
    if arguments.weights and (arguments.part != "levels" or len(arguments.only) != 1):
        parser.error("--weights goes with `levels` and one data set in --only")
    if arguments.part == "ranking":
        store({"ranking": ranking(f"{arguments.data}/fashion_mnist")})
    for data_set in arguments.only if arguments.part != "ranking" else ():
        parts = train_extractors.stored(data_set, f"{arguments.data}/{data_set}")
        if arguments.part == "floors":
            store({"floors": {data_set: floors(data_set, parts)}})
        else:
            images, labels = (np.concatenate(p) if data_set == "digits" else p[0] for p in (parts[::2], parts[1::2]))
            result = levels(data_set, images, labels, arguments.weights)
            if arguments.weights is None:
                store({"levels": {data_set: result}})


def store(results):
    """Adds results to the stored ones."""
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part, values in results.items():
        stored[part] = values if part == "ranking" else {**stored.get(part, {}), **values}
    stored["versions"] = {"keras_gan": kg.__version__, "keras": keras.__version__, "numpy": np.__version__}
    stored["command"] = "python scripts/learning ordering levels|floors|ranking --data FOLDER"
    with files.replacing(RESULTS) as written:
        written.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
