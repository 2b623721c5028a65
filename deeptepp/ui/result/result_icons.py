"""A result as icons: one hundred patients like her, all of the tier and by the treatment that they received."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.cohort import Arm
from deeptepp.report.case.result_reading import EVENTS, STATES, ResultReading
from deeptepp.report.figures.icon_figure import icon_array_figure
from deeptepp.report.survival_tables import HORIZONS_MONTHS
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import segments
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import label

_WIDTH_PX = 300
"""Of one array; a phone shows one, a screen all beside each other."""


def icon_arrays(reading: ResultReading) -> bool:
    """Show one array of all patients of the tier and one of each treatment received.

    Returns False where nobody of the tier was followed so long that anything can be drawn.
    """
    curve = reading.curve
    known = [] if curve is None else [months for months in HORIZONS_MONTHS if months <= curve.last_months]
    if not known:
        return False
    months = segments(
        t("Time after surgery"),
        known,
        key="result-icons-months",
        default=known[-1],
        named=lambda each: t("{years} years after surgery", years=f"{each / 12:.0f}"),
        is_bare=True,
        is_kept=True,
    )
    _arrays(reading, months if months in known else known[-1])
    return True


def _arrays(reading: ResultReading, months: float) -> None:
    """Draw the arrays of one time beside each other; treatments with too short a follow-up are named."""
    years = f"{months / 12:.0f}"
    row = st.container(horizontal=True, gap="medium", key="reading-icons")
    too_short = []
    for key, name, curve in _groups(reading):
        estimate = curve.at(months)
        if estimate.is_beyond_follow_up:
            too_short.append(t("{group}: follow-up too short for {years} years.", group=name, years=years))
            continue
        figure = icon_array_figure(
            estimate,
            title=name,
            is_few=curve.n_events < MIN_EVENTS,
            free=t(STATES[reading.endpoint]),
            affected=t(EVENTS[reading.endpoint]),
            simulated=reading.is_simulated,
        )
        with row.container(key=f"reading-icons-{key}", width=_WIDTH_PX):
            show_figure(figure, key=f"result-icons-{key}-{years}", fallback_alt=t("One hundred patients"))
    for sentence in too_short:
        st.markdown(sentence)
    st.caption(
        t("Each array stands for 100 such patients of the reference cohort.")
        + " "
        + t("Treatment was not randomised: patients who received different treatments also differed otherwise.")
    )


def _groups(reading: ResultReading) -> list[tuple[str, str, KaplanMeierCurve]]:
    """Key, name and curve of the tier and of each treatment in it."""
    groups = [] if reading.curve is None else [("all", t("All of the tier"), reading.curve)]
    if reading.arms is not None:
        arms = zip(map(Arm, reading.arms.levels), reading.arms.curves, strict=True)
        groups += [(arm.name.lower(), label(arm), curve) for arm, curve in arms]
    return groups
