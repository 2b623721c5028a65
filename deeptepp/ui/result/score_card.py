"""The score of one case as a card: number, tier by shape and colour and word, the scale with its cut-offs."""

from __future__ import annotations

from html import escape

import streamlit as st

from deeptepp.domain.risk import OUTSIDE_INTENDED_USE, Assessment, RiskScore, Tier, TierScheme
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.copied_text import moved_sentence
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.format import percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.scoring.unknowns import unknown_fields
from deeptepp.ui.words.language import say, speech, t
from deeptepp.ui.words.screen_words import FIELDS, tier_words


def score_card(assessment: Assessment, bundle: ModelBundle) -> None:
    """Show score, tier and place in the reference cohort."""
    if assessment.score is None or assessment.tier is None:
        return
    score, tiers = assessment.score, bundle.tiers
    with st.container(border=True, key="score-card"):
        if assessment.is_override:
            st.html(f'<div class="dt-watermark">{escape(t(OUTSIDE_INTENDED_USE))}</div>')
        st.html(
            _score_html(assessment, score.probability, assessment.tier) + _scale_html(score.probability, tiers)
        )
        st.markdown(_place(assessment, bundle))
        _say_what_is_unknown(assessment, bundle)
        st.caption(moved_sentence(assessment, speech()))
        st.caption(f"{_cut_offs(tiers)} {_spread(score)}".strip())


def _say_what_is_unknown(assessment: Assessment, bundle: ModelBundle) -> None:
    """Say beside the number which facts it had to do without."""
    unknown = [t(FIELDS[name]).split(" (")[0] for name in unknown_fields(assessment.profile, bundle)]
    if unknown:
        words = t("Not entered, so the score uses the average of the cohort: {facts}.", facts=", ".join(unknown))
        st.html(f'<div class="dt-finding warning"><p>{escape(words)}</p></div>')


def _cut_offs(tiers: TierScheme) -> str:
    """Where the tiers begin."""
    return t("Low below {low:.3f}, High from {high:.3f}.", low=tiers.low_below, high=tiers.high_from)


def _spread(score: RiskScore) -> str:
    """How far the views of the tumour lie apart; nothing for a score that came without them."""
    if not score.per_view:
        return ""
    return t(
        "The {n} views of the tumour give scores from {least:.2f} to {most:.2f}.",
        n=len(score.per_view),
        least=min(score.per_view.values()),
        most=max(score.per_view.values()),
    )


def _score_html(assessment: Assessment, score: float, tier: Tier) -> str:
    """Write the number and the badge of the tier."""
    return (
        f'<div class="dt-score"><div><div class="number">{escape(written_score(score))}</div>'
        f'<div class="what">{escape(t("Risk score, 0 to 1"))}</div></div>'
        f'<div class="dt-tier" style="--tier:{TIER_COLOURS[tier]}"><span class="shape">{TIER_GLYPHS[tier]}</span>'
        f"{escape(tier_words(assessment.tier_name, is_alone=True))}</div></div>"
    )


def _scale_html(score: float, tiers: TierScheme) -> str:
    """Write the scale from 0 to 1 with the tiers, the cut-offs and the patient."""
    edges = (0.0, tiers.low_below, tiers.high_from, 1.0)
    parts = "".join(
        f'<i style="width:{100 * (b - a):.2f}%;background:{TIER_COLOURS[tier]};opacity:0.75"></i>'
        for tier, a, b in zip(Tier, edges, edges[1:], strict=False)
    )
    marks = zip(edges, ("0", written_score(edges[1]), written_score(edges[2]), "1"), strict=True)
    ticks = "".join(f'<span class="tick" style="left:{100 * x:.2f}%">{words}</span>' for x, words in marks)
    description = t(
        "Score {score:.3f} on a scale from 0 to 1, cut-offs {low:.3f} and {high:.3f}",
        score=score,
        low=edges[1],
        high=edges[2],
    )
    return (
        f'<div class="dt-scale" role="img" aria-label="{escape(description)}">'
        f'<div class="bar">{parts}</div>{ticks}'
        f'<span class="here" style="left:{100 * score:.2f}%"></span></div>'
    )


def _place(assessment: Assessment, bundle: ModelBundle) -> str:
    """Where the score stands in the reference cohort."""
    if assessment.percentile is None:
        return ""
    return t(
        "The score is **{place}** of the {n} {kind} of the reference cohort.",
        place=say(percentile(assessment.percentile)),
        n=len(bundle.reference),
        kind=t(PATIENTS[bundle.reference.is_simulated]),
    )
