import keras


class Network(keras.Model):
    """Base of the package's networks: functional models that Keras can remake from their constructor's arguments."""

    def keep(self, **arguments):
        """Keeps the constructor's arguments as attributes, for `get_config`. Called at the end of `__init__`."""
        for name, value in arguments.items():
            setattr(self, name, value)
        self.kept = tuple(arguments)

    def get_config(self):
        return {**{name: _plain(getattr(self, name)) for name in self.kept}, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


def _plain(value):
    """Brings an argument into the form that a configuration file can hold."""
    if isinstance(value, dict):  # an initializer that came from such a file; Keras has wrapped the dict
        return dict(value)
    return keras.saving.serialize_keras_object(value) if isinstance(value, keras.initializers.Initializer) else value
