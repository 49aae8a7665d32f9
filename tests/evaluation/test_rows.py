import keras
import numpy as np
import pytest

import keras_gan as kg
from keras_gan.evaluation import generated
from keras_gan.evaluation.rows import begun, first_rows, row_batches
from keras_gan.media import Images, Labels, Vectors
from tests.game import proofs


class Endless(keras.utils.PyDataset):
    """Says how many batches it has, but does not end by itself."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.full((2, 1), index), np.full((2,), -index)


@pytest.mark.parametrize(
    "source",
    [
        Endless(),
        {0: np.repeat([[0], [1], [2]], 2, axis=0), 1: np.repeat([0, -1, -2], 2)},
        [(np.full((2, 1), index), np.full((2,), -index)) for index in range(3)],
    ],
)
def test_rows_come_in_order_from_whatever_holds_them(source):
    found = list(row_batches(source, size=2))
    assert [[values.tolist() for values in rows.values()] for rows in found] == [
        [[[0], [0]], [0, 0]],
        [[[1], [1]], [-1, -1]],
        [[[2], [2]], [-2, -2]],
    ]
    first = first_rows(source, 3, "reals")
    assert {name: values.ravel().tolist() for name, values in first.items()} == {0: [0, 0, 1], 1: [0, 0, -1]}
    assert len(first_rows(source, 9, "reals")[0]) == 6


def test_too_few_rows():
    with pytest.raises(ValueError, match=r"`reals` must hold at least 7 rows. Received: 6"):
        first_rows(Endless(), 9, "reals", least=7)


def test_no_more_batches_are_read_than_needed():
    read = []
    first_rows(({"a": np.zeros(2)} for _ in range(9) if read.append(1) is None), 3, "reals")
    assert len(read) == 2


def test_rows_become_what_networks_see():
    media = {"image": Images(), "label": Labels(10), "code": Vectors()}
    rows = {0: np.full((2, 1, 1, 1), 255, "uint8"), 1: np.array([3, 4]), "code": np.ones((2, 1)), "other": np.ones(2)}
    found = begun(rows, media)
    assert found.keys() == {"image", "label", "code"}
    assert (found["image"].dtype, found["code"].dtype) == ("float32", "float32")
    assert found["image"].ravel().tolist() == [1, 1]
    assert found["label"].tolist() == [3, 4]
    same = begun({"image": np.full((1, 1, 1, 1), -0.5)}, media)["image"]
    assert same.ravel().tolist() == [-0.5]


# What is generated.


def joined(batches):
    parts = list(batches)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_translators_go_through_the_reference(images):
    game = proofs.pix2pix()
    held = kg.media.to_uint8(images)
    for reference in ({"source": held}, [{"source": held[:20]}, {"source": held[20:]}], held):
        made = joined(generated(game, count=30, batch_size=7, reference=reference))
        assert made.keys() == {"target"}
        np.testing.assert_array_equal(made["target"], game.translate(held)[:30])
    assert len(joined(generated(game, reference=held))["target"]) == 32, "as many as there are"


def test_every_generator_of_a_game_is_sampled(images):
    game = proofs.bigan()
    assert joined(generated(game, 5, seed=1))["image"].shape == (5, 8, 8, 1)
    codes = joined(generated(game, 5, generator="encoder", reference=images))["latent"]
    np.testing.assert_allclose(codes, game.generators()["encoder"].run({"image": images[:5]})["latent"], rtol=1e-5)
    whole = joined(generated(game.generators()["generator"], 5, seed=1, batch_size=2))
    np.testing.assert_array_equal(whole["image"], game.sample(5, seed=1))


def test_labels_come_with_the_samples():
    gan = kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 4, (8,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (8,), num_classes=3),
    )
    made = joined(generated(gan, 7, batch_size=2))
    assert made.keys() == {"image", "label"}
    assert made["label"].tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_what_cannot_be_generated(images):
    game = proofs.pix2pix()
    with pytest.raises(ValueError, match=r"must be given 'source'. Received: reference with \[\]"):
        list(generated(game, 4))
    with pytest.raises(ValueError, match=r"must be given 'source'. Received: reference with \[\]"):
        list(generated(game, 4, reference={"target": images}))
    with pytest.raises(ValueError, match=r"`generator` must be one of \['generator'\]"):
        list(generated(game, 4, generator="a_to_b"))
    with pytest.raises(ValueError, match=r"`generator` must be None.*Received: generator='generator'"):
        list(generated(game.generator_called(), 4, generator="generator"))
