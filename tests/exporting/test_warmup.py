import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

import keras_gan as kg
from keras_gan.exporting import to_saved_model, warmup
from keras_gan.exporting.generator import ExportedGenerator
from keras_gan.exporting.requests import examples

NAMES = ["serving_default", "uint8", "png", "sample", "sample_truncated"]


@pytest.fixture(scope="module")
def gan():
    return kg.GAN(
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=3),
        kg.networks.MLPDiscriminator((8, 8, 1), (4,), num_classes=3),
    )


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    return to_saved_model(gan, tmp_path_factory.mktemp("versions"))


def records(folder):
    return list(tf.data.TFRecordDataset(str(folder / warmup.REQUESTS)).as_numpy_iterator())


def requests(folder):
    """Returns [(signature, inputs)], read without TF Serving's package."""
    found = []
    for record in records(folder):
        request = warmup._messages()["PredictionLog"].FromString(record).predict_log.request
        tensors = {pair.key: tf.make_ndarray(tensor_pb2.TensorProto.FromString(pair.value)) for pair in request.inputs}
        found.append((request.model_spec.signature_name, tensors))
    return found


def test_there_is_a_request_for_each_signature_and_batch_size(folder):
    sizes = [(name, {len(value) for value in inputs.values()}) for name, inputs in requests(folder)]
    assert sizes == [(name, {size}) for size in (1, 8, 64) for name in NAMES]
    assert len(sizes) <= 1000  # TF Serving loads no version with more
    assert str(warmup.REQUESTS) == "assets.extra/tf_serving_warmup_requests"


def test_the_model_answers_them(folder):
    loaded = tf.saved_model.load(str(folder))
    for name, inputs in requests(folder):
        (output,) = loaded.signatures[name](**{key: tf.constant(value) for key, value in inputs.items()}).values()
        assert output.shape[0] == len(inputs["label"])


def test_the_official_messages_read_and_write_them(gan, folder):
    """TF Serving's own package gives the same bytes for the same requests."""
    pytest.importorskip("tensorflow_serving", reason="needs tensorflow-serving-api")
    from tensorflow_serving.apis import prediction_log_pb2

    stored, values, index = records(folder), {n: examples(ExportedGenerator(gan), n) for n in (1, 8, 64)}, 0
    for size in (1, 8, 64):
        for name in NAMES:
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.model_spec.name = "generator"
            log.predict_log.request.model_spec.signature_name = name
            read = prediction_log_pb2.PredictionLog.FromString(stored[index]).predict_log.request.inputs
            for key in read:
                np.testing.assert_array_equal(tf.make_ndarray(read[key]), values[size][key])
                log.predict_log.request.inputs[key].CopyFrom(tf.make_tensor_proto(values[size][key]))
            assert stored[index] == log.SerializeToString(deterministic=True)
            index += 1


def test_other_batch_sizes_or_none(gan, tmp_path):
    version = to_saved_model(gan, tmp_path, warmup_batch_sizes=[2])
    assert [len(inputs["label"]) for _, inputs in requests(version)] == [2] * 5
    version = to_saved_model(gan, tmp_path, warmup_batch_sizes=())
    assert [p.name for p in (version / "assets.extra").iterdir()] == ["keras_gan.json"]
