"""Tables of systems and data sets, put together from several papers, beside our runs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from zoo.report.tables import Cells, PublishedTable, system_table
from zoo.training.finished_runs import Run

# What a value network learned from, by the end of a recipe's name.
VALUE_NETWORKS = {
    f"dvn_{name}": f"DVN + {name.replace('_', ' ')}"
    for name in ("ground_truth", "inference", "adversarial", "value_gradient", "stratified")
}


class SystemTable(NamedTuple):
    """One table: its metric, and the published names of systems and data sets in their order.

    `systems` is by the name of a recipe, `models` by its entry point, for recipes of other names.
    Its lines and columns: see `zoo.report.tables.system_table`.
    """

    metric: str
    title: str
    caption: str
    datasets: tuple[str, ...]
    systems: Mapping[str, str]
    models: Mapping[str, str]

    def of(self, runs: Sequence[Run], cells: Cells) -> list[PublishedTable]:
        """The table filled with runs whose names tell those of one data set apart, if any."""
        chosen = [run for run in runs if self.metric in run.results["scores"]]
        if not chosen:
            return []
        table = system_table(
            self.metric,
            [(run, self._system(run)) for run in chosen],
            list(dict.fromkeys(self.systems.values())),
            self.datasets,
            cells,
            number=None,
            title=self.title,
            caption=self.caption,
            notes=_sources(self.metric, chosen),
        )
        return [table]

    def _system(self, run: Run) -> str | None:
        """The published name of a run's system, `None` where it is none of them."""
        # What tells runs of one name apart stands in brackets behind it.
        name = run.label.partition(" (")[0]
        return self.systems.get(name) or self.models.get(run.recipe.model)


def _sources(metric: str, runs: Sequence[Run]) -> list[str]:
    sources = [run.recipe.source for run in runs if metric in run.recipe.target]
    named = list(dict.fromkeys(source for source in sources if source))
    return [f"Published in: {'; '.join(named)}."] if named else []
