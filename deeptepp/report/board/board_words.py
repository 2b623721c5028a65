"""How minutes, lists and files of the board say what is on it: decisions, flags, facts, results, history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from deeptepp.domain.board import CHOICES, BoardCase, Entry, Flag, Moment
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.typed_number import number_text
from deeptepp.report.format import percentile, score
from deeptepp.wording.sentence import Verbatim, Words, glued, joined, sentence

HIDDEN: Words = "not shown"
"""In place of a score that the board has not seen."""

FLAGS: Mapping[Flag, Words] = {
    Flag.SIMULATED: "simulated",
    Flag.WARNINGS: "warnings",
    Flag.OVERRIDE: "outside intended use",
    Flag.UNSTABLE: "unstable tier",
    Flag.NO_SCORE: "not scored",
}
"""Flags as minutes name them."""


def summary_of(profile: ClinicalProfile) -> str:
    """Write the clinical-pathological facts of a case on one line.

    ``profile``: the facts, unknown ones are named as such. Returns for example ``26 mm · N1 · ER+ PR− · G3 · Ki-67
    30 %``.

    >>> summary_of(ClinicalProfile(tumour_size_mm=26.0, er_positive=True, ki67_pct=30))
    '26 mm · N? · ER+ PR? · G? · Ki-67 30 %'
    """
    size = "? mm" if profile.tumour_size_mm is None else glued("{} mm", number_text(profile.tumour_size_mm))
    nodes = profile.node_stage.value if profile.node_stage else "N?"
    ki67 = "?" if profile.ki67_pct is None else f"{number_text(profile.ki67_pct)} %"
    receptors = glued("ER{} PR{}", _sign(profile.er_positive), _sign(profile.pr_positive))
    return glued("{} · {} · {} · G{} · Ki-67 {}", size, nodes, receptors, profile.grade or "?", ki67)


def shown_flags(case: BoardCase) -> tuple[Flag, ...]:
    """Flags of a case that do not tell of a score that is still hidden."""
    return tuple(flag for flag in case.flags if case.is_shown or flag is not Flag.UNSTABLE)


def decision_of(entry: Entry | None) -> str:
    """Name a decision."""
    return CHOICES[entry.choice] if entry and entry.choice else ""


def time_of(entry: Entry | None) -> str:
    """Write when an entry was recorded.

    Returns to the minute, UTC, empty where there is none.
    """
    return _minute(entry.recorded_utc) if entry and entry.recorded_utc else ""


def result_of(case: BoardCase) -> tuple[str, str, str]:
    """Write score, tier and percentile of a case as far as the board has seen them."""
    if not case.is_shown:
        return HIDDEN, HIDDEN, HIDDEN
    if case.score is None or case.tier is None:
        return sentence("not scored"), "", ""
    return score(case.score), case.tier_text, percentile(case.percentile)


def history_of(case: BoardCase, moment: Moment) -> tuple[str, ...]:
    """Write the decisions of one moment that a later one stands for.

    ``moment``: before or after the score was shown. Returns oldest first, each with its time and whether it was
    corrected or followed by another decision.
    """
    return tuple(
        glued(
            "{}, {}{}", _recorded(entry), _fate(case, entry), glued(": {}", signed(entry)) if signed(entry) else ""
        )
        for entry in case.earlier(moment)
    )


def _recorded(entry: Entry) -> str:
    """Write a decision with its time."""
    return glued("{} ({} UTC)", decision_of(entry), time_of(entry))


def _fate(case: BoardCase, entry: Entry) -> str:
    """What became of an earlier decision."""
    return sentence("corrected") if entry.number in case.corrected else sentence("followed by another decision")


def remarks_on(case: BoardCase, entry: Entry | None, meeting: Meeting | None = None) -> str:
    """That an entry is a correction, made with the score in sight, or recorded outside of a meeting."""
    if entry is None:
        return ""
    remarks = []
    if entry.corrects:
        late = sentence("correction, made after the score was shown")
        remarks.append(late if case.is_late(entry) else sentence("correction"))
    if meeting is not None and entry.meeting_id != meeting.id:
        remarks.append(sentence("recorded outside this meeting"))
    return joined(", ", remarks)


def signed(entry: Entry | None) -> str:
    """Write the notes of an entry and the role of who recorded it; empty where there is none."""
    if entry is None:
        return ""
    said = joined(" ", (glued("{}: {}", label, note) if label else note for label, note in entry.notes))
    return glued("{} ({})", said, Verbatim(entry.role)) if said and entry.role else said or Verbatim(entry.role)


def _sign(is_positive: bool | None) -> str:
    """Write a receptor."""
    return "?" if is_positive is None else "+" if is_positive else "\u2212"


def _minute(time: datetime) -> str:
    """Write a time to the minute."""
    return time.strftime("%Y-%m-%d %H:%M")
