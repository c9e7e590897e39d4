"""Finished runs as one HTML page: ours beside the published numbers, and what was learned."""

from zoo.report.page import write_report
