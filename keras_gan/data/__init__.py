from keras_gan.data.class_names import class_names
from keras_gan.data.images import images

__all__ = ["class_names", "images"]
