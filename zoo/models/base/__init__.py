"""The bases of all models, who moves: one player, players against an adversary, or a descent."""

from zoo.models.base.energy_model import EnergyModel
from zoo.models.base.min_max_game import MinMaxGame
from zoo.models.base.zoo_model import ZooModel
