"""Inference: labels that minimize an energy, by one inner loop; and by brute force beside it."""

from zoo.inference.descent import (
    METHODS,
    STARTS,
    Descended,
    Descent,
    Objective,
    ascend,
    check_start,
    cost_augmented,
    descend,
    starting_point,
    unroll,
    value_and_gradient,
)
