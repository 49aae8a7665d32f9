import os
import pathlib
import pickle
import zipfile

import numpy as np
import pytest

from keras_gan.features.torch_file import LEGACY_MAGIC, LEGACY_VERSION, read_state_dict

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
FORMATS = ("zip", "legacy")


@pytest.mark.parametrize("form", FORMATS)
def test_reads_what_torch_wrote(form):
    arrays = read_state_dict(GOLDEN / f"state_dict_{form}.pth")
    np.testing.assert_array_equal(arrays["0.weight"], np.arange(12, dtype="float32").reshape(3, 2, 1, 2) / 8)
    np.testing.assert_array_equal(arrays["1.running_var"], np.ones(3, "float32"))
    np.testing.assert_array_equal(arrays["transposed"], np.arange(6.0).reshape(2, 3).T)
    np.testing.assert_array_equal(arrays["first"], [0])
    np.testing.assert_array_equal(arrays["rest"], [1, 2, 3])
    assert arrays["1.num_batches_tracked"] == 0
    assert [arrays[name].dtype.name for name in ("first", "transposed", "1.num_batches_tracked")] == [
        "float32",
        "float64",
        "int64",
    ]
    assert list(arrays)[-3:] == ["transposed", "first", "rest"]
    assert all(array.flags.writeable for array in arrays.values())


class Evil:
    def __reduce__(self):
        return os.system, ("false",)


def write(path, form, content):
    """Writes a file that holds `content` where a state dict should be."""
    pickled = pickle.dumps(content, protocol=2)
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x/data.pkl", pickled)
    else:
        start = [pickle.dumps(part, 2) for part in (LEGACY_MAGIC, LEGACY_VERSION, {"little_endian": True})]
        path.write_bytes(b"".join([*start, pickled, pickle.dumps([], 2)]))
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_code_in_a_file_is_refused_by_name(form, tmp_path):
    path = write(tmp_path / "evil.pth", form, {"a": Evil()})
    with pytest.raises(ValueError, match=r"evil.pth, unreadable: it asks for posix.system, which is refused"):
        read_state_dict(path)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("content", "text"), [({"a": 3}, "a is not a tensor"), ([1], "a list, no dict of tensors"), (7, "a int, no dict")]
)
def test_what_is_no_state_dict_is_refused(form, content, text, tmp_path):
    with pytest.raises(ValueError, match=f"A PyTorch state dict was expected. Received: .*, unreadable: .*({text})"):
        read_state_dict(write(tmp_path / "other.pth", form, content))


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_short_anywhere_is_refused(form, tmp_path):
    whole = (GOLDEN / f"state_dict_{form}.pth").read_bytes()
    for length in range(0, len(whole), 97):
        path = tmp_path / "cut.pth"
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="A PyTorch state dict was expected"):
            read_state_dict(path)


def test_random_damage_is_refused_or_harmless(tmp_path):
    random, texts = np.random.default_rng(0), []
    for form in FORMATS:
        whole = np.frombuffer((GOLDEN / f"state_dict_{form}.pth").read_bytes(), "uint8")
        for _ in range(100):
            damaged = whole.copy()
            damaged[random.integers(len(whole), size=3)] = random.integers(0, 256, 3)
            (tmp_path / "damaged.pth").write_bytes(damaged.tobytes())
            try:
                arrays = read_state_dict(tmp_path / "damaged.pth")
            except ValueError as error:
                texts.append(str(error))
            else:
                assert all(isinstance(array, np.ndarray) for array in arrays.values())
    assert len(texts) > 20
    assert all(text.startswith("A PyTorch state dict was expected. Received: ") for text in texts)


def write_view(path, shape, strides, offset=0, count=4, storage="FloatStorage"):
    """Writes a zip file with one tensor "a", a view of a storage of four numbers, in pickle's text form."""

    def numbers(values):
        return "(" + "".join(f"I{value}\n" for value in values) + "t"

    stored = f"(S'storage'\nctorch\n{storage}\nS'0'\nS'cpu'\nI{count}\ntQ"
    view = f"{stored}I{offset}\n{numbers(shape)}{numbers(strides)}I00\nNt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", f"(S'a'\nctorch._utils\n_rebuild_tensor_v2\n({view}Rd.")
        archive.writestr("x/data/0", np.arange(4, dtype="float32").tobytes())
    return path


def test_views_by_hand(tmp_path):
    path = tmp_path / "view.pth"
    np.testing.assert_array_equal(read_state_dict(write_view(path, (2, 2), (1, 2)))["a"], [[0, 2], [1, 3]])
    np.testing.assert_array_equal(read_state_dict(write_view(path, (3,), (1,), offset=1))["a"], [1, 2, 3])


@pytest.mark.parametrize(
    "view",
    [
        {"shape": (5,), "strides": (1,)},
        {"shape": (4,), "strides": (1,), "offset": 1},
        {"shape": (4,), "strides": (-1,), "offset": 3},
        {"shape": (2,), "strides": (1,), "offset": -1},
        {"shape": (10**9,), "strides": (0,)},
        {"shape": (4,), "strides": (1,), "count": 5},
    ],
)
def test_a_view_outside_its_storage_is_refused(view, tmp_path):
    with pytest.raises(ValueError, match=r"the numbers of a are cut short|tensors are larger than the file"):
        read_state_dict(write_view(tmp_path / "view.pth", **view))


def test_other_types_are_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"it asks for torch.HalfStorage, which is refused"):
        read_state_dict(write_view(tmp_path / "half.pth", (4,), (1,), storage="HalfStorage"))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_state_dict(tmp_path / "none.pth")
