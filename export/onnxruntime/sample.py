"""Makes pictures with an exported generator; needs NumPy, ONNX Runtime and Pillow alone: see `main`, or README.md."""

import argparse
import json
import math
import statistics
import sys
import timeit

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

BATCH, MOST = 64, 2**24  # pictures at once; numbers of one input: 64 MiB
KNOWN = ({"Latent"}, {"Latent", "Label"}, {"Latent", "Code"}, {"Given"})  # kinds of inputs that this program can feed
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by the number of channels
Whole = int | None


def described(metadata: dict) -> tuple[dict, tuple[str, str]]:
    """Returns ({input: what it is}, (first output, its medium)); of older files from other keys."""
    if "inputs" in metadata:
        name, made = next(iter(json.loads(metadata["outputs"]).items()))
        return json.loads(metadata["inputs"]), (name, made["medium"]["kind"])
    shape, distribution = json.loads(metadata["latent_shape"]), metadata["latent_distribution"]
    label = {"kind": "Label", "num_classes": int(metadata.get("num_classes", 0))}
    inputs = {"latent": {"kind": "Latent", "shape": shape, "distribution": distribution}}
    return inputs | ({"label": label} if "num_classes" in metadata else {}), ("image", "Images")


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
        if metadata.get("keras_gan_format") not in ("1", "2", "3"):
            raise ValueError(f"{path} has no metadata of keras_gan in format 1 to 3: use its to_onnx.")
        taken = {tensor.name: tensor.shape[1:] for tensor in self.session.get_inputs()}
        shapes = {name: [n if isinstance(n, int) else None for n in shape] for name, shape in taken.items()}
        try:
            inputs, (output, medium) = described(metadata)
            self.names = {told["kind"]: name for name, told in inputs.items()}
            fits = self.read(inputs, shapes)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError, StopIteration) as error:
            raise ValueError(f"{path} must say what it takes and makes, not {error!r}.") from error
        if sorted(shapes) != sorted(self.names.values()) or set(self.names) not in KNOWN or medium != "Images":
            raise ValueError(f"{path} takes {sorted(shapes)} and makes {medium}; this program makes Images only, of "
                             "latents with labels or codes, or of one picture.")  # fmt: skip
        if not fits:
            raise ValueError(f"{path} must say what it takes: shape, distribution, number of classes.")
        self.output = f"{output}_made" if output in shapes else output

    def read(self, inputs: dict, shapes: dict) -> bool:
        """Keeps what the file says of its inputs; returns whether that is what it takes."""
        told = {"Latent": {}, "Label": {}, "Code": {}} | {told["kind"]: told for told in inputs.values()}
        self.categories, self.numbers = told["Code"].get("categories", []), told["Code"].get("continuous", 0)
        self.classes = told["Label"].get("num_classes", self.categories[0] if self.categories else 0)
        self.shape = shapes.get(self.names.get("Latent", self.names.get("Given")), [0])
        self.normal = told["Latent"].get("distribution", "normal") == "normal"
        sizes = {"Label": [], "Code": [sum(self.categories) + self.numbers]}
        size = max(math.prod(n or 1 for n in shape) for shape in shapes.values())
        sizes = {kind: sizes.get(kind, told[kind].get("shape")) for kind in self.names}
        fits = all(str(shapes[name]) == str(sizes[kind]) for kind, name in self.names.items())
        known = told["Latent"].get("distribution", "normal") in ("normal", "uniform")
        return fits and known and 0 <= self.classes <= MOST and 0 < size <= MOST

    def latents(self, count: int, seed: Whole = None, truncation: float = math.inf) -> np.ndarray:
        """Draws as `GAN.sample` does: row i depends on the seed alone, not on the count."""
        if "Latent" not in self.names:
            raise ValueError("this generator translates: give it a picture.")
        if count < 1 or not truncation > 0:
            raise ValueError(f"count and truncation must be positive, not {count} and {truncation}.")
        random, shape = np.random.default_rng(seed), (count, *self.shape)
        if not self.normal:
            return (random.random(shape, "float32") * 2 - 1) * np.float32(min(truncation, 1))
        latents, normal = random.standard_normal(shape, "float32"), statistics.NormalDist()
        if truncation == math.inf:
            return latents
        lowest = normal.cdf(-truncation)  # each latent keeps its quantile in the distribution cut off at +-truncation
        cut = np.vectorize(lambda z: normal.inv_cdf(lowest + normal.cdf(-abs(z)) * (1 - 2 * lowest)), otypes="f")
        return np.copysign(cut(latents), latents)

    def codes(self, labels: np.ndarray, seed: Whole = None) -> np.ndarray:
        """Draws the codes of an InfoGAN; labels are the values of the first category."""
        random = np.random.default_rng(None if seed is None else [seed, 1])
        drawn = random.random((len(labels), len(self.categories) + self.numbers), "float32")
        parts = [np.minimum((u * n).astype(int), n - 1) for u, n in zip(drawn.T, self.categories, strict=False)]
        parts = [labels, *parts[1:]] if parts else []
        parts = [values[:, None] == np.arange(n) for values, n in zip(parts, self.categories, strict=True)]
        return np.concatenate([*parts, 2 * drawn[:, len(parts) :] - 1], axis=1, dtype="float32")

    def images(self, latents: np.ndarray, label: Whole = None, seed: Whole = None, one: bool = False) -> np.ndarray:
        """Makes images from latents: of one class, or with None of each in turn; with codes of this seed, or `one`."""
        if label is not None and not 0 <= label < self.classes:
            raise ValueError(f"label must be {f'below {self.classes}' if self.classes else 'left out'}, not {label}.")
        labels = np.arange(len(latents)) % max(1, self.classes) if label is None else np.full(len(latents), label)
        codes = self.codes(labels, seed)
        codes = codes[:1].repeat(len(codes), 0) if one else codes
        values = {"Latent": latents, "Label": labels.astype("int32"), "Code": codes}
        return self.run({name: values[kind] for kind, name in self.names.items()})

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Makes images from all inputs, by name."""
        count = len(next(iter(inputs.values())))
        parts = ({k: v[i : i + BATCH] for k, v in inputs.items()} for i in range(0, count, BATCH))
        images = np.concatenate([self.session.run([self.output], part)[0] for part in parts])
        if images.ndim != 4 or images.shape[-1] not in MODES or images.dtype not in ("float32", "uint8"):
            raise ValueError(f"the model draws {images.dtype} {images.shape}, which are no pictures.")
        return images if images.dtype == np.uint8 else np.clip(images * 127.5 + 128.0, 0.0, 255.0).astype("uint8")

    def sample(self, count: int, seed: Whole = None, label: Whole = None, truncation: float = math.inf) -> np.ndarray:
        """Draws images; the same seed gives the same images, and those `GAN.sample` gives."""
        return self.images(self.latents(count, seed, truncation), label, seed)

    def interpolate(self, seed_a: int, seed_b: int, steps: int, label: Whole = None, truncation: float = math.inf):
        """Walks from the first image of one seed to that of another: on an arc (slerp), or a line if uniform."""
        if steps < 2:
            raise ValueError(f"steps must be at least 2, not {steps}.")
        a, b = (self.latents(1, seed, truncation) for seed in (seed_a, seed_b))
        t = np.linspace(0, 1, steps, dtype="float32").reshape(-1, *[1] * len(self.shape))
        angle = np.arccos(np.clip(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)), -1.0, 1.0))
        line = not self.normal or np.sin(angle) < 1e-4  # the arc between parallel latents is a line
        walk = (1 - t) * a + t * b if line else (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
        return self.images(walk, 0 if label is None and self.classes else label, seed_a, one=True)

    def translate(self, picture: Image.Image) -> np.ndarray:
        """Translates a picture, cropped and scaled to the generator's size where that is fixed."""
        if "Given" not in self.names or self.shape[-1] not in MODES:
            raise ValueError("this generator takes no picture: leave it out.")
        height, width, channels = self.shape
        size = (width or picture.width, height or picture.height)
        pixels = np.asarray(ImageOps.fit(picture.convert(MODES[channels]), size), "float32")
        return self.run({self.names["Given"]: pixels.reshape(1, *size[::-1], channels) / np.float32(127.5) - 1})


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
    parser = argparse.ArgumentParser(description="Makes pictures with an exported generator.")
    parser.add_argument("model", help="file written by keras_gan's to_onnx")
    parser.add_argument("--count", type=int, default=64, help="number of pictures (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same pictures (default: 0)")
    parser.add_argument("--label", type=int, help="class, or first category, to draw (default: each in turn)")
    parser.add_argument("--truncation", type=float, default=math.inf, help="cut latents off there (default: not)")
    parser.add_argument("--to-seed", type=int, help="walk from SEED to this seed in COUNT pictures")
    parser.add_argument("--picture", help="picture to translate, for a generator that is given one")
    parser.add_argument("--out", default="grid.png", help="picture to write (default: grid.png)")
    options = parser.parse_args(arguments)
    chosen, picture = {"label": options.label, "truncation": options.truncation}, None
    try:
        sampler = Sampler(options.model)
        if options.picture is not None:
            picture = Image.open(options.picture)
            images = sampler.translate(picture)
        elif options.to_seed is not None:
            images = sampler.interpolate(options.seed, options.to_seed, options.count, **chosen)
        else:
            images = sampler.sample(options.count, options.seed, **chosen)
        (grid(images) if picture is None else grid(images, gap=0, smallest=1)).save(options.out)
        again = (lambda: sampler.sample(1, 0)) if picture is None else (lambda: sampler.translate(picture))
        milliseconds = 1e3 * statistics.median(timeit.repeat(again, number=1, repeat=11))
    except Exception as error:  # ONNX Runtime's share no base class
        print("sample.py:", "".join(c if c.isprintable() else " " for c in str(error)), file=sys.stderr)
        return 2
    print(f"{len(images)} pictures: {options.out} (one alone takes {milliseconds:.1f} ms)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
