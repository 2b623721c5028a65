"""The figures: Kaplan-Meier curves with numbers at risk, and a score among the scores of the cohort."""

from deeptepp.report.score_figure import score_distribution_figure
from deeptepp.report.survival_figure import kaplan_meier_figure
from deeptepp.report.theme import for_dark_page

__all__ = ["for_dark_page", "kaplan_meier_figure", "score_distribution_figure"]
