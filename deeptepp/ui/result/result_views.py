"""Five ways to read one result: text, curves, table, bars and icons; the choice holds for the whole visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import streamlit as st

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.risk import Tier, TierName
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.result_reading import (
    LIMITS,
    STATES,
    ResultReading,
    arm_sentences,
    other_tier_sentences,
    reading_rows,
    reading_sentences,
    result_reading,
)
from deeptepp.report.figures.bar_figure import BarGroup, survival_bars_figure
from deeptepp.report.figures.survival_figure import comparison_figure
from deeptepp.report.format import out_of_hundred
from deeptepp.report.held_curves import held_curves
from deeptepp.report.look.theme import ARM_COLOURS, ARM_GLYPHS, TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.names import ARM_SHORT
from deeptepp.report.survival_tables import HORIZONS_MONTHS
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import segments
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.result.curves import untested_words
from deeptepp.ui.result.result_icons import icon_arrays
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label, tier_words


class View(StrEnum):
    """Ways to read a result."""

    TEXT = "text"
    CURVES = "curves"
    TABLE = "table"
    BARS = "bars"
    ICONS = "icons"


_NAMES: dict[View, str] = {
    View.TEXT: "Text",
    View.CURVES: "Curves",
    View.TABLE: "Table",
    View.BARS: "Bars",
    View.ICONS: "Icon array",
}


@fragment()
def reading_section(tier: Tier, bundle: ModelBundle, endpoint: Endpoint, *, name: TierName | None = None) -> None:
    """Show what became of patients of her tier, in the way that the reader chose.

    ``name``: what her tier is called, where it is unstable or was not measured, stable when not given.
    """
    way = segments(
        t("Read it as"),
        tuple(View),
        key="result-view",
        default=View.TEXT,
        named=lambda way: t(_NAMES[View(way)]),
        is_bare=True,
        is_kept=True,
    )
    reading = tier_reading(tier, bundle, endpoint)
    if way == View.CURVES:
        _curves(reading, name or TierName((tier,), is_stable=True))
    else:
        _DRAWN[way](reading)


def tier_reading(tier: Tier, bundle: ModelBundle, endpoint: Endpoint) -> ResultReading:
    """What became of the reference patients: all tiers, and the treatments inside hers."""
    return result_reading(bundle.reference, tier, endpoint)


def _text(reading: ResultReading) -> None:
    """Say it in sentences, as one tells a patient's doctor."""
    first, *rest = reading_sentences(reading)
    with st.container(key="reading-text", horizontal=True, gap="large"):
        with st.container(key="reading-text-tier"):
            st.markdown(f"**{say(first)}**")
            for other in rest:
                st.markdown(say(other))
            _list(t("By treatment received in this tier"), arm_sentences(reading))
        with st.container(key="reading-text-others"):
            _list(t("In the other tiers"), other_tier_sentences(reading))
            if reading.curve is not None:
                at = reading.curve.at(HORIZONS_MONTHS[-1])
                n_free = out_of_hundred(at)
                if not at.is_beyond_follow_up:
                    st.caption(t(LIMITS, free=n_free, affected=100 - n_free))


def _list(heading: str, sentences: tuple[str, ...]) -> None:
    """Show sentences below a heading, where there are any."""
    if sentences:
        st.markdown(f"**{heading}**\n\n" + "\n".join(f"- {say(each)}" for each in sentences))


def _curves(reading: ResultReading, name: TierName) -> None:
    """Draw the tiers, with numbers at risk; the title says which is hers."""
    named = [
        replace(c, label=label(Tier(v))) for v, c in zip(reading.tiers.levels, reading.tiers.curves, strict=True)
    ]
    tiers = replace(reading.tiers, curves=tuple(named))
    held = held_curves(tiers, are_treatments=False)
    title = t("By risk tier (this patient: {tier})", tier=tier_words(name))
    figure = comparison_figure(
        tiers, held, title=title, y_title=label(reading.endpoint), simulated=reading.is_simulated
    )
    show_figure(figure, key="result-km-tier", fallback_alt=title)
    st.caption(" ".join([t("Months from surgery; bands are 95 % confidence intervals."), *untested_words(held)]))


def _table(reading: ResultReading) -> None:
    """Show every estimate with its interval, patients, events and number at risk."""
    names = [t("Group"), t("Patients"), t("Events")]
    for months in HORIZONS_MONTHS:
        years = f"{months / 12:.0f}"
        names += [t("{years} years (95 % CI)", years=years), t("At risk, {years} years", years=years)]
    rows = [dict(zip(names, map(say, row), strict=True)) for row in reading_rows(reading)]
    st.table(rows, hide_index=True, border="horizontal")
    st.caption(f"{label(reading.endpoint)}  ·  {say(reading.tiers.curves[0].method)}")


def _bars(reading: ResultReading) -> None:
    """Draw her tier and its treatments at two and five years."""
    if reading.curve is None:
        _text(reading)
        return
    groups = [BarGroup(t("All"), TIER_GLYPHS[reading.tier], TIER_COLOURS[reading.tier], reading.curve)]
    if reading.arms is not None:
        groups += [
            BarGroup(say(ARM_SHORT[Arm(v)]), ARM_GLYPHS[Arm(v)], ARM_COLOURS[Arm(v)], curve)
            for v, curve in zip(reading.arms.levels, reading.arms.curves, strict=True)
        ]
    title = t("{tier} tier, by treatment received", tier=label(reading.tier))
    figure = survival_bars_figure(
        groups,
        title=title,
        x_title=t(STATES[reading.endpoint]).capitalize(),
        grey_below_events=MIN_EVENTS,
        simulated=reading.is_simulated,
    )
    with st.container(key="reading-bars", width=980):
        show_figure(figure, key="result-bars", fallback_alt=title)
        st.caption(
            t("Treatment was not randomised: patients who received different treatments also differed otherwise.")
        )


def _icons(reading: ResultReading) -> None:
    """Draw one hundred patients of her tier, of all and of each treatment received."""
    if not icon_arrays(reading):
        _text(reading)


_DRAWN: dict[View, Callable[[ResultReading], None]] = {
    View.TEXT: _text,
    View.TABLE: _table,
    View.BARS: _bars,
    View.ICONS: _icons,
}
