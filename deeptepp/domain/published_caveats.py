"""Where the published figures conflict, one sentence or two each; named by the figures that they bear on.

Findings of our own, by arithmetic on what was printed or by simulation. What concerns Table 2 alone stands in
``published.TABLE_2_READING``.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path


class Caveat(StrEnum):
    """Names of the conflicts."""

    SWAPPED_COLUMNS = "swapped-columns"
    EVENTS_AND_RELAPSES = "events-and-relapses"
    TWO_DEFINITIONS = "two-definitions"
    TESTING_SET = "testing-set"
    TWO_CUT_OFFS = "two-cut-offs"
    AUC_BY_ARM = "auc-by-arm"
    CURVES_AND_COUNTS = "curves-and-counts"
    MATCHED_ON_OUTCOME = "matched-on-outcome"
    MATCHED_NUMBERS = "matched-numbers"
    TIER_BY_ARM = "tier-by-arm"
    DATES = "dates"
    POOLED_FOLLOW_UP = "pooled-follow-up"
    RATIO_AND_CURVES = "ratio-and-curves"
    LOW_P_VALUE = "low-p-value"
    TIERS_TAKEN_TOGETHER = "tiers-taken-together"
    NOT_RANDOMISED = "not-randomised"


_TEXTS = tomllib.loads(Path(__file__).with_name("published_caveats.toml").read_text(encoding="utf-8"))
CAVEATS: dict[Caveat, str] = {Caveat(name): text for name, text in _TEXTS.items()}
"""What each conflict is, in the words that a reader sees."""
