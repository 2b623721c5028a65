"""Checks of km, km.fixed_time, logrank, rmst: curves and tests."""

from __future__ import annotations

CHECKS = {}
"""Checks by kind of case: ``check(case, comparison)``."""
