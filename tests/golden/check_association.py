"""Checks of cox, cox.univariate, firth, mh_interaction, mh_interaction.interaction: hazard ratios."""

from __future__ import annotations

CHECKS = {}
"""Checks by kind of case: ``check(case, comparison)``."""
