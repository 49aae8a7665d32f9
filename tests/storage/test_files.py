import errno

import pytest
from PIL import Image

from keras_gan.media import pictures
from keras_gan.storage import files


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_appears_whole(tmp_path):
    with files.replacing(tmp_path / "new" / "a.txt") as written:
        written.write_text("new")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "new"
    assert names(tmp_path) == ["a.txt", "new"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write():
        with files.replacing(path) as written:
            written.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_appears_whole(tmp_path):
    with files.replacing(tmp_path / "model") as written:
        (written / "variables").mkdir(parents=True)
        (written / "variables" / "0").write_text("x")
    assert names(tmp_path) == ["0", "model", "variables"]


def test_an_existing_folder_is_not_replaced(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(FileExistsError, match="A folder stands where"), files.replacing(tmp_path / "model"):
        pytest.fail("the block must not run")


def test_images_are_saved_by_suffix(tmp_path):
    import numpy as np

    pictures.save_image(tmp_path / "a.png", np.zeros((4, 5, 3), "uint8"))
    image = Image.open(tmp_path / "a.png")
    assert (image.size, image.format) == ((5, 4), "PNG")


def test_a_full_disk_is_known_in_what_libraries_make_of_it():
    tf = pytest.importorskip("tensorflow")
    full = tf.errors.ResourceExhaustedError(None, None, "a/b.tmp; No space left on device [Op:SaveV2]")
    assert files.trouble(full).errno == errno.ENOSPC
    assert files.trouble(RuntimeError("Can't decrement id ref count (error message = 'Input/output error')")).errno == 5
    assert files.trouble(tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")) is None
    assert files.trouble(ValueError("No space left on device")) is None


def test_what_fails_elsewhere_keeps_its_own_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.txt'$"), files.replacing(tmp_path / "new") as written:
        written.write_text((tmp_path / "missing.txt").read_text())
    with pytest.raises(OSError, match=r"Errno 28.* device: '.*new'$"), files.replacing(tmp_path / "new"):
        raise OSError(errno.ENOSPC, "without a name")
    folders = []

    def write_elsewhere():
        with files.temporary_folder() as folder:
            folders.append(str(folder))
            raise OSError(errno.ENOSPC, "without a name")

    with pytest.raises(OSError, match=r"Errno 28.* device: '.*tmp") as raised, files.replacing(tmp_path / "new"):
        write_elsewhere()
    assert [raised.value.filename] == folders


def test_missing_folders_are_made_or_not(tmp_path):
    with files.replacing(tmp_path / "a" / "b" / "new") as written:
        written.write_text("1")
    with pytest.raises(FileNotFoundError, match=r"c/new'$"), files.replacing(tmp_path / "c" / "new", parents=False):
        pass
    assert not (tmp_path / "c").exists()


def test_a_folder_on_a_full_disk_is_locked_all_the_same(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "pwrite", full)
    with files.locked(tmp_path), pytest.raises(RuntimeError, match="process another does"), files.locked(tmp_path):
        pass
