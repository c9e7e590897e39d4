"""A Keras model zoo of networks that learn together."""

__version__ = "0.1.0"

import importlib

# Before all that takes seconds.
import zoo.interruption  # isort: split

from zoo import (
    comparison,
    datasets,
    distribution,
    entry_points,
    evaluation,
    inference,
    losses,
    metrics,
    networks,
    priors,
    report,
    tasks,
    training,
)
from zoo.comparison import results
from zoo.errors import InputError, NonFiniteLossError, StorageError, WorkerLostError
from zoo.kinds import Metric, Task, register_task
from zoo.models import (
    AdversarialAutoencoder,
    AdversarialSegmenter,
    AutoClassifier,
    AutoClassifierDiscriminatorGame,
    AutoClassifierGeneratorGame,
    Autoencoder,
    CategoricalGAN,
    Classifier,
    DeepGenerativeClassifier,
    DeepValueNetwork,
    EndToEndEnergyNetwork,
    EnergyModel,
    InferenceNetworkGame,
    LadderNetwork,
    MinMaxGame,
    MultiLabelClassifier,
    Segmenter,
    StackedGenerativeClassifier,
    StructuredPredictionEnergyNetwork,
    SuperEncoder,
    SupportVectorMachine,
    TaskOrientedGAN,
    VariationalAutoencoder,
    VirtualAdversarialClassifier,
    ZooModel,
)
from zoo.recipe import Recipe, list_recipes, load_recipe
from zoo.registry import (
    create_estimator,
    create_model,
    list_estimators,
    list_models,
    register_estimator,
    register_model,
)
from zoo.training.callbacks import Checkpoint, StopOnNonFiniteLoss

# Rooms whose libraries are slow to import, which waits until they are used.
_LATE = ("serving", "sklearn", "tuning")


def __getattr__(name: str) -> object:
    if name in _LATE:
        return importlib.import_module(f"zoo.{name}")
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")
