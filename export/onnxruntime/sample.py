"""Draws pictures from an exported generator with NumPy, ONNX Runtime and Pillow alone: see `main`, or README.md."""

import argparse
import math
import statistics
import sys
import timeit

import numpy as np
import onnxruntime
from PIL import Image

BATCH, MOST = 64, 2**24  # pictures at once; numbers of one latent: 64 MiB
Whole = int | None


class Sampler:
    """A generator exported by keras_gan's `to_onnx`. Images are uint8 arrays (count, height, width, channels)."""

    def __init__(self, path: str):
        open(path, "rb").close()  # a missing file is an OSError that names it
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads would burn the CPU
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no base class
            raise ValueError(f"{path} is not an ONNX file that ONNX Runtime can load: {error}") from error
        metadata = self.session.get_modelmeta().custom_metadata_map
        if metadata.get("keras_gan_format") not in ("1", "2"):
            raise ValueError(f"{path} has no metadata of keras_gan in format 1 or 2: use its to_onnx.")
        shapes = {tensor.name: tensor.shape[1:] for tensor in self.session.get_inputs()}
        self.classes, distribution = int(metadata.get("num_classes", 0)), metadata.get("latent_distribution")
        if sorted(shapes) != (["label", "latent"] if self.classes else ["latent"]):
            raise ValueError(f"{path} takes {sorted(shapes)}; this program draws latents, and labels, only.")
        self.latent_shape, self.normal = tuple(shapes["latent"]), distribution == "normal"
        told = metadata.get("latent_shape") == str(shapes["latent"]) and distribution in ("normal", "uniform")
        if not (told and 0 <= self.classes <= MOST and 0 < math.prod(self.latent_shape) <= MOST):
            raise ValueError(f"{path} must say what it takes: latent_shape, latent_distribution, num_classes.")

    def latents(self, count: int, seed: Whole = None, truncation: float = math.inf) -> np.ndarray:
        """Draws as `GAN.sample` does: row i depends on the seed alone, not on the count."""
        if count < 1 or not truncation > 0:
            raise ValueError(f"count and truncation must be positive, not {count} and {truncation}.")
        random, shape = np.random.default_rng(seed), (count, *self.latent_shape)
        if not self.normal:
            return (random.random(shape, "float32") * 2 - 1) * np.float32(min(truncation, 1))
        latents, normal = random.standard_normal(shape, "float32"), statistics.NormalDist()
        if truncation == math.inf:
            return latents
        lowest = normal.cdf(-truncation)  # each latent keeps its quantile in the distribution cut off at +-truncation
        cut = np.vectorize(lambda z: normal.inv_cdf(lowest + normal.cdf(-abs(z)) * (1 - 2 * lowest)), otypes="f")
        return np.copysign(cut(latents), latents)

    def images(self, latents: np.ndarray, label: Whole = None) -> np.ndarray:
        """Makes images from latents: of one class, or with None of each in turn."""
        if label is not None and not 0 <= label < self.classes:
            raise ValueError(f"label must be {f'below {self.classes}' if self.classes else 'left out'}, not {label}.")
        labels = np.arange(len(latents)) % max(1, self.classes) if label is None else np.full(len(latents), label)
        inputs = {"latent": latents} | ({"label": labels.astype("int32")} if self.classes else {})
        parts = ({k: v[i : i + BATCH] for k, v in inputs.items()} for i in range(0, len(latents), BATCH))
        images = np.concatenate([self.session.run(["image"], part)[0] for part in parts])
        if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or images.dtype not in ("float32", "uint8"):
            raise ValueError(f"the model draws {images.dtype} {images.shape}, which are no pictures.")
        return images if images.dtype == np.uint8 else np.clip(images * 127.5 + 128.0, 0.0, 255.0).astype("uint8")

    def sample(self, count: int, seed: Whole = None, label: Whole = None, truncation: float = math.inf) -> np.ndarray:
        """Draws images; the same seed gives the same images, and those `GAN.sample` gives."""
        return self.images(self.latents(count, seed, truncation), label)

    def interpolate(self, seed_a: int, seed_b: int, steps: int, label: Whole = None, truncation: float = math.inf):
        """Walks from the first image of one seed to that of another: on an arc (slerp), or a line if uniform."""
        if steps < 2:
            raise ValueError(f"steps must be at least 2, not {steps}.")
        a, b = (self.latents(1, seed, truncation) for seed in (seed_a, seed_b))
        t = np.linspace(0, 1, steps, dtype="float32").reshape(-1, *[1] * len(self.latent_shape))
        angle = np.arccos(np.clip(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)), -1.0, 1.0))
        line = not self.normal or np.sin(angle) < 1e-4  # the arc between parallel latents is a line
        walk = (1 - t) * a + t * b if line else (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
        return self.images(walk, 0 if label is None and self.classes else label)


def grid(images: np.ndarray, gap: int = 2, smallest: int = 64) -> Image.Image:
    """Lays images out on a white sheet, as square as it gets; narrower ones than `smallest` pixels are enlarged."""
    factor, columns = math.ceil(smallest / images.shape[2]), math.ceil(math.sqrt(len(images)))
    margins = [(0, -len(images) % columns), (gap, 0), (gap, 0), (0, 0)]
    images = np.pad(images.repeat(factor, 1).repeat(factor, 2), margins, constant_values=255)
    _, height, width, channels = images.shape
    sheet = images.reshape(-1, columns, height, width, channels).swapaxes(1, 2).reshape(-1, columns * width, channels)
    sheet = np.pad(sheet, [(0, gap), (0, gap), (0, 0)], constant_values=255)
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draws pictures from an exported generator.")
    parser.add_argument("model", help="file written by keras_gan's to_onnx")
    parser.add_argument("--count", type=int, default=64, help="number of pictures (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same pictures (default: 0)")
    parser.add_argument("--label", type=int, help="class to draw (default: each in turn)")
    parser.add_argument("--truncation", type=float, default=math.inf, help="cut latents off there (default: not)")
    parser.add_argument("--to-seed", type=int, help="walk from SEED to this seed in COUNT pictures")
    parser.add_argument("--out", default="grid.png", help="picture to write (default: grid.png)")
    options = parser.parse_args(arguments)
    chosen = {"label": options.label, "truncation": options.truncation}
    try:
        sampler = Sampler(options.model)
        walk = () if options.to_seed is None else (options.seed, options.to_seed, options.count)
        images = sampler.interpolate(*walk, **chosen) if walk else sampler.sample(options.count, options.seed, **chosen)
        grid(images).save(options.out)
    except Exception as error:  # ONNX Runtime's share no base class
        print("sample.py:", "".join(c if c.isprintable() else " " for c in str(error)), file=sys.stderr)
        return 2
    milliseconds = 1e3 * statistics.median(timeit.repeat(lambda: sampler.sample(1, 0), number=1, repeat=11))
    print(f"{len(images)} pictures: {options.out} (one alone takes {milliseconds:.1f} ms)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
