"""Whether a cohort has events enough for the treatment question, said before anybody looks at the answer."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.cohort import ARM, Arm, Cohort, Endpoint
from deeptepp.report.cohort.cohort_prognosis import complete
from deeptepp.report.laboratory.recipe import Contrast
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.stats.event_rule import why_not_compared
from deeptepp.stats.treatment.contrast_adequacy import contrast_adequacy
from deeptepp.wording.sentence import glued, joined, sentence

_TITLE = "Are there events enough to compare treatments?"


def power_item(cohort: Cohort, endpoint: Endpoint) -> ReportItem:
    """What each contrast of treatments could show in a cohort.

    Returns a row for each contrast that has patients on both sides, a reason where none has.
    """
    patients = cohort.where(complete(cohort, endpoint, [ARM]))
    follow_up, arm = patients.follow_up(endpoint), np.asarray(patients[ARM]).astype(str)
    rows = []
    for contrast in Contrast:
        question = contrast.question(60.0)
        sides = [np.isin(arm, [Arm(each).value for each in arms]) for arms in (question.index, question.reference)]
        if not (sides[0].any() and sides[1].any()):
            continue
        found = contrast_adequacy(follow_up.where(sides[0]), follow_up.where(sides[1]))
        needed = "" if found.n_events_needed is None else str(found.n_events_needed)
        counts = glued("{} / {}", found.n_index, found.n_reference)
        of_arm = {question.index_label: found.n_events_index, question.reference_label: found.n_events_reference}
        events = joined(" / ", map(str, of_arm.values()))
        few = why_not_compared(of_arm)
        words = sentence("Not compared: {reason}.", reason=few) if few else found.sentence
        rows.append((question.label, counts, events, needed, words))
    if not rows:
        reason = "no two treatments have patients with known follow-up"
        return ReportItem("power", "Treatments", _TITLE, reason=reason)
    header = ("Contrast", "Patients", "Events", "Events for a halved hazard", "In words")
    note = "All tiers together; inside one tier there are fewer. Schoenfeld 1983, 80 % power."
    return ReportItem(
        "power", "Treatments", _TITLE, tables=(Table("Events and contrasts", header, tuple(rows), note),)
    )
