"""How long work tells what it is doing: one report per step, with what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The steps of one case, in order."""

    READ = "read"
    PHASES = "phases"
    BREAST = "breast"
    DETECT = "detect"
    ROI = "roi"
    VIEWS = "views"
    SCORE = "score"
    STABILITY = "stability"


@dataclass(frozen=True, slots=True)
class StepReport:
    """Where the work stands.

    ``fraction``: share of this step done, in [0, 1]; ``found``: what was found, in one short sentence without
    patient identifiers, empty while under way.
    """

    step: Step
    fraction: float
    found: str = ""


Progress = Callable[[StepReport], None]
"""Receives every report; raises ``JobCancelled`` to stop the work."""


def silent(_report: StepReport) -> None:
    """Ignore progress."""
