"""One look for every figure: colours, shapes, fonts and the plotly template.

Colours keep a contrast of about 3 or more to both a white and a near-black page, so the same figure serves either.
The tiers also differ in lightness and keep apart under deuteranopia and protanopia; colour is never the only sign:
each tier has a shape, each arm a shape and a dash.
"""

from __future__ import annotations

import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier


class GroupColour(str):
    """The colour of a tier or an arm, which knows whose it is: two of them may be alike."""

    of: Tier | Arm

    def __new__(cls, colour: str, of: Tier | Arm = Arm.NONE) -> GroupColour:
        """Make the colour of one group."""
        made = super().__new__(cls, colour)
        made.of = of
        return made


TIER_COLOURS: dict[Tier, str] = {
    Tier.LOW: GroupColour("#007ada", Tier.LOW),
    Tier.MODERATE: GroupColour("#db7600", Tier.MODERATE),
    Tier.HIGH: GroupColour("#a83a5c", Tier.HIGH),
}
"""Blue, amber and raspberry; lightness 51, 60 and 41."""

TIER_SHAPES: dict[Tier, str] = {Tier.LOW: "circle", Tier.MODERATE: "square", Tier.HIGH: "triangle-up"}
"""Plotly marker symbol of each tier."""

TIER_GLYPHS: dict[Tier, str] = {Tier.LOW: "●", Tier.MODERATE: "■", Tier.HIGH: "▲"}
"""The same shapes as characters, for texts and tables."""

ARM_COLOURS: dict[Arm, str] = {
    Arm.NONE: GroupColour("#6f747a", Arm.NONE),
    Arm.T: GroupColour("#3f8f3a", Arm.T),
    Arm.TP: GroupColour("#9040a9", Arm.TP),
}
"""Grey, green and purple."""

ARM_GLYPHS: dict[Arm, str] = {Arm.NONE: "○", Arm.T: "◆", Arm.TP: "★"}
"""The same shapes as characters."""

ARM_DASHES: dict[Arm, str] = {Arm.NONE: "dot", Arm.T: "solid", Arm.TP: "dash"}
"""Plotly line dash of each arm."""

GROUP_COLOURS: dict[str, str] = {
    group.value: colour for group, colour in (*TIER_COLOURS.items(), *ARM_COLOURS.items())
}
"""The same colours by the value that a cohort's column holds."""

OTHER_COLOURS: tuple[str, ...] = ("#00838f", "#8d6e63", "#5c6bc0", "#7c8b00")
"""For groups that are neither a tier nor an arm, in order."""

OTHER_GLYPHS: tuple[str, ...] = ("◐", "◑", "◒", "◓")
"""Shapes of such groups."""

CALM, CALM_EVENT = "#cfd8dd", "#17798c"
"""Icons of patients without the event, and with it: light neutral and the accent of the screens."""

RAISES, LOWERS = (186, 85, 211), (0, 168, 132)
"""What raises a score and what lowers it: violet and green, red-green-blue, no colour of a tier."""

FADED = "#9aa1a8"
"""A group that carries too little information to be read as a curve."""

NEUTRAL = "#7a828a"
"""Lines and marks that belong to no group; readable on light and dark."""

FONT_FAMILY = "Source Sans, 'Source Sans 3', 'Segoe UI', 'Liberation Sans', Arial, sans-serif"
"""Hospital machines have one of these."""

FONT_PX = 14
"""Text in figures; readable on a 1366 x 768 screen at arm's length."""

SMALL_PX = 13
"""Numbers at risk, tick labels and notes."""

TITLE_PX = 16
"""Titles of figures."""

_INK, _PAPER, _GRID, _AXIS = "#1c2b33", "#ffffff", "#e6ebee", "#8a949b"
_INK_DARK, _PAPER_DARK, _GRID_DARK, _AXIS_DARK = "#e3eaed", "#11181c", "#27343b", "#7f8b93"


def _template(ink: str, paper: str, grid: str, axis: str) -> go.layout.Template:
    """Build a template from four colours."""
    axes = {
        "gridcolor": grid,
        "linecolor": axis,
        "tickcolor": axis,
        "zeroline": False,
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickfont": {"size": SMALL_PX},
        "title": {"font": {"size": FONT_PX}, "standoff": 8},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT_FAMILY, "size": FONT_PX, "color": ink},
            "title": {
                "font": {"size": TITLE_PX},
                "subtitle": {"font": {"size": SMALL_PX}},
                "x": 0,
                "xanchor": "left",
            },
            "paper_bgcolor": paper,
            "plot_bgcolor": paper,
            "colorway": list(OTHER_COLOURS),
            "xaxis": axes,
            "yaxis": axes,
            "legend": {"font": {"size": FONT_PX}, "bgcolor": "rgba(0,0,0,0)"},
            "hoverlabel": {"font": {"family": FONT_FAMILY, "size": SMALL_PX}},
            "separators": ".",
        }
    )


TEMPLATE = _template(_INK, _PAPER, _GRID, _AXIS)
"""Dark ink on white: screens in the light theme, PDF and print."""

DARK_TEMPLATE = _template(_INK_DARK, _PAPER_DARK, _GRID_DARK, _AXIS_DARK)
"""Light ink on near-black: reading rooms."""


def for_dark_page(figure: go.Figure) -> go.Figure:
    """Same figure for a dark page.

    ``figure``: a figure of this package, it is not changed.
    """
    return go.Figure(figure).update_layout(template=DARK_TEMPLATE)
