"""Trains small GANs of every kind with this checkout and with another one, and compares every bit of them.

    git worktree add ../before 32c2b12
    python scripts/parity bits --other ../before        # both backends: about two minutes

A change that is meant to move code and not results leaves all of them equal: weights, averages, optimizer states, seeds
and samples after twelve steps, for each loss, penalty, augmenter and kind of GAN that both checkouts have. Equal bits
are expected on one machine with one installation. The script exits with 1 if something differs.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPE = (8, 8, 1)


def variants(kg):
    """Yields (name, function without arguments that makes a compiled GAN, whether it is given labels)."""
    import keras

    penalties, networks = kg.penalties, kg.networks

    def made(pair=None, kind=kg.GAN, learning=None, **arguments):
        dcgan = {"latent_dim": 6, "filters": 4}
        pair = pair or (
            networks.DCGANGenerator(SHAPE, normalization="rms", **dcgan),
            networks.DCGANDiscriminator(SHAPE, filters=4),
        )
        gan = kind(*pair, seed=3, **arguments)
        gan.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), **(learning or {}))
        return gan

    def labelled(conditioning):
        shared = {"filters": 4, "num_classes": 3}
        return (
            networks.DCGANGenerator(SHAPE, latent_dim=6, **shared),
            networks.DCGANDiscriminator(SHAPE, conditioning=conditioning, **shared),
        )

    def semi_supervised():
        judge = networks.MLPDiscriminator(SHAPE, num_classes=3, conditioning="semi_supervised")
        return networks.MLPGenerator(SHAPE, latent_dim=6), judge

    def infogan():
        judge, recognizer = networks.MLPDiscriminator(SHAPE), networks.MLPRecognizer(SHAPE, code_dim=5)
        return networks.MLPGenerator(SHAPE, latent_dim=6, code_dim=5), judge, recognizer

    several = [penalties.LeCam(), penalties.PathLength(interval=2), penalties.GradientPenalty()]
    several += [penalties.Orthogonal(), penalties.DRAGAN()]
    alike = [penalties.Consistency(), penalties.LatentConsistency(), penalties.LatentConsistency("generator")]
    ada = {"augmenter": kg.augmenters.ADA(seed=1), "penalties": several, "loss": "relativistic_paired"}
    began = networks.BEGANGenerator(SHAPE, latent_dim=6), networks.BEGANDiscriminator(SHAPE)
    two_steps = {"discriminator_steps": 2, "reuse_fakes": False}
    yield "R1, lazy", lambda: made(learning={"penalties": [penalties.R1(gamma=0.5, interval=2)]}), False
    yield "two steps, two draws, hinge", lambda: made(learning={"loss": "hinge"}, **two_steps), False
    yield "ADA and five penalties", lambda: made(learning=ada), False
    yield "consistency and top-k", lambda: made(learning={"penalties": alike, "top_k": 0.5}), False
    yield "BEGAN", lambda: made(began, learning={"loss": kg.losses.BEGAN()}), False
    yield "CGAN", lambda: made(labelled("projection")), True
    yield "AC-GAN", lambda: made(labelled("classifier"), kg.ACGAN), True
    yield "semi-supervised", lambda: made(semi_supervised(), kg.SemiSupervisedGAN), True
    yield "InfoGAN", lambda: made(infogan(), kg.InfoGAN, categories=(4,), continuous=1), False


def digests():
    """Prints a line for each variant: its name, and a hash of everything that training moves."""
    import keras
    import numpy as np

    import keras_gan as kg

    random = np.random.default_rng(0)
    images = np.tanh(random.normal(size=(48, *SHAPE))).astype("float32")
    labels = (np.arange(48) % 3).astype("int32")
    keras.utils.set_random_seed(7)  # penalties and networks are made here
    for name, make, labelled in variants(kg):
        keras.utils.set_random_seed(7)
        gan = make()
        gan.fit(images, labels if labelled else None, batch_size=12, epochs=3, shuffle=False, verbose=0)
        digest = hashlib.sha256()
        for variable in [*gan.weights, *gan.optimizer.variables, *gan.seed_states()]:
            digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
        digest.update(gan.sample(4, seed=1).tobytes())
        print(f"{name}: {digest.hexdigest()[:16]}", flush=True)


def digests_of(checkout, backend):
    """Returns the lines of a checkout on a backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, __file__, "--digests"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", type=pathlib.Path, help="another checkout of the repository")
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax"])
    parser.add_argument("--digests", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.digests:
        return digests()
    if options.other is None or not (options.other / "keras_gan").is_dir():
        parser.error(f"--other must be another checkout. Received: {options.other}.")
    differ = 0
    for backend in options.backends:
        pairs = zip(digests_of(ROOT, backend), digests_of(options.other.resolve(), backend), strict=True)
        for here, there in pairs:
            differ += here != there
            print(f"{backend}: {here} {'equal' if here == there else f'DIFFERS, there {there}'}", flush=True)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
