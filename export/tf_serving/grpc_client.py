"""Asks a TF Serving server for pictures over gRPC, with grpcio, protobuf and NumPy; without TensorFlow.

python grpc_client.py --seeds 0-15 --out pictures.npy

TF Serving's own Python package imports TensorFlow with its messages. The few that a prediction needs are described here
instead, by the names and numbers of its predict.proto and model.proto, and of TensorFlow's tensor.proto.
"""

import argparse
import math
import sys

import grpc
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

METHOD = "/tensorflow.serving.PredictionService/Predict"
BATCH = 64  # rows in a request: max_batch_size of batching.txt
STRING = 7
# Number in types.proto -> (dtype, field of a TensorProto that may hold its values).
DTYPES = {1: ("float32", "float_val"), 3: ("int32", "int_val"), 4: ("uint8", "int_val"), 9: ("int64", "int64_val")}
SCHEMA = {
    "Dim": "1 int64 size",
    "TensorShape": "2 repeated Dim dim",
    "Tensor": "1 int32 dtype, 2 TensorShape tensor_shape, 4 bytes tensor_content, 5 repeated float float_val, "
    "7 repeated int32 int_val, 8 repeated bytes string_val, 10 repeated int64 int64_val",
    "Number": "1 int64 value",
    "ModelSpec": "1 string name, 2 Number version, 3 string signature_name",
    "NamedTensor": "1 string key, 2 Tensor value",  # a map is a list of pairs
    "PredictRequest": "1 ModelSpec model_spec, 2 repeated NamedTensor inputs",
    "PredictResponse": "1 repeated NamedTensor outputs",
}


def messages(schema):
    """Makes the classes of messages; returns {name: class}."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="predict.proto", package="client", syntax="proto3")
    for message, fields in schema.items():
        described = file.message_type.add(name=message)
        for text in fields.split(", "):
            number, *repeated, kind, name = text.split()
            label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            added = described.field.add(name=name, number=int(number), label=label)
            if kind in schema:
                added.type, added.type_name = field.TYPE_MESSAGE, f".client.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"client.{name}")) for name in schema}


MESSAGES = messages(SCHEMA)


def to_tensor(value):
    """Writes a float32, int32 or int64 array as a TensorProto."""
    number = next((n for n, (dtype, _) in DTYPES.items() if dtype == value.dtype), None)
    if number is None:
        raise ValueError(f"arrays must be float32, int32, int64 or uint8, not {value.dtype}")
    tensor = MESSAGES["Tensor"](dtype=number, tensor_content=value.astype(value.dtype.newbyteorder("<")).tobytes())
    for size in value.shape:
        tensor.tensor_shape.dim.add(size=size)
    return tensor


def to_array(tensor):
    """Reads a TensorProto; strings come as an array of bytes objects."""
    shape = [axis.size for axis in tensor.tensor_shape.dim]
    if tensor.dtype == STRING:
        values = np.empty(len(tensor.string_val), object)
        values[:] = list(tensor.string_val)
        return values.reshape(shape)
    if tensor.dtype not in DTYPES:
        raise ValueError(f"tensors of type {tensor.dtype} are not read here")
    dtype, field = DTYPES[tensor.dtype]
    if tensor.tensor_content:
        return np.frombuffer(tensor.tensor_content, np.dtype(dtype).newbyteorder("<")).astype(dtype).reshape(shape)
    values, count = np.array(getattr(tensor, field), dtype), math.prod(shape)
    if len(values) < count:  # equal values at the end may be left out
        values = np.pad(values, (0, count - len(values)), mode="edge" if len(values) else "constant")
    return values.reshape(shape)


class Client:
    """A generator on a server.

    Args:
        address: host and port of the server's gRPC interface.
        model: name of the model there.
        version: its number, or None for the newest.
        timeout: seconds that an answer may take.
    """

    def __init__(self, address="localhost:8500", model="generator", version=None, timeout=30.0):
        self.model, self.version, self.timeout = model, version, timeout
        # Images are larger than the 4 MB that gRPC allows by itself.
        self.channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        self.call = self.channel.unary_unary(
            METHOD,
            request_serializer=MESSAGES["PredictRequest"].SerializeToString,
            response_deserializer=MESSAGES["PredictResponse"].FromString,
        )

    def close(self):
        """Ends the connection."""
        self.channel.close()

    def predict(self, signature, **inputs):
        """Asks a signature; inputs are arrays with one row a picture. Returns {name of the output: array}."""
        request = MESSAGES["PredictRequest"]()
        request.model_spec.name, request.model_spec.signature_name = self.model, signature
        if self.version is not None:
            request.model_spec.version.value = self.version
        for name, value in inputs.items():
            request.inputs.add(key=name, value=to_tensor(np.asarray(value)))
        return {pair.key: to_array(pair.value) for pair in self.call(request, timeout=self.timeout).outputs}

    def sample(self, seeds, labels=None, truncation=None):
        """Draws one picture for each seed; as the client for REST.

        Args:
            seeds: whole numbers; one gives the same picture, to a grey level, in any request.
            labels: as many class numbers, for a generator with labels.
            truncation: number > 0: less variety, more typical pictures; None for none.

        Returns:
            uint8 array (count, height, width, channels).
        """
        inputs = {"seed": np.asarray(seeds, "int64")} | (
            {} if labels is None else {"label": np.asarray(labels, "int32")}
        )
        if truncation is not None:
            inputs["truncation"] = np.full(len(seeds), truncation, "float32")
        signature = "sample" if truncation is None else "sample_truncated"
        parts = ({k: v[i : i + BATCH] for k, v in inputs.items()} for i in range(0, len(seeds), BATCH))
        return np.concatenate([self.predict(signature, **part)["image"] for part in parts])

    def png(self, latents, labels=None):
        """Draws one picture for each latent, and label; returns the contents of PNG files."""
        inputs = {"latent": np.asarray(latents, "float32")}
        inputs |= {} if labels is None else {"label": np.asarray(labels, "int32")}
        return self.predict("png", **inputs)["image_bytes"].tolist()


def numbers(text):
    """Reads "0-3,8" as [0, 1, 2, 3, 8]."""
    found = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        found += range(int(first), int(last) + 1)[:10_001] if dash else [int(first)]
    if not 0 < len(found) <= 10_000:
        raise ValueError(f"{text} are {len(found)} numbers, not 1 to 10000")
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Draws pictures on a TF Serving server, over gRPC.")
    parser.add_argument("--address", default="localhost:8500", help="the server (default: %(default)s)")
    parser.add_argument("--model", default="generator", help="name of the model there (default: %(default)s)")
    parser.add_argument("--version", type=int, help="version of the model (default: the newest)")
    parser.add_argument("--seeds", type=numbers, default="0-15", help="one for each picture (default: %(default)s)")
    parser.add_argument("--labels", type=numbers, help="classes, in turn, of a generator with labels: 3 or 0-9")
    parser.add_argument("--truncation", type=float, help="cut latents off there (default: not)")
    parser.add_argument("--out", default="pictures.npy", help="uint8 array to write (default: %(default)s)")
    options = parser.parse_args(arguments)
    client = Client(options.address, options.model, options.version)
    try:
        labels = options.labels and [options.labels[i % len(options.labels)] for i in range(len(options.seeds))]
        images = client.sample(options.seeds, labels, options.truncation)
        np.save(options.out, images)
    except (OSError, ValueError, grpc.RpcError) as error:
        told = f"{error.code().name}: {error.details()}" if isinstance(error, grpc.RpcError) else str(error)
        print(f"grpc_client.py: {' '.join(told.split())}", file=sys.stderr)
        return 2
    finally:
        client.close()
    print(f"{len(images)} pictures of {'x'.join(map(str, images.shape[1:]))}: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
