"""What became of patients of her tier in four lines, so that it is in sight together with the score."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.result_reading import STATES, ResultReading
from deeptepp.report.look.theme import ARM_COLOURS, ARM_GLYPHS, TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.names import ARM_SHORT
from deeptepp.report.survival_tables import HORIZONS_MONTHS, survival_text
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.ui.result.result_views import tier_reading
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label


def tier_glance(tier: Tier, bundle: ModelBundle, *, others: Sequence[Tier] = ()) -> None:
    """Show recurrence-free survival of her tier, all and by treatment, at two and five years.

    ``others``: tiers that an unstable score also falls in, each is a line of its own.
    """
    reading = tier_reading(tier, bundle, Endpoint.RFS)
    if reading.curve is None:
        return
    with st.container(border=True, key="tier-glance"):
        st.html(_table_html(reading, reading.curve, [tier_reading(each, bundle, Endpoint.RFS) for each in others]))
        st.caption(
            t("By treatment received, which was not randomised. In grey: fewer than {n} events.", n=MIN_EVENTS)
        )


def _table_html(reading: ResultReading, curve: KaplanMeierCurve, others: Sequence[ResultReading]) -> str:
    """Write the table: her tier, then the treatments inside it, then the tiers it may be in as well."""
    tier = reading.tier
    rows = [_row_html(t("All"), TIER_GLYPHS[tier], TIER_COLOURS[tier], curve)]
    if reading.arms is not None:
        arms = zip(map(Arm, reading.arms.levels), reading.arms.curves, strict=True)
        rows += [_row_html(say(ARM_SHORT[a]), ARM_GLYPHS[a], ARM_COLOURS[a], each) for a, each in arms]
    for each in others:
        if each.curve is not None:
            name = t("Unstable, so also {tier}: all", tier=label(each.tier))
            rows.append(_row_html(name, TIER_GLYPHS[each.tier], TIER_COLOURS[each.tier], each.curve))
    caption = t("{tier} tier: {state}, 95 % CI", tier=label(tier), state=t(STATES[reading.endpoint]))
    times = (t("{years} years", years=f"{months / 12:.0f}") for months in HORIZONS_MONTHS)
    names = (t("Treatment"), *times, t("Patients"), t("Events"))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f'<table class="dt-contrast"><caption>{escape(caption)}</caption><tr>{head}</tr>{"".join(rows)}</table>'


def _row_html(name: str, glyph: str, colour: str, curve: KaplanMeierCurve) -> str:
    """Write one group, in grey where its events are few."""
    is_few = curve.n_events < MIN_EVENTS
    cells = [say(survival_text(curve.at(months))) for months in HORIZONS_MONTHS]
    cells += [str(curve.n), str(curve.n_events)]
    shape = f'<span aria-hidden="true" style="color:{colour}">{glyph}</span> '
    body = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr{" class=few" if is_few else ""}><th scope="row">{shape}{escape(name)}</th>{body}</tr>'
