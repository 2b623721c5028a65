"""What is unknown in a cohort that a prediction is validated in, fact by fact, and what was done about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import RFS_EVENT, RFS_MONTHS, Cohort
from deeptepp.model.clinical_features import PUBLISHED_COLUMNS
from deeptepp.report.cohort.cohort_prognosis import known_in
from deeptepp.report.cohort.predictor import Predictor
from deeptepp.report.format import count, count_of
from deeptepp.report.names import FACTS
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.wording.sentence import glued, sentence

_TITLE = "What is unknown"
_LEFT_OUT = "left out"
_UNUSED = "not used here"

Bools = npt.NDArray[np.bool_]


def missing_item(cohort: Cohort, predictor: Predictor, *, number: str) -> ReportItem:
    """Count what is unknown.

    ``cohort``: all patients, also those who are left out; ``predictor``: whose risks are validated. Returns a row
    for follow-up, risk and each clinical fact: patients with and without it, and their events, so that a gap which
    the outcome explains can be seen.
    """
    is_followed = known_in(cohort, RFS_MONTHS)
    event = np.asarray(cohort[RFS_EVENT]).astype(bool) & is_followed
    is_predicted = known_in(cohort, predictor.column)
    rows = [
        _row("Recurrence-free survival", is_followed, event, _LEFT_OUT),
        _row(sentence("Risk ({what})", what=predictor.label), is_predicted, event, _LEFT_OUT),
    ]
    for name, label in FACTS.items():
        is_asked = name in PUBLISHED_COLUMNS
        if is_asked or name in cohort:
            rows.append(_row(label, known_in(cohort, name), event, predictor.imputation if is_asked else _UNUSED))
    n = int((is_followed & is_predicted).sum())
    note = sentence(
        "Measured in {counted} of {cohort}: ",
        counted=count_of(n, len(cohort)),
        cohort=count(len(cohort), "patient"),
    )
    note += "those with follow-up and a risk. "
    note += "Events: recurrence or death, among patients with and without the fact."
    header = ("Fact", "Unknown", "Events, known", "Events, unknown", "Where unknown")
    return ReportItem(
        "missing", number, predictor.title(_TITLE), tables=(Table(_TITLE, header, tuple(rows), note),)
    )


def _row(label: str, is_known: Bools, event: Bools, done: str) -> tuple[str, ...]:
    """Count patients and events with and without a fact."""
    n, n_known = len(is_known), int(is_known.sum())
    with_fact = glued("{} of {}", int(event[is_known].sum()), n_known) if n_known else "nobody"
    without = glued("{} of {}", int(event[~is_known].sum()), n - n_known) if n_known < n else ""
    return (label, count_of(n - n_known, n), with_fact, without, done if n_known < n else "")
