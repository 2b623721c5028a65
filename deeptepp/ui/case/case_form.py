"""The clinical-pathological form: every field may stay unknown, and contradictions are named, not repaired.

What is entered counts at once, field by field, and is kept as it was typed where it cannot be used; only the
button scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from deeptepp.domain.clinical import CLINICAL_FACTS, COMPARED, ClinicalProfile, Stage, asked_in
from deeptepp.domain.clinical_facts import Section
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import Acquisition
from deeptepp.domain.typed_number import number_text
from deeptepp.errors import ClinicalError
from deeptepp.model.clinical_features import FEATURES
from deeptepp.scoring.consistency import check_consistency, check_size
from deeptepp.ui.background.drafts import is_restored, keep_choice, typed_index
from deeptepp.ui.background.seeds import seed
from deeptepp.ui.parts.cards import findings_list, said
from deeptepp.ui.parts.number_field import number_field
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import FIELDS, UNKNOWN, label

Values = dict[str, Any]
"""Field names of ``ClinicalProfile`` with what the widgets hold; None is unknown."""

SCORE_FIELDS = asked_in(Section.SCORE)
"""Facts that a network may take."""


@dataclass(frozen=True, slots=True)
class SeenHere:
    """What images and model say of the facts.

    ``features``: how it sees them: keys of ``FEATURES``; ``is_ambiguous``: more than one region enhances like a
    tumour, and nobody has chosen.
    """

    fields: tuple[str, ...] = SCORE_FIELDS
    features: tuple[str, ...] = tuple(FEATURES)
    lesion: Lesion | None = None
    is_ambiguous: bool = False
    acquisition: Acquisition = field(default_factory=Acquisition)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form holds after a run.

    ``profile``: the facts, None while a field is wrong or facts exclude each other; ``draft``: everything as it
    was entered, where it cannot be used, else empty; ``is_submitted``: the button was pressed and the facts can be
    used.
    """

    profile: ClinicalProfile | None
    draft: Values
    is_submitted: bool


def clinical_form(
    profile: ClinicalProfile, *, key: str, submit_label: str, seen: SeenHere, draft: Values | None = None
) -> Answer:
    """Show the form and give what it holds.

    ``profile``: facts known so far, what the fields show first; ``draft``: what was entered before and could not
    be used, shown instead of the profile. Returns the facts, as far as they can be used.
    """
    form = _Form(profile, key, seen, draft or {})
    with st.container(border=True, key="case-facts"):
        st.header(t("Clinical and pathological facts"), anchor=False)
        st.caption(t("Leave unknown facts as Unknown; the cohort average is used for them."))
        form.score_fields()
        form.section(t(Section.ELIGIBILITY.value), asked_in(Section.ELIGIBILITY))
        with st.expander(t(Section.RECORDED.value), key="case-more-facts"):
            form.rows((*(name for name in SCORE_FIELDS if name not in seen.fields), *asked_in(Section.RECORDED)))
        answer, message = form.answer()
        _remarks(_usable(form.values), seen)
        is_pressed = st.button(submit_label, type="primary", width="stretch", key=f"case-submit-{key}")
        if message:
            st.error(f"{message} {t('Nothing was scored.')}" if is_pressed else message, icon=":material/rule:")
    return Answer(answer, form.raw if answer is None else {}, is_pressed and answer is not None)


def implied_stage(profile: ClinicalProfile) -> str:
    """Which stage groups agree with size and nodes.

    Returns one sentence, empty while size or nodes are unknown.
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


@dataclass(slots=True)
class _Form:
    """One run of the form: what it draws, and what its widgets hold."""

    profile: ClinicalProfile
    key: str
    seen: SeenHere
    draft: Values
    values: Values = field(default_factory=dict)
    raw: Values = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def score_fields(self) -> None:
        """Show the facts that the network takes, and how it takes them."""
        used = tuple(name for name in SCORE_FIELDS if name in self.seen.fields)
        self.section(t(Section.SCORE.value), used)
        sentences = [t(FEATURES[name].counts) for name in self.seen.features if FEATURES[name].counts]
        st.caption(" ".join(sentences) if used else t("This model uses the images alone."))
        sentence = implied_stage(_usable(self.values))
        if sentence:
            st.caption(sentence)

    def section(self, heading: str, names: Sequence[str]) -> None:
        """Show a heading and its fields."""
        if names:
            st.markdown(f"**{heading}**")
            self.rows(names)

    def rows(self, names: Sequence[str]) -> None:
        """Show fields two a row, so that the keyboard goes along the rows."""
        for at in range(0, len(names), 2):
            for column, name in zip(st.columns(2), names[at : at + 2], strict=False):
                with column:
                    self.ask(name)
            if "tumour_size_mm" in names[at : at + 2]:
                self._compare_size()

    def ask(self, name: str) -> None:
        """Show one field, and keep what it holds."""
        fact = CLINICAL_FACTS[name]
        if fact.is_flag:
            self._choose(name, (True, False), lambda value: t(fact.answer(value)))
        elif fact.category is not None or fact.is_whole:
            self._choose(name, fact.values, label)
        else:
            self._number(name)

    def answer(self) -> tuple[ClinicalProfile | None, str]:
        """Profile, or say what is wrong."""
        if self.wrong:
            names = ", ".join(t(FIELDS[name]) for name in self.wrong)
            return None, t("Correct or empty first: {names}.", names=names)
        try:
            return ClinicalProfile(**_compared(self.profile), **self.values), ""
        except ClinicalError as error:
            return None, _readable(said(error))

    def _number(self, name: str) -> None:
        """Ask for a number; empty is unknown."""
        key = f"case-{name}-{self.key}"
        is_size = name == "tumour_size_mm"
        held = number_field(
            name,
            FIELDS[name],
            key=key,
            value=getattr(self.profile, name),
            text=self.draft.get(name),
            more=_t_category if is_size else None,
        )
        self.values[name], self.raw[name] = held.value, st.session_state[key]
        if held.problem:
            self.wrong.append(name)
        if is_size and self.seen.lesion is not None:
            self._offer_measured(key, self.seen.lesion)

    def _offer_measured(self, key: str, lesion: Lesion) -> None:
        """Offer the diameter on MR for the size."""
        seen_mm = number_text(round(lesion.longest_diameter_mm))
        # The button stays when it was used, so that the keyboard does not lose its place.
        st.button(
            t("On MR {mm} mm: use {mm} mm", mm=seen_mm),
            key=f"case-use-seen-size-{self.key}",
            help=t("Longest diameter of the outline that is chosen on the left."),
            wrap=True,
            on_click=_put,
            args=(key, seen_mm),
        )

    def _compare_size(self) -> None:
        """Where the size that was entered does not fit the tumour that is chosen."""
        entered_mm = self.values["tumour_size_mm"]
        findings = check_size(entered_mm, self.seen.lesion, is_ambiguous=self.seen.is_ambiguous)
        if findings:
            findings_list(findings)

    def _choose(self, name: str, options: tuple[Any, ...], words: Callable[[Any], str]) -> None:
        """Ask for one of some values, or unknown, which comes first."""
        key, choices = f"case-{name}-{self.key}", (None, *options)

        def said_of(option: object) -> str:
            return t(UNKNOWN) if option is None else words(option)

        first = self.draft.get(name, getattr(self.profile, name))
        if key not in st.session_state:
            at = typed_index(key, choices, said_of, None) if is_restored(key) else None
            first = first if at is None else choices[at]
        # What is set to None shows the placeholder; unset, the first choice shows. Both say unknown.
        if first is not None or key in st.session_state:
            seed(key, first)
        keep_choice(key, choices, first)
        self.values[name] = self.raw[name] = st.selectbox(
            t(FIELDS[name]),
            choices,
            index=choices.index(st.session_state.get(key)),
            format_func=said_of,
            placeholder=t(UNKNOWN),
            help=t(CLINICAL_FACTS[name].help) or None,
            key=key,
        )


def _put(key: str, text: str) -> None:
    """Put text into a field before it is drawn again."""
    st.session_state[key] = text


def _compared(profile: ClinicalProfile) -> Values:
    """Keep the estimates of others, which are entered beside the result."""
    return {name: getattr(profile, name) for name in COMPARED}


def _usable(values: Values) -> ClinicalProfile:
    """Facts without the stage group, the only one that others can exclude."""
    return ClinicalProfile(**{name: value for name, value in values.items() if name != "stage"})


def _t_category(size_mm: float) -> str:
    """Say the T category of a size."""
    return ClinicalProfile(tumour_size_mm=size_mm).tumour_stage or ""


def _remarks(profile: ClinicalProfile, seen: SeenHere) -> None:
    """Show what does not fit together among the facts; the size has its own place."""
    findings: tuple[Finding, ...] = check_consistency(profile, None, seen.acquisition)
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    if warnings:
        findings_list(warnings)
    for finding in findings:
        if finding.severity is Severity.NOTE:
            st.caption(say(finding.message))


def _readable(message: str) -> str:
    """Replace field names in a message by their labels."""
    first, _, rest = message.partition(" ")
    return f"{t(FIELDS.get(first, first))} {rest}"
