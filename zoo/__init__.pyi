"""The public names of the zoo, each once: what is asked for is imported from where it stands."""

from . import comparison as comparison
from . import datasets as datasets
from . import distribution as distribution
from . import entry_points as entry_points
from . import evaluation as evaluation
from . import inference as inference
from . import losses as losses
from . import metrics as metrics
from . import networks as networks
from . import priors as priors
from . import report as report
from . import representation as representation
from . import serving as serving
from . import sklearn as sklearn
from . import tasks as tasks
from . import training as training
from . import tuning as tuning
from .comparison import results as results
from .errors import InputError as InputError
from .errors import NonFiniteLossError as NonFiniteLossError
from .errors import StorageError as StorageError
from .errors import WorkerLostError as WorkerLostError
from .kinds import Metric as Metric
from .kinds import Task as Task
from .kinds import register_task as register_task
from .models import AdversarialAutoencoder as AdversarialAutoencoder
from .models import AdversarialSegmenter as AdversarialSegmenter
from .models import AutoClassifier as AutoClassifier
from .models import AutoClassifierDiscriminatorGame as AutoClassifierDiscriminatorGame
from .models import AutoClassifierGeneratorGame as AutoClassifierGeneratorGame
from .models import Autoencoder as Autoencoder
from .models import CategoricalGAN as CategoricalGAN
from .models import Classifier as Classifier
from .models import DeepGenerativeClassifier as DeepGenerativeClassifier
from .models import DeepValueNetwork as DeepValueNetwork
from .models import EndToEndEnergyNetwork as EndToEndEnergyNetwork
from .models import EnergyModel as EnergyModel
from .models import InferenceNetworkGame as InferenceNetworkGame
from .models import LadderNetwork as LadderNetwork
from .models import MinMaxGame as MinMaxGame
from .models import MultiLabelClassifier as MultiLabelClassifier
from .models import Segmenter as Segmenter
from .models import StackedGenerativeClassifier as StackedGenerativeClassifier
from .models import StructuredPredictionEnergyNetwork as StructuredPredictionEnergyNetwork
from .models import SuperEncoder as SuperEncoder
from .models import SupportVectorMachine as SupportVectorMachine
from .models import TaskOrientedGAN as TaskOrientedGAN
from .models import VariationalAutoencoder as VariationalAutoencoder
from .models import VirtualAdversarialClassifier as VirtualAdversarialClassifier
from .models import ZooModel as ZooModel
from .recipe import Recipe as Recipe
from .recipe import list_recipes as list_recipes
from .recipe import load_recipe as load_recipe
from .registry import create_estimator as create_estimator
from .registry import create_model as create_model
from .registry import list_estimators as list_estimators
from .registry import list_models as list_models
from .registry import register_estimator as register_estimator
from .registry import register_model as register_model
from .training import Checkpoint as Checkpoint
from .training import StopOnNonFiniteLoss as StopOnNonFiniteLoss
from .training import load_run as load_run

__version__: str

def load_rooms() -> None: ...
