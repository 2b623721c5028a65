"""How each group of a figure is drawn: colour, shape and dash; print in black and white keeps them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier
from deeptepp.report.look.theme import (
    ARM_COLOURS,
    ARM_DASHES,
    ARM_GLYPHS,
    FADED,
    OTHER_COLOURS,
    OTHER_GLYPHS,
    TIER_COLOURS,
    TIER_GLYPHS,
    GroupColour,
)
from deeptepp.report.names import ARM_SHORT, group_words
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import escaped, glued

DASHES = ("solid", "dash", "dot", "dashdot")
"""Dashes of groups that are no arm, in order."""

_SHORT = {"anti-HER2 therapy": "Anti-HER2"}
"""Names of groups that are too long to stand beside the table."""

_SHORT_CHARACTERS = 12
"""Longest name beside the table."""


@dataclass(frozen=True, slots=True)
class CurveStyle:
    """How one group is drawn and named.

    ``colour``: of line, band, ticks and shape; ``is_faded``: drawn in grey because it carries too little
    information.
    """

    colour: str
    glyph: str
    dash: str
    short: str
    is_faded: bool

    @property
    def mark(self) -> str:
        """Coloured shape and short name."""
        return glued('<span style="color:{}">{}</span> {}', self.colour, self.glyph, escaped(self.short))


def styles_of(curves: Sequence[KaplanMeierCurve], colours: Sequence[str] | None, few: int) -> list[CurveStyle]:
    """Find colour, shape, dash and short name of each curve.

    ``colours``: one per curve, a colour of a tier or arm brings its shape and dash; ``few``: groups with fewer
    events are greyed.
    """
    known = {key.value: colour for key, colour in (*TIER_COLOURS.items(), *ARM_COLOURS.items())}
    styles = []
    for i, curve in enumerate(curves):
        other = OTHER_COLOURS[i % len(OTHER_COLOURS)]
        colour = colours[i] if colours is not None else known.get(curve.label, other)
        group = colour.of if isinstance(colour, GroupColour) else None
        # Where a colour comes back, its dash does not.
        dash = DASHES[(i + i // len(OTHER_COLOURS)) % len(DASHES)]
        glyph, short = OTHER_GLYPHS[i % len(OTHER_GLYPHS)], _SHORT.get(curve.label, group_words(curve.label))
        if isinstance(group, Tier):
            glyph, dash = TIER_GLYPHS[group], "solid"
        elif isinstance(group, Arm):
            glyph, dash, short = ARM_GLYPHS[group], ARM_DASHES[group], ARM_SHORT[group]
        styles.append(_faded_below(few, curve, CurveStyle(colour, glyph, dash, short, is_faded=False)))
    return _shortened(styles)


def _faded_below(few: int, curve: KaplanMeierCurve, style: CurveStyle) -> CurveStyle:
    """Grey a group of fewer events."""
    return replace(style, colour=FADED, is_faded=True) if curve.n_events < few else style


def _shortened(styles: list[CurveStyle]) -> list[CurveStyle]:
    """Cut names that would not fit beside the table; letters where cutting makes two of them alike."""
    shorts = [
        s.short if len(s.short) <= _SHORT_CHARACTERS else glued("{}…", s.short[: _SHORT_CHARACTERS - 1].rstrip())
        for s in styles
    ]
    if len(set(shorts)) < len(shorts):
        shorts = [ascii_uppercase[i % len(ascii_uppercase)] for i in range(len(styles))]
    return [replace(style, short=short) for style, short in zip(styles, shorts, strict=True)]
