"""Draws pictures from an exported generator with NumPy, ONNX Runtime and Pillow alone.

python sample.py generator.onnx --count 64 --seed 0 --out grid.png
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence

import numpy as np
import onnxruntime
from PIL import Image

FORMATS = ("1",)
BATCH = 64


class Sampler:
    """A generator exported by keras_gan's `to_onnx`. Images are uint8 arrays (count, height, width, channels)."""

    def __init__(self, path: str):
        with open(path, "rb"):  # a missing file is an OSError that names it
            pass
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would burn the CPU
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no base class
            raise ValueError(f"{path} is not an ONNX file that ONNX Runtime can load: {error}") from error
        metadata = self.session.get_modelmeta().custom_metadata_map
        if metadata.get("keras_gan_format") not in FORMATS:
            raise ValueError(f"{path} has no metadata of keras_gan in format {' or '.join(FORMATS)}: use its to_onnx.")
        names = {tensor.name for tensor in self.session.get_inputs()}
        self.classes = int(metadata.get("num_classes", 0))
        if names != ({"latent", "label"} if self.classes else {"latent"}):
            raise ValueError(f"{path} takes {sorted(names)}; this program draws latents, and labels, only.")
        self.latent_shape = tuple(json.loads(metadata["latent_shape"]))
        self.normal = metadata["latent_distribution"] == "normal"

    def latents(self, count: int, seed: int | None) -> np.ndarray:
        """Draws as `GAN.fixed_inputs` does: row i depends on the seed alone, not on the count."""
        if count < 1:
            raise ValueError(f"count must be at least 1, not {count}.")
        random, shape = np.random.default_rng(seed), (count, *self.latent_shape)
        return random.standard_normal(shape, "float32") if self.normal else random.random(shape, "float32") * 2 - 1

    def labels(self, count: int, label: int | None) -> np.ndarray:
        """One class for all, or None for each in turn."""
        if label is not None and not 0 <= label < self.classes:
            raise ValueError(f"label must be a class from 0 to {self.classes - 1}, not {label}.")
        return (np.arange(count) % self.classes if label is None else np.full(count, label)).astype("int32")

    def images(self, latents: np.ndarray, label: int | None = None) -> np.ndarray:
        """Makes images from latents."""
        if label is not None and not self.classes:
            raise ValueError(f"label must be left out, not {label}: this generator has no labels.")
        inputs = {"latent": latents, **({"label": self.labels(len(latents), label)} if self.classes else {})}
        parts = ({k: v[i : i + BATCH] for k, v in inputs.items()} for i in range(0, len(latents), BATCH))
        images = np.concatenate([self.session.run(["image"], part)[0] for part in parts])
        return np.clip(images * 127.5 + 128.0, 0.0, 255.0).astype("uint8")

    def sample(self, count: int, seed: int | None = None, label: int | None = None) -> np.ndarray:
        """Draws images; the same seed gives the same images, and those `GAN.sample` gives."""
        return self.images(self.latents(count, seed), label)

    def interpolate(self, seed_a: int, seed_b: int, steps: int, label: int | None = None) -> np.ndarray:
        """Walks from the first image of one seed to that of another, both included.

        Normal latents lie near a sphere, so the way there is an arc (slerp); uniform ones are mixed on a line.
        """
        if steps < 2:
            raise ValueError(f"steps must be at least 2, not {steps}.")
        a, b = self.latents(1, seed_a), self.latents(1, seed_b)
        t = np.linspace(0, 1, steps, dtype="float32").reshape(-1, *[1] * len(self.latent_shape))
        cosine = np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        if not self.normal or np.sin(angle) < 1e-4:  # the arc between parallel latents is a line
            return self.images((1 - t) * a + t * b, self._one(label))
        return self.images((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle), self._one(label))

    def _one(self, label: int | None) -> int | None:
        return 0 if label is None and self.classes else label


def grid(images: np.ndarray, gap: int = 2, smallest: int = 64) -> Image.Image:
    """Lays images out on a white sheet, as square as it gets; narrower ones than `smallest` pixels are enlarged."""
    factor = math.ceil(smallest / images.shape[2])
    images = images.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), 255, "uint8")
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + gap) + gap, (index % columns) * (width + gap) + gap
        sheet[top : top + height, left : left + width] = image
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draws pictures from an exported generator.")
    parser.add_argument("model", help="file written by keras_gan's to_onnx")
    parser.add_argument("--count", type=int, default=64, help="number of pictures (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same pictures (default: 0)")
    parser.add_argument("--label", type=int, help="class to draw (default: each in turn)")
    parser.add_argument("--to-seed", type=int, help="walk from SEED to this seed in COUNT pictures")
    parser.add_argument("--out", default="grid.png", help="picture to write (default: grid.png)")
    options = parser.parse_args(arguments)
    try:
        sampler = Sampler(options.model)
        if options.to_seed is None:
            images = sampler.sample(options.count, options.seed, options.label)
        else:
            images = sampler.interpolate(options.seed, options.to_seed, options.count, options.label)
        grid(images).save(options.out)
    except (OSError, ValueError) as error:
        print(f"sample.py: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(f"{len(images)} pictures: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
