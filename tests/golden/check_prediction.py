"""Checks of prediction: accuracy of predicted survival."""

from __future__ import annotations

CHECKS = {}
"""Checks by kind of case: ``check(case, comparison)``."""
