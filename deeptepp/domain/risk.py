"""Score, tier, findings and the assessment that every surface of the software shows alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.score_receipt import Receipt
from deeptepp.domain.study import PhaseChoice
from deeptepp.errors import DeepTeppError
from deeptepp.wording.sentence import Words, joined, sentence

RESEARCH_USE: Words = "RESEARCH USE ONLY"
"""The mark of everything that this software shows or writes."""

NOT_A_DEVICE: Words = "Not a medical device. Not for diagnosis or for choosing, giving or withholding treatment."
"""What the mark means."""

RESEARCH_USE_ONLY = f"{RESEARCH_USE.capitalize()}. {NOT_A_DEVICE}"
"""Mark and meaning, on every screen, file and object."""

SIMULATED_COHORT: Words = "SIMULATED COHORT"
"""Stands beside RESEARCH USE ONLY wherever a bundle trained on simulated patients speaks."""

OUTSIDE_INTENDED_USE: Words = "OUTSIDE INTENDED USE"
"""Mark of a score that an eligibility rule refused and a user asked for all the same."""

_FOUND: Words = (
    "Low below {low:.4f} (highest Youden index, {youden:.3f}); High from {high:.4f} (exact 2-means "
    "of the {k} scores "
    "above, centres {one:.4f} and {two:.4f}); {m} patients, {events} events"
)
_FOUND_TIED: Words = (
    "Low below {low:.4f} (highest Youden index, {youden:.3f}; lowest of {n} equally good); High from {high:.4f} "
    "(exact 2-means of the {k} scores above, centres {one:.4f} and {two:.4f}); {m} patients, {events} events"
)
_FOUND_BEFORE = re.compile(
    r"Low below (?P<low>[\d.]+) \(highest Youden index, (?P<youden>[\d.]+)"
    r"(; lowest of (?P<n>\d+) equally good)?\); High from (?P<high>[\d.]+) \(exact 2-means of the (?P<k>\d+) "
    r"scores above, centres (?P<one>[\d.]+) and (?P<two>[\d.]+)\); (?P<m>\d+) patients, (?P<events>\d+) events"
)
"""The same in a bundle, which keeps English."""


class Tier(StrEnum):
    """Risk tier, ascending."""

    LOW = "Low"
    MODERATE = "Moderate"
    HIGH = "High"


@dataclass(frozen=True, slots=True)
class TierScheme:
    """Cut-offs on the score, found on out-of-fold scores of the training cohorts and then frozen.

    Parameters
    ----------
    low_below : float
        Score below which the tier is Low (highest Youden index).
    high_from : float
        Score from which the tier is High (exact one-dimensional K-means above ``low_below``).
    method : str
        How the cut-offs were found.
    """

    low_below: float
    high_from: float
    method: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low_below <= self.high_from <= 1:
            msg = f"Cut-offs must satisfy 0 <= low_below <= high_from <= 1, got {self.low_below}, {self.high_from}"
            raise ValueError(msg)

    @property
    def how_found(self) -> str:
        """How the cut-offs were found; earlier bundles call a best cut-off without rival the lowest of 1."""
        found = _FOUND_BEFORE.fullmatch(self.method)
        return (
            found_by(**{name: float(part or 1) for name, part in found.groupdict().items()})
            if found
            else self.method
        )

    def tier_of(self, score: float) -> Tier:
        """Give the tier of a score in [0, 1]."""
        if score < self.low_below:
            return Tier.LOW
        return Tier.HIGH if score >= self.high_from else Tier.MODERATE


def found_by(*, n: float, **facts: float) -> str:
    """How cut-offs were found, the lower one as the lowest of ``n`` that are equally good."""
    counts = {name: int(facts[name]) for name in ("k", "m", "events")}
    return sentence(_FOUND_TIED if n > 1 else _FOUND, n=int(n), **facts | counts)


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What turns the softmax of a network that was trained on balanced classes into a probability of recurrence.

    log odds of the score = intercept + slope x log odds of the softmax. The order of patients stays.
    ``intercept``: added to the log odds, below 0 where balancing raised them; ``slope``: above 0, below 1 where
    the network is surer than it may be.

    References
    ----------
    Platt J. Probabilistic outputs for support vector machines. Advances in Large Margin Classifiers 1999:61-74.
    """

    intercept: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.intercept) and isfinite(self.slope) and self.slope > 0):
            msg = f"Recalibration needs finite terms and a slope above 0, got {self.intercept}, {self.slope}"
            raise ValueError(msg)

    @property
    def is_identity(self) -> bool:
        """Whether scores stay what they are."""
        return self.intercept == 0 and self.slope == 1

    def __call__(self, probabilities: npt.ArrayLike, added: npt.ArrayLike = 0.0) -> npt.NDArray[np.float64]:
        """Recalibrate softmax probabilities, any shape; exactly themselves where nothing changes.

        ``added``: log odds that clinical facts add; of a shape that goes with the probabilities.
        """
        p, more = np.asarray(probabilities, dtype=np.float64), np.asarray(added, dtype=np.float64)
        if self.is_identity and not more.any():
            return p
        with np.errstate(divide="ignore"):
            log_odds = np.log(p) - np.log1p(-p)
        # exp overflows to infinity for probabilities of 0, and the score is then 0 as it should be.
        with np.errstate(over="ignore"):
            recalibrated: npt.NDArray[np.float64] = 1 / (
                1 + np.exp(-(self.intercept + self.slope * log_odds + more))
            )
        return recalibrated


@dataclass(frozen=True, slots=True)
class RiskScore:
    """Probability of recurrence, mean over views: the softmax of the network, recalibrated as its bundle says.

    ``probability``: in [0, 1].
    """

    probability: float
    per_view: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isfinite(self.probability) or not 0 <= self.probability <= 1:
            msg = f"RiskScore.probability must lie in [0, 1], got {self.probability}"
            raise ValueError(msg)


class Severity(StrEnum):
    """What a finding does to the outcome."""

    REFUSAL = "refusal"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that spoke: its id, what was measured, what is allowed, and why the rule exists."""

    rule: str
    severity: Severity
    message: str
    value: str | float | None = None
    limit: str | float | None = None
    source: str = ""

    @classmethod
    def from_error(cls, error: DeepTeppError) -> Finding:
        """Turn a refusal raised as an error into the finding that reports it."""
        value, limit = (
            v if v is None or isinstance(v, (str, int, float)) else str(v) for v in (error.value, error.limit)
        )
        return cls(error.rule, Severity.REFUSAL, str(error), value, limit)


class Outcome(StrEnum):
    """What became of a case."""

    SCORED = "scored"
    SCORED_WITH_WARNINGS = "scored-with-warnings"
    REFUSED = "refused"


ShiftMm = tuple[float, float, float]
"""A shift along (x, y, z), LPS mm."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Scores of one lesion with its outline shifted a little.

    ``scores``: score by the shift in LPS mm, (0, 0, 0) is among them; ``tiers``: tiers that these scores fall in,
    ascending. Raises ValueError: there is no score or no tier.
    """

    scores: dict[ShiftMm, float]
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        if not self.scores or not self.tiers:
            msg = "Stability needs at least one score and its tier"
            raise ValueError(msg)

    @property
    def low(self) -> float:
        """Lowest score."""
        return min(self.scores.values())

    @property
    def high(self) -> float:
        """Highest score."""
        return max(self.scores.values())

    @property
    def shift_mm(self) -> float:
        """Longest shift."""
        return max(max(map(abs, shift)) for shift in self.scores)

    @property
    def is_stable(self) -> bool:
        """Whether all scores fall in one tier."""
        return len(self.tiers) == 1


@dataclass(frozen=True, slots=True)
class TierName:
    """The one way to say the tier of a case: every screen, file, object and message takes it from here.

    ``tiers``: tiers that the score falls in, with its outline in place and shifted, ascending, empty without a
    score; ``is_stable``: whether they are one, None where no shift was scored.

    >>> TierName((Tier.MODERATE, Tier.HIGH), is_stable=False).text
    'Moderate/High, unstable'
    >>> TierName((Tier.HIGH,), is_stable=True).risk_text
    'High risk tier'
    """

    tiers: tuple[Tier, ...] = ()
    is_stable: bool | None = None

    @classmethod
    def of(cls, tier: Tier | None, stability: Stability | None) -> TierName:
        """Name the tier of a score, with the tiers that small shifts of the outline reach."""
        if tier is None:
            return cls()
        return cls((tier,)) if stability is None else cls(stability.tiers, stability.is_stable)

    @property
    def names(self) -> str:
        """The tier, or all of them: ``Moderate/High``; empty without a score."""
        return joined("/", self.tiers)

    @property
    def text(self) -> str:
        """The tier in words: ``High``, ``Moderate/High, unstable`` or ``High, stability not measured``."""
        return self._said(self.names)

    @property
    def risk_text(self) -> str:
        """The same where nothing around it says that it is a tier of risk: ``High risk tier``."""
        return self._said(sentence("{tier} risk tier", tier=self.names))

    def _said(self, tier: str) -> str:
        """Add what is not known of the tier or what is wrong with it."""
        if not self.tiers:
            return ""
        if self.is_stable is False:
            return sentence("{tiers}, unstable", tiers=self.names)
        return tier if self.is_stable else sentence("{tier}, stability not measured", tier=tier)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer for one case, the same on screen, in JSON and in files."""

    outcome: Outcome
    profile: ClinicalProfile
    findings: tuple[Finding, ...] = ()
    lesion: Lesion | None = None
    phase: PhaseChoice | None = None
    score: RiskScore | None = None
    tier: Tier | None = None
    percentile: float | None = None
    """Share of the reference cohort with a lower score, in percent (ties count half)."""
    receipt: Receipt | None = None
    is_simulated: bool = True
    """The bundle, the study, or both are simulated."""
    is_override: bool = False
    """Scored although an eligibility rule refused; the number is outside of what the model was made for."""
    stability: Stability | None = None
    """Scores with the outline shifted; None where it was not measured."""

    @property
    def tier_name(self) -> TierName:
        """What the tier is called; ``tier`` alone only chooses colours, shapes and curves."""
        return TierName.of(self.tier, self.stability)

    @property
    def tier_text(self) -> str:
        """The tier in words, see ``TierName.text``; empty without a score."""
        return self.tier_name.text

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Findings that refused."""
        return tuple(f for f in self.findings if f.severity is Severity.REFUSAL)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that warn."""
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)
