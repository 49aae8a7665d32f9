"""Exports turn a trained generator into files that run without Keras; each is compared with Keras before it appears."""

from keras_gan.exporting.card import model_card
from keras_gan.exporting.formats import FORMATS
from keras_gan.exporting.litert import to_litert
from keras_gan.exporting.onnx import to_onnx
from keras_gan.exporting.opening import open_generator
from keras_gan.exporting.saved_model import to_saved_model
from keras_gan.exporting.tf_serving import to_tf_serving
from keras_gan.exporting.verify import verify
from keras_gan.exporting.web import to_web

__all__ = [
    "FORMATS",
    "model_card",
    "open_generator",
    "to_litert",
    "to_onnx",
    "to_saved_model",
    "to_tf_serving",
    "to_web",
    "verify",
]
