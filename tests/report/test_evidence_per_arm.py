"""Words, grey and numbers agree: an arm with few events is in grey, named, and nowhere compared."""

import re

import numpy as np
import pytest
from treated_cohorts import cohort_of

from deeptepp.domain.cohort import TIER, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.case.case_pdf_outcomes import _contrast
from deeptepp.report.case.treatment_panel import treatment_panel
from deeptepp.report.cohort.cohort_curves import curve_choices, curves_item
from deeptepp.report.cohort.cohort_treatment import treatment_item
from deeptepp.report.held_curves import held_curves
from deeptepp.report.laboratory.laboratory_items import treatment_item as laboratory_item
from deeptepp.report.laboratory.laboratory_views import view_treatment
from deeptepp.report.laboratory.power import power_item
from deeptepp.report.laboratory.recipe import Recipe
from deeptepp.report.look.theme import FADED
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.stats.treatment.treatment_question import Matching

FINDING = re.compile(r"HR|p [<=>] |points|months \(|one event (fewer|more)")
N = 60


def patients(of_index, of_reference):
    """T+P and T in the High tier, N each, with events in the first year."""
    event = np.r_[np.arange(N) < of_index, np.arange(N) < of_reference]
    months = np.where(event, 6.0, 30.0) + np.arange(2 * N) / 100
    rng = np.random.default_rng(4)
    return cohort_of(
        ["T+P"] * N + ["T"] * N,
        months,
        event,
        tier=np.full(2 * N, "High"),
        score=np.full(2 * N, 0.9),
        stage=np.full(2 * N, "IIA"),
        age_years=np.tile(rng.normal(55, 8, N), 2),
    )


def texts(part):
    """All that a piece of a PDF says."""
    inside = [getattr(part, name, None) for name in ("_content", "_cellvalues")]
    nested = [each for each in (*inside, part if isinstance(part, list | tuple) else None) if each]
    own = [part] if isinstance(part, str) else [part.text] if isinstance(getattr(part, "text", None), str) else []
    return own + [text for group in nested for each in group for text in texts(each)]


def greyed(figure):
    """Curves drawn in grey, by their legend's name."""
    return {trace.name for trace in figure.data if trace.line.color == FADED and trace.line.shape == "hv"}


@pytest.mark.parametrize("events", [(0, 18), (1, 40), (9, 30), (30, 9), (10, 25)])
def test_screen_pdf_laboratory_and_report_agree_on_what_an_arm_with_few_events_allows(events):
    cohort = patients(*events)
    few = [arm for arm, n in zip(("Tras+pert", "Tras"), events, strict=True) if n < MIN_EVENTS]
    panel = treatment_panel(cohort, Tier.HIGH, Endpoint.RFS, Matching.OFF)
    screen = panel.contrasts[1]
    recipe = Recipe(low_below=0.3, high_from=0.6, matching=Matching.OFF)
    laboratory = laboratory_item(view_treatment(cohort, recipe))
    report = treatment_item(cohort, Tier.HIGH, Endpoint.RFS)
    cells = [cell for row in laboratory.tables[0].rows for cell in row[5:]]
    cells += [row[1] for row in laboratory.tables[1].rows[:2]] + [
        c for row in report.tables[0].rows for c in row[5:]
    ]
    said = " ".join(row.value for row in screen.rows)
    assert screen.is_given == bool(said) == (not few) == (screen.p_value is not None)
    in_pdf = " ".join(texts(_contrast(screen, panel, 500.0)))
    for text in (said, " ".join(cells), in_pdf.partition("No difference")[0] if few else in_pdf):
        assert bool(FINDING.search(text)) == (not few)
    for arm in few:
        assert f"fewer than {MIN_EVENTS} events with {arm} (" in screen.reason
        assert screen.reason in in_pdf
        reasons = [cell for cell in cells if cell.startswith("not given")]
        assert all(f"fewer than {MIN_EVENTS} events with " in cell and f"{arm} (" in cell for cell in reasons)
        assert "not tested" in cells
    assert greyed(laboratory.figures[0]) == set(few)
    for survival, side in zip((screen.survival[0].index, screen.survival[0].reference), events, strict=True):
        assert survival.startswith(f"{100 * (1 - side / N):.1f}")
    arms = curves_item(cohort, curve_choices(cohort)["Anti-HER2 therapy"], Endpoint.RFS)
    assert greyed(arms.figures[0]) == {name.replace("Tras+pert", "T+P").replace("Tras", "T") for name in few}
    assert ("Not tested: fewer than 10 events with" in arms.tables[0].note) == bool(few)
    (power,) = power_item(cohort, Endpoint.RFS).tables[0].rows
    assert power[2] == f"{events[0]} / {events[1]}"
    assert power[-1].startswith("Not compared: fewer than 10 events with") == bool(few)
    for item in (laboratory, report, arms):
        assert "p =" not in item.figures[0].layout.meta["alt"] or not few
    assert (
        "Fewer" if events[0] < events[1] else "More"
    ) + f" events with Tras+pert ({events[0]} vs {events[1]})" in screen.badge


@pytest.mark.parametrize(
    ("events", "reason", "is_grey"),
    [((2, 7), "9 events, fewer than 10", True), ((0, 18), "no event in Low", False), ((1, 9), "", False)],
)
def test_tiers_are_tested_where_they_have_events_together_and_each_has_one(events, reason, is_grey):
    cohort = patients(*events).with_columns(tier=np.repeat(["Low", "High"], N))
    found = compare_groups(cohort, TIER, ("Low", "High"), Endpoint.RFS)
    held = held_curves(found, are_treatments=False)
    assert (held.reason, held.p_value is None) == (reason, bool(reason))
    assert (held.grey_below_events > max(events)) == is_grey
    assert held_curves(found, are_treatments=True).p_value is None
