"""What happened to the patients: events by kind and length of follow-up, beside what the publication printed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, FIRST_EVENT, Arm, Cohort, Endpoint
from deeptepp.domain.published import EVENTS, FOLLOW_UP
from deeptepp.domain.published_caveats import CAVEATS
from deeptepp.report.format import NO_INTERVAL, NOT_ESTIMABLE, count, count_of
from deeptepp.report.format import months as written_months
from deeptepp.report.names import group_words
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.survival.follow_up_time import FollowUpTime, follow_up_time
from deeptepp.wording.sentence import glued, sentence

Bools = npt.NDArray[np.bool_]

RELAPSES = {
    "locoregional": EVENTS.n_locoregional,
    "contralateral": EVENTS.n_contralateral,
    "distant": EVENTS.n_distant,
}
"""Published number of each kind of relapse, by its name in ``FIRST_EVENT``."""

NOT_RECORDED = "not recorded"
"""Where a cohort does not say."""

_DEATH, _NONE = "death", "none"
_EN_DASH = "\u2013"
_NOBODY = "nobody's follow-up is known"


def events_item(cohort: Cohort) -> ReportItem:
    """Count events by kind.

    ``cohort``: kinds of first events may be unknown for some or all. Returns Table S1, a reason where nobody's
    follow-up is known.
    """
    key, number, title = "table-s1", "Table S1", "Events by kind"
    followed = {each: is_followed(cohort, each) for each in cohort.endpoints}
    if not any(known.any() for known in followed.values()):
        return ReportItem(key, number, title, reason=_NOBODY)
    rows = [
        (
            sentence("{endpoint}: events", endpoint=ENDPOINT_NAMES[each]),
            count_of(int(_events(cohort, each)[known].sum()), int(known.sum())),
        )
        for each, known in followed.items()
    ]
    printed = [("Relapses", count_of(EVENTS.n_relapses, EVENTS.n), NOT_RECORDED)]
    printed += [
        (sentence("Relapses, {name}", name=name), count_of(n, EVENTS.n), NOT_RECORDED)
        for name, n in RELAPSES.items()
    ]
    printed.append(("Deaths from breast cancer", count_of(EVENTS.n_breast_cancer_deaths, EVENTS.n), NOT_RECORDED))
    notes = []
    kind = _kinds(cohort)
    if kind is None:
        notes.append("The cohort does not say of what kind a first event was.")
    else:
        rows += _kind_rows(cohort, kind)
        n_known = int((kind != "").sum())
        is_relapse = np.isin(kind, list(RELAPSES))
        counts = [is_relapse, *(kind == name for name in RELAPSES), is_relapse & _events(cohort, Endpoint.OS)]
        printed = [
            (name, published, count_of(int(each.sum()), n_known))
            for (name, published, _), each in zip(printed, counts, strict=True)
        ]
        notes.append(
            "Printed are deaths from breast cancer; counted here are deaths after a relapse, for the cause of "
            "death is no column of a cohort."
        )
    return ReportItem(
        key=key,
        number=number,
        title=title,
        tables=(Table("Events", ("", "n (% of the patients known)"), tuple(rows)),),
        beside=Beside(
            Table("Events", ("", "Printed", "Here"), tuple(printed), "n (%)."),
            ("Table S1 itself is in the supplement; these are the numbers of the text.", *EVENTS.notes),
            "Table S1",
        ),
        notes=tuple(notes),
    )


def _kind_rows(cohort: Cohort, kind: npt.NDArray[np.str_]) -> list[tuple[str, str]]:
    """Count first events by kind, and deaths before and after a relapse."""
    n_known = int((kind != "").sum())
    is_relapse, died = np.isin(kind, list(RELAPSES)), _events(cohort, Endpoint.OS)
    counted = [(sentence("First event: {name}", name=name), kind == name) for name in RELAPSES]
    counted += [
        ("First event: death without relapse", kind == _DEATH),
        ("No event", kind == _NONE),
        ("Deaths after relapse", is_relapse & died),
    ]
    others = sorted(set(kind.tolist()) - {*RELAPSES, _DEATH, _NONE, ""})
    counted += [(sentence("First event: {name}", name=name), kind == name) for name in others]
    rows = [(name, count_of(int(each.sum()), n_known)) for name, each in counted]
    return rows if n_known == len(kind) else [*rows, ("Kind not known", str(len(kind) - n_known))]


def _kinds(cohort: Cohort) -> npt.NDArray[np.str_] | None:
    """Kind of each first event, empty where unknown; None where nobody's is known."""
    if FIRST_EVENT not in cohort:
        return None
    cells = np.asarray(cohort[FIRST_EVENT]).tolist()
    kind = np.array(["" if cell is None or cell != cell else str(cell) for cell in cells], dtype=str)
    return kind if (kind != "").any() else None


def follow_up_item(cohort: Cohort) -> ReportItem:
    """How long the patients were followed, all of them and by treatment.

    ``cohort``: follow-up and treatment may be unknown for some or all. Returns medians and ranges, a reason where
    nobody's follow-up is known.
    """
    key, number, title = "follow-up", "Follow-up", "Length of follow-up"
    arm = arm_of(cohort)
    groups: list[tuple[str, Bools]] = [("all", np.ones(len(cohort), dtype=bool))]
    groups += [(group_words(each.value), arm == each.value) for each in Arm if (arm == each.value).any()]
    found: dict[tuple[Endpoint, str], FollowUpTime] = {}
    for endpoint in cohort.endpoints:
        known = is_followed(cohort, endpoint)
        for name, mine in groups:
            if (known & mine).any():
                found[endpoint, name] = follow_up_time(cohort.where(known & mine).follow_up(endpoint))
    if not found:
        return ReportItem(key, number, title, reason=_NOBODY)
    rows = tuple(
        (
            ENDPOINT_NAMES[endpoint],
            name,
            str(each.n),
            str(each.n_events),
            _potential(each.potential),
            *_observed(each),
        )
        for (endpoint, name), each in found.items()
    )
    header = ("Endpoint", "Treatment", "Patients", "Events", "Median, reverse Kaplan-Meier, months (95 % CI)")
    table = Table(
        "Follow-up",
        (*header, "Median observed, months", "Range observed", "Median without event"),
        rows,
        "The observed median counts times that an event ended; the reverse Kaplan-Meier median does not.",
    )
    return ReportItem(
        key,
        number,
        title,
        tables=(table,),
        beside=_printed_follow_up(found),
        notes=_follow_up_notes(cohort, found),
    )


def _printed_follow_up(found: dict[tuple[Endpoint, str], FollowUpTime]) -> Beside:
    """Set the printed length of follow-up beside the observed times of overall survival."""
    ours = found.get((Endpoint.OS, "all"))
    shortest, longest = FOLLOW_UP.shortest_months, FOLLOW_UP.longest_months
    rows = (
        ("Median", written_months(FOLLOW_UP.median_months), written_months(ours.median) if ours else NOT_RECORDED),
        ("Median, reverse Kaplan-Meier", "not printed", _potential(ours.potential) if ours else NOT_RECORDED),
        (
            "Range",
            sentence(
                "{shortest:g}{en_dash}{longest:g} months", shortest=shortest, en_dash=_EN_DASH, longest=longest
            ),
            _observed(ours)[1] if ours else NOT_RECORDED,
        ),
    )
    return Beside(
        Table("Follow-up", ("", "Printed", "Here, overall survival"), rows),
        ("How the median was estimated is not said.", *(CAVEATS[each] for each in FOLLOW_UP.caveats)),
        "Results",
    )


def _potential(estimate: Estimate) -> str:
    """Write the reverse Kaplan-Meier median."""
    if estimate.value is None:
        return glued("{}: {}", NOT_ESTIMABLE, estimate.reason)
    if estimate.low is None and estimate.high is None:
        return glued("{:.1f} ({})", estimate.value, NO_INTERVAL)
    low, high = (NOT_ESTIMABLE if limit is None else f"{limit:.1f}" for limit in (estimate.low, estimate.high))
    return glued("{:.1f} ({}{}{})", estimate.value, low, _EN_DASH, high)


def _observed(found: FollowUpTime) -> tuple[str, str, str]:
    """Write observed median, range, and the median of those without event."""
    free = "" if found.median_event_free is None else f"{found.median_event_free:.1f}"
    return f"{found.median:.1f}", f"{found.shortest:.1f}{_EN_DASH}{found.longest:.1f}", free or "everybody had it"


def _follow_up_notes(cohort: Cohort, found: dict[tuple[Endpoint, str], FollowUpTime]) -> tuple[str, ...]:
    """Say for whom no follow-up is known."""
    notes = []
    for endpoint in cohort.endpoints:
        overall = found.get((endpoint, "all"))
        n_unknown = len(cohort) - (overall.n if overall else 0)
        if n_unknown:
            notes.append(
                sentence(
                    "{endpoint} is not known of {n_unknown}.",
                    endpoint=ENDPOINT_NAMES[endpoint],
                    n_unknown=count(n_unknown, "patient"),
                )
            )
    return tuple(notes)


def is_followed(cohort: Cohort, endpoint: Endpoint) -> Bools:
    """Mark the patients whose follow-up is known.

    ``endpoint``: recurrence-free or overall survival. Returns (n,) True where the time is known.
    """
    return np.isfinite(np.asarray(cohort[endpoint.months], dtype=np.float64))


def arm_of(cohort: Cohort) -> npt.NDArray[np.str_]:
    """Treatment of each patient as text.

    Returns (n,) name of the arm, or what the cohort has instead.
    """
    return np.array([str(cell) for cell in np.asarray(cohort[ARM]).tolist()], dtype=str)


def _events(cohort: Cohort, endpoint: Endpoint) -> Bools:
    """Mark the patients with an event among those followed."""
    seen = np.array([cell == 1 for cell in np.asarray(cohort[endpoint.event]).tolist()], dtype=bool)
    return np.asarray(is_followed(cohort, endpoint) & seen, dtype=bool)
