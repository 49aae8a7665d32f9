import pytest
from PIL import Image

from keras_gan import files


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

    files.save_image(tmp_path / "a.png", np.zeros((4, 5, 3), "uint8"))
    image = Image.open(tmp_path / "a.png")
    assert (image.size, image.format) == ((5, 4), "PNG")
