"""Extractors take uint8 images and return features, and some of them logits."""

from keras_gan.features.classifier import ClassifierFeatures
from keras_gan.features.extractor import Extractor
from keras_gan.features.inception import InceptionFeatures
from keras_gan.features.keras_layer import KerasLayerFeatures
from keras_gan.features.random_network import RandomInceptionFeatures, RandomNetworkFeatures

__all__ = [
    "ClassifierFeatures",
    "Extractor",
    "InceptionFeatures",
    "KerasLayerFeatures",
    "RandomInceptionFeatures",
    "RandomNetworkFeatures",
]
