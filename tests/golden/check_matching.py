"""Checks of psm: propensity matching."""

from __future__ import annotations

CHECKS = {}
"""Checks by kind of case: ``check(case, comparison)``."""
