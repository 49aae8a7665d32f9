import numpy as np

from keras_gan import recipes

PICTURES = np.random.default_rng(0).integers(0, 256, (8, 16, 32, 1), "uint8")


def test_two_steps():
    gan, dataset, epochs, stages = recipes.make("pix2pix", data=PICTURES, batch_size=4, filters=4, l1_weight=7.0)
    assert (gan.source_shape, gan.target_shape, gan.l1_weight) == ((16, 16, 1), (16, 16, 1), 7.0)
    assert epochs >= 1
    assert stages == ()
    assert np.isfinite(gan.fit(dataset, verbose=0, shuffle=False).history["l1_loss"][0])


def test_the_half_that_is_the_source_can_be_chosen():
    left, right = (
        next(iter(recipes.make("pix2pix", data=PICTURES, batch_size=8, filters=4, source_half=half).dataset))
        for half in ("left", "right")
    )
    np.testing.assert_array_equal(left["source"], right["target"])
