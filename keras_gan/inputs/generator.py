import keras
import numpy as np
from keras import ops

from keras_gan import _backend
from keras_gan.arguments import check_whole
from keras_gan.inputs.label import Label


class Generator:
    """What leaves a game: named inputs, and outputs with their media. A network in memory, or an exported file.

    Callbacks, evaluation, exports and the page know generators and media only.

    Args:
        name: str, which generator of its game it is.
        inputs: {name: `keras_gan.inputs.Input`}, what it is fed.
        outputs: {name: `keras_gan.media.Medium`}, what it makes.
    """

    def __init__(self, name, inputs, outputs):
        self.name = name
        self.inputs = dict(inputs)
        self.outputs = dict(outputs)

    def run(self, inputs):
        """Makes outputs from a dict of NumPy arrays: `{name: float32 array (batch, *shape)}`."""
        raise NotImplementedError(f"{type(self).__name__} must define `run(inputs)`.")

    def output_shapes(self):
        """Returns {output: shape without the batch axis}; None stands for sizes that vary."""
        raise NotImplementedError(f"{type(self).__name__} must define `output_shapes()`.")

    @property
    def output(self):
        """Name of the first output, which samples are made of."""
        return next(iter(self.outputs))

    @property
    def medium(self):
        """`keras_gan.media.Medium` of the first output."""
        return self.outputs[self.output]

    @property
    def output_shape(self):
        """Shape of the first output, without the batch axis."""
        return self.output_shapes()[self.output]

    @property
    def num_classes(self):
        """Number of classes that can be chosen, or None for a generator without labels."""
        return next((each.num_classes for each in self.inputs.values() if isinstance(each, Label)), None)

    @property
    def options(self):
        """Names of what may be chosen when it is sampled: `"label"`, `"continuous"`."""
        return tuple(dict.fromkeys(option for each in self.inputs.values() for option in each.options))

    def fixed_inputs(self, count, seed=None, reference=None, **chosen):
        """Draws inputs outside of training, with NumPy: the same for one seed on every machine and backend.

        Row i does not depend on `count`: the first rows of a larger sample are those of a smaller one.

        Args:
            count: int, number of rows.
            seed: int or None.
            reference: dict of arrays, real data, for generators that translate.
            chosen: what the inputs' `options` name, such as `label`; None is as if it were not there.

        Returns:
            {input: array (count, *shape)}.

        Raises:
            ValueError: for an option that no input has, or a value that its input does not take.
        """
        chosen = {name: value for name, value in chosen.items() if value is not None}
        if unknown := {name: value for name, value in chosen.items() if name not in self.options}:
            name, value = next(iter(unknown.items()))
            known = f"only {', '.join(self.options)}" if self.options else "nothing"
            raise ValueError(
                f"`{name}` must be None: {known} can be chosen for this generator. Received: {name}={value!r}."
            )
        return {
            name: each.fixed(count, seed, reference, **{k: v for k, v in chosen.items() if k in each.options})
            for name, each in self.inputs.items()
        }

    def truncated(self, inputs, truncation):
        """Returns inputs whose latents are as if drawn from their distribution cut off at `truncation`."""
        return {name: self.inputs[name].truncated(value, truncation) for name, value in inputs.items()}

    def made(self, count=16, seed=None, truncation=None, inputs=None, reference=None, batch_size=64, **chosen):
        """Makes outputs as people hold them. Arguments as for `sample`; returns {output: array}."""
        if inputs is None:
            check_whole("count", count)
            inputs = self.fixed_inputs(count, seed, reference, **chosen)
        if truncation is not None:
            inputs = self.truncated(inputs, truncation)
        count = len(next(iter(inputs.values())))
        parts = [
            {
                name: self.outputs[name].finish(np.asarray(values))
                for name, values in self.run({k: v[i : i + batch_size] for k, v in inputs.items()}).items()
            }
            for i in range(0, count, batch_size)
        ]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.outputs}

    def sample(self, count=16, seed=None, truncation=None, inputs=None, reference=None, batch_size=64, **chosen):
        """Makes signals as people hold them: pixels, samples of sound.

        Args:
            count: int >= 1, how many. Ignored when `inputs` is given.
            seed: int or None; the same seed gives the same latents on every machine and backend.
            truncation: float > 0, latents are as if drawn from their distribution cut off there: less variety, more
                quality (`keras_gan.latents.truncated`). None for none.
            inputs: dict as from `fixed_inputs`, to use instead of drawing.
            reference: dict of arrays, real data as networks see them, for generators that translate.
            batch_size: int, signals per call of the network. Defaults to 64.
            chosen: what the inputs' `options` name, such as `label`.

        Returns:
            numpy array `(count, *shape)` of the first output, of its medium's `held_dtype`.
        """
        return self.made(count, seed, truncation, inputs, reference, batch_size, **chosen)[self.output]

    def translate(self, held, batch_size=64, **inputs):
        """Translates what people hold: pixels in, pixels out.

        Args:
            held: array `(count, *shape)` of the `held_dtype` of what the generator is given, such as uint8 pictures.
            batch_size: int, signals per call of the network. Defaults to 64.
            inputs: values of the other inputs, if there are any; else they are drawn from the seed 0.

        Returns:
            numpy array `(count, *shape)` of the first output.

        Raises:
            TypeError: if the generator translates nothing.
        """
        given = [name for name, each in self.inputs.items() if hasattr(each, "medium")]
        if not given:
            raise TypeError(
                f"`translate` is for generators that are given a signal. Received: inputs {[*self.inputs]}."
            )
        each = self.inputs[given[0]]
        drawn = self.fixed_inputs(len(held), 0, {each.column: each.medium.begin(held)})
        return self.sample(inputs={**drawn, **inputs}, batch_size=batch_size)


class NetworkGenerator(Generator):
    """A generator that is a Keras network, with or without a moving average.

    Args:
        name, inputs, outputs: as for `Generator`.
        network: `keras.Model`, the one being trained.
        average: `keras.Model` or None, its moving average. Outside of training it is used in the network's place.
    """

    def __init__(self, name, inputs, outputs, network, average=None):
        super().__init__(name, inputs, outputs)
        self.network = network
        self.average = average

    @property
    def used(self):
        """The network that is used outside of training: the average, or the trained one where there is none."""
        return self.network if self.average is None else self.average

    def run(self, inputs):
        made = self._named(_backend.infer(self.used, pick_inputs(self.used, inputs)))
        return {name: np.asarray(value, self.outputs[name].dtype) for name, value in made.items()}

    def __call__(self, inputs, training=False, network=None):
        """Makes outputs from tensors: `{name: float32 tensor}`.

        Args:
            inputs: dict of tensors; those of other generators are left alone.
            training: bool, whether batch normalization uses, and moves, batch statistics.
            network: which network to use. Defaults to the one being trained.
        """
        network = self.network if network is None else network
        own = {name: inputs[name] for name in self.inputs}
        made = self._named(network(pick_inputs(network, own), training=training))
        return {name: ops.cast(value, self.outputs[name].dtype) for name, value in made.items()}

    def output_shapes(self):
        symbols = {name: keras.KerasTensor((None, *each.shape), each.dtype) for name, each in self.inputs.items()}
        made = self._named(self.used.compute_output_spec(pick_inputs(self.used, symbols)))
        return {name: tuple(value.shape[1:]) for name, value in made.items()}

    def _named(self, made):
        """Returns {output: value} of what the network returned: one value, several in order, or a dict."""
        if isinstance(made, dict):
            return {name: made[name] for name in self.outputs}
        return dict(zip(self.outputs, made if isinstance(made, (list, tuple)) else [made], strict=True))


def pick_inputs(network, tensors):
    """Selects what a network takes from a dict of tensors: the first; if it has several inputs, those by name.

    Raises:
        ValueError: if it has several inputs, and one of them is not there.
    """
    try:
        names = [tensor.name for tensor in network.inputs or []]
    except (AttributeError, ValueError):
        names = []
    if len(names) > 1:
        missing = [name for name in names if name not in tensors]
        if missing:
            raise ValueError(
                f"The inputs of {network.name!r} must be among {sorted(tensors)}. Received: inputs {names}, "
                f"missing {missing}. Name its keras.Input layers accordingly."
            )
        return keras.tree.map_structure(lambda tensor: tensors[tensor.name], network.input)
    return next(iter(tensors.values()))
