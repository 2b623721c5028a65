"""The figures of patients, survival, scores, ROC curves, calibration, balance, net benefit and estimates."""

from deeptepp.report.balance_figure import balance_figure
from deeptepp.report.calibration_figure import calibration_figure, survival_calibration_figure
from deeptepp.report.decision_figure import decision_curve_figure
from deeptepp.report.flow_figure import flow_figure
from deeptepp.report.flow_steps import FlowStep
from deeptepp.report.forest_figure import forest_figure
from deeptepp.report.forest_rows import ForestBlock, ForestRow
from deeptepp.report.roc_figure import RocLine, roc_figure
from deeptepp.report.score_figure import score_distribution_figure
from deeptepp.report.survival_figure import kaplan_meier_figure
from deeptepp.report.theme import for_dark_page

__all__ = [
    "FlowStep",
    "ForestBlock",
    "ForestRow",
    "RocLine",
    "balance_figure",
    "calibration_figure",
    "decision_curve_figure",
    "flow_figure",
    "for_dark_page",
    "forest_figure",
    "kaplan_meier_figure",
    "roc_figure",
    "score_distribution_figure",
    "survival_calibration_figure",
]
