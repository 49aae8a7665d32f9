"""Changes of valid files, for `fuzz.py`: of bytes, of JSON, of the parts of ZIP archives, of the headers of arrays."""

import copy
import io
import json
import pathlib
import struct
import zipfile

NUMBERS = [0, -1, 1, 2, 255, 2**16, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, 2**64, 10**12, 10**30, 1e30, -1e30, 0.5]
NUMBERS += [float("nan"), float("inf"), float("-inf"), 1e-300]
TEXTS = ["", " ", "a", "é", "\0", "\x1b[2J", "..", "../../etc/passwd", "/dev/zero", "__init__", "os", "x" * 5000, "1e9"]
TEXTS += ["$x$", "NaN", "null", "digits", "keras_gan>GAN", "Lambda", "relu", "\ud800", "${HOME}", "%s%n", "[" * 3000]
VALUES = [None, True, False, [], {}, [[]], [0] * 300, {"a": 1}]
CLASSES = [
    {"class_name": name, "module": module, "config": config, "registered_name": registered}
    for name, module, config, registered in (
        ("system", "os", {}, "system"),
        ("function", "os", "system", "system"),
        ("function", "builtins", "eval", "eval"),
        ("Popen", "subprocess", {"args": "true"}, "Popen"),
        ("Lambda", "keras.layers", {"function": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}, None),
        ("__lambda__", "builtins", {"value": "4wEA"}, None),
        ("TFSMLayer", "keras.layers", {"filepath": "/tmp", "call_endpoint": "serve"}, None),
        ("layers.Lambda", "keras", {}, None),
        ("get_file", "keras.utils", {"origin": "file:///etc/passwd"}, None),
        ("__numpy__", "builtins", {"value": [0], "dtype": "V1000000000"}, None),
        ("Dense", "keras.layers", {"units": 10**12}, None),
        ("GAN", "keras_gan.models.gan", {}, "keras_gan>GAN"),
    )
]


def of_bytes(random, data, others=()):
    """Returns bytes with one to three changes: bits, numbers, cuts, copies, and pieces of other files."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        place, kind = random.randrange(len(data) + 1), random.randrange(8)
        length = random.choice((1, 4, 8, 64, 1024))
        if kind == 0:
            for _ in range(random.choice((1, 2, 8))):
                if data:
                    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            del data[place : place + length]
        elif kind == 3:
            number = random.choice((0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1))
            data[place : place + 4] = struct.pack(random.choice("<>") + "I", number)
        elif kind == 4:
            data[place : place + 8] = struct.pack("<q", random.choice((-1, 0, 2**40, 2**62, -(2**63))))
        elif kind == 5:
            data[place:place] = random.randbytes(length)
        elif kind == 6:
            start = random.randrange(len(data) + 1)
            data[place:place] = data[start : start + length]
        else:
            other = random.choice(others) if others else bytes(data)
            data[place:] = other[random.randrange(len(other) + 1) :]
    return bytes(data)


def value(random):
    """Returns a value that may be absurd."""
    kind = random.random()
    if kind < 0.4:
        return random.choice(NUMBERS)
    if kind < 0.7:
        return random.choice(TEXTS)
    if kind < 0.85:
        return copy.deepcopy(random.choice(VALUES))  # it may be changed later
    if kind < 0.95:
        return copy.deepcopy(random.choice(CLASSES))
    nested = 0
    for _ in range(random.choice((5, 70, 500))):
        nested = [nested] if random.random() < 0.5 else {"config": nested}
    return nested


def of_json(random, text):
    """Returns JSON with one to three values replaced, removed, renamed or moved; now and then broken as a text."""
    if random.random() < 0.1:
        return of_bytes(random, text)
    if random.random() < 0.01:
        depth = random.choice((1000, 10_000, 100_000))
        return (random.choice(("[", '{"a":')) * depth).encode()
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):  # it was changed before
        return of_bytes(random, text)
    try:
        for _ in range(random.choice((1, 1, 2, 3))):
            _change(random, tree)
        return json.dumps(tree).encode("utf-8", "surrogatepass")
    except RecursionError:  # 500 levels in 500
        return of_bytes(random, text)


def _change(random, tree):
    nodes = [node for node in _containers(tree) if node]
    if not nodes:
        return
    node = random.choice(nodes)
    key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
    kind = random.random()
    if kind < 0.6:
        node[key] = value(random)
    elif kind < 0.75:
        del node[key]
    elif kind < 0.85:
        node[key] = copy.deepcopy(random.choice(nodes))
    elif isinstance(node, dict):
        node[random.choice([*TEXTS, *node])] = node.pop(key)
    else:
        node.append(value(random))


def _containers(tree):
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (dict, list)):
            yield node
            waiting.extend(node.values() if isinstance(node, dict) else node)


def of_array(random, data):
    """Returns a .npy file with another header: shape, type and order as they come."""
    kinds = ("<f4", "|u1", "<i8", "|O", "<U9", "|V7", "|S0", "<f2", "<c16", "|b1", "<U999999999", [("a", "<f4")])
    shape = tuple(random.choice((0, 1, 3, 8, 10**6, 2**40, -1)) for _ in range(random.randrange(6)))
    header = {"descr": random.choice(kinds), "fortran_order": random.random() < 0.2, "shape": shape}
    if random.random() < 0.1:
        header.pop(random.choice(list(header)))
    text = repr(header).encode() if random.random() < 0.9 else b"(" * random.choice((10, 500, 9000))
    start = b"\x93NUMPY" + random.choice((b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\7\7"))
    size = struct.pack("<H" if start[6] == 1 else "<I", len(text) + 1)
    return start + size + text + b"\n" + data[128:]


def of_archive(random, data, others=()):
    """Returns a ZIP archive with a part changed and its checksum made right, or with a list that lies."""
    if random.random() < 0.15:
        return of_bytes(random, data, others)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(part.filename, archive.read(part)) for part in archive.infolist()]
    for _ in range(random.choice((1, 1, 2))):
        number = random.randrange(len(parts))
        name, content = parts[number]
        kind = random.random()
        if kind < 0.75:
            parts[number] = name, _of_part(random, name, content, others)
        elif kind < 0.85:
            names = ("../" + name, "/" + name, name + "\\x", name.upper(), "", "assets/../../x", parts[0][0])
            parts[number] = random.choice(names), content
        elif kind < 0.9 and len(parts) > 1:
            del parts[number]
        else:
            parts.append((random.choice(("x", name, "assets/a", "symlink")), random.randbytes(9)))
    if random.random() < 0.02:
        parts.append(("zeros.npy", bytes(2**27)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=archive.compression)
    return _lying(random, written.getvalue()) if random.random() < 0.1 else written.getvalue()


def _of_part(random, name, content, others):
    if name.endswith(".json"):
        return of_json(random, content)
    if name.endswith(".npy") and random.random() < 0.7:
        return of_array(random, content)
    return of_bytes(random, content, others)


def _lying(random, data):
    """Changes a size in the archive's list."""
    data, entry = bytearray(data), data.rfind(b"PK\1\2")
    if entry >= 0:
        place = entry + random.choice((8, 10, 16, 20, 24, 28, 42))
        data[place : place + 4] = struct.pack("<I", random.choice((0, 1, 2**16, 2**31, 2**32 - 2, 2**32 - 1)))
    return bytes(data)


def of_file(random, path, others=()):
    """Returns the bytes of a file, changed after its kind."""
    path = pathlib.Path(path)
    data = path.read_bytes()
    if path.suffix == ".json":
        return of_json(random, data)
    if data[:4] == b"PK\3\4":
        return of_archive(random, data, others)
    if path.suffix == ".npy" and random.random() < 0.5:
        return of_array(random, data)
    return of_bytes(random, data, others)
