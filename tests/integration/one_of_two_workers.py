"""One worker of a `MultiWorkerMirroredStrategy`, whose processes TF_CONFIG names. Run by test_devices.py.

python tests/integration/one_of_two_workers.py FOLDER INDEX
"""

import contextlib
import pathlib
import sys


def main(folder, index):
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()  # must come first

    import keras

    from tests import worker
    from tests.run_gan_test import prepared, replay, same_noise

    with strategy.scope():
        gan = prepared(keras.models.load_model(folder / "gan.keras"))
    assert gan.devices == 2
    with same_noise():
        replay(gan, worker.saved(folder))
    assert gan.sample(3, seed=0).shape == (3, 16, 16, 1)  # of one worker alone: nobody else is waited for
    with contextlib.suppress(AttributeError):
        del gan.sample_inputs
    gan.save(folder / f"after_{index}.keras")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
