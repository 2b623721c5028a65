"""Where one score lies among the scores of the reference cohort."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.risk import Tier, TierName, TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, count_of, percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.marks import add_line, add_text, add_upright, finish, lay_out
from deeptepp.report.look.theme import FONT_PX, NEUTRAL, TIER_COLOURS, TIER_GLYPHS, TIER_SHAPES
from deeptepp.wording.sentence import glued, joined, sentence

Floats = npt.NDArray[np.float64]

_N_BINS = 50
"""Bins of the histogram between 0 and 1."""

_PLOT_PX, _CUT_OFF_ROW_PX, _PATIENT_PX, _LEGEND_PX = 190, 19, 46, 27
"""Heights of the parts of the figure."""

_BOTTOM_PX, _MARK_PX = 54 + _LEGEND_PX + 6, 28
"""Height of axis and legend, and of the mark of simulated data."""

_HEADROOM = 1.12
"""Top of the vertical axis, as a multiple of the fullest bin."""

_CROWDED = 0.42
"""Cut-offs closer than this get their labels on two lines."""


def score_distribution_figure(
    reference_scores: npt.ArrayLike,
    tiers: TierScheme,
    score: float | None,
    *,
    tier_name: TierName | None = None,
    title: str = "Scores of the reference cohort",
    simulated: bool,
) -> go.Figure:
    """Draw the scores of the reference cohort by tier, the cut-offs and the patient.

    ``reference_scores`` (n,): scores in [0, 1], missing ones are left out; ``score``: score of the patient, None
    draws the cohort alone; ``tier_name``: what her tier is called, that its stability was not measured is said
    when not given. Returns height fixed, width free from about 420 px. Raises NotEstimable: no reference patient
    has a score.
    """
    scores = np.asarray(reference_scores, dtype=np.float64)
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        raise NotEstimable(what="The distribution of scores", reason="no reference patient has a score")
    figure = go.Figure()
    members = {tier: _members(scores, tiers, tier) for tier in Tier}
    for tier, chosen in members.items():
        _add_histogram(figure, tier, scores[chosen])
    n_rows = _add_cut_offs(figure, tiers)
    has_patient = score is not None
    if score is not None:
        tier_name = tier_name or TierName((tiers.tier_of(score),))
        _add_patient(figure, score, tiers, scores, n_rows, tier_name.text)
    _lay_out(figure, title, _CUT_OFF_ROW_PX * n_rows + _PATIENT_PX * has_patient, scores, simulated=simulated)
    _add_legend(figure, {tier: int(chosen.sum()) for tier, chosen in members.items()}, len(scores))
    return finish(
        figure,
        _alt(scores, tiers, score, members, tier_name.text if tier_name else ""),
        simulated=simulated,
        mark_height=-(_BOTTOM_PX + _MARK_PX - 5) / _PLOT_PX,
    )


def percentile_of(score: float, reference_scores: Floats) -> float:
    """Share of reference scores below a score, ties half.

    ``reference_scores`` is (n,).
    """
    below = np.mean(reference_scores < score) + 0.5 * np.mean(reference_scores == score)
    return float(100 * below)


def _members(scores: Floats, tiers: TierScheme, tier: Tier) -> npt.NDArray[np.bool_]:
    """Which scores (n,) are of a tier."""
    is_low, is_high = scores < tiers.low_below, (scores >= tiers.high_from) & (scores >= tiers.low_below)
    return {Tier.LOW: is_low, Tier.MODERATE: ~is_low & ~is_high, Tier.HIGH: is_high}[tier]


def _add_histogram(figure: go.Figure, tier: Tier, scores: Floats) -> None:
    """Add the bars of one tier; a bin that a cut-off divides is stacked in two colours."""
    counts, edges = np.histogram(scores, bins=_N_BINS, range=(0, 1))
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=1 / _N_BINS,
        marker={"color": TIER_COLOURS[tier], "line": {"width": 0}, "opacity": 0.85},
        name=str(tier),
        customdata=np.column_stack([edges[:-1], edges[1:]]),
        hovertemplate=sentence(
            "{tier}: %{{y}} with score %{{customdata[0]:.2f}} to %{{customdata[1]:.2f}}<extra></extra>", tier=tier
        ),
    )


def _add_cut_offs(figure: go.Figure, tiers: TierScheme) -> int:
    """Add the two cut-offs with their labels above the plot; give the number of label rows."""
    cut_offs: tuple[tuple[float, str], ...] = ((tiers.low_below, "Moderate from"), (tiers.high_from, "High from"))
    if tiers.low_below == tiers.high_from:
        cut_offs = cut_offs[1:]
    n_rows = 2 if len(cut_offs) > 1 and tiers.high_from - tiers.low_below < _CROWDED else 1
    for i, (x, words) in enumerate(cut_offs):
        shift = _CUT_OFF_ROW_PX * (n_rows - 1 - i if n_rows == 2 else 0)
        add_upright(figure, x, {"color": NEUTRAL, "width": 1.5, "dash": "dash"})
        anchor = f"{_anchor(x)} bottom"
        words = glued("{} {}", words, written_score(x))
        add_text(figure, words, (x, 1), ref="x, y domain", anchor=anchor, yshift=shift + 5)
    return n_rows


def _anchor(x: float) -> str:
    """Keep a label inside the figure: to the right of low, to the left of high positions."""
    return "left" if x < 0.25 else "right" if x > 0.75 else "center"


def _add_patient(
    figure: go.Figure, score: float, tiers: TierScheme, scores: Floats, n_rows: int, named: str
) -> None:
    """Add the line, shape and words of the patient."""
    tier = tiers.tier_of(score)
    colour = TIER_COLOURS[tier]
    top = _tallest(scores) * _HEADROOM
    # The white edge keeps the line apart from bars of the same colour.
    for edge, width in (("#ffffff", 5), (colour, 3)):
        add_line(figure, [score, score], [0, top], {"color": edge, "width": width}, "score line")
    figure.add_scatter(
        x=[score],
        y=[top],
        mode="markers",
        marker={
            "symbol": TIER_SHAPES[tier],
            "size": 15,
            "color": colour,
            "line": {"width": 2, "color": "#ffffff"},
        },
        cliponaxis=False,
        hoverinfo="skip",
        name="This patient",
    )
    place = percentile(percentile_of(score, scores))
    words = sentence(
        '<span style="color:{colour}">{glyph}</span> <b>This patient: {score}, {tier}</b><br>{place} of '
        "the cohort",
        colour=colour,
        glyph=TIER_GLYPHS[tier],
        score=written_score(score),
        tier=named,
        place=place,
    )
    anchor, shift = f"{_anchor(score)} bottom", _CUT_OFF_ROW_PX * n_rows + 6
    at = {"ref": "x, y domain", "anchor": anchor, "yshift": shift}
    add_text(figure, words, (score, 1), **at, size=FONT_PX, name="patient")


def _tallest(scores: Floats) -> int:
    """Patients in the fullest bin."""
    return int(np.histogram(scores, bins=_N_BINS, range=(0, 1))[0].max())


def _lay_out(figure: go.Figure, title: str, labels_px: int, scores: Floats, *, simulated: bool) -> None:
    """Place title, labels, plot and legend by pixels."""
    # Bars reach any height of the plot: the mark of simulated data stands below the legend.
    lay_out(
        figure,
        title,
        [],
        plot_px=_PLOT_PX,
        above_px=labels_px + 14,
        margins=(62, 16, _BOTTOM_PX + _MARK_PX * simulated),
        barmode="stack",
        bargap=0,
        xaxis={
            "range": [0, 1],
            "tickvals": np.round(np.linspace(0, 1, 11), 1),
            "tickangle": 0,
            "title": {"text": "Risk score"},
        },
        yaxis={
            "rangemode": "tozero",
            "range": [0, _HEADROOM * _tallest(scores)],
            "title": {"text": sentence("Patients (n = {n})", n=len(scores))},
        },
    )


def _add_legend(figure: go.Figure, sizes: dict[Tier, int], n: int) -> None:
    """Write shape, name and size of each tier below the axis, on one line that is never cut."""
    parts = [
        glued(
            '<span style="color:{}">{}</span> {} {}',
            TIER_COLOURS[tier],
            TIER_GLYPHS[tier],
            tier,
            count_of(size, n),
        )
        for tier, size in sizes.items()
    ]
    add_text(figure, joined("   ", parts), (0.5, 0), anchor="center middle", yshift=-62, name="legend")


def _alt(
    scores: Floats, tiers: TierScheme, score: float | None, members: dict[Tier, npt.NDArray[np.bool_]], named: str
) -> str:
    """What the figure shows."""
    sizes = joined(
        ", ", (glued("{} {}", tier, count_of(int(chosen.sum()), len(scores))) for tier, chosen in members.items())
    )
    text = sentence(
        "Histogram of the risk scores of {scores}: {sizes}. Moderate begins at {score}, High at {high_from}.",
        scores=count(len(scores), "reference patient"),
        sizes=sizes,
        score=written_score(tiers.low_below),
        high_from=written_score(tiers.high_from),
    )
    if score is None:
        return text
    place = percentile(percentile_of(score, scores))
    return sentence(
        "{text} This patient: {score}, {tier}, {place} of the cohort.",
        text=text,
        score=written_score(score),
        tier=named,
        place=place,
    )
