"""The board's own cases at a glance: their status, their tiers, and what the score changed, as counts with n."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deeptepp.domain.board import AGREEMENTS, CHOICES, Agreement, BoardCase, Status
from deeptepp.domain.risk import Tier
from deeptepp.report.format import count_of
from deeptepp.report.text_table import Table
from deeptepp.wording.sentence import sentence

STATUSES = {
    Status.OPEN: "To discuss, score hidden",
    Status.BEFORE: "Decided, score hidden",
    Status.SHOWN: "Score shown, to decide",
    Status.DECIDED: "Decided with the score in sight",
}
"""How far the board has come, in words."""


def status_table(cases: Sequence[BoardCase]) -> Table:
    """Count cases by how far the board has come with them.

    Returns a row for each status, also for those that no case has.
    """
    found = Counter(case.status for case in cases)
    rows = tuple((words, count_of(found[status], len(cases))) for status, words in STATUSES.items())
    return Table(sentence("Where the cases stand, n = {n}", n=len(cases)), ("Status", "Cases"), rows)


def tier_table(cases: Sequence[BoardCase]) -> Table:
    """Count the cases whose score was shown by tier.

    ``cases``: those whose score is hidden are counted as such and not by tier. Returns ascending by tier, each as
    the board says it: stable, not measured or unstable, a tier that no case has is there with 0. Cases without a
    score come last.
    """
    shown = [case for case in cases if case.is_shown]
    found = Counter((case.tier, case.tier_text) for case in shown)
    rows = []
    for tier in (*Tier, None):
        said = sorted((words, n) for (each, words), n in found.items() if each is tier)
        if tier is not None and not said:
            said = [(tier.value, 0)]
        rows += [(words or "Not scored", count_of(n, len(shown))) for words, n in said]
    note = sentence("Score hidden: {n}.", n=len(cases) - len(shown)) if len(shown) < len(cases) else ""
    return Table(sentence("Tiers of shown scores, n = {n}", n=len(shown)), ("Tier", "Cases"), tuple(rows), note)


def change_table(cases: Sequence[BoardCase]) -> Table:
    """Count decisions before the score against those after it.

    Returns a row for each pair of decisions, the most frequent first.
    """
    pairs = Counter(
        (case.before.choice, case.after.choice)
        for case in cases
        if case.before and case.after and case.before.choice and case.after.choice
    )
    n = sum(pairs.values())
    n_changed = sum(k for (before, after), k in pairs.items() if before is not after)
    rows = tuple(
        (CHOICES[before], CHOICES[after], "no" if before is after else "yes", count_of(k, n))
        for (before, after), k in pairs.most_common()
    )
    header = ("Before the score", "With the score in sight", "Changed", "Cases")
    return Table(sentence("Decided before and after, n = {n}; changed in {m}", n=n, m=n_changed), header, rows)


def agreement_table(cases: Sequence[BoardCase]) -> Table:
    """Count the board's view of the tier.

    ``cases``: those that were decided with the score in sight are counted.
    """
    views = Counter(case.after.agreement for case in cases if case.after and case.after.agreement)
    n = sum(views.values())
    rows = tuple((AGREEMENTS[each], count_of(views[each], n)) for each in Agreement)
    return Table(sentence("The board's view of the tier, n = {n}", n=n), ("View", "Cases"), rows)
