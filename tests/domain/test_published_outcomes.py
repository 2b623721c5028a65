"""Published survival figures agree with each other, and with the text of the paper where it is at hand."""

import re
from math import exp, log, sqrt
from pathlib import Path

import pytest

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.published import (
    COMPARISONS,
    EVENTS,
    FLOW,
    FOLLOW_UP,
    HAZARD_RATIOS,
    N_UNTREATED_LOW,
    TIER_COUNTS,
    TIER_PCT,
    comparison_of,
)
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.domain.risk import Tier

PAPER = Path(__file__).parents[3] / "shared" / "paper" / "deeptepp-2024.txt"
NAMES = {Endpoint.RFS: "RFS", Endpoint.OS: "OS"}
COMPARED = pytest.mark.parametrize("found", COMPARISONS, ids=lambda c: f"{c.key} {c.endpoint}")


@pytest.fixture(scope="module")
def text():
    if not PAPER.exists():
        pytest.skip("the text of the paper lies beside the checkout and is absent")
    return re.sub(r"[\s$]+", "", PAPER.read_text(encoding="utf-8"))


@COMPARED
def test_every_comparison_is_printed_in_the_paper_with_its_p_value_and_figure(found, text):
    values = [curve.survival_pct for curve in found.curves]
    if found.key == "low-treated":
        values.reverse()  # printed with the treated first here, and last for Moderate and High
    if len(values) == 2:
        said = re.escape("vs".join(f"{value}%" for value in values))
    else:
        said = re.escape(",".join(f"{value}%" for value in values)) + "(,respectively)?"
    years = found.horizon_months // 12
    lead = rf"({years}-year|{years}y-){NAMES[found.endpoint]}"
    p = re.escape("p" + found.p_text.replace(" ", ""))
    figure = found.where.replace("Figure S", "FigureS").replace("Figure ", "Fig.")
    assert re.search(rf"{lead}{said},{p}[;,]{re.escape(figure)}", text), (lead, said, p, figure)


def test_every_hazard_ratio_is_printed_with_its_interval(text):
    for ratio in HAZARD_RATIOS:
        interval = f"{ratio.value:.2f},95%CI{ratio.low:.2f}–{ratio.high:.2f},p<{ratio.p_below:.4f}"
        assert re.search(rf"{ratio.tier.value}vsLow:(hazardratio\[HR\]|HR){re.escape(interval)}", text)


def test_patients_events_and_follow_up_are_printed(text):
    arms = list(FLOW.n_by_arm.values())
    assert f"{FLOW.n_included}outof{FLOW.n_operated}breastcancerpatients" in text
    assert all(f"(N={n}" in text for n in arms)
    low, moderate, high = (f"{TIER_COUNTS[tier]}({TIER_PCT[tier]}%)" for tier in Tier)
    assert f"{low},{moderate},and{high}patientsintoDeepTEPP-Low" in text
    assert f"{TIER_COUNTS[Tier.MODERATE] + TIER_COUNTS[Tier.HIGH]}(39.5%)" in text
    assert f"{EVENTS.n_relapses}({EVENTS.relapses_pct}%)diseaserelapses" in text
    assert (
        f"{EVENTS.n_locoregional}loco-regionalrecurrences,{EVENTS.n_contralateral}contralateralbreastcancer,"
        f"and{EVENTS.n_distant}distantmetastasis.Thirteenpatientsdeceasedfrombreastcancer" in text
    )
    shortest, longest = FOLLOW_UP.shortest_months, FOLLOW_UP.longest_months
    assert f"{FOLLOW_UP.median_months}(range{shortest}–{longest})months" in text
    assert "Eighty-eightDeepTEPP-Lowpatientsdidnotreceiveanti-HER2treatment" in text


def test_patients_add_up_by_arm_and_by_tier():
    assert sum(FLOW.n_by_arm.values()) == sum(TIER_COUNTS.values()) == FLOW.n_included == EVENTS.n
    for tier, n in TIER_COUNTS.items():
        assert 100 * n / FLOW.n_included == pytest.approx(TIER_PCT[tier], abs=0.05)
    assert FLOW.n_by_arm[Arm.NONE] > N_UNTREATED_LOW


def test_relapses_add_up_by_kind():
    assert EVENTS.n_locoregional + EVENTS.n_contralateral + EVENTS.n_distant == EVENTS.n_relapses
    assert 100 * EVENTS.n_relapses / EVENTS.n == pytest.approx(EVENTS.relapses_pct, abs=0.005)


def test_intervals_of_the_hazard_ratios_are_symmetric_on_the_log_scale_and_exclude_one():
    for ratio in HAZARD_RATIOS:
        assert sqrt(ratio.low * ratio.high) == pytest.approx(ratio.value, rel=0.002)
        assert 1 < ratio.low < ratio.high


def test_the_curve_of_all_high_patients_lies_below_any_mixture_of_its_arms():
    pooled = comparison_of("tiers-all", Endpoint.OS).curves[2].survival_pct
    treated = comparison_of("tiers-treated", Endpoint.OS).curves[2].survival_pct
    untreated = comparison_of("tiers-untreated", Endpoint.OS).curves[2].survival_pct
    n_untreated = 29
    mixture = (n_untreated * untreated + (143 - n_untreated) * treated) / 143
    assert mixture == pytest.approx(83.5, abs=0.05)
    assert pooled < mixture


def test_the_ratios_that_the_curves_imply_are_those_that_the_caveat_quotes():
    for endpoint, tier, said in ((Endpoint.OS, 2, "16.6"), (Endpoint.RFS, 1, "10.9"), (Endpoint.RFS, 2, "22.6")):
        curves = comparison_of("tiers-all", endpoint).curves
        implied = log(curves[tier].survival_pct / 100) / log(curves[0].survival_pct / 100)
        assert f"{implied:.1f}" == said
        assert said in CAVEATS[Caveat.RATIO_AND_CURVES]


def test_one_in_eighty_eight_and_whole_pairs_give_the_printed_percentages():
    assert (
        round(100 * 87 / N_UNTREATED_LOW, 1) == comparison_of("low-treated", Endpoint.RFS).curves[0].survival_pct
    )
    assert round(100 * 26 / 29, 1) == comparison_of("moderate-dual", Endpoint.RFS).curves[0].survival_pct
    assert round(100 * 28 / 29, 1) == comparison_of("moderate-dual", Endpoint.OS).curves[0].survival_pct
    assert round(100 * 21 / 31, 1) == comparison_of("high-dual", Endpoint.RFS).curves[0].survival_pct


def test_what_the_paper_does_not_give_is_absent():
    assert comparison_of("high-dual", Endpoint.OS) is None


def test_every_caveat_has_its_sentence_and_no_sentence_directs_treatment():
    assert set(CAVEATS) == set(Caveat)
    for sentence in CAVEATS.values():
        assert not re.search(r"\b(no benefit|give|omit|should)\b", sentence)


@COMPARED
def test_a_comparison_names_each_patient_once_and_reads_survival_as_percent(found):
    cells = [(tier, arm) for curve in found.curves for tier in curve.tiers for arm in curve.arms]
    assert len(cells) == len(set(cells))
    assert all(50 < curve.survival_pct <= 100 for curve in found.curves)
    assert len(found.notes) == len(found.caveats) > 0


def test_the_cox_intervals_bound_the_events_of_the_reference_tier():
    rfs_moderate = HAZARD_RATIOS[0]
    error = log(rfs_moderate.high / rfs_moderate.low) / (2 * 1.959964)
    # 1/d_low + 1/d_moderate can be no more than the variance, so that Low had at least six events.
    assert 1 / error**2 > 5.6
    assert exp(log(rfs_moderate.value) - 1.959964 * error) == pytest.approx(rfs_moderate.low, rel=0.005)
