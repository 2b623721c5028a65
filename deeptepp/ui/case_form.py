"""The clinical-pathological form: every field may stay unknown, and contradictions are named, not repaired."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import streamlit as st

from deeptepp.domain.clinical import (
    RANGES,
    AxillarySurgery,
    BreastSurgery,
    ClinicalProfile,
    Her2Status,
    Menopause,
    NodeStage,
    Sex,
    Stage,
)
from deeptepp.errors import ClinicalError
from deeptepp.ui.cards import said
from deeptepp.ui.drafts import typed_index, typed_number
from deeptepp.ui.language import t
from deeptepp.ui.words import FIELDS, HELP, UNKNOWN, label

Values = dict[str, Any]
"""Field names of ``ClinicalProfile`` with what the widgets hold; None is unknown."""

_POSITIVE = {True: "Positive", False: "Negative"}
_YES_NO = {True: "Yes", False: "No"}


def clinical_form(profile: ClinicalProfile, *, key: str, submit_label: str) -> ClinicalProfile | None:
    """Show the form and give what was submitted.

    Parameters
    ----------
    profile : ClinicalProfile
        Facts known so far; what the fields show first.
    key : str
        Distinguishes the form of one case from that of the next.
    submit_label : str
        What the button says.

    Returns
    -------
    ClinicalProfile or None
        The facts, when the button was pressed and they agree with one another.
    """
    with st.form(f"case-form-{key}", border=True):
        st.markdown("## " + t("Clinical and pathological facts"))
        st.caption(t("Leave what is not known as it is; the score then uses the average of the training cohort."))
        values = _score_fields(profile, key) | _eligibility_fields(profile, key)
        sentence = implied_stage(profile)
        if sentence:
            st.caption(sentence)
        with st.expander(t("More facts, recorded but not used by the score")):
            values |= _other_fields(profile, key)
        is_submitted = st.form_submit_button(
            submit_label, type="primary", width="stretch", key=f"case-submit-{key}"
        )
        return _checked(values) if is_submitted else None


def implied_stage(profile: ClinicalProfile) -> str:
    """Say which stage groups agree with size and nodes.

    Parameters
    ----------
    profile : ClinicalProfile
        Facts.

    Returns
    -------
    str
        One sentence; empty while size or nodes are unknown.
    """
    allowed = profile.stages_allowed
    if allowed is None:
        return ""
    facts = {"t": profile.tumour_stage, "n": profile.node_stage, "group": allowed[0].value}
    if Stage.IIIB in allowed:
        return t(
            "{t} {n} is stage {group} (IIIB with growth into skin or chest wall, IV with distant metastasis).",
            **facts,
        )
    return t("{t} {n} is stage {group} (IV with distant metastasis).", **facts)


def _score_fields(profile: ClinicalProfile, key: str) -> Values:
    """Show the facts that the network takes."""
    st.markdown(f"**{t('Used by the score')}**")
    left, right = st.columns(2)
    with left:
        values: Values = {"tumour_size_mm": _number("tumour_size_mm", profile, key, step=1.0)}
        values["er_positive"] = _flag("er_positive", profile, key, _POSITIVE)
    with right:
        values["node_stage"] = _category("node_stage", profile, key, NodeStage)
        values["pr_positive"] = _flag("pr_positive", profile, key, _POSITIVE)
    return values


def _eligibility_fields(profile: ClinicalProfile, key: str) -> Values:
    """Show the facts that decide whether the score was made for this patient."""
    st.markdown(f"**{t('Is the score meant for her?')}**")
    left, right = st.columns(2)
    with left:
        values: Values = {"her2_status": _category("her2_status", profile, key, Her2Status)}
        values["had_biopsy_before_mr"] = _flag("had_biopsy_before_mr", profile, key)
        values["sex"] = _category("sex", profile, key, Sex)
    with right:
        values["is_invasive"] = _flag("is_invasive", profile, key)
        values["had_neoadjuvant_therapy"] = _flag("had_neoadjuvant_therapy", profile, key)
        values["stage"] = _category("stage", profile, key, Stage)
    return values


def _other_fields(profile: ClinicalProfile, key: str) -> Values:
    """Show the facts that are recorded only."""
    left, right = st.columns(2)
    with left:
        values: Values = {"age_years": _number("age_years", profile, key, step=1.0)}
        values["grade"] = _choice("grade", profile.grade, key, (1, 2, 3), str)
        values["breast_surgery"] = _category("breast_surgery", profile, key, BreastSurgery)
    with right:
        values["menopause"] = _category("menopause", profile, key, Menopause)
        values["ki67_pct"] = _number("ki67_pct", profile, key, step=1.0)
        values["axillary_surgery"] = _category("axillary_surgery", profile, key, AxillarySurgery)
    return values


def _number(field: str, profile: ClinicalProfile, key: str, *, step: float) -> float | None:
    """Ask for a number in its range; empty is unknown."""
    low, high = RANGES[field]
    value: float | None = st.number_input(
        t(FIELDS[field]),
        min_value=float(low),
        max_value=float(high),
        value=typed_number(f"case-{field}-{key}", getattr(profile, field), (low, high)),
        step=step,
        format="%.0f",
        placeholder=t(UNKNOWN),
        help=t(HELP[field]) if field in HELP else None,
        key=f"case-{field}-{key}",
    )
    return value


def _category(field: str, profile: ClinicalProfile, key: str, kind: type[StrEnum]) -> object:
    """Ask for one of the categories of an enum."""
    return _choice(field, getattr(profile, field), key, tuple(kind), label)


def _flag(field: str, profile: ClinicalProfile, key: str, words: dict[bool, str] | None = None) -> object:
    """Ask for yes or no, in the words of the field."""
    spoken = words or _YES_NO
    return _choice(field, getattr(profile, field), key, (True, False), lambda value: t(spoken[value]))


def _choice(field: str, value: object, key: str, options: tuple[Any, ...], name: Callable[[Any], str]) -> object:
    """Ask for one of some values, or unknown, which comes first."""
    choices = (None, *options)

    def said_of(option: object) -> str:
        return t(UNKNOWN) if option is None else name(option)

    return st.selectbox(
        t(FIELDS[field]),
        choices,
        index=typed_index(f"case-{field}-{key}", choices, said_of, choices.index(value)),
        format_func=said_of,
        help=t(HELP[field]) if field in HELP else None,
        key=f"case-{field}-{key}",
    )


def _checked(values: Values) -> ClinicalProfile | None:
    """Build the profile, or say beside the button which facts exclude each other."""
    try:
        profile = ClinicalProfile(**values)
    except ClinicalError as error:
        st.error(f"{_readable(said(error))} {t('Nothing was scored.')}", icon=":material/rule:")
        return None
    return profile


def _readable(message: str) -> str:
    """Replace field names in a message by their labels."""
    first, _, rest = message.partition(" ")
    return f"{t(FIELDS.get(first, first))} {rest}"
