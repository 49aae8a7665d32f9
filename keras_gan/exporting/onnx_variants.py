"""What kinds of ONNX files there are, and how near to Keras's pictures each stays."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from keras_gan.exporting.generator import ExportedGenerator, Run
from keras_gan.media import to_uint8

# What each precision promises; images span 2. Of float32 it is the largest difference. In fewer bits single pixels, on
# the edges that training makes steep, turn from black to grey (by 0.007 and 0.5), which nobody sees; so it is the mean
# difference of a picture, a quarter of a grey level and six of them. Those of two latents differ by sixty on average:
# weights that went wrong, a range that was cut off or a layer that a runtime rounds otherwise show.
PROMISES = {"float32": 1e-4, "float16": 2e-3, "int8": 0.05}
LEVEL = 2 / 255  # one grey level
PIXEL_FORMAT = 2  # of the metadata: who knows only format 1 would take pixels for float images


class Variant(NamedTuple):
    """What kind of ONNX file it is.

    Attributes:
        precision: `"float32"`, `"float16"` or `"int8"`.
        pixels: whether its pictures are uint8.
    """

    precision: str = "float32"
    pixels: bool = False

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> "Variant":
        """Reads it from a file's metadata.

        Raises:
            ValueError: if they name a precision that this version does not know.
        """
        return cls(metadata.get("precision", "float32"), metadata.get("output_type") == "uint8").checked()

    def checked(self) -> "Variant":
        """Returns itself, or raises ValueError for an unknown precision."""
        if self.precision not in PROMISES:
            raise ValueError(
                f"`precision` must be 'float32', 'float16' or 'int8'. Received: precision={self.precision!r}."
            )
        return self

    def metadata(self, generator: ExportedGenerator) -> dict[str, str]:
        """Returns what a file of this kind says of itself and its generator."""
        found = generator.metadata() | {"precision": self.precision, "output_type": "float32"}
        if self.pixels:
            found |= {"output_type": "uint8", "value_range": "0,255"}
            found["keras_gan_format"] = str(max(PIXEL_FORMAT, int(found["keras_gan_format"])))
        return found

    def distances(
        self, generator: ExportedGenerator, made: Mapping[str, np.ndarray], size: int, seed: int = 0
    ) -> dict[str, np.ndarray]:
        """Returns the absolute differences of a file's outputs from those that Keras makes; images span 2."""
        expected = generator.run(generator.examples(size, seed))
        return {
            name: np.abs(made[name].astype("float32") - to_uint8(value)) * LEVEL
            if self.pixels and name in generator.images
            else np.abs(made[name] - value)
            for name, value in expected.items()
        }

    def measured(self, generator: ExportedGenerator, run: Run) -> dict[str, str]:
        """Returns metadata: the mean and the largest difference of 16 outputs from those of Keras."""
        distances = self.distances(generator, run(generator.examples(16)), 16).values()
        mean, largest = (max(float(take(each)) for each in distances) for take in (np.mean, np.max))
        return {"mean_difference": f"{mean:.3g}", "largest_difference": f"{largest:.3g}"}

    def differences(
        self, generator: ExportedGenerator, run: Run, atol: float | None = None, seed: int = 0
    ) -> dict[int, float]:
        """Compares a file with Keras at batch sizes 1, 3 and 16, as `ExportedGenerator.differences`.

        Args:
            generator: what it was made from.
            run: makes outputs with it: float32, pictures uint8 with `pixels`.
            atol: float, or None for that of the precision. In float32 the largest difference allowed, of pixels one
                grey level more; else the largest mean difference of one output, such as a picture.
            seed: int, seed of the inputs.

        Returns:
            {batch size: largest absolute difference}; a grey level is 2/255.

        Raises:
            ValueError: if the file fails to run, or draws other pictures.
        """
        atol, what, kept = PROMISES[self.precision] if atol is None else atol, self.name, {}
        if self == Variant():
            return generator.differences(run, what, atol, seed)

        def run_and_keep(inputs):
            made = run(inputs)
            kept[len(next(iter(inputs.values())))] = made
            return made

        generator.differences(run_and_keep, what, np.inf, seed)  # that it runs, and the shapes
        return {
            size: max(self._difference(each, atol) for each in self.distances(generator, made, size, seed).values())
            for size, made in kept.items()
        }

    def _difference(self, distances: np.ndarray, atol: float) -> float:
        """Returns the largest of the distances of one output's batch, if they are as promised."""
        largest = float(distances.max())
        if self.precision == "float32":
            kind, received, allowed = "largest difference", largest, atol + LEVEL * self.pixels
        else:
            kind, allowed = "mean difference of one picture", atol
            received = distances.reshape(len(distances), -1).mean(axis=1).max()
        if not received <= allowed:
            raise ValueError(
                f"The {self.name} must draw what Keras draws within atol={atol:g}"
                f"{' and a grey level' if allowed > atol else ''}. Received: a {kind} of {received:.3g} "
                f"at batch size {len(distances)}."
            )
        return largest

    @property
    def name(self) -> str:
        """What such a file is called in errors."""
        return " ".join(
            [*([] if self.precision == "float32" else [self.precision]), "ONNX file", *["of pixels"] * self.pixels]
        )
