"""DeepTEPP: risk score, tier and treatment outcomes for HER2-positive early breast cancer from breast DCE-MR.

This module is the door: what it names is what other programs use. Everything else is the inside of the house.

Examples
--------
>>> import deeptepp
>>> cohort = deeptepp.simulate_cohort(seed=1)
>>> cohort
Cohort(726 simulated patients, 24 columns)
>>> curve = deeptepp.kaplan_meier(cohort.follow_up(deeptepp.Endpoint.RFS))
>>> curve.n, curve.n_events
(726, 95)

A case, from images to a tier, is in ``docs/python.md``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deeptepp.domain.clinical import ClinicalProfile
    from deeptepp.domain.cohort import Arm, Cohort, Endpoint, FollowUp
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.case.case_files import write_case_files
    from deeptepp.report.cohort.cohort_report import write_cohort_report
    from deeptepp.scoring.case import assess_case
    from deeptepp.scoring.images import open_case
    from deeptepp.simulate.simulated_cohort import simulate_cohort
    from deeptepp.simulate.simulated_study import demo_profile, demo_study
    from deeptepp.stats.hazards.cox import fit_cox
    from deeptepp.stats.prediction.roc import roc_auc
    from deeptepp.stats.survival.kaplan_meier import kaplan_meier
    from deeptepp.stats.survival.logrank import log_rank
    from deeptepp.stats.treatment.treatment_effect import contrast_treatments
    from deeptepp.stats.treatment.treatment_question import TreatmentQuestion
    from deeptepp.tables import read_cohort

__version__ = version("deeptepp")

_HOMES = {
    "Arm": "domain.cohort",
    "ClinicalProfile": "domain.clinical",
    "Cohort": "domain.cohort",
    "Endpoint": "domain.cohort",
    "FollowUp": "domain.cohort",
    "TreatmentQuestion": "stats.treatment.treatment_question",
    "assess_case": "scoring.case",
    "contrast_treatments": "stats.treatment.treatment_effect",
    "demo_profile": "simulate.simulated_study",
    "demo_study": "simulate.simulated_study",
    "fit_cox": "stats.hazards.cox",
    "kaplan_meier": "stats.survival.kaplan_meier",
    "load_bundle": "model.bundle",
    "log_rank": "stats.survival.logrank",
    "open_case": "scoring.images",
    "read_cohort": "tables",
    "roc_auc": "stats.prediction.roc",
    "simulate_cohort": "simulate.simulated_cohort",
    "write_case_files": "report.case.case_files",
    "write_cohort_report": "report.cohort.cohort_report",
}
"""Where each name lives; a module is loaded when its name is first asked for, since torch takes seconds."""

__all__ = [
    "Arm",
    "ClinicalProfile",
    "Cohort",
    "Endpoint",
    "FollowUp",
    "TreatmentQuestion",
    "__version__",
    "assess_case",
    "contrast_treatments",
    "demo_profile",
    "demo_study",
    "fit_cox",
    "kaplan_meier",
    "load_bundle",
    "log_rank",
    "open_case",
    "read_cohort",
    "roc_auc",
    "simulate_cohort",
    "write_case_files",
    "write_cohort_report",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    """Load a name of the door when it is first used (PEP 562)."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the door."""
    return list(__all__)
