"""Who uses an installation: people, their roles, and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.wording.sentence import Words


class Role(StrEnum):
    """What an identity provider's groups are mapped to; ``METRICS`` is for a program that watches the service."""

    VIEWER = "viewer"
    CLINICIAN = "clinician"
    BOARD = "board"
    ADMIN = "admin"
    METRICS = "metrics"


class Action(StrEnum):
    """What somebody may be allowed to do; pages, routes and the API all ask for one of these."""

    READ_EVIDENCE = "read evidence"
    USE_LABORATORY = "use the laboratory"
    READ_CASES = "read cases"
    SCORE_CASES = "score cases"
    SEND_RESULTS = "send results"
    PUT_ON_BOARD = "put on the board"
    DECIDE = "decide"
    READ_AUDIT = "read the audit trail"
    READ_METRICS = "read metrics"
    MANAGE = "manage"


_READERS = frozenset({Role.VIEWER, Role.CLINICIAN, Role.BOARD})
"""Roles that may see cases of patients; an administrator runs the service without seeing any."""

PERMISSIONS: dict[Action, frozenset[Role]] = {
    Action.READ_EVIDENCE: frozenset(Role),
    Action.USE_LABORATORY: _READERS,
    Action.READ_CASES: _READERS,
    Action.SCORE_CASES: frozenset({Role.CLINICIAN}),
    Action.SEND_RESULTS: frozenset({Role.CLINICIAN}),
    Action.PUT_ON_BOARD: frozenset({Role.CLINICIAN, Role.BOARD}),
    Action.DECIDE: frozenset({Role.BOARD}),
    Action.READ_AUDIT: frozenset({Role.ADMIN}),
    Action.READ_METRICS: frozenset({Role.ADMIN, Role.METRICS}),
    Action.MANAGE: frozenset({Role.ADMIN}),
}
"""Roles that may do each action; somebody with several roles may do what any of them may."""


ACTION_WORDS: dict[Action, Words] = {
    Action.READ_EVIDENCE: "read the evidence",
    Action.USE_LABORATORY: "use the tiers laboratory",
    Action.READ_CASES: "see cases",
    Action.SCORE_CASES: "score a case",
    Action.SEND_RESULTS: "send results to the PACS",
    Action.PUT_ON_BOARD: "put a case on the tumour board",
    Action.DECIDE: "record decisions of the tumour board",
    Action.READ_AUDIT: "read the audit trail",
    Action.READ_METRICS: "read the metrics of the service",
    Action.MANAGE: "run the service",
}
"""How screens call each action."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in.

    ``subject``: identifier of the provider, never given twice; ``name``: what screens call her, may be empty.
    """

    subject: str
    name: str
    roles: frozenset[Role]

    def may(self, action: Action) -> bool:
        """Whether a role of hers allows an action."""
        return bool(self.roles & PERMISSIONS[action])


LOCAL = Person("local", "", frozenset(Role))
"""Whoever sits at an installation without a sign-in, which answers on this machine only."""
