"""Kaplan-Meier curves as vector graphics for a PDF: curves, bands, styles and numbers at risk as on screen."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count
from deeptepp.report.format import p_value as written_p
from deeptepp.report.look.curve_styles import CurveStyle, styles_of
from deeptepp.report.look.theme import NEUTRAL
from deeptepp.report.names import group_words
from deeptepp.report.pdf.pdf_page import GREY, INK, LINE, font_of, said
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import glued, joined, sentence

Floats = npt.NDArray[np.float64]

_PLOT_HEIGHT, _ROW, _LEGEND_ROW, _SIZE = 104.0, 10.0, 11.0, 7.5
_LEFT, _RIGHT, _AXIS = 60.0, 12.0, 27.0
"""Lengths in points: plot, row of the table and of the legend, font; room to the left, to the right, below."""

_DASHES = {"solid": None, "dash": [5, 3], "dot": [1.2, 2.4], "dashdot": [5, 2.4, 1.2, 2.4]}
"""Dashes of the screen in points."""

_STEP_MONTHS = 12


def curves_drawing(
    curves: Sequence[KaplanMeierCurve],
    *,
    width: float,
    title: str,
    y_title: str,
    p_value: float | None = None,
    colours: Sequence[str] | None = None,
    grey_below_events: int = 0,
    simulated: bool,
) -> Any:  # noqa: ANN401  reportlab has no types
    """Draw survival curves with bands, censor ticks and numbers at risk.

    ``p_value``: of the log-rank test; ``grey_below_events``: curves with fewer events are drawn in grey and marked
    as such. Raises NotEstimable: there is no curve.
    """
    from reportlab.graphics.shapes import Drawing

    if not curves:
        raise NotEstimable(what="The figure", reason="no group has patients")
    styles = styles_of(curves, colours, grey_below_events)
    table = _ROW * (len(curves) + 1)
    legend = _LEGEND_ROW * len(curves)
    drawing = Drawing(width, table + _AXIS + _PLOT_HEIGHT + legend + 30)
    plot = _Plot(drawing, width, table + _AXIS, max(12.0, *(curve.last_months for curve in curves)))
    plot.axes(y_title)
    for curve, style in zip(curves, styles, strict=True):
        plot.curve(curve, style)
    _table(plot, curves, styles, table)
    _heading(plot, curves, styles, title, _facts(curves, p_value))
    if simulated:
        plot.text(plot.left + 6, plot.bottom + 5, SIMULATED_COHORT, size=9, colour=NEUTRAL, bold=True)
    return drawing


class _Plot:
    """The area of the curves: places months and shares on the drawing."""

    def __init__(self, drawing: Any, width: float, bottom: float, end: float) -> None:  # noqa: ANN401
        self.drawing, self.bottom, self.end = drawing, bottom, end
        self.left, self.right, self.top = _LEFT, width - _RIGHT, bottom + _PLOT_HEIGHT

    def x(self, months: float) -> float:
        """Place a time."""
        return self.left + (self.right - self.left) * months / self.end

    def y(self, share: float) -> float:
        """Place a share."""
        return self.bottom + _PLOT_HEIGHT * share / 1.02

    @property
    def ticks(self) -> Floats:
        """Months with a tick and a number at risk."""
        step = _STEP_MONTHS if self.end <= 132 else 2 * _STEP_MONTHS
        return np.arange(0, self.end + 1e-9, step)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = _SIZE,
        colour: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Write words, clear of what the Latin font does not have."""
        from reportlab.graphics.shapes import String
        from reportlab.lib.colors import HexColor

        plain = said(words).replace("\u2212", "-")
        font = font_of(plain, bold=bold)
        drawn = String(x, y, plain, fontName=font, fontSize=size, fillColor=HexColor(colour), textAnchor=anchor)
        self.drawing.add(drawn)

    def line(
        self, points: Sequence[float], colour: str, width: float, dash: Sequence[float] | None = None
    ) -> None:
        """Draw a line through (x, y, x, y ...)."""
        from reportlab.graphics.shapes import PolyLine
        from reportlab.lib.colors import HexColor

        made = PolyLine(list(points), strokeColor=HexColor(colour), strokeWidth=width)
        made.strokeDashArray = dash
        self.drawing.add(made)

    def axes(self, y_title: str) -> None:
        """Draw both axes with their ticks and titles."""
        from reportlab.graphics.shapes import Group, String
        from reportlab.lib.colors import HexColor

        for percent in range(0, 101, 20):
            y = self.y(percent / 100)
            self.line((self.left, y, self.right, y), "#e6ebee", 0.4)
            self.text(self.left - 4, y - 2.6, f"{percent} %", anchor="end")
        self.line((self.left, self.top, self.left, self.bottom, self.right, self.bottom), GREY, 0.7)
        for months in self.ticks:
            self.line((self.x(months), self.bottom, self.x(months), self.bottom - 3), GREY, 0.7)
            self.text(self.x(months), self.bottom - 11, f"{months:.0f}", anchor="middle")
        self.text((self.left + self.right) / 2, self.bottom - 21, "Months from surgery", anchor="middle")
        plain = said(y_title)
        drawn = String(0, 0, plain, fontName=font_of(plain), fontSize=_SIZE, fillColor=HexColor(INK))
        drawn.textAnchor = "middle"
        # Turned by a quarter, to stand beside the axis.
        self.drawing.add(Group(drawn, transform=(0, 1, -1, 0, self.left - 32, (self.bottom + self.top) / 2)))

    def curve(self, curve: KaplanMeierCurve, style: CurveStyle) -> None:
        """Draw band, steps and censor ticks of one group."""
        from reportlab.graphics.shapes import Polygon
        from reportlab.lib.colors import HexColor

        months, last = curve.months, curve.last_months
        known = ~np.isnan(curve.low)
        if known.any():
            high = self._steps(months[known], curve.high[known], last)
            low = self._steps(months[known], curve.low[known], last)
            band = Polygon(
                [c for point in (*high, *reversed(low)) for c in point], strokeColor=None, strokeWidth=0
            )
            band.fillColor, band.fillOpacity = HexColor(style.colour), 0.13
            self.drawing.add(band)
        steps = self._steps(months, curve.survival, last)
        self.line([c for point in steps for c in point], style.colour, 1.3, _DASHES[style.dash])
        ticks = np.unique(np.round(curve.censored_months, 1))
        heights = curve.survival[np.searchsorted(months, ticks, side="right") - 1]
        for at, share in zip(ticks, heights, strict=True):
            self.line((self.x(at), self.y(share) - 1.8, self.x(at), self.y(share) + 1.8), style.colour, 0.35)

    def _steps(self, months: Floats, shares: Floats, last: float) -> list[tuple[float, float]]:
        """Corners of a step function that ends at the last observation."""
        x = np.repeat(np.append(months, last), 2)[1:-1]
        return [(self.x(a), self.y(b)) for a, b in zip(x, np.repeat(shares, 2), strict=True)]


def _facts(curves: Sequence[KaplanMeierCurve], p_value: float | None) -> str:
    """Write the test, the band and the ticks."""
    parts = [] if p_value is None else [sentence("Log-rank {p}", p=written_p(p_value))]
    return joined(
        "  ·  ", (*parts, sentence("band: {level:g} % CI", level=100 * curves[0].level), "ticks: censored")
    )


def _table(plot: _Plot, curves: Sequence[KaplanMeierCurve], styles: Sequence[CurveStyle], height: float) -> None:
    """Write the numbers at risk, each under its tick."""
    y = height - _ROW + 2
    plot.text(0, y, "At risk", colour=GREY)
    for curve, style in zip(curves, styles, strict=True):
        y -= _ROW
        _draw_shape(plot, 3.5, y + 2.6, style)
        plot.text(10, y, style.short)
        for months, n in zip(plot.ticks, curve.n_at_risk(plot.ticks), strict=True):
            plot.text(plot.x(months), y, str(n), anchor="middle")


def _heading(
    plot: _Plot, curves: Sequence[KaplanMeierCurve], styles: Sequence[CurveStyle], title: str, facts: str
) -> None:
    """Write title, facts and legend above the curves."""
    y = plot.top + 8 + _LEGEND_ROW * (len(curves) - 1)
    plot.text(0, y + 2 * _LEGEND_ROW - 2, title, size=9.5, bold=True)
    plot.text(plot.right, y + 2 * _LEGEND_ROW - 2, facts, colour=GREY, anchor="end")
    for curve, style in zip(curves, styles, strict=True):
        few = ", few events: in grey" if style.is_faded else ""
        _draw_shape(plot, plot.left + 4, y + 2.6, style)
        plot.line((plot.left + 11, y + 2.6, plot.left + 33, y + 2.6), style.colour, 1.3, _DASHES[style.dash])
        words = glued(
            "{} ({}, {}{})",
            group_words(curve.label),
            count(curve.n, "patient"),
            count(curve.n_events, "event"),
            few,
        )
        plot.text(plot.left + 38, y, words)
        y -= _LEGEND_ROW


def _draw_shape(plot: _Plot, x: float, y: float, style: CurveStyle) -> None:
    """Draw the shape of a group."""
    from reportlab.graphics.shapes import Circle, Polygon
    from reportlab.lib.colors import HexColor

    colour, size = HexColor(style.colour), 2.9
    if style.glyph in {"●", "○"}:
        made = Circle(x, y, size, strokeColor=colour, strokeWidth=0.9)
        made.fillColor = colour if style.glyph == "●" else None
    else:
        made = Polygon(_corners(style.glyph, x, y, size), fillColor=colour, strokeColor=colour, strokeWidth=0.3)
    plot.drawing.add(made)


def _corners(glyph: str, x: float, y: float, size: float) -> list[float]:
    """Corners of a square, triangle, star or, for anything else, diamond."""
    n, start, inner = {"■": (4, pi / 4, 1.0), "▲": (3, pi / 2, 1.0), "★": (10, pi / 2, 0.45)}.get(
        glyph, (4, pi / 2, 1.0)
    )
    radii = [1.2 * size * (inner if i % 2 else 1) for i in range(n)]
    angles = [start + 2 * pi * i / n for i in range(n)]
    return [c for r, a in zip(radii, angles, strict=True) for c in (x + r * cos(a), y + r * sin(a))]


def scale_drawing(score: float, edges: Sequence[float], colours: Sequence[str], *, width: float) -> Any:  # noqa: ANN401  reportlab has no types
    """Draw the scale from 0 to 1 with the tiers, the cut-offs and the score.

    ``score``: in [0, 1].
    """
    from reportlab.graphics.shapes import Drawing, Polygon, Rect
    from reportlab.lib.colors import HexColor

    drawing = Drawing(width, 34)
    plot = _Plot(drawing, width, 0, 1.0)
    plot.left, plot.right = 4, width - 4
    for low, high, colour in zip(edges, edges[1:], colours, strict=False):
        bar = Rect(plot.x(low), 14, plot.x(high) - plot.x(low), 8, fillColor=HexColor(colour), strokeColor=None)
        bar.fillOpacity = 0.75
        drawing.add(bar)
    for edge in edges:
        anchor = {0.0: "start", 1.0: "end"}.get(edge, "middle")
        plot.text(plot.x(edge), 4, f"{edge:.3f}".removesuffix(".000"), anchor=anchor)
    x = plot.x(score)
    drawing.add(Polygon([x, 23, x - 4, 31, x + 4, 31], fillColor=HexColor(INK), strokeColor=None, strokeWidth=0))
    plot.line((x, 12, x, 24), INK, 1.2)
    plot.line((plot.left, 14, plot.right, 14), LINE, 0.4)
    return drawing
