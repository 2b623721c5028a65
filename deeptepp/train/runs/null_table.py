"""The table of the null: what a pipeline makes of follow-up that nothing predicts."""

from __future__ import annotations

from pathlib import Path

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.train.measure.facts import rows_of
from deeptepp.train.runs.null import ALPHA, PRESET, Draw, NullReport
from deeptepp.train.runs.result_tables import p_value
from deeptepp.train.settings import TrainSettings

HEADS = (
    "draw",
    "n in folds",
    "events",
    "AUC out-of-fold",
    "n held out",
    "events",
    "AUC held out",
    "p held out",
    "p by chi-square",
    "p where the cut-offs were found",
)
"""Columns of the table of draws."""


def write_null(report: NullReport, settings: TrainSettings, out: Path, *, command: str) -> Path:
    """Write ``null.md``.

    ``out``: folder; made when absent.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / "null.md"
    path.write_text("\n\n".join([*_text(report, settings, command), _table(report)]) + "\n", encoding="utf-8")
    return path


def _text(report: NullReport, settings: TrainSettings, command: str) -> list[str]:
    """What was done and what it came to."""
    n = len(report.draws)
    verdict = "no more than" if report.is_honest else "**more than**"
    return [
        "# The whole pipeline on follow-up without signal",
        f"{RESEARCH_USE_ONLY.upper()} {SIMULATED_COHORT}. Written by `{command}`.",
        f"The images of the simulated cohort were kept and the follow-up of its patients was drawn {n} times "
        f"under the preset `{PRESET}`, by which neither images nor clinical facts tell anything of it. Each time "
        f"the split, {settings.n_folds} networks ({settings.stem_channels} stem channels, {settings.epochs} "
        "epochs) and cut-offs were made afresh. This is a shortcut in two ways: the networks are small, and the "
        "women and their images are the same in all draws.",
        f"- Out-of-fold AUC: {report.n_covering} of {n} intervals (DeLong, 95 %) hold 0.5; mean AUC "
        f"{sum(draw.auc for draw in report.draws) / n:.3f}.\n"
        f"- Held-out AUC: {report.n_covering_holdout} of {report.n_with_interval_holdout} intervals hold 0.5.\n"
        "- Log-rank test between the tiers of the **held-out** patients, cut-offs frozen beforehand, "
        f"by permutation: p below {ALPHA:g} in {report.n_significant_holdout} of {report.n_tested_holdout} draws, "
        f"{verdict} chance allows (up to {report.most_by_chance} in 97.5 % of honest pipelines). By the "
        f"chi-square distribution it would be {report.n_significant_chi_square}: a tier of one or two patients "
        "with an early event then counts as proof.\n"
        f"- The same test among the patients on whose scores the cut-offs were **found**: p below {ALPHA:g} in "
        f"{report.n_significant_in_folds} of {report.n_tested_in_folds}. This one is not a test: the cut-off was "
        "chosen to make it small. It is why tiers are judged on held-out patients.",
    ]


def _table(report: NullReport) -> str:
    """Lay out every draw."""
    return rows_of(HEADS, [_row(draw) for draw in report.draws])


def _row(draw: Draw) -> tuple[str, ...]:
    """Lay out one draw."""
    return (
        str(draw.seed),
        str(draw.n_in_folds),
        str(draw.n_events_in_folds),
        _estimate(draw.auc, draw.auc_low, draw.auc_high),
        str(draw.n_holdout),
        str(draw.n_events_holdout),
        _estimate(draw.auc_holdout, draw.auc_holdout_low, draw.auc_holdout_high),
        p_value(draw.p_holdout, missing="no tiers"),
        p_value(draw.p_holdout_chi_square, missing="no tiers"),
        p_value(draw.p_in_folds, missing="no tiers"),
    )


def _estimate(value: float | None, low: float | None, high: float | None) -> str:
    """Write an estimate with its interval."""
    if value is None:
        return "not estimable"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f}-{high:.3f})"
