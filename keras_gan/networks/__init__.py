"""Generators, discriminators and other networks. Those of one paper are in one file."""

from keras_gan.networks.began import BEGANDiscriminator, BEGANGenerator
from keras_gan.networks.bigan import BiGANDiscriminator
from keras_gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gan.networks.mlp import MLPDiscriminator, MLPGenerator
from keras_gan.networks.patch_gan import PatchGAN
from keras_gan.networks.recognizers import DCGANRecognizer, MLPRecognizer
from keras_gan.networks.resnet import ResnetGenerator
from keras_gan.networks.unet import UNetGenerator
from keras_gan.networks.wavegan import WaveGANDiscriminator, WaveGANGenerator

__all__ = [
    "BEGANDiscriminator",
    "BEGANGenerator",
    "BiGANDiscriminator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DCGANRecognizer",
    "MLPDiscriminator",
    "MLPGenerator",
    "MLPRecognizer",
    "PatchGAN",
    "ResnetGenerator",
    "UNetGenerator",
    "WaveGANDiscriminator",
    "WaveGANGenerator",
]
