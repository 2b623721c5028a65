"""Calibration: observed against predicted risk by group, above a histogram of the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import add_legend, legend_height
from deeptepp.report.format import (
    NO_INTERVAL,
    NOT_ESTIMABLE,
    count,
    months,
    percent,
    percent_ci,
    ratio_ci,
    signed_ci,
)
from deeptepp.report.look.curve_styles import CurveStyle
from deeptepp.report.look.marks import add_line, add_text, error_bars, finish, lay_out
from deeptepp.report.look.theme import NEUTRAL, OTHER_COLOURS, SMALL_PX
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.prediction.survival_calibration import HorizonCalibration
from deeptepp.stats.proportion import proportion
from deeptepp.wording.sentence import glued, joined, sentence

Floats = npt.NDArray[np.float64]

_PLOT_PX, _GAP_PX, _BARS_PX, _BOTTOM_PX, _LEFT_PX = 320, 22, 80, 58, 74
"""Heights of the plot, of the histogram and of what lies between and below, and the left margin."""

_SCORE_BINS, _RISK_BINS, _N_CURVE = 40, 50, 300
"""Bins of the histograms, and points by which the smooth curve is drawn."""

_GROUPS, _CURVE, _EVENT, _NO_EVENT = OTHER_COLOURS[0], OTHER_COLOURS[2], OTHER_COLOURS[2], NEUTRAL
"""Colours of groups, smooth curve, and patients with and without an event."""


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """Patients of neighbouring predictions: mean prediction, observed share with its interval, and counts.

    ``is_beyond`` where they were not followed to the horizon.
    """

    predicted: float
    observed: float
    low: float | None
    high: float | None
    n: int
    n_events: int
    is_beyond: bool = False


@dataclass(frozen=True, slots=True)
class _Axes:
    """End of both axes, and their titles; scores are written as numbers, risks as percent."""

    end: float
    predicted: str
    observed: str
    is_score: bool


def group_by_score(scores: npt.ArrayLike, events: npt.ArrayLike, n_groups: int = 8) -> list[CalibrationPoint]:
    """Groups of nearly equal size in the order of their scores (n,) in [0, 1], with Wilson intervals.

    Patients of one score stay together, so that there may be fewer groups than ``n_groups``.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    edges = np.unique(np.quantile(x, np.linspace(0, 1, n_groups + 1)[1:-1])) if len(x) else np.empty(0)
    place = np.searchsorted(edges, x, side="left")
    found = []
    for k in np.unique(place):
        share = proportion(int(y[place == k].sum()), int((place == k).sum()))
        mean = float(x[place == k].mean())
        found.append(CalibrationPoint(mean, share.value or 0.0, share.low, share.high, share.n, share.n_events))
    return found


def calibration_figure(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    title: str,
    event_name: str = "an event",
    n_groups: int = 8,
    facts: Sequence[str] = (),
    simulated: bool,
) -> go.Figure:
    """Observed shares against scores (n,) in [0, 1], by ``events`` (n,) at the end of follow-up.

    Facts stand below the title. The height is fixed, the width free from about 420 px. Raises NotEstimable without
    patients.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if not len(x):
        raise NotEstimable(what="Calibration", reason="there is no patient")
    points = group_by_score(x, y, n_groups)
    counts = glued("{}, {}", count(len(x), "patient"), count(int(y.sum()), "event"))
    axes = _Axes(1.0, "Risk score", sentence("Observed with {event_name}", event_name=event_name), is_score=True)
    figure = _drawn(points, axes, [(x[~y], _NO_EVENT, "without an event"), (x[y], _EVENT, "with an event")])
    _lay_out(figure, (title, [counts, *facts]), axes, [])
    words = sentence(
        '<span style="color:{event}">■</span> event  <span style="color:{no_event}">■</span> none',
        event=_EVENT,
        no_event=_NO_EVENT,
    )
    top = _BARS_PX / (_PLOT_PX + _GAP_PX + _BARS_PX)
    add_text(figure, words, (1, top), anchor="right bottom", name="legend")
    read = joined(
        "; ",
        (
            sentence(
                "mean score {mean_score:.2f}, {n_events} of {n} ({value})",
                mean_score=p.predicted,
                n_events=p.n_events,
                n=p.n,
                value=percent(p.observed),
            )
            for p in points
        ),
    )
    alt = sentence(
        "Calibration: {title}. {counts}. Observed with {event_name} by group: {read}.",
        title=title,
        counts=counts,
        event_name=event_name,
        read=read,
    )
    return finish(figure, alt, simulated=simulated, strip_of_px=_PLOT_PX)


def survival_calibration_figure(
    calibration: HorizonCalibration,
    risks: npt.ArrayLike,
    *,
    title: str,
    event_name: str = "event",
    simulated: bool,
) -> go.Figure:
    """Observed against predicted risk by a horizon, with a smooth curve; ``risks`` (n,) lie in [0, 1].

    Both axes end where predictions and groups end; groups that were not followed to the horizon are open. The
    height is fixed, the width free from about 520 px. Raises NotEstimable without groups.
    """
    x = np.asarray(risks, dtype=np.float64)
    x = x[np.isfinite(x)]
    if not calibration.groups or not len(x):
        raise NotEstimable(what="Calibration", reason="there is no patient")
    points = [
        CalibrationPoint(g.mean_predicted, g.observed, g.low, g.high, g.n, g.n_events, g.is_beyond_follow_up)
        for g in calibration.groups
    ]
    horizon, facts = months(calibration.horizon_months), _facts(calibration)
    predicted = sentence("Predicted risk of {event_name} by {months}", event_name=event_name, months=horizon)
    axes = _Axes(_end(points, x), predicted, "Observed (1 − Kaplan-Meier)", is_score=False)
    figure = _drawn(points, axes, [(x, NEUTRAL, "predicted risks")], calibration)
    _lay_out(figure, (title, facts), axes, _legend(points, has_curve=len(calibration.smooth.predicted) > 0))
    return finish(figure, _alt(calibration, points, title, facts), simulated=simulated, strip_of_px=_PLOT_PX)


def _end(points: Sequence[CalibrationPoint], risks: Floats) -> float:
    """End of both axes: a tenth, above predictions and groups."""
    highest = [point.high if point.high is not None else point.observed for point in points]
    largest = max(float(np.quantile(risks, 0.995)), *highest)
    return float(np.clip(np.ceil(10 * largest - 1e-9) / 10, 0.1, 1.0))


def _drawn(
    points: Sequence[CalibrationPoint],
    axes: _Axes,
    bars: Sequence[tuple[Floats, str, str]],
    calibration: HorizonCalibration | None = None,
) -> go.Figure:
    """Diagonal, smooth curve, groups on it, and below them stacked bars: values, colour and name of each part."""
    figure, end, n_bins = go.Figure(), axes.end, _SCORE_BINS if axes.is_score else _RISK_BINS
    add_line(figure, [0, end], [0, end], {"color": NEUTRAL, "width": 1, "dash": "dot"}, "ideal")
    if calibration is not None:
        _add_curve(figure, calibration)
    for is_beyond in (False, True):
        _add_groups(figure, [p for p in points if p.is_beyond is is_beyond], axes, is_open=is_beyond)
    for values, colour, name in bars:
        # The last bin holds what lies beyond the axis.
        counts, edges = np.histogram(np.minimum(values, end), bins=n_bins, range=(0, end))
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=end / n_bins,
            yaxis="y2",
            marker={"color": colour, "line": {"width": 0}},
            name=name,
            hovertemplate=glued("%{{y}} {}<extra></extra>", name if axes.is_score else "patients"),
        )
    return figure


def _add_groups(figure: go.Figure, points: Sequence[CalibrationPoint], axes: _Axes, *, is_open: bool) -> None:
    """One point with its interval per group."""
    if not points:
        return
    symbol = "circle-open" if is_open else "circle"
    figure.add_scatter(
        x=[p.predicted for p in points],
        y=[p.observed for p in points],
        mode="markers",
        marker={"color": _GROUPS, "size": 9, "symbol": symbol, "line": {"width": 2, "color": _GROUPS}},
        error_y=error_bars([(p.observed, p.low, p.high) for p in points], _GROUPS),
        cliponaxis=False,
        name="groups beyond follow-up" if is_open else "groups",
        customdata=[[percent_ci(p.observed, p.low, p.high), p.n_events, p.n] for p in points],
        hovertemplate=sentence(
            "mean {value} %{{x:.3f}}<br>observed %{{customdata[0]}}, %{{customdata[1]}} of %{{customdata[2]}}"
            "<extra></extra>",
            value="score" if axes.is_score else "predicted",
        ),
    )


def _add_curve(figure: go.Figure, calibration: HorizonCalibration) -> None:
    """Smooth curve, thinned by rank."""
    curve = calibration.smooth
    if not len(curve.predicted):
        return
    order = np.argsort(curve.predicted, kind="stable")
    if len(order) > _N_CURVE:
        order = order[np.linspace(0, len(order) - 1, _N_CURVE).round().astype(int)]
    figure.add_scatter(
        x=curve.predicted[order],
        y=curve.observed[order],
        mode="lines",
        line={"color": _CURVE, "width": 2.2, "dash": "dash"},
        name="smooth curve",
        hovertemplate=sentence("predicted %{x:.3f}, smoothed %{y:.3f}") + "<extra></extra>",
    )


def _facts(calibration: HorizonCalibration) -> list[str]:
    """Patients, observed over expected, slope and ICI."""
    c = calibration
    return [
        glued("{}, {} by {}", count(c.n, "patient"), count(c.n_events, "event"), months(c.horizon_months)),
        _fact("O/E", c.ratio),
        _fact("slope", c.slope),
        sentence("ICI {reason}", reason=NOT_ESTIMABLE) if c.ici is None else sentence("ICI {ici:.3f}", ici=c.ici),
        f"{100 * c.ratio.level:g}\u00a0% CI",
    ]


def _fact(name: str, estimate: Estimate) -> str:
    """An estimate; where it has no value, why."""
    if estimate.value is None:
        return (
            glued("{} {}: {}", name, NOT_ESTIMABLE, estimate.reason)
            if estimate.reason
            else glued("{} {}", name, NOT_ESTIMABLE)
        )
    if estimate.low is None or estimate.high is None:
        return glued("{} {:.2f} ({})", name, estimate.value, NO_INTERVAL)
    if estimate.low < 0:
        # Slopes may be below 0, which ratios are not.
        return glued("{} {}", name, signed_ci(estimate.value, estimate.low, estimate.high))
    return ratio_ci(estimate.value, estimate.low, estimate.high, name=name)


def _legend(points: Sequence[CalibrationPoint], *, has_curve: bool) -> list[tuple[CurveStyle, str]]:
    """Names of what is drawn."""
    # Marks have no line that a legend could show.
    no_line = CurveStyle("rgba(0,0,0,0)", "", "solid", "", is_faded=False)
    n_open = sum(point.is_beyond for point in points)
    n_filled, entries = len(points) - n_open, []
    filled = sentence("{n_filled} by predicted risk, with interval", n_filled=count(n_filled, "group"))
    beyond = sentence(
        "{n_open} not followed to the horizon: risk up to the last observation", n_open=count(n_open, "group")
    )
    for n, glyph, words in ((n_filled, "●", filled), (n_open, "○", beyond)):
        if n:
            entries.append((no_line, glued('<span style="color:{}">{}</span> {}', _GROUPS, glyph, words)))
    if has_curve:
        entries.append((CurveStyle(_CURVE, "", "dash", "", is_faded=False), "smooth curve"))
    return [*entries, (CurveStyle(NEUTRAL, "", "dot", "", is_faded=False), "ideal")]


def _lay_out(
    figure: go.Figure, head: tuple[str, Sequence[str]], axes: _Axes, legend: Sequence[tuple[CurveStyle, str]]
) -> None:
    """Place title, legend, plot and histogram by pixels."""
    inner, end = _PLOT_PX + _GAP_PX + _BARS_PX, axes.end
    step = 0.02 if end <= 0.1 else 0.1 if end <= 0.6 else 0.2
    ticks = np.arange(0, end + 1e-9, step)
    shares = [percent(float(tick), decimals=0) for tick in ticks]
    lay_out(
        figure,
        *head,
        plot_px=inner,
        above_px=legend_height(legend) + 4 if legend else 0,
        margins=(_LEFT_PX, 20, _BOTTOM_PX),
        barmode="stack",
        bargap=0,
        xaxis={
            "range": [0, end],
            "tickvals": ticks,
            "ticktext": [f"{tick:.1f}" for tick in ticks] if axes.is_score else shares,
            "tickangle": 0,
            "title": {"text": axes.predicted},
            "anchor": "y2",
        },
        yaxis={
            "range": [-0.02 * end, 1.02 * end],
            "tickvals": ticks,
            "ticktext": shares,
            "title": {"text": axes.observed},
            "domain": [1 - _PLOT_PX / inner, 1],
        },
        yaxis2={
            "domain": [0, _BARS_PX / inner],
            "title": {"text": "Patients", "font": {"size": SMALL_PX}},
            "nticks": 3,
            "rangemode": "tozero",
            "anchor": "x",
        },
    )
    add_legend(figure, legend, _LEFT_PX)


def _alt(
    calibration: HorizonCalibration, points: Sequence[CalibrationPoint], title: str, facts: Sequence[str]
) -> str:
    """What the figure shows, in words."""
    groups = joined(
        "; ",
        (
            sentence(
                "predicted {mean_predicted}, observed {observed}, {n_events} of {n}{value}",
                mean_predicted=percent(p.predicted),
                observed=percent_ci(p.observed, p.low, p.high),
                n_events=p.n_events,
                n=p.n,
                value=", not followed to the horizon" if p.is_beyond else "",
            )
            for p in points
        ),
    )
    curve = (
        ""
        if len(calibration.smooth.predicted)
        else sentence(" No smooth curve: {reason}.", reason=calibration.smooth.reason)
    )
    return sentence(
        "Calibration at a horizon: {title}. {facts}. By group: {groups}.{curve}",
        title=title,
        facts=joined(", ", facts),
        groups=groups,
        curve=curve,
    )
