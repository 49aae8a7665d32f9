import warnings

import keras
import numpy as np
import pytest

import keras_gan as kg

JAX = keras.backend.backend() == "jax"


def fitted(gan, monitor, images, batch_size, **arguments):
    gan.fit(images, batch_size=batch_size, verbose=0, callbacks=[monitor], **arguments)


def test_one_trace_is_no_news(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        fitted(gan, monitor, images, 16, epochs=3)
        fitted(gan, monitor, images, 16, epochs=4, initial_epoch=3)
    assert len(gan.traces) == 1
    assert monitor.retraced == 0


@pytest.mark.skipif(not JAX, reason="TensorFlow traces batches of unknown size once")
def test_the_last_smaller_batch_is_told_once(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    data = kg.data.images(images[:28], batch_size=8, drop_remainder=False)
    with pytest.warns(
        UserWarning, match=r"traced again at step 4, .*\(4, 8, 8, 1\), .*\(8, 8, 8, 1\).*drop_remainder"
    ) as told:
        gan.fit(data, epochs=3, verbose=0, callbacks=[monitor])
    assert len([warning for warning in told if "traced" in str(warning.message)]) == 1
    assert monitor.retraced == 1


@pytest.mark.skipif(JAX, reason="what TensorFlow does")
def test_tensorflow_traces_a_data_set_with_a_smaller_batch_once(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    data = kg.data.images(images[:28], batch_size=8, drop_remainder=False)
    gan.fit(data, epochs=3, verbose=0, callbacks=[monitor])
    assert gan.traces == ("(None, 8, 8, 1)",)
    assert monitor.retraced == 0


def test_batches_of_another_size_in_a_later_part_of_the_training_are_told_once(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    gan.fit(kg.data.images(images, batch_size=16), verbose=0, callbacks=[monitor])
    with pytest.warns(
        UserWarning, match=r"\((8|None), 8, 8, 1\), those before it of shape \(16, 8, 8, 1\). Use batches of one"
    ):
        gan.fit(kg.data.images(images, batch_size=8), verbose=0, callbacks=[monitor])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        gan.fit(kg.data.images(images, batch_size=4), verbose=0, shuffle=False, callbacks=[monitor])
    assert monitor.retraced >= 1


def test_a_step_that_is_traced_again_for_the_same_shapes_is_told(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    data = kg.data.images(images, batch_size=16)
    gan.fit(data, verbose=0, callbacks=[monitor])
    gan.make_train_function(force=True)
    with pytest.warns(
        UserWarning, match="whose shape .* is known. Something that the step reads in Python has changed"
    ):
        gan.fit(data, verbose=0, callbacks=[monitor])


def test_eager_steps_are_no_traces(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    gan.compile(run_eagerly=True)
    fitted(gan, monitor, np.concatenate([images, images]), 16, epochs=1)
    assert gan.traces == ()
    assert monitor.retraced == 0


def test_a_resumed_run_is_traced_once(make_gan, images):
    gan, monitor = make_gan(), kg.callbacks.TracingMonitor()
    data = kg.data.images(images, batch_size=8)
    gan.fit(data, steps_per_epoch=2, verbose=0)
    kg.resume(gan, data, 3, [monitor], verbose=0)
    assert int(gan.step) == 12
    assert monitor.retraced == 0
