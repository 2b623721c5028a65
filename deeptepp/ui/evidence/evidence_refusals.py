"""What the software refuses, and what to do about it: listed from the rules, so that none is missing."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import streamlit as st

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import Acquisition
from deeptepp.errors import DeepTeppError
from deeptepp.scoring.eligibility import check_eligibility, check_model
from deeptepp.ui.words.language import t

GROUPS: dict[str, str] = {
    "upload": "Uploads",
    "archive": "Archives",
    "dicom": "Images",
    "nifti": "NIfTI files",
    "detection": "Tumour",
    "clinical": "Clinical facts",
    "eligibility": "Patients whom the score was not made for",
    "cohort": "Cohorts",
    "recipe": "Recipes of the tiers laboratory",
    "board": "Tumour board",
    "bundle": "Model",
    "pacs": "Results in the PACS",
    "job": "Server",
}
"""Headings by the first word of a rule."""

OTHERWISE = "Mend it and try again."
"""What to do where the rule itself does not say."""

INELIGIBLE = (
    "Correct the fact if it was entered wrongly. For research the case can be scored all the same; the result is "
    "then marked as outside of the intended use."
)
"""What to do when a patient is not one of those whom the score was made for."""


def refusals_tab() -> None:
    """Show every refusal by its rule."""
    st.markdown(
        t(
            "A case that cannot be scored ends in a named refusal, never in a guess. These are all of them: the "
            "rule that the screen, the command line and the saved result print, what it looks like, what to do."
        )
    )
    for group, heading in GROUPS.items():
        rows = [_row(rule, *said) for rule, said in refusals().items() if rule.partition(".")[0] == group]
        if rows:
            with st.expander(f"{t(heading)} ({len(rows)})", key=f"evidence-refusals-{group}"):
                st.table(rows, hide_index=True, border="horizontal")


@cache
def refusals() -> dict[str, tuple[str, str]]:
    """Give every refusal that a visitor can meet.

    Returns English sentence with its fields, and what to do where the sentence does not say it, by rule.
    """
    errors = {
        kind.rule: (kind.template, "")
        for kind in _kinds(DeepTeppError)
        if "template" in vars(kind) and kind.rule.partition(".")[0] in GROUPS
    }
    return errors | {f.rule: (f.message, INELIGIBLE) for f in _ineligible()}


def _kinds(parent: type[DeepTeppError]) -> list[type[DeepTeppError]]:
    """List all errors below one, in the order in which they are written."""
    return [kind for child in parent.__subclasses__() for kind in (child, *_kinds(child))]


def _ineligible() -> list[Finding]:
    """Each clinical fact each of its values, and a real study to a simulated model; collect what refuses."""
    found: dict[str, Finding] = {}
    for name, fact in CLINICAL_FACTS.items():
        for value in fact.values:
            known: dict[str, Any] = {name: value}
            for finding in check_eligibility(ClinicalProfile(**known), Acquisition()):
                if finding.severity is Severity.REFUSAL:
                    found.setdefault(finding.rule, finding)
    found |= {finding.rule: finding for finding in check_model(Acquisition(), is_model_simulated=True)}
    return list(found.values())


def _row(rule: str, message: str, remedy: str) -> dict[str, str]:
    """Lay out one rule."""
    looks, does = _split(re.sub(r"\{\w+\}", "…", t(message)))
    return {t("Rule"): rule, t("What it looks like"): looks, t("What to do"): t(remedy) if remedy else does}


def _split(text: str) -> tuple[str, str]:
    """Part what was found from what to do, which is every sentence after the first."""
    first, *rest = re.split(r"(?<=[.。])\s*(?=[A-Z\u4e00-\u9fff`…])", text, maxsplit=1)
    return first, rest[0] if rest else t(OTHERWISE)
