"""One small registered function per named system, table by table.

A name is the paper's own label in lower case. Every function takes the shape of an image, and the
number of classes where labels are learned, builds networks where none are given, and returns an
uncompiled model. What the arguments mean in full is said by the model's class.
"""

from zoo.entry_points import autoencoders, classifiers

__all__ = ["autoencoders", "classifiers"]
