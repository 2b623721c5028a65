"""The way of a cohort's patients from treatment over tier to what first happened to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.cohort_figures import ARM_WORDS, KINDS, glance, outcomes, words_of
from deeptepp.report.format import count, count_of
from deeptepp.report.look.marks import add_text
from deeptepp.report.look.text_width import broken
from deeptepp.report.look.theme import (
    ARM_COLOURS,
    ARM_GLYPHS,
    NEUTRAL,
    OTHER_COLOURS,
    SMALL_PX,
    TIER_COLOURS,
    TIER_GLYPHS,
)
from deeptepp.wording.sentence import glued, joined, sentence

_KIND_COLOURS = ("#9aa1a8", *OTHER_COLOURS)
_SOFT = 0.38
_PLOT_PX = 340
_GAP = 0.075
"""Room between nodes of a column as a share of the height; the names of the tiers stand in it."""

_COLUMNS_AT = (0.001, 0.5, 0.999)
"""Where the columns stand between left and right; plotly takes neither 0 nor 1."""

_SIDE_PX = 152
"""Room beside the plot for the names of treatments and events."""

_NAME_PX = 20
"""Room above the plot for the name of the first tier."""

Column = Sequence[tuple[str, str, str]]
"""Value, label and colour of each node of one column of a flow."""


def flow_to_outcome_figure(cohort: Cohort) -> go.Figure:
    """Draw the way of the patients from treatment over tier to first event.

    ``cohort``: with tiers, the kind of first events may be unknown, then events are not told apart. Raises
    NotEstimable: nobody has a tier.
    """
    arm, tier, outcome = words_of(cohort, ARM), words_of(cohort, TIER), outcomes(cohort)
    chosen = np.isin(tier, [level.value for level in Tier]) & np.isin(arm, [each.value for each in Arm])
    if not chosen.any():
        raise NotEstimable(what="The flow of the patients", reason="nobody has a tier")
    arm, tier, outcome = arm[chosen], tier[chosen], outcome[chosen]
    kinds = [kind for kind in (*KINDS.values(), "relapse or death", "not known") if (outcome == kind).any()]
    columns = (
        [(each.value, glued("{} {}", ARM_GLYPHS[each], ARM_WORDS[each]), ARM_COLOURS[each]) for each in Arm],
        [(level.value, glued("{} {}", TIER_GLYPHS[level], level), TIER_COLOURS[level]) for level in Tier],
        [(kind, kind, _kind_colour(kind)) for kind in kinds],
    )
    values = (arm, tier, outcome)
    nodes, links = _nodes(columns, values), _links(columns, values)
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "customdata": [glued("{} · {}", label, n) for label, _, n, _, _ in nodes],
                "color": [colour for _, colour, _, _, _ in nodes],
                "x": [x for *_, x, _ in nodes],
                "y": [y for *_, y in nodes],
                "pad": _GAP * _PLOT_PX,
                "thickness": 16,
                "line": {"width": 0},
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link={
                "source": [a for a, *_ in links],
                "target": [b for _, b, *_ in links],
                "value": [n for _, _, n, _ in links],
                "color": [colour for *_, colour in links],
                "hovertemplate": "%{source.customdata} to %{target.customdata}: %{value} patients<extra></extra>",
            },
        )
    )
    said = [_said(level, tier == level.value, outcome) for level in Tier if (tier == level.value).any()]
    facts = (count(int(chosen.sum()), "patient"), "first event over all of follow-up, which differs by treatment")
    figure = glance(
        figure,
        "From treatment over tier to first event",
        facts,
        _PLOT_PX,
        glued("{}.", joined("; ", said)),
        cohort,
    )
    # A flow has no axes: the mark of simulated data stands on the paper instead.
    figure.update_annotations(xref="paper", yref="paper")
    bottom = 12 + 34 * cohort.is_simulated
    figure.update_annotations(y=-(bottom - 4) / _PLOT_PX)
    for label, _, n, x, y in nodes:
        _add_name(figure, label, n, (x, y), _room(columns) * n / len(arm))
    top = int(figure.layout.margin.t) + _NAME_PX
    return figure.update_layout(
        margin={"t": top, "b": bottom, "l": _SIDE_PX, "r": _SIDE_PX}, height=top + _PLOT_PX + bottom
    )


def _said(level: Tier, members: npt.NDArray[np.bool_], outcome: npt.NDArray[np.str_]) -> str:
    """How many of a tier had an event."""
    had_event = members & ~np.isin(outcome, ("no event", "not known"))
    return sentence(
        "{level}: {counted} with an event", level=level, counted=count_of(int(had_event.sum()), int(members.sum()))
    )


def _kind_colour(kind: str) -> str:
    """Colour of one kind of event."""
    names = list(KINDS.values())
    return _KIND_COLOURS[names.index(kind)] if kind in names else NEUTRAL


def _room(columns: Sequence[Column]) -> float:
    """Height of all patients together, as a share of that of the plot."""
    return 1 - _GAP * (max(len(column) for column in columns) - 1)


def _nodes(
    columns: Sequence[Column], values: Sequence[npt.NDArray[np.str_]]
) -> list[tuple[str, str, int, float, float]]:
    """Label, colour, patients and place of the middle of each node; columns from left to right, centred."""
    nodes, room = [], _room(columns)
    for x, column, value in zip(_COLUMNS_AT, columns, values, strict=True):
        y = (1 - room - _GAP * (len(column) - 1)) / 2
        for name, label, colour in column:
            n = int((value == name).sum())
            height = room * n / len(value)
            nodes.append((label, colour, n, x, min(max(y + height / 2, 0.001), 0.999)))
            y += height + _GAP
    return nodes


def _add_name(figure: go.Figure, label: str, n: int, place: tuple[float, float], height: float) -> None:
    """Write the name of a node where no ribbon runs: beside an outer column, above a node of the inner one."""
    x, y = place
    words = glued("{} · {}", label, n)
    if x == _COLUMNS_AT[1]:
        add_text(figure, words, (x, 1 - y + height / 2), anchor="center bottom", yshift=1, name="node")
        return
    text = joined("<br>", broken(words, _SIDE_PX - 18, SMALL_PX))
    side, shift = ("right", -14) if x < _COLUMNS_AT[1] else ("left", 14)
    add_text(figure, text, (round(x), 1 - y), anchor=f"{side} middle", xshift=shift, name="node")


def _links(columns: Sequence[Column], values: Sequence[npt.NDArray[np.str_]]) -> list[tuple[int, int, int, str]]:
    """Source, target, patients and colour of each ribbon; ribbons have the colour of the tier."""
    links, start = [], 0
    for i in (0, 1):
        after = start + len(columns[i])
        for a, (left, _, left_colour) in enumerate(columns[i]):
            for b, (right, _, right_colour) in enumerate(columns[i + 1]):
                n = int(((values[i] == left) & (values[i + 1] == right)).sum())
                if n:
                    links.append((start + a, after + b, n, _soft(right_colour if i == 0 else left_colour)))
        start = after
    return links


def _soft(colour: str) -> str:
    """Make a colour translucent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_SOFT})"
