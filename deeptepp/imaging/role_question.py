"""What follows from images that do not fit their roles: a question, or a warning where a reader chose them."""

from __future__ import annotations

from collections.abc import Sequence

from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseProposal, Study
from deeptepp.errors import NiftiRolesDoubtful, RolesDoubtful
from deeptepp.imaging.role_check import RoleCheck
from deeptepp.imaging.roles import check_roles

_MIN_PHASES = 2
"""One before and one after contrast."""


def check_study_roles(
    study: Study,
    ways: Sequence[PhaseProposal],
    *,
    is_chosen: bool,
    question: type[RolesDoubtful] | type[NiftiRolesDoubtful],
) -> tuple[Finding, ...]:
    """Hold the roles of the phases against the images.

    Parameters
    ----------
    study : Study
        In the roles that the files give them, or that a reader chose.
    ways : sequence of PhaseProposal
        What a reader may choose instead; the roles as they are come last.
    is_chosen : bool
        Whether a reader chose the roles: that is warned of, never refused.
    question : type of StudyError
        What is raised.

    Returns
    -------
    tuple of Finding
        A warning for each check that a reader's choice fails.

    Raises
    ------
    RolesDoubtful, NiftiRolesDoubtful
        The images speak against roles that nobody chose.
    """
    failed = [check for check in check_roles([p.volume for p in study.phases]) if not check.is_passed]
    if failed and not is_chosen:
        worst = failed[0]
        known = (*_without_unfit(ways, failed), *ways)
        raise question(sentence=worst.sentence, value=worst.value, limit=worst.limit, proposals=known)
    return tuple(Finding(c.rule, Severity.WARNING, c.sentence, c.value, c.limit) for c in failed)


def _without_unfit(ways: Sequence[PhaseProposal], failed: Sequence[RoleCheck]) -> list[PhaseProposal]:
    """Propose the phases without those after contrast that do not fit; the last of ``ways`` holds all."""
    keys = ways[-1].keys if ways else ()
    fit = tuple(key for k, key in enumerate(keys) if k == 0 or all(check.phase != k for check in failed))
    is_a_way = _MIN_PHASES <= len(fit) < len(keys)
    return [PhaseProposal(fit, "Without the images that do not fit.")] if is_a_way else []


def other_ways(
    keys: Sequence[str], earlier: Sequence[str], *, earlier_reason: str, as_said: str
) -> tuple[PhaseProposal, ...]:
    """Propose other roles than those that the files give.

    Parameters
    ----------
    keys : sequence of str
        Of the phases, pre-contrast first.
    earlier : sequence of str
        Of volumes that could come before them.
    earlier_reason : str
        Why these may be the pre-contrast images.
    as_said : str
        What speaks for the roles as they are.

    Returns
    -------
    tuple of PhaseProposal
        The roles as they are come last.
    """
    phases = tuple(keys)
    ways = [PhaseProposal((key, *phases), earlier_reason) for key in earlier]
    if len(phases) > _MIN_PHASES:
        without = "Without the first volume: the second is then the pre-contrast phase."
        ways.append(PhaseProposal(phases[1:], without))
    return (*ways, PhaseProposal(phases, as_said))
