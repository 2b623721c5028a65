"""The top of a result: the label of the case, the picture of its tumour, side, size and facts on one strip."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from deeptepp.domain.labels import CHARACTERS, checked_label, looks_like_a_name, offered_label
from deeptepp.domain.risk import Assessment
from deeptepp.errors import LabelNamesSomebody
from deeptepp.report.case.case_changes import Change, changes_between, lesion_words, score_change, score_words
from deeptepp.report.case.case_files import case_picture
from deeptepp.report.names import FACTS
from deeptepp.ui.background.drafts import typed_text
from deeptepp.ui.background.session import Case
from deeptepp.ui.case.keep_case import relabel
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import speech, t

_N_EARLIER = 8
"""Earlier scores of a case that are listed."""


def whose_title(case: Case, assessment: Assessment) -> None:
    """Show whose result it is as the heading and in the title of the browser, and let the user name the case.

    ``case``: its label may be empty.
    """
    kind = t("Result") if assessment.score else t("Not scored")
    if case.label:
        st.set_page_config(page_title=f"{case.label} \u00b7 DeepTEPP")
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", key="result-whose"):
        st.title(verbatim(case.label) or kind, width="content", anchor=False)
        with st.popover(t("Change label") if case.label else t("Add a label"), key="result-label"):
            _label_form(case, assessment)


def _label_form(case: Case, assessment: Assessment) -> None:
    """Ask for a label; what identifies is refused, and what looks like a name is asked about."""
    st.caption(
        t(
            "A label of your own, for the heading and for files. A pseudonym: no name, date or number of the "
            "patient."
        )
    )
    key = f"result-label-text-{case.id}"
    typed = st.text_input(t("Label"), value=typed_text(key, case.label), max_chars=CHARACTERS, key=key)
    offered = offered_label(assessment.receipt.input_sha256) if assessment.receipt else ""
    with st.container(horizontal=True):
        if st.button(t("Use this label"), key="result-label-use", type="primary"):
            _use(case, typed)
        if offered and offered != case.label:
            words = t("Use {label}", label=offered)
            if st.button(words, key="result-label-offered", help=t("The same for the same images.")):
                _use(case, offered)
    if case.asked_label:
        st.warning(t("This looks like the name of a person. Is it a pseudonym?"))
        if st.button(t("It is a pseudonym"), key="result-label-sure"):
            _take(case, case.asked_label)


def _use(case: Case, typed: str) -> None:
    """Take a label over, refuse it or ask about it."""
    case.asked_label = ""
    try:
        label = checked_label(typed)
    except LabelNamesSomebody as error:
        st.warning(said(error))
        return
    if looks_like_a_name(label):
        case.asked_label = label
        return
    _take(case, label)


def _take(case: Case, label: str) -> None:
    """Keep a label and draw the page again under it."""
    case.label, case.asked_label = label, ""
    relabel(case, label)
    st.rerun()


def case_strip(case: Case, assessment: Assessment) -> None:
    """Show the tumour with its outline, side, size and facts.

    ``case``: its images give the picture, which is drawn once for each answer.
    """
    st.html(f'<div class="dt-strip" role="group">{_picture_html(case, assessment)}{_facts_html(assessment)}</div>')


def picture_of(case: Case, assessment: Assessment) -> bytes:
    """Draw the tumour as PNG, once for each answer; of a kept case it is there also without its images."""
    key = _key(assessment)
    if case.picture[0] != key:
        case.picture = (key, case_picture(case.images, assessment))
    return case.picture[1]


def _picture_html(case: Case, assessment: Assessment) -> str:
    """Write the picture."""
    picture = picture_of(case, assessment)
    if not picture:
        return ""
    source = base64.b64encode(picture).decode("ascii")
    alt = escape(t("64 mm of the middle slice, her left on the right; the line is the outline that was scored."))
    return f'<img src="data:image/png;base64,{source}" alt="{alt}" title="{alt}">'


def _facts_html(assessment: Assessment) -> str:
    """Write side and size, the facts that are known, and which are not."""
    spoken, profile = speech(), assessment.profile
    known = [name for name in FACTS if getattr(profile, name) is not None]
    chips = "".join(
        f"<span><i>{escape(t(FACTS[name]))}</i> {escape(spoken.fact(name, getattr(profile, name)))}</span>"
        for name in known
    )
    unknown = ", ".join(t(label) for name, label in FACTS.items() if name not in known)
    rest = f'<span class="rest">{escape(t("Unknown: {facts}.", facts=unknown))}</span>' if unknown else ""
    tumour = escape(lesion_words(assessment.lesion, spoken))
    return f'<div><p><i>{escape(t("Tumour"))}</i> {tumour}</p><div class="chips">{chips}{rest}</div></div>'


def keep_score(case: Case, assessment: Assessment) -> None:
    """Remember which scores of the case were shown, in their order.

    ``assessment``: what is shown now, nothing is kept of one without a score.
    """
    if assessment.score is None:
        return
    last = case.shown[-1] if case.shown else None
    if last is not None and _key(last) == _key(assessment):
        case.shown = (*case.shown[:-1], assessment)
        return
    case.shown = (*case.shown[-_N_EARLIER:], assessment)


def earlier_scores(case: Case) -> None:
    """Show old and new score side by side, with what changed between them.

    ``case``: nothing is shown before it has two scores.
    """
    if len(case.shown) < 2:
        return
    spoken = speech()
    before, after = case.shown[-2:]
    changed = [*changes_between(before, after, spoken), score_change(before, after, spoken)]
    rows = "".join(_row_html(each) for each in changed)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", t("Score before"), t("Score now")))
    caption = escape(t("What changed since the score before"))
    st.html(f'<table class="dt-contrast dt-changes"><caption>{caption}</caption><tr>{head}</tr>{rows}</table>')
    if len(case.shown) > 2:
        with st.expander(t("All scores of this case ({n})", n=len(case.shown))):
            pairs = zip((None, *case.shown), case.shown, strict=False)
            lines = [_line(old, new) for old, new in pairs]
            st.markdown("\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1)))


def _row_html(change: Change) -> str:
    """Write one change as a row."""
    cells = "".join(f"<td>{escape(value)}</td>" for value in (change.before, change.after))
    return f'<tr><th scope="row">{escape(change.what)}</th>{cells}</tr>'


def _line(before: Assessment | None, after: Assessment) -> str:
    """Write one score, and what was changed for it."""
    spoken = speech()
    words = score_words(after, spoken)
    if before is None:
        return words
    changed = "; ".join(str(each) for each in changes_between(before, after, spoken))
    return f"{words} ({changed})" if changed else words


def _key(assessment: Assessment) -> str:
    """Name an answer by all of its inputs."""
    return assessment.receipt.inputs_sha256 if assessment.receipt else ""
