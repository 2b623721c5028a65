"""Proposes which volumes are the pre-contrast and post-contrast phases, with a reason for each row of the table.

Identity comes before choice; geometry and time decide; sequence settings and image type exclude; descriptions only
hint. What the headers leave open is a question with proposals, never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass, field, replace

from deeptepp.dicom.roles.doubts import doubt_about, other_orders
from deeptepp.dicom.roles.identity import examinations
from deeptepp.dicom.roles.refusals import is_part_of, no_series_refusal
from deeptepp.dicom.roles.rows import Proposal, Row
from deeptepp.dicom.roles.series import (
    DynamicSeries,
    belong_together,
    dynamic_series,
    is_same_grid,
    is_second_reconstruction,
    keys_of,
    two_sides,
)
from deeptepp.dicom.roles.signs import way_made
from deeptepp.dicom.roles.timeline import RowFingerprint, Timeline, after_first, timeline_of
from deeptepp.dicom.volumes.kinds import (
    doubt,
    is_derived,
    is_original,
    is_same_sequence,
    speaks_of_pre,
    spoken_order,
    unfit_reason,
)
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.geometry import overlap
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseProposal, Side, clock_time
from deeptepp.errors import DeepTeppError, MissingSlice, MixedStudies, SeveralDynamicSeries, TwoSides, UnknownOrder
from deeptepp.wording.sentence import joined, listed, sentence

MIN_RIVAL_PHASES = 3
"""A second series of fewer phases is no rival, but a pair of volumes before and after contrast."""


def propose_phases(
    rows: Sequence[Row], *, fingerprint: RowFingerprint | None = None, side: Side | None = None
) -> Proposal:
    """Find the dynamic series and its phases.

    ``fingerprint``: gives a digest of the middle plane of a volume, to tell copies; ``side``: the breast that is
    meant, where each has volumes of its own. With a refusal where no dynamic series can be made of them, with
    proposals where that is a question.
    """
    studies = examinations(rows)
    if len(studies) > 1:
        return _several_examinations(rows, studies, fingerprint)
    found = _sorted_out(rows, fingerprint)
    dynamic = [one for one in found.series if one.is_dynamic]
    if not dynamic:
        return _nothing_dynamic(rows, found)
    sides = two_sides(dynamic)
    if sides and side is None:
        return _two_sides(rows, found, sides)
    best = sides.get(side, dynamic[0]) if side is not None else dynamic[0]
    others = [one for one in dynamic if one is not best and one not in sides.values()]
    if best.timeline is None:
        ordered = sorted(best.rows, key=lambda row: spoken_order(row.stack.series))
        ways = [PhaseProposal(keys_of(ordered), "In the order of their descriptions, as far as these say one.")]
        question: DeepTeppError = UnknownOrder(value=len(best.rows), proposals=tuple(ways))
        return Proposal(reasons=_refused_reasons(rows, found, best), refusal=question)
    rivals = [one for one in others if _is_rival(one, best)] + found.doubtful
    if rivals:
        ways = [_proposal(one, _in_words(one)) for one in (best, *rivals)]
        question = SeveralDynamicSeries(value=len(ways), proposals=tuple(ways))
        return Proposal(reasons=_refused_reasons(rows, found, best), refusal=question)
    elsewhere = {row.key for one in sides.values() if one is not best for row in one.members}
    proposal = _judged(best.timeline, found, elsewhere, side if sides else None)
    second = _second_sets(best.timeline)
    ways = [_proposal(one, _in_words(one)) for one in others]
    ways += [PhaseProposal(keys_of(one), "Another reconstruction of the same times.") for one in second]
    findings = (*proposal.findings, *_other_series(others), *_undistinguished(best.timeline, second))
    return replace(proposal, alternatives=tuple(ways), findings=findings)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the headers make of the volumes of one examination."""

    series: list[DynamicSeries]
    fit: list[Row]
    reasons: dict[str, str]
    doubtful: list[DynamicSeries] = field(default_factory=list)
    """What words alone keep from being the dynamic series, though it is a better one than those left."""


def _sorted_out(rows: Sequence[Row], fingerprint: RowFingerprint | None) -> _Found:
    """Leave out what can be no phase, then what the words of its description make doubtful."""
    unfit = {row.key: reason for row in rows if (reason := unfit_reason(row.stack.series)) is not None}
    fit = [row for row in rows if row.key not in unfit]
    doubtful = {row.key: reason for row in fit if (reason := doubt(row.stack.series)) is not None}
    sure = [row for row in fit if row.key not in doubtful]
    series = dynamic_series([row for row in sure if row.stack.grid is not None], fingerprint)
    if not any(one.is_dynamic for one in series):
        # Where all images carry the word, it names the protocol: ImageType is believed.
        series = dynamic_series([row for row in fit if row.stack.grid is not None], fingerprint)
        sure, doubtful = fit, {}
    named = [row for row in fit if row.key in doubtful and row.stack.grid is not None]
    better = [one for one in dynamic_series(named, fingerprint) if _is_better(one, series)]
    reasons = unfit | doubtful
    reasons |= {row.key: _no_volume_reason(row.stack) for row in sure if row.stack.grid is None}
    return _Found(series, sure, reasons, better)


def _is_better(one: DynamicSeries, sure: Sequence[DynamicSeries]) -> bool:
    """Whether volumes whose words say that they are no phases make a dynamic series that others do not."""
    best = sure[0]
    is_own = not any(belong_together(one.first, other.first) for other in sure)
    is_longer = best.is_ultrafast or len(one.rows) > len(best.rows)
    return one.is_dynamic and not one.is_ultrafast and is_own and is_longer and is_original(one.first.series)


def _several_examinations(
    rows: Sequence[Row], studies: Sequence[Sequence[Row]], fingerprint: RowFingerprint | None
) -> Proposal:
    """Ask which of several examinations is meant, the newest first."""
    reasons = {row.key: reason for row in rows if (reason := unfit_reason(row.stack.series)) is not None}
    ways = []
    for number, study in enumerate(studies, start=1):
        reasons |= {
            row.key: sentence("It is of examination {k} of {n}, the newest first.", k=number, n=len(studies))
            for row in study
        }
        series = dynamic_series([row for row in study if row.stack.grid is not None], fingerprint)
        if series and series[0].is_dynamic:
            reason = sentence(
                "The newest examination: {series}" if number == 1 else "An older examination: {series}",
                series=_in_words(series[0]),
            )
            ways.append(_proposal(series[0], reason))
    if len(ways) < len(studies):
        ways += _as_one_examination([row for study in studies for row in study], fingerprint)
    return Proposal(reasons=reasons, refusal=MixedStudies(value=len(studies), proposals=tuple(ways)))


def _as_one_examination(rows: Sequence[Row], fingerprint: RowFingerprint | None) -> list[PhaseProposal]:
    """Propose phases that an anonymiser may have spread over several studies or dates."""
    series = dynamic_series([row for row in rows if row.stack.grid is not None], fingerprint)
    if not series or not series[0].is_dynamic:
        return []
    found = series[0].rows
    return [PhaseProposal(keys_of(found), "All of them, as one examination."), *other_orders(found, found)]


def _nothing_dynamic(rows: Sequence[Row], found: _Found) -> Proposal:
    """Why no two volumes are phases of one series."""
    alone = "No second volume on its grid and with its sequence was found."
    reasons = {row.key: alone for row in rows} | found.reasons
    refusal = no_series_refusal([row.stack for row in rows], [row.stack for row in found.fit])
    return Proposal(reasons=reasons, refusal=refusal)


def _two_sides(rows: Sequence[Row], found: _Found, sides: dict[Side, DynamicSeries]) -> Proposal:
    """Ask for the side, where each breast has images of its own."""
    reasons = {row.key: "Not needed." for row in rows} | found.reasons
    ways = []
    for side, series in sides.items():
        reasons |= {
            row.key: sentence("It shows the left breast." if side is Side.LEFT else "It shows the right breast.")
            for row in series.members
        }
        ways.append(
            PhaseProposal(
                keys_of(series.rows),
                sentence(
                    "The left breast: {series}" if side is Side.LEFT else "The right breast: {series}",
                    series=_in_words(series),
                ),
                side,
            )
        )
    value = listed(
        [
            sentence("left {n} phases" if side is Side.LEFT else "right {n} phases", n=len(series.rows))
            for side, series in sides.items()
        ]
    )
    return Proposal(reasons=reasons, refusal=TwoSides(value=value, proposals=tuple(ways)))


def _is_rival(one: DynamicSeries, best: DynamicSeries) -> bool:
    """Whether another series could as well be meant."""
    a, b = one.first.series, best.first.series
    return (
        len(one.rows) >= MIN_RIVAL_PHASES
        and is_same_sequence(a, b)
        and one.is_ultrafast == best.is_ultrafast
        and not is_second_reconstruction(one, best)
    ) or _is_slab(one, best)


def _is_slab(one: DynamicSeries, best: DynamicSeries) -> bool:
    """Whether another series shows another part of the same region, so that both belong to the whole."""
    is_apart = overlap(one.grid, best.grid) == 0
    return is_apart and len(one.rows) == len(best.rows) and is_same_sequence(one.first.series, best.first.series)


def _judged(timeline: Timeline, found: _Found, elsewhere: Set[str], side: Side | None) -> Proposal:
    """Check a dynamic series for what makes its roles doubtful, and write the reasons."""
    timeline, earlier = _without_earlier_pre(timeline)
    reasons = dict(found.reasons)
    reasons |= {r.key: "An earlier pre-contrast volume; the last one before contrast is used." for r in earlier}
    reasons |= {r.key: "A second reconstruction of a phase that is used." for r in timeline.repeats}
    reasons |= {r.key: "A copy, of equal pixels, of a phase that is used." for r in timeline.copies}
    used = {row.key for row in (*timeline.rows, *timeline.repeats, *timeline.copies, *earlier)}
    others = [row for row in found.fit if row.key not in used | elsewhere]
    reasons |= dict.fromkeys(elsewhere, "It shows the other breast.")
    reasons |= {row.key: _other_reason(row.stack, timeline.rows[0].stack) for row in others}
    doubts = doubt_about(timeline, others)
    if doubts.refusal is not None:
        reasons |= {
            row.key: "It is on the grid of the dynamic series, which was refused." for row in timeline.rows
        }
        return Proposal(reasons=reasons, refusal=doubts.refusal)
    times_s = timeline.times_s or tuple(float(i) for i in range(len(timeline.rows)))
    reasons |= _phase_reasons(timeline, times_s)
    findings = (*_derived(timeline), *doubts.findings, *_left_out(timeline, others, side), *_repeated(timeline))
    spare = [row.key for row in (*earlier, *others) if is_same_grid(row.stack, timeline.rows[0].stack)]
    return Proposal(
        timeline.rows,
        times_s,
        reasons,
        findings,
        has_times=timeline.times_s is not None,
        sign=timeline.sign,
        spare=tuple(spare),
    )


def _without_earlier_pre(timeline: Timeline) -> tuple[Timeline, tuple[Row, ...]]:
    """Drop all but the last of several volumes that precede contrast by header and by description."""
    series = [row.stack.series for row in timeline.rows]
    n_before = 0
    while n_before < len(series) and speaks_of_pre(series[n_before]) and not series[n_before].has_contrast_agent:
        n_before += 1
    uids = [one.series_uid for one in series[:n_before]]
    # The description of a series of several volumes speaks for all of them.
    drop = n_before - 1 if 1 < n_before < len(series) and len(set(uids)) == len(uids) else 0
    times_s = None if timeline.times_s is None else after_first(timeline.times_s[drop:])
    return replace(timeline, rows=timeline.rows[drop:], times_s=times_s), timeline.rows[:drop]


def _phase_reasons(timeline: Timeline, times_s: Sequence[float]) -> dict[str, str]:
    """Why each phase was proposed."""
    rows = timeline.rows
    has_agent = rows[0].stack.series.has_contrast_agent
    reasons = {
        rows[0].key: sentence(
            "Earliest of {n} gradient-echo volumes on one grid with one sequence."
            if has_agent
            else (
                "Earliest of {n} gradient-echo volumes on one grid with one sequence, without a contrast "
                "agent in its header."
            ),
            n=len(rows),
        )
    }
    for place, (row, time) in enumerate(zip(rows[1:], times_s[1:], strict=True), start=1):
        reasons[row.key] = sentence(
            "Same grid and sequence as the pre-contrast phase, number {n} after it by {sign}."
            if timeline.times_s is None
            else "Same grid and sequence as the pre-contrast phase, begun {time} after it by {sign}.",
            n=place,
            time=clock_time(time),
            sign=timeline.sign,
        )
    return reasons


def _refused_reasons(rows: Sequence[Row], found: _Found, best: DynamicSeries) -> dict[str, str]:
    """Write the reasons where it is not clear which volumes are meant."""
    reasons = {row.key: "Not needed." for row in rows} | found.reasons
    reasons |= {row.key: _other_reason(row.stack, best.first) for row in found.fit if row.key not in found.reasons}
    return reasons | {row.key: "It may be a phase; see the question." for row in best.members}


def _no_volume_reason(stack: Stack) -> str:
    """Why planes make no volume."""
    if isinstance(stack.problem, MissingSlice):  # its phase is not known before the others are
        facts = stack.problem.facts
        return sentence(
            "It lacks {n} slice(s): expected one every {mm} mm.", n=facts["value"], mm=facts["every_mm"]
        )
    return "A single plane makes no volume." if stack.problem is None else str(stack.problem)


def _other_reason(stack: Stack, first: Stack) -> str:
    """How a fit volume differs from the phases."""
    if stack.grid is None:
        return _no_volume_reason(stack)
    if not is_same_grid(stack, first):
        return "Its grid differs from that of the dynamic phases."
    return "Its sequence (TR, TE, flip angle, fat suppression or image type) differs from that of the phases."


def _left_out(timeline: Timeline, others: Sequence[Row], side: Side | None) -> tuple[Finding, ...]:
    """Warn of volumes of the same sequence that another grid keeps from being phases."""
    first = timeline.rows[0].stack
    n = sum(
        is_same_sequence(row.stack.series, first.series)
        and row.stack.grid is not None
        and not is_same_grid(row.stack, first)
        and not is_part_of(row.stack, first)
        for row in others
    )
    if n == 0 or side is not None:
        return ()
    message = "A volume of the dynamic sequence lies on another grid and was left out. See the series table."
    return (Finding("dicom.phase-left-out", Severity.WARNING, message, n, 0),)


def _derived(timeline: Timeline) -> tuple[Finding, ...]:
    """That the phases were computed from others."""
    if not is_derived(timeline.rows[0].stack.series):
        return ()
    message = "The phases are marked as derived images; no original dynamic series was found."
    return (Finding("dicom.derived", Severity.WARNING, message),)


def _repeated(timeline: Timeline) -> tuple[Finding, ...]:
    """That the phases are there a second time, reconstructed in another way."""
    n = len(timeline.repeats)
    if n < len(timeline.rows):
        return ()
    message = "All phases are there a second time, reconstructed in another way; these were not used."
    return (Finding("dicom.second-reconstruction", Severity.NOTE, message, n, 0),)


def _other_series(others: Sequence[DynamicSeries]) -> tuple[Finding, ...]:
    """Name the other dynamic series of the study."""
    if not others:
        return ()
    named = joined("; ", map(_in_words, others))
    message = sentence("Another dynamic series is in this study and was not used: {series}", series=named)
    return (Finding("dicom.other-dynamic-series", Severity.WARNING, message, len(others), 0),)


def _second_sets(timeline: Timeline) -> list[tuple[Row, ...]]:
    """Part further reconstructions into whole sets, each in the order of its times."""
    alike: dict[Hashable, list[Row]] = defaultdict(list)
    for row in timeline.repeats:
        alike[way_made(row), row.stack.series.description].append(row)
    sets = []
    for group in alike.values():
        found = timeline_of(group)
        while found is not None and len(found.rows) == len(timeline.rows):
            sets.append(found.rows)
            found = timeline_of(found.repeats) if found.repeats else None
    return sets


def _undistinguished(timeline: Timeline, second: Sequence[tuple[Row, ...]]) -> tuple[Finding, ...]:
    """Warn where nothing in the headers says in what the reconstructions of one time differ."""
    way = way_made(timeline.rows[0])
    n = sum(way_made(rows[0]) == way for rows in second)
    if n == 0:
        return ()
    message = sentence(
        "The phases are there in {n} reconstructions of one image type; the first of them was read.", n=n + 1
    )
    return (Finding("dicom.other-reconstruction", Severity.WARNING, message, n + 1, 1),)


def _proposal(series: DynamicSeries, reason: str) -> PhaseProposal:
    """Propose the phases of a series."""
    return PhaseProposal(keys_of(series.rows), reason)


def _in_words(series: DynamicSeries) -> str:
    """Describe a dynamic series in one sentence."""
    dz, dy, dx = series.grid.spacing_mm
    times = series.timeline.times_s if series.timeline is not None else None
    size = f"{dx:.2g} x {dy:.2g} x {dz:.2g}"
    if times is None:
        return sentence("{n} phases of {size} mm.", n=len(series.rows), size=size)
    started = joined(", ", map(clock_time, times))
    return sentence("{n} phases of {size} mm, begun at {times}.", n=len(series.rows), size=size, times=started)
