"""What stands beside a tier says whom it comes from, and disagrees only where it really points elsewhere."""

import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.clinical import ClinicalProfile, NodeStage, Stage
from deeptepp.domain.risk import Assessment, Outcome, Tier
from deeptepp.report.case.other_estimates import Concord, other_estimates


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=12)


def beside(cohort, tier, **facts):
    answer = Assessment(Outcome.SCORED, ClinicalProfile(**facts), (), tier=tier, is_simulated=True)
    return other_estimates(answer, cohort)


def test_nothing_known_leaves_nothing_beside_the_tier(cohort):
    assert beside(cohort, Tier.LOW) == ()
    assert beside(cohort, None, her2dx_score=20.0) == ()


def test_everything_known_stands_beside_it_with_its_patients(cohort):
    found = beside(cohort, Tier.LOW, stage=Stage.I, her2dx_score=20.0, predict_os_pct=95.0)
    assert [each.name.split(" ")[0].strip(",") for each in found] == ["Stage", "HER2DX", "PREDICT"]
    assert all(str(each.said) and str(each.patients) for each in found)
    assert "726 simulated patients" in str(found[0].patients)
    assert "2,518" in str(found[1].patients)
    assert "5,694" in str(found[2].patients)


@pytest.mark.parametrize(
    ("score", "tier", "concord"),
    [
        (0.0, Tier.LOW, Concord.SAME),
        (49.9, Tier.HIGH, Concord.APART),
        (50.0, Tier.LOW, Concord.APART),
        (50.0, Tier.HIGH, Concord.SAME),
        (100.0, Tier.MODERATE, Concord.BETWEEN),
    ],
)
def test_her2dx_has_two_groups_split_at_fifty(cohort, score, tier, concord):
    (found,) = beside(cohort, tier, her2dx_score=score)
    assert found.concord is concord
    assert ("high-risk" in str(found.said)) == (score >= 50)


@pytest.mark.parametrize(
    ("stage", "tier", "concord"),
    [
        (Stage.I, Tier.HIGH, Concord.APART),
        (Stage.IIB, Tier.HIGH, Concord.BETWEEN),
        (Stage.IIIC, Tier.HIGH, Concord.SAME),
        (Stage.IIIA, Tier.LOW, Concord.APART),
    ],
)
def test_a_stage_disagrees_with_the_tier_at_the_other_end(cohort, stage, tier, concord):
    (found,) = beside(cohort, tier, stage=stage)
    both = (cohort["stage"] == stage.value) & (cohort["tier"] == tier.value)
    assert found.concord is concord
    assert f" {int(both.sum())} are in the {tier.value} tier" in str(found.said)


def test_size_and_nodes_stand_for_a_stage_that_was_not_entered(cohort):
    (found,) = beside(cohort, Tier.LOW, tumour_size_mm=12.0, node_stage=NodeStage.N0)
    assert found.value == "I"


def test_predict_is_held_against_the_interval_of_her_tier():
    rng = np.random.default_rng(5)
    event = rng.random(400) < 0.2
    months = np.where(event, rng.uniform(1, 59, 400), 90.0)
    cohort = cohort_of(["T"] * 400, months, event, tier=["High"] * 400)
    survival = 1 - event.mean()
    concords = {
        share: beside(cohort, Tier.HIGH, predict_os_pct=share)[0]
        for share in (100 * survival, 100 * survival - 10, 100 * survival + 10)
    }
    inside, below, above = concords.values()
    assert (inside.concord, below.concord, above.concord) == (Concord.SAME, Concord.APART, Concord.APART)
    assert str(inside.said).startswith("Inside")
    assert str(below.said).startswith("Below")
    assert str(above.said).startswith("Above")
    assert f"patients: 400, deaths by then: {event.sum()}" in str(below.said)


def test_a_tier_that_was_not_followed_for_five_years_is_not_compared():
    cohort = cohort_of(["T"] * 5, [20.0] * 5, [True] + [False] * 4, tier=["Low"] * 5)
    (found,) = beside(cohort, Tier.LOW, predict_os_pct=90.0)
    assert found.concord is Concord.BETWEEN
    assert "cannot be estimated" in str(found.said)
    (absent,) = beside(cohort, Tier.HIGH, predict_os_pct=90.0)
    assert "cannot be estimated" in str(absent.said)
