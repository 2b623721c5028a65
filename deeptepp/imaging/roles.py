"""What the images say of the roles that headers give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.domain.geometry import Volume


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """One check."""

    rule: str
    phase: int | None
    value: float
    limit: str
    is_passed: bool
    sentence: str


def check_roles(volumes: Sequence[Volume]) -> tuple[RoleCheck, ...]:
    """Not judged yet."""
    return ()
