"""Classifiers that code a row by the training rows, and ask whose share of it explains it best.

scikit-learn estimators: no gradients, no epochs. Rows of numbers or images go in, as they are:

    x, y = zoo.datasets.load("mnist").sample("train", 2_000)
    SparseRepresentationClassifier().fit(x, y).predict(images)
"""

from zoo.representation.base import RepresentationClassifier
from zoo.representation.collaborative_representation import CollaborativeRepresentationClassifier
from zoo.representation.elastic_net import ElasticNetCodes, duality_gaps, elastic_net_codes
from zoo.representation.kernel_elastic_net import KernelElasticNetClassifier
from zoo.representation.kernels import KERNELS, Kernel
from zoo.representation.residuals import feature_residuals, kernel_residuals
from zoo.representation.ridge import ridge_inverse
from zoo.representation.sparse_representation import SparseRepresentationClassifier
