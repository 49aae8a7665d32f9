import keras


class Part(keras.layers.Layer):
    """Base of the losses and penalties that `compile` attaches to a game.

    A Keras layer that is never called: what it remembers from step to step (weights from `add_weight`, random
    generators, layers of its own) is then tracked by the GAN, and saved and restored with it.
    """

    def __init__(self, name=None):
        super().__init__(name=name, trainable=False)
        self.memory = []
        self.built = True

    def remember(self, name, value=0.0):
        """Adds a number that lasts from step to step: a float32 scalar variable that no optimizer moves."""
        variable = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(value),
            dtype="float32",
            trainable=False,
            aggregation="mean",
            name=name,
        )
        self.memory.append(variable)
        return variable

    def get_config(self):
        """Returns the constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Makes the object from `get_config`'s dict."""
        return cls(
            **{key: keras.saving.deserialize_keras_object(v) if isinstance(v, dict) else v for key, v in config.items()}
        )


def plain(value):
    """Brings an argument into the form of a configuration: schedules, layers and the like are serialized."""
    return (
        value if isinstance(value, (bool, int, float, str, type(None))) else keras.saving.serialize_keras_object(value)
    )
