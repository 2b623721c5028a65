"""Checks of roc, roc.unpaired, dca, kmeans: scores and cut-offs."""

from __future__ import annotations

CHECKS = {}
"""Checks by kind of case: ``check(case, comparison)``."""
