class Configurable:
    """What Keras needs to save an object: `get_config` and `from_config`, for classes without arguments."""

    def get_config(self):
        """Returns the constructor's arguments as a dict."""
        return {}

    @classmethod
    def from_config(cls, config):
        """Makes the object from `get_config`'s dict."""
        return cls(**config)
