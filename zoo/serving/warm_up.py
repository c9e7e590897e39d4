"""Warm-up requests: what TensorFlow Serving runs on a new version before it takes traffic."""

import pathlib
from collections.abc import Iterator, Mapping

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from zoo.serving.signatures import Signature

# The first and the last size of a batch, see `zoo.serving.server_files`.
BATCH_SIZES = (1, 64)


def write_warm_up(
    path: pathlib.Path, name: str, signatures: Mapping[str, Signature], png: bytes
) -> None:
    """Writes a TFRecord of PredictionLog messages: each signature with one row and with 64.

    Without them the first request to a signature waits until its graph was optimized.

    Args:
        path: `assets.extra/tf_serving_warmup_requests` of a version.
        name: of the served model.
        signatures: of the model.
        png: an image, for inputs that are files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in _requests(name, signatures, png):
            log = prediction_log_pb2.PredictLog(request=request)
            writer.write(prediction_log_pb2.PredictionLog(predict_log=log).SerializeToString())


def _requests(
    name: str, signatures: Mapping[str, Signature], png: bytes
) -> Iterator[predict_pb2.PredictRequest]:
    values = {tf.string: png, tf.uint8: 127, tf.float32: 0.5}
    for signature_name, signature in signatures.items():
        for rows in BATCH_SIZES:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = signature_name
            for key, spec in signature.inputs.items():
                # One value for all entries keeps the message small.
                value = signature.examples.get(key, values.get(spec.dtype, 0))
                proto = tf.make_tensor_proto(value, spec.dtype, (rows, *spec.shape[1:]))
                request.inputs[key].CopyFrom(proto)
            yield request
