"""Who the patients are: flow, Table 1, events and follow-up, each beside what the publication printed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go

from deeptepp.domain.cohort import ARM, SCORE, Arm, Cohort, Endpoint
from deeptepp.domain.published import FLOW
from deeptepp.domain.published_caveats import CAVEATS
from deeptepp.report.cohort.cohort_events import arm_of, events_item, follow_up_item, is_followed
from deeptepp.report.cohort.table_one_item import printed_table_one, table_one_numbers, table_one_table
from deeptepp.report.figures.flow_figure import FlowStep, flow_figure
from deeptepp.report.format import count, count_of
from deeptepp.report.names import ARM_SHORT, group_words
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.report.text_table import Table
from deeptepp.stats.patients.patient_facts import cohort_table_one, duplicate_facts, patient_facts
from deeptepp.wording.sentence import joined, sentence

_ARM_NAMES = {**ARM_SHORT, Arm.NONE: "No anti-HER2 therapy"}

_NOT_RANDOMISED = (
    "Treatment was not randomised: its groups differ by who was offered it and by the years they were treated in."
)

_PRINTED_DUPLICATE = (
    "In print the molecular subtype and the ER status have the same counts in every column (335 and 391 in all), "
    "and no tumour is PR positive but ER negative: they are one fact under two names. Counts of size, nodes and "
    "stage are sums over the printed categories."
)


def patient_items(cohort: Cohort) -> list[ReportItem]:
    """Describe the patients of a cohort.

    ``cohort``: follow-up and treatment may be unknown for some or all. Returns Figure 1, Table 1, Table S1 and the
    length of follow-up, what the cohort does not allow says why.
    """
    makers: tuple[tuple[str, str, str, Callable[[Cohort], ReportItem]], ...] = (
        ("figure-1", "Figure 1", "From the patients to the groups compared", _flow_item),
        ("table-1", "Table 1", "Patients by treatment", _table_one_item),
        ("table-s1", "Table S1", "Events by kind", events_item),
        ("follow-up", "Follow-up", "Length of follow-up", follow_up_item),
    )
    if len(cohort):
        return [make(cohort) for _, _, _, make in makers]
    return [ReportItem(key, number, title, reason="nobody is in the cohort") for key, number, title, _ in makers]


def _flow_item(cohort: Cohort) -> ReportItem:
    """Count who is known and who is compared."""
    n, arm = len(cohort), arm_of(cohort)
    by_arm = {each: int((arm == each.value).sum()) for each in Arm}
    n_known = sum(by_arm.values())
    rows = [("Patients", count_of(n, n))]
    rows += [
        (
            sentence("{endpoint} not known", endpoint=ENDPOINT_NAMES[each]),
            count_of(int((~is_followed(cohort, each)).sum()), n),
        )
        for each in cohort.endpoints
    ]
    rows.append(("Treatment not known", count_of(n - n_known, n)))
    if SCORE in cohort:
        n_unscored = int((~np.isfinite(np.asarray(cohort[SCORE], dtype=np.float64))).sum())
        rows.append(("Not scored", count_of(n_unscored, n)))
    rows += [
        (sentence("Anti-HER2 therapy: {group}", group=group_words(each.value)), count_of(count, n))
        for each, count in by_arm.items()
    ]
    printed = [
        ("Operated on", str(FLOW.n_operated), "not known"),
        ("Not in the study", str(FLOW.n_left_out), "not known"),
        ("In the study", str(FLOW.n_included), str(n)),
        *(
            (
                sentence("Anti-HER2 therapy: {group}", group=group_words(each.value)),
                str(FLOW.n_by_arm[each]),
                str(by_arm[each]),
            )
            for each in Arm
        ),
    ]
    criteria = sentence(
        "Included: {eligibility}. Left out: {exclusions}.",
        eligibility=joined("; ", FLOW.eligibility),
        exclusions=joined("; ", FLOW.exclusions),
    )
    beside = Beside(
        Table("Patients", ("", "Printed", "Here"), tuple(printed), criteria),
        ("How many patients each criterion left out is not printed.", *(CAVEATS[each] for each in FLOW.caveats)),
        "Figure 1",
    )
    return ReportItem(
        key="figure-1",
        number="Figure 1",
        title="From the patients to the groups compared",
        figures=(_flow_figure(cohort),),
        tables=(Table("Patients", ("", "n (% of the patients)"), tuple(rows)),),
        beside=beside,
        notes=("A cohort holds the patients who were included; who was left out before that is not in it.",),
    )


def _flow_figure(cohort: Cohort) -> go.Figure:
    """Draw the patients with known follow-up and treatment."""
    followed, arm = is_followed(cohort, Endpoint.RFS), arm_of(cohort)
    n, n_followed = len(cohort), int(followed.sum())
    arms = [(_ARM_NAMES[each], int((followed & (arm == each.value)).sum())) for each in Arm]
    arms = [(name, count) for name, count in arms if count]
    n_unknown = n_followed - sum(count for _, count in arms)
    untreated = (("treatment not known", n_unknown),) if n_unknown else ()
    steps = [FlowStep("Patients of the cohort", n, untreated)]
    if n_followed < n:
        lost = (("recurrence-free survival not known", n - n_followed),)
        steps = [
            FlowStep("Patients of the cohort", n, lost),
            FlowStep("Recurrence-free survival known", n_followed, untreated),
        ]
    title = "From the patients to the groups compared"
    return flow_figure(steps, arms, title=title, simulated=cohort.is_simulated)


def _table_one_item(cohort: Cohort) -> ReportItem:
    """Describe the patients by treatment."""
    table = cohort_table_one(cohort, ARM)
    if not table.numbers and not table.categories:
        reason = "the cohort has no clinical facts"
        return ReportItem("table-1", "Table 1", "Patients by treatment", reason=reason)
    notes = [each.sentence for each in duplicate_facts(patient_facts(cohort))]
    if len(table.groups) < 2:
        notes.insert(0, "Fewer than two treatments are known, so that nothing is compared.")
    if table.n_ungrouped and table.groups:
        notes.insert(
            0,
            sentence(
                "Treatment not known: {n_ungrouped}, under All only.",
                n_ungrouped=count(table.n_ungrouped, "patient"),
            ),
        )
    if len(table.groups) > 1:
        notes.insert(0, _NOT_RANDOMISED)
    return ReportItem(
        key="table-1",
        number="Table 1",
        title="Patients by treatment",
        tables=(table_one_table(table, names={each.value: name for each, name in _ARM_NAMES.items()}),),
        beside=Beside(printed_table_one(table), (_PRINTED_DUPLICATE,), "Table 1"),
        notes=tuple(notes),
        data={"values": table_one_numbers(table)},
    )
