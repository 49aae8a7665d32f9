"""Runs a SavedModel through TensorFlow's C API, as TF Serving does: LoadSavedModel, then Session::Run.

TensorFlow's Python is never imported. As a program it answers a file of requests:
python c_api.py FOLDER REQUESTS.npz ANSWERS.npz
"""

import ctypes
import hashlib  # noqa: F401 (before TensorFlow's own copy of the same library)
import importlib.util
import json
import pathlib
import ssl  # noqa: F401
import sys

import numpy as np

STRING = 7
DTYPES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 9: "int64", 19: "float16"}  # of types.proto
NUMBERS = {np.dtype(name): number for number, name in DTYPES.items()}
STRING_BYTES = 24  # of a TF_TString
SCHEMA = {  # of meta_graph.proto; a map is a list of pairs
    "Dim": "1 int64 size",
    "Shape": "2 repeated Dim dim",
    "TensorInfo": "1 string name, 2 int32 dtype, 3 Shape shape",
    "NamedTensor": "1 string key, 2 TensorInfo value",
    "Signature": "1 repeated NamedTensor inputs, 2 repeated NamedTensor outputs",
    "NamedSignature": "1 string key, 2 Signature value",
    "MetaGraph": "5 repeated NamedSignature signature_def",
}


class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]


class Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


POINTER, SIZE, INT = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
FUNCTIONS = {  # name: (result, *arguments)
    "TF_Version": (ctypes.c_char_p,),
    "TF_NewStatus": (POINTER,),
    "TF_GetCode": (INT, POINTER),
    "TF_Message": (ctypes.c_char_p, POINTER),
    "TF_DeleteStatus": (None, POINTER),
    "TF_NewSessionOptions": (POINTER,),
    "TF_NewGraph": (POINTER,),
    "TF_NewBuffer": (ctypes.POINTER(Buffer),),
    "TF_LoadSessionFromSavedModel": (POINTER, *[POINTER] * 4, INT, POINTER, ctypes.POINTER(Buffer), POINTER),
    "TF_GraphOperationByName": (POINTER, POINTER, ctypes.c_char_p),
    "TF_SessionRun": (None, *[POINTER] * 4, INT, POINTER, POINTER, INT, POINTER, INT, POINTER, POINTER),
    "TF_AllocateTensor": (POINTER, INT, POINTER, INT, SIZE),
    "TF_TensorData": (POINTER, POINTER),
    "TF_TensorByteSize": (SIZE, POINTER),
    "TF_TensorType": (INT, POINTER),
    "TF_NumDims": (INT, POINTER),
    "TF_Dim": (ctypes.c_int64, POINTER, INT),
    "TF_DeleteTensor": (None, POINTER),
    "TF_StringGetDataPointer": (POINTER, POINTER),
    "TF_StringGetSize": (SIZE, POINTER),
}


def library_path():
    """Returns the path of TensorFlow's library, or None; finding a package does not import it."""
    found = importlib.util.find_spec("tensorflow")
    path = found and pathlib.Path(found.origin).parent / "libtensorflow_cc.so.2"
    return path if path and path.exists() else None


class Library:
    """The C API, as an object with the functions above."""

    def __init__(self):
        path = library_path()
        parts = [
            ctypes.CDLL(str(file), mode=ctypes.RTLD_LOCAL) for file in (*path.parent.glob("*framework.so.2"), path)
        ]
        for name, (result, *arguments) in FUNCTIONS.items():
            function = getattr(next(part for part in parts if hasattr(part, name)), name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name[3:], function)


class Session:
    """A SavedModel, loaded with the tag `serve`.

    Attributes:
        signatures: {signature: {"inputs": {name: (operation, index, dtype, shape)}, "outputs": the same}}; a dtype is a
            number of types.proto, a shape a list with -1 for any size.
    """

    def __init__(self, folder):
        self.api = Library()
        self.graph, graph_definition = self.api.NewGraph(), self.api.NewBuffer()
        tags, options = (ctypes.c_char_p * 1)(b"serve"), self.api.NewSessionOptions()
        where = ctypes.c_char_p(str(folder).encode())
        self.session = self._checked(
            self.api.LoadSessionFromSavedModel, options, None, where, tags, 1, self.graph, graph_definition
        )
        content = graph_definition.contents
        self.signatures = signatures_of(ctypes.string_at(content.data, content.length))

    def _checked(self, function, *arguments):
        status = self.api.NewStatus()
        try:
            result = function(*arguments, status)
            if self.api.GetCode(status):
                raise RuntimeError(self.api.Message(status).decode())
        finally:
            self.api.DeleteStatus(status)
        return result

    def run(self, signature, inputs):
        """Returns the outputs, {name: array}, or raises RuntimeError with TensorFlow's message."""
        described = self.signatures[signature]
        if set(inputs) != set(described["inputs"]):
            raise RuntimeError(f"inputs {sorted(inputs)} instead of {sorted(described['inputs'])}")
        tensors = [self._tensor(value) for value in inputs.values()]
        names = list(described["outputs"])
        results = (POINTER * len(names))()
        try:
            self._checked(
                self.api.SessionRun,
                self.session,
                None,
                self._places([described["inputs"][name] for name in inputs]),
                (POINTER * len(tensors))(*tensors),
                len(tensors),
                self._places([described["outputs"][name] for name in names]),
                results,
                len(names),
                None,
                0,
                None,
            )
            return {name: self._array(tensor) for name, tensor in zip(names, results, strict=True)}
        finally:
            for tensor in filter(None, [*tensors, *results]):
                self.api.DeleteTensor(tensor)

    def _places(self, tensors):
        operations = [(self.api.GraphOperationByName(self.graph, name.encode()), index) for name, index, *_ in tensors]
        return (Output * len(operations))(*operations)

    def _tensor(self, value):
        value = np.ascontiguousarray(value)
        sizes = (ctypes.c_int64 * max(1, value.ndim))(*value.shape)
        tensor = self.api.AllocateTensor(NUMBERS[value.dtype], sizes, value.ndim, value.nbytes)
        ctypes.memmove(self.api.TensorData(tensor), value.ctypes.data, value.nbytes)
        return tensor

    def _array(self, tensor):
        shape = [self.api.Dim(tensor, axis) for axis in range(self.api.NumDims(tensor))]
        data, number = self.api.TensorData(tensor), self.api.TensorType(tensor)
        if number == STRING:
            places = [data + STRING_BYTES * index for index in range(int(np.prod(shape)))]
            strings = [ctypes.string_at(self.api.StringGetDataPointer(p), self.api.StringGetSize(p)) for p in places]
            return np.array([*strings, None], object)[:-1].reshape(shape)
        content = ctypes.string_at(data, self.api.TensorByteSize(tensor)) if 0 not in shape else b""
        return np.frombuffer(content, DTYPES[number]).reshape(shape)


def signatures_of(meta_graph):
    """Returns the signatures of a serialized MetaGraphDef, as `Session.signatures`."""
    message = meta_graph_class()()
    message.ParseFromString(meta_graph)

    def described(pairs):
        found = {}
        for pair in pairs:
            operation, _, index = pair.value.name.partition(":")
            found[pair.key] = (operation, int(index), pair.value.dtype, [axis.size for axis in pair.value.shape.dim])
        return found

    return {
        pair.key: {"inputs": described(pair.value.inputs), "outputs": described(pair.value.outputs)}
        for pair in message.signature_def
        if pair.key != "__saved_model_init_op"
    }


def meta_graph_class():
    """Returns a class that reads a MetaGraphDef's signatures; the rest are unknown fields to it."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="meta_graph.proto", package="read", syntax="proto3")
    for message, fields in SCHEMA.items():
        described = file.message_type.add(name=message)
        for text in fields.split(", "):
            number, *repeated, kind, name = text.split()
            label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            added = described.field.add(name=name, number=int(number), label=label)
            if kind in SCHEMA:
                added.type, added.type_name = field.TYPE_MESSAGE, f".read.{kind}"
            else:
                added.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("read.MetaGraph"))


def main(folder, requests, answers):
    """Answers requests in turn: arrays named `<number>/<signature>/<input>`.

    Answers are named alike; strings are uint8 with their lengths in `<name>#`. `errors` is {number: message} as JSON,
    `signatures` is JSON, too.
    """
    session, found, errors = Session(folder), {}, {}
    with np.load(requests) as stored:
        asked = {}
        for key in stored.files:
            number, signature, name = key.split("/")
            asked.setdefault((int(number), signature), {})[name] = stored[key]
    for (number, signature), inputs in sorted(asked.items(), key=lambda item: item[0]):
        try:
            outputs = session.run(signature, inputs)
        except RuntimeError as error:
            errors[number] = str(error)
            continue
        for name, value in outputs.items():
            key = f"{number}/{signature}/{name}"
            if value.dtype == object:
                found[f"{key}#"] = np.array([len(text) for text in value], "int64")
                value = np.frombuffer(b"".join(value), "uint8")
            found[key] = value
    assert not [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras", "keras_gan")]
    np.savez(answers, errors=json.dumps(errors), signatures=json.dumps(session.signatures), **found)
    print(session.api.Version().decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
