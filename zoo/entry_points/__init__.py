"""One small registered function per named system, table by table.

A name is the paper's own label in lower case. Every function takes the shape of an input, and the
number of classes or of labels where the model learns them, builds networks where none are given,
and returns an uncompiled model. What the arguments mean in full is said by the model's class.
"""

from zoo.entry_points import (
    autoencoders,
    classifiers,
    comparators,
    deep_generative_classifiers,
    generative_adversarial_classifiers,
    ladder_networks,
    representation,
    segmentation,
    structured,
    support_vector_machines,
)
