"""Labels checked while they are read: a network would take those out of range for others, or for none."""


def checked(dataset, num_classes, lowest=0):
    """Returns a `tf.data.Dataset` of batches whose labels are checked as they pass.

    Args:
        dataset: `tf.data.Dataset` of dicts with `label`, or of (images, labels). Others are returned as they are.
        num_classes: int, labels are below.
        lowest: int, the lowest label.

    Raises (when iterated):
        tf.errors.InvalidArgumentError: for a label out of range, which names it.
    """
    import tensorflow as tf

    spec = dataset.element_spec
    pair = isinstance(spec, tuple) and len(spec) == 2 and isinstance(spec[1], tf.TensorSpec)
    labels = spec[1] if pair else spec.get("label") if isinstance(spec, dict) else None
    if labels is None or not labels.dtype.is_integer:
        return dataset

    def check(*batch):
        label = batch[1] if pair else batch[0]["label"]
        wrong = tf.boolean_mask(label, tf.logical_or(label < lowest, label >= num_classes))
        told = [f"Labels must lie from {lowest} to {num_classes - 1}. Received:", wrong]
        with tf.control_dependencies([tf.debugging.Assert(tf.equal(tf.size(wrong), 0), told)]):
            return tf.nest.map_structure(tf.identity, batch if pair else batch[0])

    return dataset.map(check)
