"""Seeds, the one two-replica strategy, and which tests need a file."""

import contextlib
import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# XLA's code runs for moments and is the same mathematics: to optimize it takes longer.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import keras
import numpy as np
import pytest
import tensorflow as tf
from forks import Forks
from tensorflow.python.framework.ops import gradient_registry

# Two replicas on a machine without accelerators; this must come before TensorFlow's first use.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
# A thread for each of two test processes on two cores: more only get into each other's way.
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def _without_autotuning(dataset):
    """A pipeline that nothing measures beside it.

    The thread that does would outlive its iterator for as long as this lived, up to a minute: it is
    told to stop before that is so, and goes to sleep again (TensorFlow 2.21).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


# What every iterator asks for its data set.
tf.data.Dataset._apply_debug_options = _without_autotuning


def pytest_collection_finish():
    # What is imported never dies: the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(100_000, 20, 5)


def pytest_collection_modifyitems(items):
    # ZOO_REQUIRE_DATA=1 makes a missing real data set a failure.
    configured = {"ZOO_MANUAL_DIR", "TFDS_DATA_DIR", "ZOO_REQUIRE_DATA"} & set(os.environ)
    for item in items:
        if "real_data" in item.keywords and not configured:
            item.add_marker(
                pytest.mark.skip(reason="needs real data: set ZOO_MANUAL_DIR or TFDS_DATA_DIR")
            )


@pytest.fixture(autouse=True)
def _seed():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _unoptimized():
    """A graph of few steps is sooner run than optimized."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@pytest.fixture(scope="module")
def optimized():
    """TensorFlow optimizes its graphs, as in the processes of users and of `forks`."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _let_go():
    """What TensorFlow keeps of graphs that are no longer used."""
    gradients = gradient_registry._registry
    for name in [name for name in gradients if name.startswith("CustomGradient-")]:
        del gradients[name]
    keras.utils.clear_session()


@pytest.fixture(scope="module", autouse=True)
def _clear():
    yield
    _let_go()


@pytest.fixture
def letting_go():
    """For files with a large model in each test, as `_clear` for each file."""
    yield
    _let_go()


@pytest.fixture(scope="session", autouse=True)
def _data_dir(tmp_path_factory):
    """Where the embedded digits are prepared, unless the environment says so."""
    with pytest.MonkeyPatch.context() as patch:
        if "TFDS_DATA_DIR" not in os.environ:
            patch.setenv("TFDS_DATA_DIR", str(tmp_path_factory.mktemp("tfds")))
        yield


@pytest.fixture(scope="session")
def forks(_data_dir):
    """Starts processes of their own."""
    with contextlib.closing(Forks()) as found:
        yield found


@pytest.fixture(scope="session")
def two_replicas():
    """The one MirroredStrategy of the process (T5)."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture
def images():
    """64 images of 8x8x1 in three classes that differ in brightness, with their labels."""
    generator = np.random.default_rng(0)
    labels = np.arange(64) % 3
    noise = generator.uniform(0.0, 0.3, (64, 8, 8, 1))
    return (noise + 0.3 * labels[:, None, None, None]).astype("float32"), labels
