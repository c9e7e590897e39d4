"""The tasks of the zoo, a file each; `zoo.kinds` says what a task is made of."""

from zoo.tasks.classes import CLASSES
from zoo.tasks.codes import CODES
from zoo.tasks.label_sets import LABEL_SETS
from zoo.tasks.masks import MASKS
