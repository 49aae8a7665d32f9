"""What the game reads from the networks it is given, and the questions it asks them before it starts."""

import keras

from keras_gan.arguments import check_whole
from keras_gan.inputs.generator import pick_inputs


def layers_of(network):
    """Yields every layer of a network, from the input on: nested and wrapped ones, and those inside other layers."""
    inner = getattr(network, "layers", None)
    for layer in network._flatten_layers(include_self=False, recursive=False) if inner is None else inner:
        yield layer
        yield from layers_of(layer)


def first_layers(network, count):
    """Returns the first `count` layers of a network that hold trainable weights of their own.

    Raises:
        ValueError: for a count that is not a whole number, or leaves none of them.
    """
    check_whole("freeze_discriminator", count, least=0)
    inner = [layer for layer in layers_of(network) if layer.trainable_variables and not list(layers_of(layer))]
    if count and count >= len(inner):
        raise ValueError(
            f"`freeze_discriminator` must leave something to train of {len(inner)} layers with weights. "
            f"Received: freeze_discriminator={count}."
        )
    return tuple(inner[:count])


def input_shapes(network, role):
    """Returns {input name: shape without the batch axis} of a network.

    Args:
        network: a built `keras.Model`: functional, `Sequential`, or a subclass with one input.
        role: str, what the network is called in error messages.

    Raises:
        TypeError: if `network` is not a `keras.Model`.
        ValueError: if its input shape is not known yet.
    """
    if not isinstance(network, keras.Model):
        raise TypeError(f"`{role}` must be a keras.Model. Received: {role}={network!r}.")
    try:
        # Sequential and functional models know their symbolic inputs once they are built.
        inputs = {tensor.name: tuple(tensor.shape[1:]) for tensor in network.inputs or []}
    except (AttributeError, ValueError):
        inputs = {}
    if not inputs and network.built:
        shape = (network.get_build_config() or {}).get("input_shape")
        inputs = {"input": tuple(shape[1:])} if shape else {}
    if not inputs:
        raise ValueError(
            f"The input shape of `{role}` must be known. Received: {network.name!r}, not built. Start a Sequential "
            f"with keras.Input(shape), or call {role}.build((None, *shape)) on a subclassed model."
        )
    return inputs


def output_of(network, shapes):
    """Returns the symbolic output (a `keras.KerasTensor`, or a dict of them) for inputs of the given shapes."""
    tensors = {
        name: keras.KerasTensor((None, *shape), dtype="int32" if name == "label" else "float32")
        for name, shape in shapes.items()
    }
    return network.compute_output_spec(pick_inputs(network, tensors))


def single_input(network, role):
    """Returns the shape of a network's only input, without the batch axis.

    Raises:
        TypeError: if `network` is not a `keras.Model`.
        ValueError: if it has several inputs, or its shape is not known yet.
    """
    shapes = input_shapes(network, role)
    if len(shapes) != 1:
        raise ValueError(f"The {role} must have one input. Received: the inputs {sorted(shapes)}.")
    return next(iter(shapes.values()))


def output_shape(network, role):
    """Returns the shape of a network's only output, without the batch axis.

    Raises:
        ValueError: if it has several.
    """
    made = output_of(network, input_shapes(network, role))
    if isinstance(made, (dict, list, tuple)):
        raise ValueError(f"The {role} must have one output. Received: {len(made)} outputs of {network.name!r}.")
    return tuple(made.shape[1:])


def check_judge(network, role, shapes):
    """Raises ValueError unless a network can judge things of these shapes.

    Args:
        network: `keras.Model` with inputs of these names, or with one input for the last of them.
        role: str, what the network is called in error messages.
        shapes: {name: shape without the batch axis}, what the network may be shown.
    """
    taken = input_shapes(network, role)
    wanted = dict(shapes) if len(taken) > 1 else {next(iter(taken)): list(shapes.values())[-1]}
    for name, shape in taken.items():
        if name not in wanted:
            raise ValueError(
                f"The {role} must take some of {sorted(shapes)}. Received: the input {name!r}. "
                "Name its keras.Input layers accordingly."
            )
        given = wanted[name]
        if len(shape) != len(given) or any(None not in (a, b) and a != b for a, b in zip(shape, given, strict=True)):
            raise ValueError(f"The {role} must take {name!r} of the shape {given}. Received: {shape}. Make them equal.")


def number_of_classes(given, networks):
    """Returns the number of classes of a GAN whose networks may take labels, or None for one without.

    Args:
        given: int or None, what the user says.
        networks: list of networks; those of the package have the attribute `num_classes`.

    Raises:
        ValueError: if networks take labels and nobody says how many, or they disagree.
    """
    found = {n for n in (given, *(getattr(network, "num_classes", None) for network in networks)) if n is not None}
    if len(found) > 1:
        raise ValueError(f"Both networks and `num_classes` must name one number of classes. Received: {sorted(found)}.")
    number = next(iter(found), None)
    if number is None and any("label" in input_shapes(network, "network") for network in networks):
        raise ValueError(
            "`num_classes` must be known where a network has the input 'label'. Received: num_classes=None."
        )
    if number is not None:
        check_whole("num_classes", number)
    return number


RESERVED = ("image", "source", "target", "a", "b", "low", "high", "sound", "mel", "label", "code")  # what columns hold


def check_pair(generator, discriminator, medium):
    """Raises ValueError unless the generator draws what the discriminator judges, and the latter returns logits.

    Args:
        generator: `keras.Model`, from latents.
        discriminator: `keras.Model`.
        medium: `keras_gan.media.Medium`, what is made and judged.
    """
    taken = input_shapes(generator, "generator")
    if len(taken) == 1 and next(iter(taken)) in RESERVED:
        raise ValueError(
            f"The generator of a GAN is fed noise, by an input 'latent'. Received: a generator with the input "
            f"{next(iter(taken))!r}, which names a column of data. Rename it, or use a GAN that translates, as Pix2Pix."
        )
    drawn = tuple(output_of(generator, taken).shape[1:])
    judged = input_shapes(discriminator, "discriminator")
    image = judged.get(medium.column, next(iter(judged.values())))
    if len(drawn) != medium.rank and len(drawn) == len(image):
        raise ValueError(
            f"A generator of {type(medium).__name__} must make arrays of {medium.rank} axes besides the batch. "
            f"Received: output shape {drawn}. Say what it makes: `medium=keras_gan.media.Vectors()` or another."
        )
    if len(drawn) != len(image) or any(b is not None and a != b for a, b in zip(drawn, image, strict=True)):
        raise ValueError(
            "The discriminator must take the images that the generator makes. "
            f"Received: generator output shape {drawn}, discriminator input shape {image}. Make the two equal."
        )
    check_activations({"discriminator": discriminator}, {"generator": generator})


def check_activations(judges, generators):
    """Raises ValueError if a network ends in a sigmoid: {what it is called: network} of judges and generators."""
    logits = "return logits (no activation): the losses apply the sigmoid"
    images = "make images in [-1, 1]: end it in tanh, or no activation"
    for networks, wanted in ((judges, logits), (generators, images)):
        for role, network in networks.items():
            last = getattr(network, "layers", None) and network.layers[-1]
            if getattr(last, "activation", None) is keras.activations.sigmoid:
                raise ValueError(f"The {role} must {wanted}. Received: last layer {last.name!r} with a sigmoid.")


def check_smooth(network, penalty):
    """Raises ValueError if a penalty that takes gradients of `network` meets batch normalization there."""
    for layer in layers_of(network):
        if isinstance(layer, keras.layers.BatchNormalization):
            raise ValueError(
                f"The penalty {penalty.name!r} takes gradients per image, so {network.name!r} must not hold batch "
                f"normalization, which couples images. Received: layer {layer.name!r}. Use "
                "LayerNormalization, or none."
            )


def copy_of(network):
    """Returns an untrainable copy of a network with the same weights (all of them, statistics included)."""
    try:
        copy = keras.models.clone_model(network, recursive=True)  # nested models too
    except ValueError:  # clone_model refuses subclassed models
        copy = type(network).from_config(network.get_config())
        copy.build_from_config(network.get_build_config())
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def copy_weights(gan, trained, names):
    """Copies the weights of the networks with these names (attributes) from one GAN to another.

    Raises:
        ValueError: if their shapes differ.
    """
    for name in names:
        own, other = getattr(gan, name), getattr(trained, name)
        if (shapes := [w.shape for w in own.weights]) != (others := [w.shape for w in other.weights]):
            differing = ((a, b) for a, b in zip(shapes, others, strict=False) if a != b)
            here, there = next(differing, (len(shapes), len(others)))
            raise ValueError(
                f"A GAN can start from one with the same networks. Received: {name}s that differ, weights of "
                f"{here} here and {there} there. Use the same image size, channels and network arguments."
            )
        own.set_weights(other.get_weights())
