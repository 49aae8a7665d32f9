"""Generators and discriminators, those of one paper together."""

from keras_gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gan.networks.mlp import MLPDiscriminator, MLPGenerator

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "MLPDiscriminator", "MLPGenerator"]
