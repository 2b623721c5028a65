"""Below the result: how much it depends on the outline, what unknown facts leave open, and why it is what it is.

How far the score moves with the outline comes with the score. The other answers are computed on request, beside
the screen, and kept by the digest of all inputs.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from deeptepp.domain.progress import Progress, Step
from deeptepp.domain.risk import Assessment, Stability
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.figures.heat_picture import heat_picture, heat_words
from deeptepp.report.figures.why_figures import (
    Bar,
    contributions_figure,
    score_bars_figure,
    stability_figure,
)
from deeptepp.report.format import score as written
from deeptepp.scoring.explain import Explanation, explain_score
from deeptepp.scoring.stability import SHIFT_MM
from deeptepp.scoring.unknowns import UnknownRange, seen_fields, unknown_fields, unknown_range
from deeptepp.ui.background.session import Session
from deeptepp.ui.case.case_progress import overall_fraction
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.terms import help_on
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import FIELDS, label
from deeptepp.wording.sentence import sentence

_POLL_S = 0.5
"""Seconds between two looks at work under way."""

_UNKNOWN, _WHY = "unknown", "why"
"""The questions that are asked with a button; the first part of the key of their answers."""

_CSS = """
.st-key-why-row, .st-key-why-parts { flex-wrap: wrap; }
.st-key-why-row > *, .st-key-why-parts > * { flex: 1 1 30rem; min-width: 0; }
"""
"""Side by side where there is room for both, one below the other where there is not."""

_WORK: dict[str, Callable[..., Any]] = {
    _UNKNOWN: unknown_range,
    _WHY: explain_score,
}
"""What answers each question."""

_STEPS: dict[str, tuple[Step, ...]] = {
    _UNKNOWN: (Step.VIEWS, Step.SCORE),
    _WHY: (Step.VIEWS,),
}
"""Steps that tell how far the work is."""


def why_section(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show what moves a score and why it is what it is, each with its answer or a button that computes it.

    ``assessment``: nothing is shown for one without a score.
    """
    has_all = assessment.score and assessment.lesion and assessment.receipt and session.case.images
    if not has_all:
        return
    session.case.extra.settle(session.id, lambda _key, _answer: None)
    st.html(f"<style>{_CSS}</style>")
    st.header(t("How sure is this score, and why?"))
    _questions(session, assessment, bundle)


@fragment()
def _questions(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show the cards; a button here does not draw the rest of the page again."""
    row = st.container(horizontal=True, gap="medium", key="why-row")
    with row.container(border=True, key="why-outline-card"):
        st.markdown(f"### {t('How much it depends on the tumour outline')}")
        st.write(t("The whole outline was moved {mm:g} mm in six directions and scored again.", mm=SHIFT_MM))
        if assessment.stability is not None:
            _outline(assessment.stability, bundle)
        else:
            st.write(t("Not measured for this score."))
    with row.container(border=True, key="why-unknown-card"):
        st.markdown(f"### {t('What is not known')}")
        _unknown_card(session, assessment, bundle)
    with st.container(border=True, key="why-why-card"):
        st.markdown(f"### {t('Why this score')}", help=help_on("Integrated gradients"))
        found = _answer(
            session,
            assessment,
            bundle,
            _WHY,
            t("Which parts of the images, and which facts, raise or lower the score. Takes some seconds."),
            t("Explain the score"),
        )
        if found is not None:
            _why(found, assessment, bundle)


def _answer(
    session: Session, assessment: Assessment, bundle: ModelBundle, kind: str, words: str, button: str
) -> Any:  # noqa: ANN401  each question has an answer of its own
    """Answer, or None after showing the button or the work under way."""
    extra, key = session.case.extra, _key(kind, assessment)
    if key in extra.answers:
        return extra.answers[key]
    st.write(words)
    if key in extra.jobs:
        _poll(session, kind, key)
        st.button(t("Stop"), key=f"why-{kind}-stop", on_click=extra.cancel, args=(session.id, key))
        return None
    if key in extra.notes:
        st.warning(t(extra.notes[key]))
    st.button(button, key=f"why-{kind}", on_click=_start, args=(session, assessment, bundle, kind))
    return None


def _key(kind: str, assessment: Assessment) -> str:
    """Name an answer by its question and the digest of all inputs."""
    return f"{kind}-{assessment.receipt.inputs_sha256 if assessment.receipt else ''}"


def _start(session: Session, assessment: Assessment, bundle: ModelBundle, kind: str) -> None:
    """Queue the work behind one question."""
    images, lesion = session.case.images, assessment.lesion

    def work(progress: Progress) -> object:
        return _WORK[kind](images, lesion, assessment.profile, bundle, progress=progress)

    session.case.extra.start(session.id, _key(kind, assessment), work)


@fragment(run_every=_POLL_S)
def _poll(session: Session, kind: str, key: str) -> None:
    """Look at the work, show how far it is, and draw the page again when it has ended."""
    view = session.case.extra.look(session.id, key)
    if view is None or view.is_over:
        st.rerun()
    st.progress(overall_fraction(view, _STEPS[kind]), text=f"{view.elapsed_s:.0f} s")


def _outline(stability: Stability, bundle: ModelBundle) -> None:
    """Show the scores of shifted outlines."""
    facts = {"low": written(stability.low), "high": written(stability.high), "n": len(stability.scores)}
    tiers = "/".join(label(tier) for tier in stability.tiers)
    if stability.is_stable:
        said = t("**{tier}, stable**: all {n} scores, {low} to {high}, fall in one tier.", tier=tiers, **facts)
    else:
        said = t(
            "**{tier}, unstable**: {n} scores, {low} to {high}. Moving the outline by {mm:g} mm changes the tier.",
            tier=tiers,
            mm=stability.shift_mm,
            **facts,
        )
    st.markdown(said)
    figure = stability_figure(stability, bundle.tiers, simulated=bundle.is_simulated)
    show_figure(figure, key="why-outline-figure", fallback_alt=t("Score with the outline moved"))


def _unknown_card(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show what unknown facts leave open, or that none is unknown."""
    unknown = [_field(name) for name in unknown_fields(assessment.profile, bundle)]
    if not unknown:
        used = [_field(name) for name in seen_fields(bundle)]
        st.write(t("Every fact that the score uses is known: {facts}.", facts=", ".join(used)))
        return
    words = t("Not entered, so the score uses the average of the cohort: {facts}.", facts=", ".join(unknown))
    found = _answer(session, assessment, bundle, _UNKNOWN, words, t("Show what these facts could change"))
    if found is not None:
        _unknown(found, bundle)


def _unknown(found: UnknownRange, bundle: ModelBundle) -> None:
    """Show the range over unknown facts, and which matters most."""
    said = t(
        "Depending on them the score lies between **{low}** and **{high}** (tier {tiers}; {n} sets tried).",
        low=written(found.low),
        high=written(found.high),
        tiers="/".join(label(tier) for tier in found.tiers),
        n=found.n_combinations,
    )
    if found.by_field[0].spread > 0:
        said += " " + t("**{field}** matters most.", field=_field(found.by_field[0].field))
    st.markdown(said)
    rows = [
        Bar(
            _field(each.field),
            each.low,
            each.high,
            sentence("{low} to {high}", low=written(each.low), high=written(each.high)),
        )
        for each in found.by_field
    ]
    figure = score_bars_figure(
        rows,
        found.score,
        bundle.tiers,
        title="What each unknown fact alone could change",
        simulated=bundle.is_simulated,
    )
    show_figure(figure, key="why-unknown-figure", fallback_alt=t("What each unknown fact alone could change"))
    st.caption(t("Values between the 5th and 95th percentile of the reference cohort. The line is the score now."))


def _why(found: Explanation, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show heat on the slices, and what each fact contributes."""
    row = st.container(horizontal=True, gap="medium", key="why-parts")
    with row.container(key="why-heat"):
        if found.heat.any():
            channels = bundle.roi.channels
            channel = channels.index("post") if "post" in channels else 0
            picture = heat_picture(found, channel=channel, fov_mm=bundle.views.fov_mm)
            source = b64encode(picture).decode("ascii")
            style = "width:100%;border-radius:6px;display:block"
            alt = escape(heat_words(found), quote=True)
            st.html(f'<img style="{style}" src="data:image/png;base64,{source}" alt="{alt}">')
            st.caption(
                t(
                    "Slices through the tumour from feet to head, her left on the right; below, **violet raises** "
                    "and **green lowers** the score. The white line is the outline."
                )
            )
        else:
            st.write(t("This model looks at no image."))
    with row.container(key="why-facts"):
        _facts(found, assessment, bundle)
    st.caption(
        t(
            "Integrated gradients, {seconds:.0f} s; {missed:.1f} % of the image part is not accounted for. This "
            "describes the model, not the tumour: it does not show what causes recurrence.",
            seconds=found.seconds,
            missed=100 * abs(found.missed) / max(abs(found.total), 1e-6),
        )
    )


def _facts(found: Explanation, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show the effect of each known fact as a bar."""
    if not found.clinical or assessment.score is None:
        st.write(t("No fact that the score uses was entered."))
        return
    score = assessment.score.probability
    rows = [
        Bar(_field(each.field), each.score_if_usual, score, f"{each.change:+.3f}" if each.change else "no change")
        for each in found.clinical
    ]
    title = "What each known fact contributes"
    figure = contributions_figure(rows, title=title, simulated=bundle.is_simulated)
    show_figure(figure, key="why-facts-figure", fallback_alt=t("What each known fact contributes"))
    usual = ", ".join(f"{_field(each.field)} {_shown(each.usual)}" for each in found.clinical)
    st.caption(t("Her fact in place of what is usual in the reference cohort: {usual}.", usual=usual))


def _field(name: str) -> str:
    """Name a clinical fact without its unit."""
    return t(FIELDS[name]).split(" (")[0]


def _shown(value: object) -> str:
    """Write a clinical value in words."""
    if isinstance(value, bool):
        return t("positive") if value else t("negative")
    return f"{value:g} mm" if isinstance(value, float) else label(value)
