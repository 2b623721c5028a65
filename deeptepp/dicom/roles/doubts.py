"""What makes the roles of a dynamic series doubtful, by headers alone: each doubt is a question with proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deeptepp.dicom.roles.identity import other_body_part
from deeptepp.dicom.roles.refusals import other_geometry
from deeptepp.dicom.roles.rows import MIN_PHASES, Row
from deeptepp.dicom.roles.series import as_found, is_same_grid, keys_of
from deeptepp.dicom.roles.timeline import Timeline, orders_by_sign
from deeptepp.dicom.roles.whole_phases import broken, incomplete_last, missing_between
from deeptepp.dicom.volumes.kinds import (
    has_same_settings,
    is_same_kind,
    speaks_of_post,
    speaks_of_pre,
    spoken_order,
)
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseProposal, phase_name
from deeptepp.errors import (
    DeepTeppError,
    EqualTimes,
    ImplausibleTimes,
    NoPreContrast,
    OrdersDiffer,
    OtherBodyPart,
    OtherFrameOfReference,
    OtherSettings,
)
from deeptepp.wording.sentence import joined, sentence

LONGEST_GAP_S = 2 * 3600.0
"""Longest time between two phases in s. Half an hour passes between the images before contrast and the injection;
beyond two hours it is another examination, or the clock is none of acquisition."""

LONGEST_POST_GAP_S = 20 * 60.0
"""The same between phases after contrast: late ones come after ten minutes, a second injection after thirty."""


CORRECTIONS = frozenset({"ND", "DIS2D", "DIS3D", "NORM"})
"""Values of ImageType by which Siemens says whether distortion and the sensitivity of the coil were corrected."""

_MINUTE_S, _HOUR_S = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was found."""

    refusal: DeepTeppError | None = None
    findings: tuple[Finding, ...] = ()


def doubt_about(timeline: Timeline, others: Sequence[Row]) -> Doubts:
    """Look for what speaks against the roles of the phases.

    ``others``: what else could be a phase by its header. Gives a refusal where a reader has to look, else
    findings.
    """
    for check in _CHECKS:
        refusal = check(timeline, others)
        if refusal is not None:
            return Doubts(refusal)
    return Doubts(
        findings=(
            *incomplete_last(timeline, others),
            *_frames_of_reference(timeline),
            *_corrections(timeline),
            *_order(timeline),
        )
    )


def other_orders(rows: Sequence[Row], found: Sequence[Row]) -> tuple[PhaseProposal, ...]:
    """Propose the orders in which other signs put volumes.

    ``found``: the phases in the order found, which is not proposed once more.
    """
    return tuple(
        PhaseProposal(keys_of(ordered), sentence("In the order of {sign}.", sign=sign))
        for sign, ordered in orders_by_sign(rows)
        if keys_of(ordered) != keys_of(found)
    )


def _equal_times(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Find volumes of one time that were made in one way: phases whose times were lost, or reconstructions."""
    if not timeline.rivals:
        return None
    everything = (*timeline.rows, *timeline.rivals)
    ways = (as_found(timeline, "One volume of each time."), *other_orders(everything, timeline.rows))
    return EqualTimes(value=len(timeline.rivals), proposals=ways)


def _earlier_elsewhere(timeline: Timeline, others: Sequence[Row]) -> DeepTeppError | None:
    """Find an earlier volume of the same sequence on another grid: the pre-contrast phase, moved."""
    if speaks_of_pre(timeline.rows[0].stack.series):
        return None
    ways = (as_found(timeline, "The phases found, without the earlier images that lie elsewhere."),)
    return other_geometry([row.stack for row in timeline.rows], [row.stack for row in others], ways)


def _other_settings(timeline: Timeline, others: Sequence[Row]) -> DeepTeppError | None:
    """Find an earlier volume on the same grid with other settings, unless the first is known as pre-contrast."""
    first = timeline.rows[0].stack
    if _is_known_pre(timeline):
        return None
    earlier = [
        row
        for row in others
        if is_same_grid(row.stack, first)
        and is_same_kind(row.stack.series, first.series)
        and not has_same_settings(row.stack.series, first.series)
        and _is_before(row, timeline)
    ]
    # Several flip angles before the dynamic series are there to map T1.
    if not earlier or len({row.stack.series.flip_angle_deg for row in earlier}) > 1:
        return None
    row = earlier[-1]
    ways = (
        PhaseProposal((row.key, *keys_of(timeline.rows)), "With the earliest images as pre-contrast phase."),
        as_found(timeline, "Without them: the first of the others is then the pre-contrast phase."),
    )
    return OtherSettings(value=_settings(row), proposals=ways)


def _settings(row: Row) -> str:
    """Write repetition time, echo time and flip angle."""
    series = row.stack.series
    facts = (("TR", series.repetition_time_ms, "ms"), ("TE", series.echo_time_ms, "ms"))
    known = [f"{name} {value:g} {unit}" for name, value, unit in facts if value is not None]
    angle = series.flip_angle_deg
    return joined(", ", [*known, *([] if angle is None else [sentence("flip angle {n:g} degrees", n=angle)])])


def _is_before(row: Row, timeline: Timeline) -> bool:
    """Whether a volume came before all phases, by the first sign that both have."""
    for sign in ("acquired_s", "series_s", "series_number"):
        mine, first = getattr(row.stack.clock, sign), getattr(timeline.rows[0].stack.clock, sign)
        if mine is not None and first is not None and mine != first:
            return bool(mine < first)
    return False


def _is_known_pre(timeline: Timeline) -> bool:
    """Whether headers say that the first phase, and no other, precedes contrast."""
    first, second = (row.stack.series for row in timeline.rows[:2])
    is_without_agent = not first.has_contrast_agent and second.has_contrast_agent
    return is_without_agent or (speaks_of_pre(first) and not speaks_of_pre(second))


def _post_only(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Refuse phases that all speak of a time after contrast."""
    first = timeline.rows[0].stack.series
    n_in_first_series = sum(row.stack.series.series_uid == first.series_uid for row in timeline.rows)
    if n_in_first_series == 1 and speaks_of_post(first) and first.has_contrast_agent:
        ways = (as_found(timeline, "The phases found, the first of them taken as pre-contrast."),)
        return NoPreContrast(value=len(timeline.rows), proposals=ways)
    return None


def _gap(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Find hours between two phases."""
    times = timeline.times_s or ()
    for k, (before, after) in enumerate(pairwise(times), start=1):
        limit_s = LONGEST_GAP_S if k == 1 else LONGEST_POST_GAP_S
        if after - before <= limit_s:
            continue
        parts = sorted((timeline.rows[:k], timeline.rows[k:]), key=len, reverse=True)
        parts = [part for part in parts if len(part) >= MIN_PHASES]
        ways = [PhaseProposal(keys_of(part), sentence("{n} phases of one time.", n=len(part))) for part in parts]
        ways.append(as_found(timeline, "All of them, if the times are wrong."))
        ways.extend(other_orders(timeline.rows, timeline.rows))
        return ImplausibleTimes(
            value=_hours(after - before), phase=phase_name(k), limit=_hours(limit_s), proposals=tuple(ways)
        )
    return None


def _hours(seconds: float) -> str:
    """Write minutes, hours or days."""
    hours = seconds / _HOUR_S
    if hours < 2:
        return sentence("{n:.0f} minutes", n=seconds / _MINUTE_S)
    return sentence("{n:.0f} hours", n=hours) if hours < 48 else sentence("{n:.0f} days", n=hours / 24)


def _repositioned(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Find phases in another frame of reference than the others."""
    frames = [row.stack.series.frame_of_reference for row in timeline.rows]
    known = Counter(frames)
    if len(known) == 1 or _is_torn(frames):
        return None
    usual = known.most_common(1)[0][0] if frames[0] != frames[-1] or len(known) > 2 else frames[0]
    strange = next((k for k, frame in enumerate(frames) if frame != usual), 0)
    if known[frames[0]] == 1:
        strange = 0
    parts = [[row for row in timeline.rows if row.stack.series.frame_of_reference == frame] for frame in known]
    ways = [
        PhaseProposal(keys_of(part), sentence("{n} phases of one frame of reference.", n=len(part)))
        for part in parts
        if len(part) >= MIN_PHASES
    ]
    ways.append(as_found(timeline, "All of them, if the patient lay in one place."))
    # Without the pre-contrast images the others are no study.
    ordered = tuple(reversed(ways)) if strange == 0 else tuple(ways)
    return OtherFrameOfReference(value=len(known), phase=phase_name(strange), proposals=ordered)


def _is_torn(frames: Sequence[str]) -> bool:
    """Whether each volume has a frame of reference of its own, as anonymisers write it."""
    return len(frames) >= 3 and len(set(frames)) == len(frames)


def _frames_of_reference(timeline: Timeline) -> tuple[Finding, ...]:
    """That the headers do not say that the phases lie in one place."""
    frames = [row.stack.series.frame_of_reference for row in timeline.rows]
    if not _is_torn(frames):
        return ()
    message = (
        "Every phase has a frame of reference of its own; that they lie in one place was judged by the images."
    )
    return (Finding("dicom.frames-of-reference", Severity.WARNING, message, len(set(frames)), 1),)


def _body_part(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Refuse what the headers call another part of the body."""
    part = other_body_part(timeline.rows)
    if part is None:
        return None
    return OtherBodyPart(
        value=part, proposals=(as_found(timeline, "The phases found, if they show the breasts."),)
    )


def _corrections(timeline: Timeline) -> tuple[Finding, ...]:
    """Warn where phases were corrected in different ways, as where no set of reconstructions is whole."""
    ways = {tuple(code for code in row.stack.series.image_type if code in CORRECTIONS) for row in timeline.rows}
    if len(ways) == 1:
        return ()
    message = "The phases were corrected for distortion or for the sensitivity of the coil in different ways."
    return (Finding("dicom.corrections", Severity.WARNING, message, len(ways), 1),)


def _words_against(timeline: Timeline, _others: Sequence[Row]) -> DeepTeppError | None:
    """Find an order by numbers alone that the descriptions contradict: numbers may have been drawn anew."""
    spoken = [spoken_order(row.stack.series) for row in timeline.rows]
    is_told = len(set(spoken)) == len(spoken) and sum(not after for after, _ in spoken) == 1
    if timeline.times_s is not None or not is_told or spoken == sorted(spoken):
        return None
    ordered = sorted(timeline.rows, key=lambda row: spoken_order(row.stack.series))
    ways = (
        PhaseProposal(keys_of(ordered), "In the order of their descriptions, as far as these say one."),
        as_found(timeline, "As the headers say."),
    )
    return OrdersDiffer(value=timeline.sign, proposals=ways)


def _order(timeline: Timeline) -> tuple[Finding, ...]:
    """That an order without times was enough, and what it rests on."""
    if timeline.times_s is not None and timeline.sign != "ContentTime":
        return ()
    message = sentence(
        "The headers give only the order of the phases, by {sign}."
        if timeline.times_s is None
        else "The headers give only the times of reconstruction of the phases, by {sign}.",
        sign=timeline.sign,
    )
    return (Finding("dicom.order-without-times", Severity.WARNING, message),)


_CHECKS: tuple[Callable[[Timeline, Sequence[Row]], DeepTeppError | None], ...] = (
    _body_part,
    _equal_times,
    _words_against,
    broken,
    _earlier_elsewhere,
    missing_between,
    _post_only,
    _repositioned,
    _other_settings,
    _gap,
)
"""What is looked for, most telling first."""
