"""The minutes of a tumour board: a table for CSV, the counts of agreement, and the PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deeptepp.domain.board import Agreement, BoardCase, Choice, Entry, Flag
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.typed_number import number_text
from deeptepp.report.format import percentile, score
from deeptepp.report.tables import Table

HIDDEN = "not shown"
"""In place of a score that the board has not seen."""

CHOICES: Mapping[Choice, str] = {
    Choice.NONE: "No anti-HER2 treatment",
    Choice.T: "Trastuzumab",
    Choice.TP: "Trastuzumab + pertuzumab",
    Choice.OTHER: "Another plan",
    Choice.DEFERRED: "Deferred",
}
"""Decisions as minutes name them."""

AGREEMENTS: Mapping[Agreement, str] = {
    Agreement.AGREE: "Agrees",
    Agreement.DISAGREE: "Disagrees",
    Agreement.UNDECIDED: "Undecided",
}
"""Agreement as minutes name it."""

FLAGS: Mapping[Flag, str] = {
    Flag.SIMULATED: "simulated",
    Flag.WARNINGS: "warnings",
    Flag.OVERRIDE: "outside intended use",
    Flag.UNSTABLE: "unstable tier",
    Flag.NO_SCORE: "not scored",
}
"""Flags as minutes name them."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How the board's decisions stand to the score.

    Parameters
    ----------
    n : int
        Cases.
    n_shown : int
        Cases whose score was shown.
    n_skipped : int
        Of these, cases without a decision before it.
    n_pairs : int
        Cases decided both before and after.
    n_changed : int
        Of these, cases whose decision is another one afterwards.
    agreement : mapping of Agreement to int
        Cases by agreement with the tier.
    """

    n: int
    n_shown: int
    n_skipped: int
    n_pairs: int
    n_changed: int
    agreement: Mapping[Agreement, int]

    def sentences(self) -> tuple[str, ...]:
        """Say the counts in words."""
        agreed = ", ".join(f"{AGREEMENTS[each].lower()} {n}" for each, n in self.agreement.items())
        return (
            f"{self.n} cases; the score was shown in {self.n_shown}, {self.n_skipped} of them without a decision "
            "recorded before it.",
            f"Decided before and after the score: {self.n_pairs}; decision changed in {self.n_changed} of them.",
            f"The board's view of the tier: {agreed}.",
        )


def influence_of(cases: Sequence[BoardCase]) -> Influence:
    """Count decisions before and after the score.

    Parameters
    ----------
    cases : sequence of BoardCase
        The meeting.

    Returns
    -------
    Influence
        Counts.
    """
    pairs = [(case.before, case.after) for case in cases if case.before and case.after]
    views = [case.after.agreement for case in cases if case.after]
    return Influence(
        n=len(cases),
        n_shown=sum(case.is_shown for case in cases),
        n_skipped=sum(case.was_skipped for case in cases),
        n_pairs=len(pairs),
        n_changed=sum(before.choice is not after.choice for before, after in pairs),
        agreement={each: views.count(each) for each in Agreement},
    )


def minutes_table(cases: Sequence[BoardCase]) -> Table:
    """Write the meeting as a table, one row a case.

    Parameters
    ----------
    cases : sequence of BoardCase
        The meeting; scores that the board has not seen stay hidden.

    Returns
    -------
    Table
        For CSV; no cell names a patient.
    """
    header = (
        "Case",
        "Marks",
        "Clinical facts",
        "Flags",
        "Decision before the score",
        "Note before",
        "Recorded before (UTC)",
        "Score shown",
        "Score",
        "Tier",
        "Percentile",
        "Decision after the score",
        "View of the tier",
        "Note after",
        "Recorded after (UTC)",
        "Model, SHA-256",
    )
    rows = tuple(_row(case) for case in cases)
    return Table("Minutes of the tumour board", header, rows, " ".join(influence_of(cases).sentences()))


def summary_of(profile: ClinicalProfile) -> str:
    """Write the clinical-pathological facts of a case on one line.

    Parameters
    ----------
    profile : ClinicalProfile
        The facts; unknown ones are named as such.

    Returns
    -------
    str
        For example ``26 mm · N1 · ER+ PR− · G3 · Ki-67 30 %``.

    Examples
    --------
    >>> summary_of(ClinicalProfile(tumour_size_mm=26.0, er_positive=True, ki67_pct=30))
    '26 mm · N? · ER+ PR? · G? · Ki-67 30 %'
    """
    size = "? mm" if profile.tumour_size_mm is None else f"{number_text(profile.tumour_size_mm)} mm"
    nodes = profile.node_stage.value if profile.node_stage else "N?"
    ki67 = "?" if profile.ki67_pct is None else f"{number_text(profile.ki67_pct)} %"
    receptors = f"ER{_sign(profile.er_positive)} PR{_sign(profile.pr_positive)}"
    return f"{size} · {nodes} · {receptors} · G{profile.grade or '?'} · Ki-67 {ki67}"


def shown_flags(case: BoardCase) -> tuple[Flag, ...]:
    """Give the flags of a case that do not tell of a score that is still hidden.

    Parameters
    ----------
    case : BoardCase
        The case.

    Returns
    -------
    tuple of Flag
        All of them once the score was shown.
    """
    return tuple(flag for flag in case.flags if case.is_shown or flag is not Flag.UNSTABLE)


def decision_of(entry: Entry | None) -> str:
    """Name a decision.

    Parameters
    ----------
    entry : Entry or None
        An entry of the record.

    Returns
    -------
    str
        Empty where there is none.
    """
    return CHOICES[entry.choice] if entry and entry.choice else ""


def time_of(entry: Entry | None) -> str:
    """Write when an entry was recorded.

    Parameters
    ----------
    entry : Entry or None
        An entry of the record.

    Returns
    -------
    str
        To the minute, UTC; empty where there is none.
    """
    return _minute(entry.recorded_utc) if entry and entry.recorded_utc else ""


def _row(case: BoardCase) -> tuple[str, ...]:
    """Write one case."""
    before, after = case.before, case.after
    agreement = AGREEMENTS[after.agreement] if after and after.agreement else ""
    return (
        case.label,
        "RESEARCH USE ONLY" + ("; SIMULATED" if case.is_simulated else ""),
        summary_of(case.profile),
        ", ".join(FLAGS[flag] for flag in shown_flags(case)),
        decision_of(before),
        _signed(before),
        time_of(before),
        _shown(case),
        *result_of(case),
        decision_of(after),
        agreement,
        _signed(after),
        time_of(after),
        case.bundle_sha256,
    )


def result_of(case: BoardCase) -> tuple[str, str, str]:
    """Write score, tier and percentile of a case as far as the board has seen them.

    Parameters
    ----------
    case : BoardCase
        The case.

    Returns
    -------
    tuple of str
        Three cells.
    """
    if not case.is_shown:
        return HIDDEN, HIDDEN, HIDDEN
    if case.score is None or case.tier is None:
        return "not scored", "", ""
    return score(case.score), case.tier.value, percentile(case.percentile)


def _shown(case: BoardCase) -> str:
    """Say whether the score was shown, and how."""
    if not case.is_shown:
        return "no"
    return "without a decision before it" if case.was_skipped else "after a decision"


def _signed(entry: Entry | None) -> str:
    """Write the note of an entry and the role of who recorded it."""
    if entry is None:
        return ""
    return f"{entry.note} ({entry.role})".strip() if entry.role else entry.note


def _sign(is_positive: bool | None) -> str:
    """Write a receptor."""
    return "?" if is_positive is None else "+" if is_positive else "\u2212"


def _minute(time: datetime) -> str:
    """Write a time to the minute."""
    return time.strftime("%Y-%m-%d %H:%M")
