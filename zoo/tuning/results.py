"""What a search leaves for people: a table of its trials, a plot, and the best recipe."""

import csv
import dataclasses
import pathlib
from collections.abc import Sequence

from zoo.files import whole_file
from zoo.tuning.recipe_hypermodel import RecipeHyperModel
from zoo.tuning.search_plot import plot_search
from zoo.tuning.trial_records import TrialRecord, best_of

BEST_RECIPE, TABLE, PLOT = "best_recipe.json", "trials.csv", "trials.png"


def write_results(
    folder: pathlib.Path, records: Sequence[TrialRecord], hypermodel: RecipeHyperModel
) -> None:
    """Writes the table, the plot and, once a trial is completed, the best recipe; each whole."""
    name = hypermodel.objective.name
    keys = [dimension.key for dimension in hypermodel.dimensions]
    with whole_file(folder / TABLE) as path, path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["trial", "state", name, "best_epoch", "epochs", "seconds", *keys, "cause"])
        for record in records:
            facts = record.state, record.score, record.best_epoch, record.epochs, record.seconds
            values = (record.values[key] for key in keys)
            table.writerow([record.trial, *facts, *values, record.cause])
    best = best_of(records, hypermodel.objective)
    with whole_file(folder / PLOT) as path:
        path.write_bytes(plot_search(hypermodel.dimensions, records, name, best))
    if best is not None:
        chosen = f"by {len(records)} trials of zoo tune, by {name} of held-out training rows"
        recipe = dataclasses.replace(hypermodel.recipe_with(best.values), chosen=chosen)
        with whole_file(folder / BEST_RECIPE) as path:
            path.write_text(recipe.to_json())
