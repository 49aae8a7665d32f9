"""The few instructions of a pickle that describe tensors, read without Python's unpickler: nothing can be run."""

import pickletools
from typing import NamedTuple

DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}
MOST = 2**20  # instructions; a state dict of 500 tensors has 20,000


class Storage(NamedTuple):
    """What a file says of a stretch of numbers: its key, their type and their number."""

    key: str
    dtype: str
    count: int


class Tensor(NamedTuple):
    """What a file says of a tensor: a view, in elements, of a storage."""

    storage: Storage
    offset: int
    shape: tuple
    strides: tuple


class Name(NamedTuple):
    """What a file calls by a name: one of three functions, or a kind of storage."""

    module: str
    name: str


MARK = object()
VALUES = ("INT", "LONG", "LONG1", "BININT", "BININT1", "BININT2", "BINUNICODE", "SHORT_BINSTRING", "STRING", "UNICODE")
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_pickle(file):
    """Reads one pickle: dicts with texts as keys, lists, tuples, texts, whole numbers and tensors.

    Args:
        file: binary file, left behind the pickle.

    Raises:
        ValueError: if it holds anything else. Damage may raise other errors.
    """
    stack, memo = [], {}
    for number, (instruction, argument, _) in enumerate(pickletools.genops(file)):
        if number >= MOST:
            raise ValueError(f"it has more than {MOST:,} instructions")
        name = instruction.name
        if name in ("PROTO", "BUILD"):
            if name == "BUILD":  # what PyTorch keeps beside the tensors
                stack.pop()
        elif name == "STOP":
            return stack.pop()
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[argument])
        else:
            _step(stack, name, argument)
    raise ValueError("it is cut short")


def _step(stack, name, argument):
    """Does one instruction that makes or changes a value."""
    if name in VALUES:
        stack.append(argument)
    elif name in CONSTANTS:
        stack.append(CONSTANTS[name])
    elif name == "MARK":
        stack.append(MARK)
    elif name in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"):
        stack.append({"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}[name]())
    elif name in TUPLES:
        stack[-TUPLES[name] :] = [tuple(stack[-TUPLES[name] :])]
    elif name == "TUPLE":
        stack.append(tuple(_marked(stack)))
    elif name in ("DICT", "SETITEMS", "SETITEM"):
        given = [stack.pop() for _ in range(2)][::-1] if name == "SETITEM" else _marked(stack)
        if name == "DICT":
            stack.append({})
        _set(stack[-1], given)
    elif name in ("APPEND", "APPENDS"):
        given = [stack.pop()] if name == "APPEND" else _marked(stack)
        stack[-1].extend(given)
    elif name == "GLOBAL":
        stack.append(_named(*argument.split(" ", 1)))
    elif name == "REDUCE":
        arguments, function = stack.pop(), stack.pop()
        stack.append(_made(function, arguments))
    elif name == "BINPERSID":
        stack.append(_storage(stack.pop()))
    else:
        raise ValueError(f"it holds the instruction {name}, which is refused: only plain tensors are read")


def _marked(stack):
    """Takes from the stack what lies above the last mark, and the mark."""
    start = len(stack) - 1 - stack[::-1].index(MARK)
    found = stack[start + 1 :]
    del stack[start:]
    return found


def _set(target, given):
    if type(target) is not dict:
        raise ValueError("it holds no dict where one was expected")
    for key, value in zip(given[::2], given[1::2], strict=True):
        if not isinstance(key, (str, int)):  # nested tuples could take for ever to hash
            raise ValueError("the keys of its dicts are not texts")
        target[key] = value


def _named(module, name):
    if (module, name) in (("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2")) or (
        module == "torch" and name in DTYPES
    ):
        return Name(module, name)
    raise ValueError(f"it asks for {module}.{name}, which is refused: only plain tensors are read")


def _made(function, arguments):
    """Returns what a call makes: a tensor or an empty dict."""
    if function == Name("torch._utils", "_rebuild_tensor_v2"):
        storage, offset, shape, strides = arguments[:4]
        if not isinstance(storage, Storage):
            raise ValueError("a tensor has no storage")
        return Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
    if function == Name("collections", "OrderedDict") and not arguments:
        return {}
    raise ValueError("it makes what is no tensor")


def _storage(description):
    kind, dtype, key, _, count, *view = description
    known = isinstance(dtype, Name) and dtype.module == "torch"
    if kind != "storage" or not known or not isinstance(key, str) or any(part is not None for part in view):
        raise ValueError("its storages are not of a known kind")
    return Storage(key, DTYPES[dtype.name], int(count))
