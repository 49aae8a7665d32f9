def check_pair(layer, shapes, wanted):
    """Raises ValueError unless `shapes` are two shapes: what a layer of two inputs is built with."""
    if len(shapes) != 2 or any(shape is None or isinstance(shape, int) for shape in shapes):
        raise ValueError(f"{layer.name!r} takes a list of two inputs, {wanted}. Received: input_shape={shapes}.")
