"""A commented table to be filled in with a centre's own cohort."""

from __future__ import annotations

from pathlib import Path

TEMPLATE = """\
# A cohort without images: one row per patient. Lines that begin with # are passed over; delete the examples below.
# subject        required  a pseudonym, different for every patient
# arm            required  adjuvant anti-HER2 treatment received: none, T (trastuzumab) or T+P (with pertuzumab)
# rfs_months     required  months from surgery to recurrence or death, or to the last visit without; no dates
# rfs_event      required  1 where recurrence or death of any cause was seen, 0 where not
# os_months      required  months from surgery to death or to the last contact; may be empty for everybody
# os_event       required  1 where death was seen, 0 where not
# first_event    optional  none, locoregional, contralateral, distant or death
# source         optional  centre or data set
# age_years ... her2_status  optional  facts at diagnosis; empty where unknown
# score          optional  risk score in [0, 1] that was computed elsewhere
# score_model    optional  SHA-256 of the bundle that computed it, or its first 8 digits or more; empty: elsewhere
# tier           optional  Low, Moderate or High
# Months are days / 30.4375. Decimals have a point. Check with: deeptepp cohort check FILE
subject,arm,rfs_months,rfs_event,os_months,os_event,first_event,source,age_years,menopause,tumour_size_mm,node_stage,\
grade,er_positive,pr_positive,ki67_pct,her2_status,score,tier
EXAMPLE-1,T,64.2,0,64.2,0,none,centre-a,51,post,22,N1,3,yes,no,30,positive,0.05,Low
EXAMPLE-2,none,18.5,1,41.0,0,distant,centre-a,47,pre,35,N0,2,no,no,45,positive,0.71,High
EXAMPLE-3,T+P,30.0,0,30.0,0,none,centre-a,58,post,28,N2,3,no,no,,positive,,
"""
"""The table; its three patients are made up."""


def write_template(path: Path) -> None:
    """Write the table.

    ``path``: file to write; replaced when it exists.
    """
    path.write_text(TEMPLATE, encoding="utf-8")
