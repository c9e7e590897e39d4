"""Finished runs as one HTML page: ours beside the published numbers, and what was learned."""

from zoo.report.model_picture import plot_model
from zoo.report.page import read_runs, write_report
from zoo.report.published_tables import tables_as_text
from zoo.report.scores import notes_on, overridden_as_text, rows_as
