"""Receiver operating characteristic curves of several models or groups, each with its area and interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import add_legend, legend_entry, legend_height
from deeptepp.report.format import auc_ci, count
from deeptepp.report.look.curve_styles import DASHES, CurveStyle
from deeptepp.report.look.marks import add_area, add_line, finish, lay_out
from deeptepp.report.look.theme import (
    ARM_COLOURS,
    ARM_DASHES,
    ARM_GLYPHS,
    FADED,
    NEUTRAL,
    OTHER_COLOURS,
    OTHER_GLYPHS,
    SMALL_PX,
)
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.prediction.roc import RocCurve
from deeptepp.stats.prediction.roc_band import RocBand
from deeptepp.wording.sentence import escaped, glued, joined, sentence

Floats = npt.NDArray[np.float64]

_PLOT_PX, _LEFT_PX, _BOTTOM_PX = 400, 66, 58
"""Height of the plot, which is a square, and the margins beside and below it."""

FEW_EVENTS = MIN_EVENTS
"""Curves of fewer events are drawn in grey: their shape is chance (PRODUCT F2)."""


@dataclass(frozen=True, slots=True, eq=False)
class RocLine:
    """One curve of the figure.

    ``false_positive_rate``, ``sensitivity``: operating points in [0, 1]; ``low``, ``high``: its confidence
    interval, None where there is none; ``n``, ``n_events``: patients, and those with the event, None where a
    source does not say; ``arm``: brings the colour, shape and dash of that arm.
    """

    label: str
    false_positive_rate: Floats
    sensitivity: Floats
    auc: float
    low: float | None
    high: float | None
    n: int | None = None
    n_events: int | None = None
    arm: Arm | None = None
    band: RocBand | None = None

    @classmethod
    def of_curve(
        cls, label: str, curve: RocCurve, *, arm: Arm | None = None, band: RocBand | None = None
    ) -> RocLine:
        """Name a curve of ``stats.prediction.roc``."""
        return cls(
            label,
            1 - curve.specificity,
            curve.sensitivity,
            curve.auc,
            curve.low,
            curve.high,
            curve.n,
            curve.n_events,
            arm,
            band,
        )


def roc_figure(
    lines: Sequence[RocLine],
    *,
    title: str,
    operating_point: tuple[float, float] | None = None,
    level: float = 0.95,
    simulated: bool,
) -> go.Figure:
    """Draw ROC curves in a square, with area, interval and counts in the legend.

    ``lines``: in the order of the legend; ``operating_point``: sensitivity and specificity at the cut-off between
    Low and Moderate, marked on the plot. Returns height fixed, width free from about 520 px. Raises NotEstimable:
    there is no curve.
    """
    if not lines:
        raise NotEstimable(what="The figure", reason="no group has patients with and without an event")
    styles = [_style(line, place) for place, line in enumerate(lines)]
    figure = go.Figure()
    add_line(figure, [0, 1], [0, 1], {"color": NEUTRAL, "width": 1, "dash": "dot"}, "chance")
    # All bands lie under all curves.
    for line, style in zip(lines, styles, strict=True):
        if line.band is not None:
            _add_band(figure, line.label, line.band, style)
    for line, style in zip(lines, styles, strict=True):
        _add_line(figure, line, style)
    if operating_point is not None:
        _add_operating_point(figure, *operating_point)
    rows = [(style, _legend_text(line, style)) for line, style in zip(lines, styles, strict=True)]
    _lay_out(figure, rows, title, _facts(lines, level, has_point=operating_point is not None))
    return finish(figure, _alt(lines, title, operating_point), simulated=simulated)


def _style(line: RocLine, place: int) -> CurveStyle:
    """Find colour, shape and dash of a curve."""
    is_faded = line.n_events is not None and line.n_events < FEW_EVENTS
    if line.arm is not None:
        colour, glyph, dash = ARM_COLOURS[line.arm], ARM_GLYPHS[line.arm], ARM_DASHES[line.arm]
    else:
        n = len(OTHER_COLOURS)
        colour, glyph = OTHER_COLOURS[place % n], OTHER_GLYPHS[place % n]
        # Grey curves, and all in print, have only their dash to be told apart by.
        dash = DASHES[(place + (0 if is_faded else place // n)) % len(DASHES)]
    return CurveStyle(FADED if is_faded else colour, glyph, dash, line.label, is_faded)


def _add_band(figure: go.Figure, label: str, band: RocBand, style: CurveStyle) -> None:
    """Add the area between the limits of the sensitivity."""
    rate = 1 - band.specificity
    outline = (np.concatenate([rate, rate[::-1]]), np.concatenate([band.high, band.low[::-1]]))
    add_area(figure, outline, style.colour, f"{label} band")


def _add_line(figure: go.Figure, line: RocLine, style: CurveStyle) -> None:
    """Add one curve from (0, 0) to (1, 1)."""
    order = np.lexsort([line.sensitivity, line.false_positive_rate])
    figure.add_scatter(
        x=line.false_positive_rate[order],
        y=line.sensitivity[order],
        mode="lines",
        line={"color": style.colour, "width": 2.2, "dash": style.dash},
        name=line.label,
        hovertemplate=sentence(
            "{label}<br>sensitivity %{{y:.3f}}, 1 − specificity %{{x:.3f}}<extra></extra>",
            label=escaped(line.label),
        ),
    )


def _add_operating_point(figure: go.Figure, sensitivity: float, specificity: float) -> None:
    """Mark the cut-off between Low and Moderate."""
    figure.add_scatter(
        x=[1 - specificity],
        y=[sensitivity],
        mode="markers",
        marker={"symbol": "circle-open", "size": 11, "color": NEUTRAL, "line": {"width": 2}},
        name="cut-off",
        hovertemplate=sentence(
            "cut-off: sensitivity {sensitivity:.3f}, specificity {specificity:.3f}<extra></extra>",
            sensitivity=sensitivity,
            specificity=specificity,
        ),
    )


def _legend_text(line: RocLine, style: CurveStyle) -> str:
    """Name a curve with area, interval, patients and events."""
    text = sentence("{label}: AUC {auc}", label=line.label, auc=auc_ci(line.auc, line.low, line.high))
    if line.n is not None and line.n_events is not None:
        text += glued(", {}, {}", count(line.n, "patient"), count(line.n_events, "event"))
    few = ", too\u00a0few\u00a0to\u00a0read" if style.is_faded else ""
    return legend_entry(glued("{}{}", text, few), style)


def _facts(lines: Sequence[RocLine], level: float, *, has_point: bool) -> list[str]:
    """What brackets, bands, the dotted line and the ring are."""
    parts = [sentence("In brackets: {level:g} % CI", level=100 * level)]
    bands = [line.band for line in lines if line.band is not None]
    if bands:
        parts.append(sentence("band: pointwise {level:g} % CI", level=100 * bands[0].level))
    return [*parts, "dotted: chance", *(["ring: cut-off"] if has_point else [])]


def _lay_out(figure: go.Figure, rows: Sequence[tuple[CurveStyle, str]], title: str, facts: Sequence[str]) -> None:
    """Place title, legend and plot by pixels."""
    ticks = {"range": [-0.01, 1.01], "tickvals": np.round(np.linspace(0, 1, 6), 1), "constrain": "domain"}
    lay_out(
        figure,
        title,
        facts,
        plot_px=_PLOT_PX,
        above_px=legend_height(rows) + 2,
        margins=(_LEFT_PX, 20, _BOTTOM_PX),
        xaxis=ticks | {"title": {"text": "1 − specificity"}, "tickangle": 0},
        yaxis=ticks | {"title": {"text": "Sensitivity"}, "scaleanchor": "x", "scaleratio": 1},
        hoverlabel={"font": {"size": SMALL_PX}},
    )
    add_legend(figure, rows, _LEFT_PX)


def _alt(lines: Sequence[RocLine], title: str, operating_point: tuple[float, float] | None) -> str:
    """What the figure shows."""
    sentences = [sentence("ROC curves: {title}.", title=title)]
    for line in lines:
        words = sentence("{label}: AUC {auc}", label=line.label, auc=auc_ci(line.auc, line.low, line.high))
        if line.n is not None and line.n_events is not None:
            words += glued(", {}, {}", count(line.n, "patient"), count(line.n_events, "event"))
        sentences.append(glued("{}.", words))
    if operating_point is not None:
        sensitivity, specificity = operating_point
        sentences.append(
            sentence(
                "Cut-off: sensitivity {sensitivity:.3f}, specificity {specificity:.3f}.",
                sensitivity=sensitivity,
                specificity=specificity,
            )
        )
    return joined(" ", sentences)
