"""Parts of a model that compute in float32 under mixed precision."""

import contextlib
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend import AutocastScope

_HALF = ("float16", "bfloat16")
_FLOAT32 = keras.dtype_policies.get("float32")
_lock = threading.Lock()
# Of networks inside of `in_float32`: how many times, and the policies of their layers before.
_inside: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def weights_as_they_are() -> contextlib.AbstractContextManager:
    """Inside, weights are read in their own type.

    Keras casts the weights of all that is read while a layer of half precision is called, also
    those of parts that are no layers to it. A layer that is called inside casts its own again.
    """
    return AutocastScope(None)


def is_half(network: keras.Model) -> bool:
    """Whether a network, or a part of it, computes in float16 or bfloat16."""
    return any(layer.compute_dtype in _HALF for layer in network._flatten_layers())


def as_full(x: Any) -> Any:
    """A tensor of half precision as float32; others as they are."""
    return tf.cast(x, "float32") if x.dtype in _HALF else x


@contextlib.contextmanager
def in_float32(network: keras.Model) -> Iterator[None]:
    """Inside, a network that is called or traced computes in float32, whatever its policy.

    Replicas that are traced in threads by turns share it: the last one to leave puts it back.
    """
    with _lock:
        count, held = _inside.get(network, (0, ()))
        if not count:
            layers = [each for each in network._flatten_layers() if each.compute_dtype in _HALF]
            held = [(layer, layer.dtype_policy) for layer in layers]
            for layer, _ in held:
                layer.dtype_policy = _FLOAT32
        _inside[network] = count + 1, held
    try:
        yield
    finally:
        with _lock:
            count, held = _inside.pop(network)
            if count > 1:
                _inside[network] = count - 1, held
            else:
                for layer, policy in held:
                    layer.dtype_policy = policy
