"""The way of a cohort's patients from treatment over tier to what first happened to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort_figures import ARM_WORDS, KINDS, glance, outcomes, words_of
from deeptepp.report.format import count, count_of
from deeptepp.report.theme import (
    ARM_COLOURS,
    ARM_GLYPHS,
    NEUTRAL,
    OTHER_COLOURS,
    SMALL_PX,
    TIER_COLOURS,
    TIER_GLYPHS,
)

_KIND_COLOURS = ("#9aa1a8", *OTHER_COLOURS)
_SOFT = 0.38
_PLOT_PX = 340

Column = Sequence[tuple[str, str, str]]
"""Value, label and colour of each node of one column of a flow."""


def flow_to_outcome_figure(cohort: Cohort) -> go.Figure:
    """Draw the way of the patients from treatment over tier to first event.

    Parameters
    ----------
    cohort : Cohort
        With tiers; the kind of first events may be unknown, then events are not told apart.

    Returns
    -------
    plotly.graph_objects.Figure
        A Sankey diagram; every ribbon's width is a number of patients.

    Raises
    ------
    NotEstimable
        Nobody has a tier.
    """
    arm, tier, outcome = words_of(cohort, ARM), words_of(cohort, TIER), outcomes(cohort)
    chosen = np.isin(tier, [level.value for level in Tier]) & np.isin(arm, [each.value for each in Arm])
    if not chosen.any():
        raise NotEstimable(what="The flow of the patients", reason="nobody has a tier")
    arm, tier, outcome = arm[chosen], tier[chosen], outcome[chosen]
    kinds = [kind for kind in (*KINDS.values(), "relapse or death", "not known") if (outcome == kind).any()]
    columns = (
        [(each.value, f"{ARM_GLYPHS[each]} {ARM_WORDS[each]}", ARM_COLOURS[each]) for each in Arm],
        [(level.value, f"{TIER_GLYPHS[level]} {level}", TIER_COLOURS[level]) for level in Tier],
        [(kind, kind, _kind_colour(kind)) for kind in kinds],
    )
    values = (arm, tier, outcome)
    nodes, links = _nodes(columns, values), _links(columns, values)
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "label": [f"{label} · {n}" for label, _, n, _, _ in nodes],
                "color": [colour for _, colour, _, _, _ in nodes],
                "x": [x for *_, x, _ in nodes],
                "y": [y for *_, y in nodes],
                "pad": 14,
                "thickness": 16,
                "line": {"width": 0},
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": [a for a, *_ in links],
                "target": [b for _, b, *_ in links],
                "value": [n for _, _, n, _ in links],
                "color": [colour for *_, colour in links],
                "hovertemplate": "%{source.label} to %{target.label}: %{value} patients<extra></extra>",
            },
            textfont={"size": SMALL_PX},
        )
    )
    said = [_said(level, tier == level.value, outcome) for level in Tier if (tier == level.value).any()]
    facts = (count(int(chosen.sum()), "patient"), "first event over all of follow-up, which differs by treatment")
    figure = glance(
        figure, "From treatment over tier to first event", facts, _PLOT_PX, f"{'; '.join(said)}.", cohort
    )
    # A flow has no axes: the mark of simulated data stands on the paper instead.
    figure.update_annotations(xref="paper", yref="paper")
    bottom = 12 + 34 * cohort.is_simulated
    figure.update_annotations(y=-(bottom - 4) / _PLOT_PX)
    top = int(figure.layout.margin.t)
    return figure.update_layout(margin={"b": bottom}, height=top + _PLOT_PX + bottom)


def _said(level: Tier, members: npt.NDArray[np.bool_], outcome: npt.NDArray[np.str_]) -> str:
    """Say how many of a tier had an event."""
    had_event = members & ~np.isin(outcome, ("no event", "not known"))
    return f"{level}: {count_of(int(had_event.sum()), int(members.sum()))} with an event"


def _kind_colour(kind: str) -> str:
    """Give the colour of one kind of event."""
    names = list(KINDS.values())
    return _KIND_COLOURS[names.index(kind)] if kind in names else NEUTRAL


def _nodes(
    columns: Sequence[Column], values: Sequence[npt.NDArray[np.str_]]
) -> list[tuple[str, str, int, float, float]]:
    """Give label, colour, patients and place of each node; columns from left to right, filled from the top."""
    nodes = []
    for i, (column, value) in enumerate(zip(columns, values, strict=True)):
        gap = 0.05
        room, y = 1 - gap * (len(column) - 1), 0.0
        for name, label, colour in column:
            n = int((value == name).sum())
            height = room * n / len(value)
            nodes.append((label, colour, n, (0.001, 0.5, 0.999)[i], min(max(y + height / 2, 0.001), 0.999)))
            y += height + gap
    return nodes


def _links(columns: Sequence[Column], values: Sequence[npt.NDArray[np.str_]]) -> list[tuple[int, int, int, str]]:
    """Give source, target, patients and colour of each ribbon; ribbons have the colour of the tier."""
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
