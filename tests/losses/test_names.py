import pytest

import keras_gan as kg
from keras_gan import losses
from keras_gan.losses import names


def test_every_loss_has_a_name():
    classes = {getattr(losses, name) for name in losses.__all__ if name not in ("AdversarialLoss", "get")}
    assert set(names.NAMES.values()) == classes


@pytest.mark.parametrize("name", names.NAMES)
def test_a_name_gives_the_loss_with_its_usual_settings(name):
    found = losses.get(name)
    assert type(found).__name__.lower() == name.replace("_", "")
    assert losses.get(found) is found
    assert found is not losses.get(name)


def test_compile_takes_names_and_single_penalties():
    gan = kg.GAN(kg.networks.MLPGenerator((8, 8, 1), 4, (8,)), kg.networks.MLPDiscriminator((8, 8, 1), (8,)))
    penalty = kg.penalties.R1()
    gan.compile(loss="hinge", penalties=penalty)
    assert isinstance(gan.adversarial, losses.Hinge)
    assert gan.penalties == [penalty]
    gan.compile()
    assert isinstance(gan.adversarial, losses.NonSaturating)


@pytest.mark.parametrize(("loss", "error"), [("hinged", ValueError), (3, TypeError), (losses.Hinge, TypeError)])
def test_other_losses_are_refused(loss, error):
    with pytest.raises(error, match="`loss` must be"):
        losses.get(loss)
