"""Decision curves: net benefit of acting on a predicted risk by threshold, beside all and nobody positive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import add_legend, legend_entry, legend_height
from deeptepp.report.format import count, months, percent
from deeptepp.report.look.curve_styles import DASHES, CurveStyle
from deeptepp.report.look.marks import finish, lay_out
from deeptepp.report.look.theme import NEUTRAL, OTHER_COLOURS, OTHER_GLYPHS
from deeptepp.stats.prediction.decision_curve import DecisionCurve
from deeptepp.wording.sentence import escaped, glued, joined, sentence

Floats = npt.NDArray[np.float64]

_PLOT_PX, _BOTTOM_PX, _LEFT_PX = 320, 58, 74
"""Height of the plot and the margins below and beside it."""

_ALL = CurveStyle(NEUTRAL, "", "solid", "all", is_faded=False)
_NONE = CurveStyle(NEUTRAL, "", "dot", "none", is_faded=False)


def decision_curve_figure(curves: Sequence[DecisionCurve], *, title: str, simulated: bool) -> go.Figure:
    """Draw the net benefit of one or several models of the same patients.

    ``curves``: from ``stats.prediction.decision_curve``, lines break where the positives were not followed to the
    horizon. Returns height fixed, width free from about 520 px. Raises NotEstimable: there is no curve with a
    value.
    """
    drawn = [curve for curve in curves if np.isfinite(curve.net_benefit).any()]
    if not drawn:
        reasons = {curve.reason for curve in curves if curve.reason}
        raise NotEstimable(what="The decision curve", reason=joined("; ", sorted(reasons)) or "there is no curve")
    n = len(OTHER_COLOURS)
    styles = [
        CurveStyle(
            OTHER_COLOURS[i % n], OTHER_GLYPHS[i % n], DASHES[(i + i // n) % len(DASHES)], "", is_faded=False
        )
        for i in range(len(drawn))
    ]
    figure = go.Figure()
    first = drawn[0]
    for y, style, name in (
        (first.treat_all, _ALL, "everybody positive"),
        (np.zeros(len(first.thresholds)), _NONE, "nobody positive"),
    ):
        _add_line(figure, first.thresholds, y, style, name, 1.4)
    for curve, style in zip(drawn, styles, strict=True):
        _add_line(figure, curve.thresholds, curve.net_benefit, style, curve.label, 2.4, curve.avoided_per_100)
    rows = [(s, legend_entry(_words(c), s)) for c, s in zip(drawn, styles, strict=True)]
    rows += [(_ALL, "everybody positive"), (_NONE, "nobody positive")]
    facts = _facts(curves, drawn)
    _lay_out(figure, (title, facts), rows, drawn)
    return finish(figure, _alt(title, drawn, facts), simulated=simulated, strip_of_px=_PLOT_PX)


def _words(curve: DecisionCurve) -> str:
    return glued("{}: {}, {}", curve.label or "Model", count(curve.n, "patient"), count(curve.n_events, "event"))


def _facts(curves: Sequence[DecisionCurve], drawn: Sequence[DecisionCurve]) -> list[str]:
    """Say horizon and method, and what is left out."""
    horizon = drawn[0].horizon_months
    facts = [] if horizon is None else [sentence("events by {months}", months=months(horizon))]
    facts.append(drawn[0].method)
    facts += sorted({curve.reason for curve in drawn if curve.reason})
    facts += [
        sentence("{label} not drawn: {reason}", label=c.label, reason=c.reason)
        for c in curves
        if not any(c is d for d in drawn)
    ]
    return facts


def _add_line(
    figure: go.Figure,
    thresholds: Floats,
    y: Floats,
    style: CurveStyle,
    name: str,
    width: float,
    avoided: Floats | None = None,
) -> None:
    """Add one curve."""
    more = "" if avoided is None else "<br>%{customdata:.1f} interventions fewer per 100 than everybody positive"
    figure.add_scatter(
        x=thresholds,
        y=y,
        mode="lines",
        line={"color": style.colour, "width": width, "dash": style.dash},
        connectgaps=False,
        name=name,
        customdata=avoided,
        hovertemplate=sentence(
            "{name}<br>threshold %{{x:.0%}}: net benefit %{{y:.3f}}{more}<extra></extra>",
            name=escaped(name),
            more=more,
        ),
    )


def _lay_out(
    figure: go.Figure,
    head: tuple[str, Sequence[str]],
    rows: Sequence[tuple[CurveStyle, str]],
    drawn: Sequence[DecisionCurve],
) -> None:
    """Place title, legend and plot by pixels; the axis ends a little below nobody positive."""
    highest = max(
        0.01, *(float(np.nanmax(values)) for c in drawn for values in (c.net_benefit, _finite(c.treat_all)))
    )
    end = max(0.01, *(float(c.thresholds.max()) for c in drawn))
    ticks = np.arange(0, end + 1e-9, next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if end / step <= 6))
    lay_out(
        figure,
        *head,
        plot_px=_PLOT_PX,
        above_px=legend_height(rows) + 4,
        margins=(_LEFT_PX, 24, _BOTTOM_PX),
        xaxis={
            "range": [0, end],
            "tickvals": ticks,
            "ticktext": [percent(float(tick), decimals=0) for tick in ticks],
            "tickangle": 0,
            "title": {"text": "Threshold risk"},
        },
        yaxis={
            "range": [-0.2 * highest, 1.08 * highest],
            "nticks": 7,
            "title": {"text": "Net benefit per patient"},
        },
    )
    add_legend(figure, rows, _LEFT_PX)


def _finite(values: Floats) -> Floats:
    """Replace what is missing by 0."""
    return np.nan_to_num(values, nan=0.0)


def _alt(title: str, drawn: Sequence[DecisionCurve], facts: Sequence[str]) -> str:
    """What the figure shows, at up to four thresholds."""
    sentences = [sentence("Decision curves: {title}. {facts}.", title=title, facts=joined("; ", facts))]
    for curve in drawn:
        known = np.flatnonzero(np.isfinite(curve.net_benefit))
        places = known[np.unique(np.linspace(0, len(known) - 1, 4).round().astype(int))]
        read = joined(
            "; ",
            (
                sentence(
                    "threshold {float}: {net_benefit:.3f}, everybody positive {treat_all:.3f}",
                    float=percent(float(curve.thresholds[i]), decimals=0),
                    net_benefit=curve.net_benefit[i],
                    treat_all=curve.treat_all[i],
                )
                for i in places
            ),
        )
        sentences.append(sentence("{words}. Net benefit at {read}.", words=_words(curve), read=read))
    return joined(" ", sentences)
