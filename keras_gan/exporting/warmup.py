"""Requests that TF Serving answers before it calls a version available, so that no client waits for first calls."""

from collections.abc import Iterable
from pathlib import Path

from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.requests import asked
from keras_gan.exporting.signatures import signatures

REQUESTS = Path("assets.extra", "tf_serving_warmup_requests")  # where TF Serving looks
MODEL = "generator"
MOST = 100  # batch sizes, for seven signatures; TF Serving does not load a version with more than 1000 requests

# The messages of TF Serving's apis/prediction_log.proto, predict.proto and model.proto, as far as a request needs them.
# On the wire a map is a list of pairs, and a message (here TensorProto) a string of bytes.
SCHEMA = {
    "ModelSpec": "1 string name, 3 string signature_name",
    "NamedTensor": "1 string key, 2 bytes value",
    "PredictRequest": "1 ModelSpec model_spec, 2 repeated NamedTensor inputs",
    "PredictLog": "1 PredictRequest request",
    "PredictionLog": "6 PredictLog predict_log",
}


def checked_sizes(batch_sizes: Iterable[int]) -> list[int]:
    """Returns the batch sizes of the requests; raises ValueError unless they are whole numbers >= 1, and not many."""
    sizes = list(batch_sizes)
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes) or len(sizes) > MOST:
        raise ValueError(
            f"`warmup_batch_sizes` must be whole numbers >= 1, at most {MOST} of them, or () for no requests. "
            f"Received: warmup_batch_sizes={batch_sizes!r}."
        )
    return sizes


def write_warmup(folder: Path, generator: ExportedGenerator, batch_sizes: Iterable[int]) -> None:
    """Writes the requests of a version: one for each signature and batch size.

    Args:
        folder: the version folder.
        generator: what it was made from.
        batch_sizes: those that the server runs, its `allowed_batch_sizes`; none, and no file is written. The server
            runs each of them once for each signature, and a version whose requests fail is not loaded.
    """
    import tensorflow as tf

    messages = _messages()
    logs = [
        _prediction_log(messages, name, asked(generator, signature.inputs, size))
        for size in batch_sizes
        for name, signature in signatures(generator).items()
    ]
    if logs:
        (folder / REQUESTS).parent.mkdir(exist_ok=True)
        with tf.io.TFRecordWriter(str(folder / REQUESTS)) as writer:
            for log in logs:
                writer.write(log)


def _prediction_log(messages, signature, inputs):
    """Returns a serialized PredictionLog that asks a signature."""
    import tensorflow as tf

    log = messages["PredictionLog"]()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = MODEL, signature
    for name in sorted(inputs):
        request.inputs.add(key=name, value=tf.make_tensor_proto(inputs[name]).SerializeToString())
    return log.SerializeToString()


def _messages():
    """Returns {name: class} of the messages, in a pool of their own: TF Serving's package may be there, too."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="warmup.proto", package="keras_gan", syntax="proto3")
    for message, fields in SCHEMA.items():
        described = file.message_type.add(name=message)
        for text in fields.split(", "):
            number, *repeated, kind, name = text.split()
            label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            added = described.field.add(name=name, number=int(number), label=label)
            if kind in SCHEMA:
                added.type, added.type_name = field.TYPE_MESSAGE, f".keras_gan.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"keras_gan.{name}")) for name in SCHEMA}
