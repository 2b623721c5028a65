"""A commented table to be filled in with a centre's own cohort."""

from __future__ import annotations

from pathlib import Path

from deeptepp.domain.clinical import CLINICAL_FACTS, COMPARED
from deeptepp.domain.cohort import REQUIRED, Endpoint

_FACTS = tuple(name for name in CLINICAL_FACTS if name not in COMPARED)
"""Facts that the table asks for."""

_OTHER_ENDPOINTS = {
    name: words
    for endpoint in Endpoint
    if not endpoint.is_required
    for name, words in endpoint.column_words.items()
}
"""Columns of follow-up that may be left out, with what they hold."""

_FOLLOW_UP = """\
# A cohort without images: one row per patient. Lines that begin with # are passed over; delete the examples below.
# subject        required  a pseudonym, different for every patient
# arm            required  adjuvant anti-HER2 treatment received: none, T (trastuzumab) or T+P (with pertuzumab)
# rfs_months     required  months from surgery to recurrence or death, or to the last visit without; no dates
# rfs_event      required  1 where recurrence or death of any cause was seen, 0 where not
# os_months      required  months from surgery to death or to the last contact; may be empty for everybody
# os_event       required  1 where death was seen, 0 where not
# first_event    optional  none, locoregional, contralateral, distant or death
# source         optional  centre or data set
# Facts at diagnosis are optional too; leave empty what is not known, and columns out that you do not have:
"""
_SCORED = """\
# score          optional  risk score in [0, 1] that was computed elsewhere
# score_model    optional  SHA-256 of the bundle that computed it, or its first 8 digits or more; empty: elsewhere
# tier           optional  Low, Moderate or High
# Months are days / 30.4375. Decimals have a point. Check with: deeptepp cohort check FILE
"""

_COLUMNS = (*REQUIRED, *("first_event", "source"), *_OTHER_ENDPOINTS, *_FACTS, *("score", "tier"))

_EXAMPLES = (
    "subject=EXAMPLE-1 arm=T rfs_months=64.2 rfs_event=0 os_months=64.2 os_event=0 first_event=none "
    "source=centre-a age_years=51 menopause=post tumour_size_mm=22 node_stage=N1 grade=3 "
    "er_positive=yes pr_positive=no ki67_pct=30 her2_status=positive score=0.05 tier=Low",
    "subject=EXAMPLE-2 arm=none rfs_months=18.5 rfs_event=1 os_months=41.0 os_event=0 first_event=distant "
    "source=centre-a age_years=47 menopause=pre tumour_size_mm=35 node_stage=N0 grade=2 er_positive=no "
    "pr_positive=no ki67_pct=45 her2_status=positive score=0.71 tier=High",
    "subject=EXAMPLE-3 arm=T+P rfs_months=30.0 rfs_event=0 os_months=30.0 os_event=0 first_event=none "
    "source=centre-a age_years=58 menopause=post tumour_size_mm=28 node_stage=N2 grade=3 er_positive=no "
    "pr_positive=no her2_status=positive",
)
"""Three patients who are made up."""


def _row(example: str) -> str:
    """Write one patient, empty where nothing is said."""
    cells = dict(cell.split("=") for cell in example.split())
    return ",".join(cells.get(name, "") for name in _COLUMNS)


def _told(name: str) -> str:
    """Describe the column of one fact."""
    fact = CLINICAL_FACTS[name]
    return f"# {name:<24} {fact.label}: {fact.allowed}"


def _other(name: str) -> str:
    """Describe a column of follow-up that may be left out."""
    return f"# {name:<24} {_OTHER_ENDPOINTS[name]}"


TEMPLATE = "\n".join(
    (
        _FOLLOW_UP + "\n".join((*map(_told, _FACTS), *map(_other, _OTHER_ENDPOINTS))),
        _SCORED + ",".join(_COLUMNS),
        *map(_row, _EXAMPLES),
        "",
    )
)
"""The table."""


def write_template(path: Path) -> None:
    """Write the table to a file, which is replaced when it exists."""
    path.write_text(TEMPLATE, encoding="utf-8")
