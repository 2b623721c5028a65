"""Which NIfTI volumes are the phases, and in which order; a doubt is a question with proposals, never a guess.

Names are believed where they can be read in one way only: they differ in one number that counts from the first
phase on, or in words for before and after contrast. Times of side files stand where names say nothing; where both
contradict each other, that is a question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.domain.geometry import Grid
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import (
    NiftiGridsDiffer,
    NiftiOrderUnknown,
    NiftiPhaseMissing,
    SeveralNiftiPatients,
    UnknownNiftiVolume,
)
from deeptepp.nifti.file_names import counting_numbers, counts_from_zero, counts_phases
from deeptepp.nifti.orientation import TOLERANCE_MM
from deeptepp.nifti.times import plausible
from deeptepp.nifti.volumes import NiftiVolume, check_one_subject
from deeptepp.wording.sentence import sentence

MIN_PHASES = 2
"""One before and one after contrast."""


@dataclass(frozen=True, slots=True)
class PhaseSet:
    """Volumes in the order of phases.

    ``volumes``: Pre-contrast first; ``reason``: what the order rests on; ``doubt``: what speaks against it; empty
    where nothing does.
    """

    volumes: tuple[NiftiVolume, ...]
    reason: str
    doubt: str = ""

    @property
    def proposal(self) -> PhaseProposal:
        """The same, for a reader to choose."""
        said = f"{self.reason} {self.doubt[:1].upper()}{self.doubt[1:]}." if self.doubt else self.reason
        return PhaseProposal(tuple(volume.key for volume in self.volumes), said)


def chosen_set(volumes: Sequence[NiftiVolume], keys: Sequence[str]) -> PhaseSet:
    """Take the volumes that a reader named.

    Raises UnknownNiftiVolume where no volume has the key, it was named twice, or it is an outline;
    NiftiPhaseMissing, NiftiGridsDiffer, SeveralNiftiPatients where they make no study; NiftiError where one of
    them cannot be read.
    """
    by_key = {volume.key: volume for volume in volumes if volume.labels is None}
    if len(set(keys)) < len(keys) or not set(keys) <= set(by_key):
        raise UnknownNiftiVolume(value=sentence("{n} named", n=len(keys)), limit=", ".join(by_key))
    named = tuple(by_key[key] for key in keys)
    check_one_subject([volume.name for volume in named])
    return _readable(PhaseSet(named, sentence("Chosen by the reader.")))


def proposed_set(volumes: Sequence[NiftiVolume]) -> PhaseSet:
    """Find the phases by names and side files.

    Gives the only one that names and times allow. Raises NiftiOrderUnknown where there are several ways, or none
    without a doubt: a question; NiftiPhaseMissing, NiftiGridsDiffer where the volumes make no study; NiftiError
    where a volume cannot be read.
    """
    candidates = [volume for volume in volumes if volume.may_be_phase]
    broken = next((volume.refusal for volume in candidates if volume.refusal is not None), None)
    if broken is not None:
        raise broken
    if len(candidates) < MIN_PHASES:
        raise NiftiPhaseMissing(value=len(candidates), limit=MIN_PHASES)
    sets = _sets_by_name(candidates)
    left = _left_over(candidates, sets)
    timed = _set_by_clock(candidates)
    if len(sets) == 1 and not sets[0].doubt and not left and _agree(sets[0], timed):
        return _readable(sets[0])
    if timed is not None and _is_one_examination(timed) and len(sets) <= 1 and not _contradict(sets, timed):
        return _readable(timed)
    raise _question(sets, left, timed, candidates)


def _sets_by_name(candidates: Sequence[NiftiVolume]) -> tuple[PhaseSet, ...]:
    """Group the volumes whose names differ in the phase alone, and each file of several volumes."""
    files: dict[int, list[NiftiVolume]] = defaultdict(list)
    words: dict[tuple[str, ...], list[NiftiVolume]] = defaultdict(list)
    forms: dict[tuple[str, ...], list[NiftiVolume]] = defaultdict(list)
    for volume in candidates:
        if volume.n_in_file > 1:
            files[id(volume.file)].append(volume)
        elif volume.name.role is not None:
            words[volume.name.without_role].append(volume)
        else:
            forms[volume.name.form].append(volume)
    return (
        *(
            PhaseSet(tuple(group), sentence("In the order of the volumes in one file."))
            for group in files.values()
        ),
        *(_by_words(group) for group in words.values() if len(group) >= MIN_PHASES),
        *(_by_number(group) for group in forms.values() if len(group) >= MIN_PHASES),
    )


def _by_words(group: Sequence[NiftiVolume]) -> PhaseSet:
    """Order volumes by what their names say of contrast."""
    ordered = tuple(sorted(group, key=lambda volume: (volume.name.role != 0, volume.name.role or 0)))
    roles, doubt = [volume.name.role for volume in ordered], ""
    if roles.count(0) != 1:
        doubt = sentence("{n} volumes are named as before contrast, not one", n=roles.count(0))
    elif roles != [0, -1] and roles != list(range(len(roles))):
        doubt = sentence("the phases after contrast are not numbered from 1 on without a gap")
    return PhaseSet(ordered, sentence("By the words for before and after contrast in their names."), doubt)


def _by_number(group: Sequence[NiftiVolume]) -> PhaseSet:
    """Order volumes by the one number in which their names differ."""
    names = [volume.name for volume in group]
    numbers = counting_numbers(names)
    if numbers is None:
        reason = sentence("In the order of their names.")
        return PhaseSet(tuple(group), reason, sentence("the names differ in more than one number"))
    pairs = sorted(zip(numbers, group, strict=True), key=lambda pair: pair[0])
    ordered, doubt = tuple(volume for _, volume in pairs), ""
    first, last = pairs[0][0], pairs[-1][0]
    if not counts_phases([volume.file for volume in group], names):
        doubt = sentence("the number in the names may be another one than that of the phase")
    elif last - first + 1 != len(pairs):
        doubt = sentence("a number between them is missing")
    elif first > 1 or (first == 1 and counts_from_zero(ordered[0].file)):
        doubt = sentence("the numbers begin at {n}; the phase before contrast may be missing", n=first)
    return PhaseSet(ordered, sentence("By the number in their names."), doubt)


def _left_over(candidates: Sequence[NiftiVolume], sets: Sequence[PhaseSet]) -> list[NiftiVolume]:
    """Find volumes of no set that could be phases: on the grid of a set, or named as a phase."""
    taken = {volume.key for group in sets for volume in group.volumes}
    grids = [group.volumes[0].grid for group in sets]
    return [
        volume
        for volume in candidates
        if volume.key not in taken
        and (not sets or volume.name.role is not None or any(_same(volume.grid, grid) for grid in grids))
    ]


def _set_by_clock(candidates: Sequence[NiftiVolume]) -> PhaseSet | None:
    """Order the volumes of the largest grid by their side files, where each has a time of its own."""
    classes = [[v for v in candidates if _same(v.grid, one.grid)] for one in candidates]
    largest = max(classes, key=len)
    timed = sorted((v.clock_s, v.key, v) for v in largest if v.clock_s is not None)
    if len(timed) < MIN_PHASES or len(timed) < len(largest) or plausible([t for t, _, _ in timed]) is None:
        return None
    return PhaseSet(tuple(volume for _, _, volume in timed), "By the times in their side files.")


def _is_one_examination(timed: PhaseSet) -> bool:
    """Whether side files say that all volumes are of one examination: a clock alone has no patient."""
    examinations = {volume.examination for volume in timed.volumes}
    return len(examinations) == 1 and None not in examinations


def _agree(named: PhaseSet, timed: PhaseSet | None) -> bool:
    """Whether times, where there are any, give the same volumes in the same order."""
    return timed is None or timed.volumes == named.volumes


def _contradict(sets: Sequence[PhaseSet], timed: PhaseSet) -> bool:
    """Whether names without a doubt order the same volumes otherwise than times do."""
    return any(not group.doubt and group.volumes != timed.volumes for group in sets)


def _question(
    sets: Sequence[PhaseSet],
    left: Sequence[NiftiVolume],
    timed: PhaseSet | None,
    candidates: Sequence[NiftiVolume],
) -> NiftiOrderUnknown:
    """Ask, with every way to go on."""
    ways = [*sets, *([timed] if timed else [])]
    if left and len(sets) <= 1:
        # A volume named as before contrast goes first, the others last.
        ordered = (
            *(volume for volume in left if volume.name.role == 0),
            *(volume for group in sets for volume in group.volumes),
            *(volume for volume in left if volume.name.role != 0),
        )
        doubt = sentence("check that all are phases of one examination of one patient")
        everything = PhaseSet(ordered, sentence("All volumes, in the order of their names."), doubt)
        # A phase named as before contrast was surely meant to be there.
        ways.insert(0 if ordered[0].name.role == 0 else len(ways), everything)
    reason = _why(sets, left, timed)
    unique = {way.proposal.keys: way.proposal for way in ways if _on_one_grid(way.volumes)}
    return NiftiOrderUnknown(value=len(candidates), reason=reason, proposals=tuple(unique.values()))


def _why(sets: Sequence[PhaseSet], left: Sequence[NiftiVolume], timed: PhaseSet | None) -> str:
    """What the doubt is."""
    if len(sets) > 1:
        return sentence("there are {n} sets of volumes that could be the phases", n=len(sets))
    if sets and sets[0].doubt:
        return sets[0].doubt
    if timed is not None and sets:
        return sentence("names and times give different orders")
    if sets and left:
        return sentence("{n} more volume(s) could be phases", n=len(left))
    return sentence("the names of the files do not say it in one way only")


def spare_volumes(volumes: Sequence[NiftiVolume], chosen: PhaseSet) -> tuple[NiftiVolume, ...]:
    """Find readable volumes on the grid of the phases that are none of them."""
    taken = {volume.key for volume in chosen.volumes}
    free = [v for v in volumes if v.refusal is None and v.labels is None and v.key not in taken]
    return tuple(volume for volume in free if _same(volume.grid, chosen.volumes[0].grid))


def _readable(chosen: PhaseSet) -> PhaseSet:
    """Refuse a choice that makes no study."""
    if len(chosen.volumes) < MIN_PHASES:
        raise NiftiPhaseMissing(value=len(chosen.volumes), limit=MIN_PHASES)
    refusal = next((volume.refusal for volume in chosen.volumes if volume.refusal is not None), None)
    if refusal is not None:
        raise refusal
    examinations = {volume.examination for volume in chosen.volumes} - {None}
    if len(examinations) > 1:
        raise SeveralNiftiPatients(value=len(examinations))
    if not _on_one_grid(chosen.volumes):
        raise NiftiGridsDiffer(value=_grids_in_words(chosen.volumes))
    return chosen


def _on_one_grid(volumes: Sequence[NiftiVolume]) -> bool:
    """Whether all volumes sample the points of the first."""
    return all(_same(volume.grid, volumes[0].grid) for volume in volumes)


def _same(one: Grid | None, other: Grid | None) -> bool:
    """Whether two grids sample the same points."""
    return one is not None and other is not None and one.is_close(other, tolerance_mm=TOLERANCE_MM)


def _grids_in_words(volumes: Sequence[NiftiVolume]) -> str:
    """How the first grid that differs does so."""
    first = volumes[0].grid
    odd = next(volume.grid for volume in volumes if not _same(volume.grid, first))
    if first is None or odd is None or first.shape == odd.shape:
        apart = 0.0 if first is None or odd is None else abs(first.corners_mm() - odd.corners_mm()).max()
        return sentence("a corner lies {n:.2g} mm apart", n=apart)
    one, other = (" x ".join(str(n) for n in grid.shape[::-1]) for grid in (first, odd))
    return sentence("{one} and {other} voxels", one=one, other=other)
