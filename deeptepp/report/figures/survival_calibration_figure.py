"""Risks predicted for a horizon against what was seen by then: groups, smooth curve, distribution of the risks."""

from __future__ import annotations

from collections.abc import Sequence

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
from deeptepp.report.look.marks import finish, heading
from deeptepp.report.look.theme import NEUTRAL, OTHER_COLOURS, SMALL_PX, TEMPLATE
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.prediction.survival_calibration import CalibrationGroup, HorizonCalibration
from deeptepp.wording.sentence import glued, joined, sentence

Floats = npt.NDArray[np.float64]

_PLOT_PX, _GAP_PX, _BARS_PX, _BOTTOM_PX, _LEFT_PX = 320, 22, 70, 58, 70
"""Heights of the plot, of the histogram and of what lies between and below, and the left margin."""

_N_BINS, _N_CURVE = 50, 300
"""Bins of the histogram, and points by which the smooth curve is drawn."""

_GROUPS, _CURVE = OTHER_COLOURS[0], OTHER_COLOURS[2]
"""Colours."""


def survival_calibration_figure(
    calibration: HorizonCalibration,
    risks: npt.ArrayLike,
    *,
    title: str,
    event_name: str = "event",
    simulated: bool,
) -> go.Figure:
    """Draw observed against predicted risk by a horizon, and the distribution of the predictions below.

    Parameters
    ----------
    calibration : HorizonCalibration
        From ``stats.survival_calibration.calibration_at``.
    risks : (n,) array_like
        The predictions, in [0, 1].
    title : str
        Of whom.
    event_name : str
        What is predicted.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed, width free from about 520 px; both axes end where predictions and groups end. Groups that
        were not followed to the horizon are open. ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no group.
    """
    x = np.asarray(risks, dtype=np.float64)
    x = x[np.isfinite(x)]
    if not calibration.groups or not len(x):
        raise NotEstimable(what="Calibration", reason="there is no patient")
    end = _end(calibration, x)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, end],
        y=[0, end],
        mode="lines",
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="ideal",
    )
    _add_curve(figure, calibration)
    for is_open in (False, True):
        _add_groups(figure, [g for g in calibration.groups if g.is_beyond_follow_up is is_open], is_open=is_open)
    _add_histogram(figure, x, end)
    facts = _facts(calibration)
    rows = _rows(calibration)
    _lay_out(figure, heading(title, facts), rows, end, (calibration.horizon_months, event_name))
    return finish(figure, _alt(calibration, title, facts), simulated=simulated, strip_of_px=_PLOT_PX)


def _end(calibration: HorizonCalibration, risks: Floats) -> float:
    """Choose the end of both axes: a tenth, above predictions and groups."""
    highest = [g.high if g.high is not None else g.observed for g in calibration.groups]
    largest = max(float(np.quantile(risks, 0.995)), *highest)
    return float(np.clip(np.ceil(10 * largest - 1e-9) / 10, 0.1, 1.0))


def _add_curve(figure: go.Figure, calibration: HorizonCalibration) -> None:
    """Add the smooth curve, thinned by rank."""
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
        hovertemplate="predicted %{x:.3f}, smoothed %{y:.3f}<extra></extra>",
    )


def _add_groups(figure: go.Figure, groups: Sequence[CalibrationGroup], *, is_open: bool) -> None:
    """Add one point with its interval per group."""
    if not groups:
        return
    observed = np.array([g.observed for g in groups])
    low = np.array([np.nan if g.low is None else g.low for g in groups])
    high = np.array([np.nan if g.high is None else g.high for g in groups])
    figure.add_scatter(
        x=[g.mean_predicted for g in groups],
        y=observed,
        mode="markers",
        marker={
            "color": _GROUPS,
            "size": 9,
            "symbol": "circle-open" if is_open else "circle",
            "line": {"width": 2, "color": _GROUPS},
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - observed,
            "arrayminus": observed - low,
            "color": _GROUPS,
            "thickness": 1.6,
            "width": 4,
        },
        cliponaxis=False,
        name="groups beyond follow-up" if is_open else "groups",
        customdata=[[percent_ci(g.observed, g.low, g.high), g.n_events, g.n] for g in groups],
        hovertemplate="mean predicted %{x:.3f}<br>observed %{customdata[0]}, %{customdata[1]} of "
        "%{customdata[2]}<extra></extra>",
    )


def _add_histogram(figure: go.Figure, risks: Floats, end: float) -> None:
    """Add the number of patients by predicted risk; the last bin holds those beyond the axis."""
    counts, edges = np.histogram(np.minimum(risks, end), bins=_N_BINS, range=(0, end))
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=end / _N_BINS,
        yaxis="y2",
        marker={"color": NEUTRAL, "line": {"width": 0}},
        name="predicted risks",
        hovertemplate="%{y} patients<extra></extra>",
    )


def _facts(calibration: HorizonCalibration) -> list[str]:
    """Say patients, observed over expected, slope and ICI."""
    c = calibration
    return [
        glued("{}, {} by {}", count(c.n, "patient"), count(c.n_events, "event"), months(c.horizon_months)),
        _fact("O/E", c.ratio),
        _fact("slope", c.slope),
        sentence("ICI {reason}", reason=NOT_ESTIMABLE) if c.ici is None else sentence("ICI {ici:.3f}", ici=c.ici),
        f"{100 * c.ratio.level:g}\u00a0% CI",
    ]


def _fact(name: str, estimate: Estimate) -> str:
    """Write an estimate; where it has no value, why."""
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


def _rows(calibration: HorizonCalibration) -> list[tuple[CurveStyle, str]]:
    """Name what is drawn."""
    n_open = sum(g.is_beyond_follow_up for g in calibration.groups)
    n_filled = len(calibration.groups) - n_open
    entries = []
    if n_filled:
        entries.append(
            (
                _NO_LINE,
                _mark("●")
                + sentence("{n_filled} by predicted risk, with interval", n_filled=count(n_filled, "group")),
            )
        )
    if n_open:
        words = sentence(
            "{n_open} not followed to the horizon: risk up to the last observation", n_open=count(n_open, "group")
        )
        entries.append((_NO_LINE, _mark("○") + words))
    if len(calibration.smooth.predicted):
        entries.append((CurveStyle(_CURVE, "", "dash", "", is_faded=False), "smooth curve"))
    entries.append((CurveStyle(NEUTRAL, "", "dot", "", is_faded=False), "ideal"))
    return entries


_NO_LINE = CurveStyle("rgba(0,0,0,0)", "", "solid", "", is_faded=False)
"""Marks have no line that a legend could show."""


def _mark(glyph: str) -> str:
    return glued('<span style="color:{}">{}</span> ', _GROUPS, glyph)


def _lay_out(
    figure: go.Figure,
    head: tuple[dict[str, object], int],
    rows: Sequence[tuple[CurveStyle, str]],
    end: float,
    names: tuple[float, str],
) -> None:
    """Place title, legend, plot and histogram by pixels."""
    layout, top = head
    top += legend_height(rows) + 4
    inner = _PLOT_PX + _GAP_PX + _BARS_PX
    step = 0.02 if end <= 0.1 else 0.1 if end <= 0.6 else 0.2
    ticks = np.arange(0, end + 1e-9, step)
    written = [percent(float(tick), decimals=0) for tick in ticks]
    horizon, event_name = names
    figure.update_layout(
        template=TEMPLATE,
        height=top + inner + _BOTTOM_PX,
        bargap=0,
        margin={"l": _LEFT_PX, "r": 20, "t": top, "b": _BOTTOM_PX},
        title=layout,
        showlegend=False,
        xaxis={
            "range": [0, end],
            "tickvals": ticks,
            "ticktext": written,
            "tickangle": 0,
            "title": {
                "text": sentence(
                    "Predicted risk of {event_name} by {months}", event_name=event_name, months=months(horizon)
                )
            },
            "anchor": "y2",
        },
        yaxis={
            "range": [-0.02 * end, 1.02 * end],
            "tickvals": ticks,
            "ticktext": written,
            "title": {"text": "Observed (1 − Kaplan-Meier)"},
            "domain": [1 - _PLOT_PX / inner, 1],
        },
        yaxis2={
            "domain": [0, _BARS_PX / inner],
            "title": {"text": "Patients", "font": {"size": SMALL_PX}},
            "nticks": 3,
            "rangemode": "tozero",
            "anchor": "x",
        },
        hovermode="closest",
    )
    add_legend(figure, rows, _LEFT_PX)


def _alt(calibration: HorizonCalibration, title: str, facts: Sequence[str]) -> str:
    """Say what the figure shows."""
    groups = joined(
        "; ",
        (
            sentence(
                "predicted {mean_predicted}, observed {observed}, {n_events} of {n}{value}",
                mean_predicted=percent(g.mean_predicted),
                observed=percent_ci(g.observed, g.low, g.high),
                n_events=g.n_events,
                n=g.n,
                value=", not followed to the horizon" if g.is_beyond_follow_up else "",
            )
            for g in calibration.groups
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
