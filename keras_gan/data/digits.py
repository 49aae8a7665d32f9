"""The embedded data set: handwritten digits that scikit-learn carries, as a TensorFlow Datasets builder."""

import tensorflow_datasets as tfds

from keras_gan.data import embedded

DESCRIPTION = """\
Optical recognition of handwritten digits: 1,797 grey images of 8x8 pixels, 43 people, the test part of the UCI data set
as scikit-learn carries it. The stored grey values 0..16 are spread to 0..255. Licence: CC BY 4.0.
"""

CITATION = """\
@misc{alpaydin1998digits,
  author    = {Alpaydin, Ethem and Kaynak, Cenk},
  title     = {Optical Recognition of Handwritten Digits},
  year      = {1998},
  publisher = {UCI Machine Learning Repository},
  doi       = {10.24432/C50P49},
  note      = {CC BY 4.0}
}
"""


class Digits(tfds.core.GeneratorBasedBuilder):
    """Handwritten digits, 8x8 grey, 1,797 examples in the one split "train"."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "All 1,797 images in the split train."}

    def _info(self):
        return self.dataset_info_from_configs(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
            features=tfds.features.FeaturesDict(
                {"image": tfds.features.Image(shape=(8, 8, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for index, (image, label) in enumerate(zip(*embedded.digits(), strict=True)):
            yield index, {"image": image, "label": int(label)}
