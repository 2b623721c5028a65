"""How bars and their ends are drawn in a swimmer plot, and the legend that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier
from deeptepp.report.names import group_words
from deeptepp.report.text_width import text_px
from deeptepp.report.theme import (
    ARM_GLYPHS,
    ARM_SHAPES,
    FADED,
    FONT_PX,
    GROUP_COLOURS,
    NEUTRAL,
    OTHER_COLOURS,
    TIER_GLYPHS,
    TIER_SHAPES,
)
from deeptepp.wording.sentence import escaped, glued

Strings = npt.NDArray[np.str_]

_LEGEND_PX = 470
"""Longest line of the legend in a figure 520 px wide."""

EVENT_MARKS: dict[str, tuple[str, str, str]] = {
    "locoregional": ("diamond", "◊", "locoregional"),
    "contralateral": ("circle", "○", "contralateral"),
    "distant": ("x", "×", "distant"),
    "death": ("cross", "+", "death"),
    "": ("square", "□", "event, kind not recorded"),
}
"""Symbol, sign of the legend and words of each kind of first event."""

CENSORED_MARK = ("triangle-right", "►", "still followed (censored)")
"""The same of patients without an event."""

_OTHER_SHAPES = (("triangle-down", "▼"), ("triangle-left", "◄"), ("diamond-tall", "♦"))
"""Symbols and signs of groups that are neither a tier nor an arm."""

UNKNOWN_GROUP = "group not known"
"""Name of patients whose group is missing."""


@dataclass(frozen=True, slots=True)
class SwimmerGroup:
    """How the bars of a group are drawn.

    Parameters
    ----------
    name : str
        Value of the column.
    colour : str
        Of bars and shape.
    symbol : str
        Plotly marker symbol of the shape before each bar.
    glyph : str
        The same shape as a character.
    """

    name: str
    colour: str
    symbol: str
    glyph: str


def groups_of(names: Strings) -> list[SwimmerGroup]:
    """Find how each group is drawn.

    Parameters
    ----------
    names : (n,) str
        Group of each patient.

    Returns
    -------
    list of SwimmerGroup
        Those that occur: tiers, then arms, then others by name.
    """
    present = set(names.tolist())
    styles = [SwimmerGroup(t.value, GROUP_COLOURS[t.value], TIER_SHAPES[t], TIER_GLYPHS[t]) for t in Tier]
    styles += [SwimmerGroup(a.value, GROUP_COLOURS[a.value], ARM_SHAPES[a], ARM_GLYPHS[a]) for a in Arm]
    others = sorted(present - {s.name for s in styles} - {UNKNOWN_GROUP})
    for i, name in enumerate(others):
        symbol, glyph = _OTHER_SHAPES[i % len(_OTHER_SHAPES)]
        styles.append(SwimmerGroup(name, OTHER_COLOURS[i % len(OTHER_COLOURS)], symbol, glyph))
    styles.append(SwimmerGroup(UNKNOWN_GROUP, FADED, "line-ew", "–"))
    return [style for style in styles if style.name in present]


def called(name: str) -> str:
    """Name a group in words.

    Parameters
    ----------
    name : str
        Value of the column.

    Returns
    -------
    str
        The same, but for the arm without treatment, whose value does not say what is absent.
    """
    return "no anti-HER2 treatment" if name == Arm.NONE else group_words(name)


def legend_lines(styles: Sequence[SwimmerGroup], names: Strings, marks: Strings) -> list[str]:
    """Write the legend, with as many entries on a line as fit.

    Parameters
    ----------
    styles : sequence of SwimmerGroup
        The groups drawn.
    names : (n,) str
        Group of each patient.
    marks : (n,) str
        What ends each bar: a key of ``EVENT_MARKS``, or ``censored``.

    Returns
    -------
    list of str
        Inline tags of plotly: groups, then what happened, each with its patients.
    """
    n_of, ends = Counter(names.tolist()), Counter(marks.tolist())
    groups = [(s.glyph, s.colour, glued("{} {}", called(s.name), n_of[s.name])) for s in styles]
    events = [
        (glyph, "", glued("{} {}", words, ends[k])) for k, (_, glyph, words) in EVENT_MARKS.items() if ends[k]
    ]
    if ends["censored"]:
        events.append((CENSORED_MARK[1], NEUTRAL, glued("{} {}", CENSORED_MARK[2], ends["censored"])))
    return [*_packed(groups), *_packed(events)]


def _packed(entries: Sequence[tuple[str, str, str]]) -> list[str]:
    """Put as many entries on each line as fit."""
    lines: list[str] = []
    used = 0.0
    for glyph, colour, words in entries:
        width = text_px(glued("{}      ", words), FONT_PX) + 10
        sign = glued('<span style="color:{}">{}</span>', colour, glyph) if colour else glued("<b>{}</b>", glyph)
        entry = glued("{} {}", sign, escaped(words))
        if lines and used + width <= _LEGEND_PX:
            lines[-1] += glued("    {}", entry)
            used += width
        else:
            lines.append(entry)
            used = width
    return lines
