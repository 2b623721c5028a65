"""What follows from images that do not fit their roles: a question, or a warning where a reader chose them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import Phase, PhaseProposal, Study
from deeptepp.errors import NiftiRolesDoubtful, RolesDoubtful
from deeptepp.imaging.roles.roles import RoleCheck, check_roles, likely_baselines
from deeptepp.wording.sentence import sentence

_MIN_PHASES = 2
"""One before and one after contrast."""

_VALUE_DECIMALS = 2
"""Decimals of a measured value in a question."""


def check_study_roles(
    study: Study,
    ways: Sequence[PhaseProposal],
    *,
    is_chosen: bool,
    question: type[RolesDoubtful] | type[NiftiRolesDoubtful],
) -> tuple[Finding, ...]:
    """Hold the roles of the phases against the images.

    ``study``: in the roles that the files give them, or that a reader chose; ``ways``: what a reader may choose
    instead; the last is the roles as they are; ``is_chosen``: whether a reader chose the roles: that is warned of,
    never refused. Gives a warning for each check that a reader's choice fails. Raises RolesDoubtful,
    NiftiRolesDoubtful: the images speak against roles that nobody chose. Its proposals begin with those that the
    images confirm.
    """
    times_s = [phase.time_s for phase in study.phases] if study.has_times else None
    failed = _failed(study.phases, times_s)
    if failed and not is_chosen:
        worst = failed[0]
        proposals = (*_confirmed(study, ways[-1].keys, {k for check in failed if (k := check.phase)}), *ways)
        value = round(worst.value, _VALUE_DECIMALS)
        raise question(sentence=worst.sentence, value=value, limit=worst.limit, proposals=proposals)
    return tuple(
        Finding(c.rule, Severity.WARNING, c.sentence, round(c.value, _VALUE_DECIMALS), c.limit) for c in failed
    )


def other_ways(
    keys: Sequence[str], earlier: Sequence[str], *, earlier_reason: str, as_said: str
) -> tuple[PhaseProposal, ...]:
    """Propose other roles than those that the files give.

    ``earlier``: of volumes that could come before them.
    """
    phases = tuple(keys)
    return (*(PhaseProposal((key, *phases), earlier_reason) for key in earlier), PhaseProposal(phases, as_said))


def _failed(phases: Sequence[Phase], times_s: Sequence[float] | None) -> list[RoleCheck]:
    """Checks that roles fail."""
    checks = check_roles([p.volume for p in phases], has_times=times_s is not None, times_s=times_s)
    return [check for check in checks if not check.is_passed]


def _confirmed(study: Study, keys: Sequence[str], unfit: Set[int]) -> list[PhaseProposal]:
    """Propose other roles of the same volumes that pass every check."""
    phases = dict(zip(keys, study.phases, strict=True))
    ways = (*_other_roles(study, keys), *_without_unfit(keys, unfit))
    return [way for way in ways if not _failed([phases[key] for key in way.keys], None)]


def _without_unfit(keys: Sequence[str], unfit: Set[int]) -> Iterator[PhaseProposal]:
    """Phases without those after contrast that do not fit: all of them, one, or all from the first on."""
    ways = (frozenset(unfit), *(frozenset({k}) for k in sorted(unfit)))
    ways += (frozenset(range(min(unfit, default=len(keys)), len(keys))),)
    for left_out in dict.fromkeys(ways):
        fit = tuple(key for k, key in enumerate(keys) if k not in left_out)
        if _MIN_PHASES <= len(fit) < len(keys):
            is_cut = len(left_out) > 1 and left_out == ways[-1]
            reason = sentence(
                "The images before the first that does not fit." if is_cut else "The images that fit."
            )
            yield PhaseProposal(fit, reason)


def _other_roles(study: Study, keys: Sequence[str]) -> Iterator[PhaseProposal]:
    """Roles that real mistakes make of others: baselines, and orders turned or shifted."""
    n_before = likely_baselines([phase.volume for phase in study.phases])
    if 1 < n_before < len(keys):
        reason = sentence("From volume {n} on: nothing enhances in those before it.", n=n_before)
        yield PhaseProposal(tuple(keys[n_before - 1 :]), reason)
    fits = sentence("the images enhance in this order, not in that of the headers.")
    if len(keys) > 2:
        yield PhaseProposal(
            (keys[1], keys[0], *keys[2:]), sentence("The second volume as pre-contrast phase: {fits}", fits=fits)
        )
        yield PhaseProposal(
            (keys[-1], *keys[:-1]), sentence("The last volume as pre-contrast phase: {fits}", fits=fits)
        )
    yield PhaseProposal(tuple(reversed(keys)), sentence("The other way round: {fits}", fits=fits))
