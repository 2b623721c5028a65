"""Where patients and scores come from, and the mark that follows from it: the one place that decides it.

Marks are strict: one is left out only where nothing that is shown is simulated. A score column of somebody's own
table comes from elsewhere unless the table names the model that made it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from deeptepp.domain.cohort import LATENT_RISK, SCORE, SCORE_MODEL, SUBJECT, Cohort
from deeptepp.domain.risk import SIMULATED_COHORT

SIMULATED_MODEL = "REAL PATIENTS, SIMULATED MODEL"
"""Stands where real patients were scored by a model that learnt from simulated ones."""

MARKS = (SIMULATED_COHORT, SIMULATED_MODEL)
"""Every mark that a figure or a table may carry."""

SHORTEST_DIGEST = 8
"""Hexadecimal digits of a digest that name a model: fewer could be those of another."""

_SIMULATED_SUBJECT = re.compile(r"SIM-\d{4}")
"""Subjects as the simulator names them; a table written from its cohort keeps them and loses the rest."""


class ScoreSource(StrEnum):
    """Where the scores of a cohort come from."""

    NONE = "none"
    ELSEWHERE = "elsewhere"
    MODEL = "this model"
    SIMULATED_MODEL = "a model trained on simulated patients"


@dataclass(frozen=True, slots=True)
class Model:
    """What has to be known of a model to say whose scores they are."""

    sha256: str
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where patients and scores come from."""

    is_simulated: bool
    scores: ScoreSource

    @property
    def mark(self) -> str:
        """What every surface made from the scores carries; empty where nothing is simulated."""
        if self.is_simulated:
            return SIMULATED_COHORT
        return SIMULATED_MODEL if self.scores is ScoreSource.SIMULATED_MODEL else ""

    @property
    def patients_mark(self) -> str:
        """What is carried by a surface that shows no score and no tier made of one."""
        return SIMULATED_COHORT if self.is_simulated else ""

    @property
    def has_scores(self) -> bool:
        """Whether anybody has a score."""
        return self.scores is not ScoreSource.NONE

    @property
    def patients(self) -> str:
        """Whether the patients are real, in a word."""
        return "simulated" if self.is_simulated else "real"

    @property
    def sentence(self) -> str:
        """Both in one sentence."""
        return _SENTENCES[self.is_simulated, self.scores]


_SENTENCES: dict[tuple[bool, ScoreSource], str] = {
    (False, ScoreSource.NONE): "The patients are real and have no scores.",
    (False, ScoreSource.ELSEWHERE): "The patients are real; their scores were computed elsewhere.",
    (False, ScoreSource.MODEL): "The patients are real; their scores are those of this model.",
    (False, ScoreSource.SIMULATED_MODEL): "The patients are real; their scores are those of a model that was "
    "trained on simulated patients, and so are the tiers made of them.",
    (True, ScoreSource.NONE): "The patients are simulated and have no scores.",
    (True, ScoreSource.ELSEWHERE): "The patients are simulated; their scores were computed elsewhere.",
    (True, ScoreSource.MODEL): "The patients are simulated; their scores are those of this model.",
    (True, ScoreSource.SIMULATED_MODEL): "The patients are simulated, and so are those whom the model was "
    "trained on.",
}
SENTENCES: tuple[str, ...] = tuple(_SENTENCES.values())
"""Every sentence that ``Provenance`` can say."""


def provenance_of(cohort: Cohort, model: Model, *, is_reference: bool = False) -> Provenance:
    """Where patients and scores of a cohort come from."""
    return Provenance(patients_are_simulated(cohort), _score_source(cohort, model, is_reference=is_reference))


def patients_are_simulated(cohort: Cohort) -> bool:
    """Whether patients are simulated, also after a table lost what it said of them.

    The result is by the metadata, or by what only simulated patients have: their latent risk, or the simulator's
    names for all of them.
    """
    if cohort.is_simulated or LATENT_RISK in cohort:
        return True
    subjects = [str(subject) for subject in cohort[SUBJECT].tolist()]
    return bool(subjects) and all(_SIMULATED_SUBJECT.fullmatch(subject) for subject in subjects)


def are_scores_of(cohort: Cohort, sha256: str) -> bool:
    """Whether every scored patient names a model by its digest, and there is one."""
    scores = np.asarray(cohort[SCORE], dtype=np.float64) if SCORE in cohort else np.full(len(cohort), np.nan)
    named = cohort[SCORE_MODEL].tolist() if SCORE_MODEL in cohort else [""] * len(cohort)
    models = [str(name or "").strip().lower() for name, score in zip(named, scores, strict=True) if score == score]
    return bool(models) and all(_is_digest_of(model, sha256) for model in models)


def _score_source(cohort: Cohort, model: Model, *, is_reference: bool) -> ScoreSource:
    """Whose scores they are; one patient scored by a simulated model is enough to say so."""
    scores = np.asarray(cohort[SCORE], dtype=np.float64) if SCORE in cohort else np.full(len(cohort), np.nan)
    is_scored = np.isfinite(scores)
    if not is_scored.any():
        return ScoreSource.NONE
    named = _models_named(cohort, is_scored.tolist())
    is_own = is_reference or any(_is_digest_of(name, model.sha256) for name in named)
    if any("simulat" in name for name in named) or (is_own and model.is_simulated):
        return ScoreSource.SIMULATED_MODEL
    return ScoreSource.MODEL if is_own else ScoreSource.ELSEWHERE


def _models_named(cohort: Cohort, is_scored: list[bool]) -> set[str]:
    """Models that the table names for its scored patients, in small letters."""
    if SCORE_MODEL not in cohort:
        return set()
    cells = zip(cohort[SCORE_MODEL].tolist(), is_scored, strict=True)
    return {str(cell).strip().lower() for cell, scored in cells if scored and cell not in (None, "")}


def _is_digest_of(name: str, sha256: str) -> bool:
    """Whether a name is the digest of a model, or its first digits."""
    return len(name) >= SHORTEST_DIGEST and sha256.lower().startswith(name)
