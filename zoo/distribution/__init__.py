"""Which devices a run uses, which machines, and what Keras lacks for several."""

from zoo.distribution.cluster import Cluster, read_cluster, slurm_cluster
from zoo.distribution.multi_worker import alone, cluster_of, from_chief, is_chief
from zoo.distribution.strategies import (
    STRATEGIES,
    choose_precision,
    choose_strategy,
    describe_hardware,
)
