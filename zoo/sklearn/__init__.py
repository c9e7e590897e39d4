"""Models of the zoo as scikit-learn estimators: in pipelines, searches and cross-validation.

    search = GridSearchCV(
        make_pipeline(SuperEncoderTransformer(random_state=0), SVC()),
        {"superencodertransformer__reconstruction_weight": [0.1, 1.0]},
    )

Rows are tables (rows, features), which the model standardizes, or images (rows, height, width,
channels). SRC, CRC and KENRR are such estimators too.
"""

from zoo.representation import (
    CollaborativeRepresentationClassifier,
    KernelElasticNetClassifier,
    SparseRepresentationClassifier,
)
from zoo.sklearn.classifiers import AutoClassifierClassifier, SemiSupervisedClassifier
from zoo.sklearn.label_sets import MultiLabelEnergyClassifier
from zoo.sklearn.transformers import AutoencoderTransformer, SuperEncoderTransformer
