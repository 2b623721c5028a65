"""How those who come in differ from the patients of a model: scores, tiers, facts, acquisition, calibration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from deeptepp import __version__
from deeptepp.domain.clinical import CLINICAL_FACTS, COMPARED, FLAGS, RANGES
from deeptepp.domain.cohort import ARM, RFS_MONTHS, SCORE, SCORE_MODEL, SOURCE, TIER, Cohort
from deeptepp.domain.provenance import Model, are_scores_of, provenance_of
from deeptepp.errors import OtherScores
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.cohort_prognosis import known_in
from deeptepp.report.cohort.cohort_validation import HORIZONS_MONTHS
from deeptepp.report.format import count, p_value, ratio_ci
from deeptepp.report.look.stamps import stamp_all
from deeptepp.report.names import FACTS
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage, model_facts
from deeptepp.report.text_table import Table
from deeptepp.scoring.tiers import TierSource, with_tiers
from deeptepp.stats.event_rule import held_back, why_not_validated
from deeptepp.stats.patients.distribution_shift import (
    ALPHA,
    POWER,
    DistributionShift,
    ShiftVerdict,
    judged,
    shift_of_categories,
    shift_of_estimates,
    shift_of_numbers,
)
from deeptepp.stats.prediction.horizon_recalibration import recalibration_at
from deeptepp.wording.sentence import Words, joined, sentence

ACQUISITION: dict[str, Words] = {
    "protocol": "Scan protocol",
    SOURCE: "Centre",
    "manufacturer": "Manufacturer",
    "model_name": "Scanner",
    "field_strength_t": "Field strength, T",
    "repetition_time_ms": "Repetition time, ms",
    "echo_time_ms": "Echo time, ms",
    "flip_angle_deg": "Flip angle, degrees",
}
"""Columns that say how images were made."""

_NUMBERS = (*RANGES, "repetition_time_ms", "echo_time_ms", "flip_angle_deg")
_OTHERS: dict[str, Words] = {
    SCORE: "Risk score",
    TIER: "Tier",
    ARM: "Anti-HER2 treatment",
    "large": "Calibration-in-the-large (log odds)",
    "slope": "Calibration slope",
}
_UNKNOWN: Words = "unknown"
_IS_UNKNOWN: Words = "{fact}: known or unknown"

_FEW_VALUES = 6
"""A number with no more values than this, such as a grade, is compared as a category: ranks would be tied."""

Texts = list[str]


def drift_shifts(reference: Cohort, incoming: Cohort) -> list[DistributionShift]:
    """Compare everything that both tables may hold, Holm over all of it."""
    found = [
        shift_of_numbers(_OTHERS[SCORE], _numbers(reference, SCORE), _numbers(incoming, SCORE)),
        *_categories(reference, incoming, TIER),
    ]
    for name in (*(n for n in CLINICAL_FACTS if n not in COMPARED), ARM, *ACQUISITION):
        if name in reference or name in incoming:
            found += (
                _of_number(reference, incoming, name)
                if name in _NUMBERS
                else _categories(reference, incoming, name)
            )
    return judged([*found, *_calibration(reference, incoming)])


def quantity_name(column: str) -> str:
    """Name a quantity."""
    return {**FACTS, **ACQUISITION, **_OTHERS}.get(column, column)


def _numbers(cohort: Cohort, name: str) -> npt.NDArray[np.float64]:
    """One number of everybody, NaN where it is unknown."""
    return np.asarray(cohort[name], dtype=np.float64) if name in cohort else np.full(len(cohort), np.nan)


def _of_number(reference: Cohort, incoming: Cohort, name: str) -> Iterator[DistributionShift]:
    """Compare a number, and of how many it is known."""
    one, other = _numbers(reference, name), _numbers(incoming, name)
    both = np.concatenate([one, other])
    if len(np.unique(both[np.isfinite(both)])) <= _FEW_VALUES:
        yield from _categories(reference, incoming, name)
        return
    yield shift_of_numbers(quantity_name(name), one, other)
    if name in reference and name in incoming and np.isnan(both).any():
        told = [["unknown" if missing else "known" for missing in np.isnan(each)] for each in (one, other)]
        yield shift_of_categories(sentence(_IS_UNKNOWN, fact=quantity_name(name)), *told)


def _categories(reference: Cohort, incoming: Cohort, name: str) -> Iterator[DistributionShift]:
    """Compare a category; unknown is one of its levels where anybody is known."""
    told = [_texts(each, name) for each in (reference, incoming)]
    for each, where in zip(told, ("the reference", "those who came in"), strict=True):
        if not set(each) - {_UNKNOWN}:
            reason = sentence("not known of anybody in {where}", where=where)
            n, m = map(len, told)
            yield DistributionShift(
                name=quantity_name(name), n_reference=n, n_incoming=m, method="-", reason=reason
            )
            return
    yield shift_of_categories(quantity_name(name), *told)


def _texts(cohort: Cohort, name: str) -> Texts:
    """One category of everybody as text."""
    known = known_in(cohort, name).tolist()
    cells = cohort[name].tolist() if name in cohort else [""] * len(cohort)
    if name in FLAGS:
        cells = ["yes" if cell in (True, "true", "True") else "no" for cell in cells]
    if name in _NUMBERS:
        cells = [f"{float(cell):g}" if is_known else "" for cell, is_known in zip(cells, known, strict=True)]
    return [str(cell) if is_known else _UNKNOWN for cell, is_known in zip(cells, known, strict=True)]


def _calibration(reference: Cohort, incoming: Cohort) -> Iterator[DistributionShift]:
    """Compare what the scores come to by the horizon, where both were followed."""
    horizon = HORIZONS_MONTHS[-1]
    lines = []
    for cohort in (reference, incoming):
        chosen = np.isfinite(_numbers(cohort, SCORE)) & np.isfinite(_numbers(cohort, RFS_MONTHS))
        if not chosen.any():
            return
        patients = cohort.where(chosen)
        line, few = (
            recalibration_at(patients.follow_up(), _numbers(patients, SCORE), horizon),
            why_not_validated(patients.follow_up(), horizon),
        )
        lines.append([held_back(each, few) for each in (line.intercept, line.slope)])
    for name, one, other in zip(("large", "slope"), *lines, strict=True):
        yield shift_of_estimates(_OTHERS[name], one, other)


def drift_page(bundle: ModelBundle, incoming: Cohort) -> ReportPage:
    """Compare those who come in with the reference patients of a model.

    ``incoming``: a table of scores of this model with what else is known. Raises ``OtherScores``: the table names
    another model beside its scores.
    """
    if SCORE_MODEL in incoming and known_in(incoming, SCORE).any() and not are_scores_of(incoming, bundle.sha256):
        raise OtherScores(limit=bundle.sha256[:16])
    tiered = with_tiers(incoming, bundle.tiers, TierSource.CUT_OFFS)
    shifts = drift_shifts(bundle.reference, tiered)
    mark = provenance_of(incoming, Model(bundle.sha256, bundle.is_simulated), is_reference=True).mark
    item = ReportItem("drift", "Drift 1", "Do those who come in differ?", tables=(_table(shifts),), notes=_NOTES)
    facts = [
        ("Incoming", count(len(incoming), "patient")),
        ("Reference", count(len(bundle.reference), "patient")),
        ("Verdict", _verdict(shifts)),
        ("Scores", "named as those of this model" if SCORE_MODEL in incoming else _UNNAMED),
        *model_facts(bundle),
        ("Made by", f"deeptepp {__version__} drift"),
    ]
    return ReportPage(
        parts=(ReportPart("Drift", stamp_all((item,), mark)),),
        title="Those who come in beside the patients of the model",
        facts=facts,
        mark=mark,
    )


_UNNAMED = "the table does not say which model made them (column score_model)"

_NOTES = (
    sentence(
        "Holm over all quantities that were tested: the probability of any false alarm is at most {alpha:.0%}. "
        "“Would have been seen”: the smallest shift that these numbers of patients show with a probability of "
        "{power:.0%}, in standard deviations, or in the unit of calibration; where it is above 0.5, no shift seen "
        "says nothing, and the verdict is too few to tell.",
        alpha=ALPHA,
        power=POWER,
    ),
    "PSI: population stability index, less what groups of this size come to by chance; bootstrap interval.",
    "Scores of the reference are out-of-fold where a patient trained the network, those of others by the network "
    "that is served: a shift of the score alone may come from that.",
    "A shift says that patients, images or records changed, not that the scores are wrong; no shift says nothing "
    "of the calibration unless that is in the table.",
)


def _verdict(shifts: list[DistributionShift]) -> str:
    """Name what shifted, and count what cannot be told."""
    shifted = [each.name for each in shifts if each.verdict is ShiftVerdict.SHIFT]
    n_few = sum(each.verdict is ShiftVerdict.TOO_FEW for each in shifts)
    n_seen = sum(each.verdict is not ShiftVerdict.NOT_COMPARED for each in shifts)
    names = joined(", ", shifted) if shifted else sentence("none")
    told = sentence("Shift in {names}; {n} compared", names=names, n=count(n_seen, "quantity", "quantities"))
    return sentence("{told}; {n} with too few to tell", told=told, n=n_few) if n_few else told


def _table(shifts: list[DistributionShift]) -> Table:
    """Lay out every quantity."""
    header = (
        "Quantity",
        "Reference",
        "Incoming",
        "Test",
        "p",
        "p (Holm)",
        "PSI (95 % CI)",
        "Would have been seen",
        "Verdict",
    )
    return Table("Quantities", header, tuple(_row(each) for each in shifts))


def _row(each: DistributionShift) -> tuple[str, ...]:
    """Write one quantity."""
    psi = ratio_ci(each.psi, each.psi_low, each.psi_high) if each.psi is not None else ""
    told: str = each.verdict.value
    if each.reason:
        told = sentence("{verdict}: {reason}", verdict=told, reason=each.reason)
    elif each.unseen:
        told = sentence("{verdict}; not in the reference: {levels}", verdict=told, levels=", ".join(each.unseen))
    return (
        each.name,
        str(each.n_reference),
        str(each.n_incoming),
        each.method,
        "" if each.p_value is None else p_value(each.p_value),
        "" if each.p_adjusted is None else p_value(each.p_adjusted),
        psi,
        "" if each.detectable is None else f"{each.detectable:.2f}",
        told,
    )
