"""What unknown facts leave open: plausible values, combinations, and which fact matters most."""

from dataclasses import replace
from itertools import product

import pytest

from deeptepp.domain.clinical import ClinicalProfile, NodeStage, Stage
from deeptepp.errors import JobCancelled
from deeptepp.scoring.case import score_lesion
from deeptepp.scoring.unknowns import known_values, seen_fields, unknown_fields, unknown_range
from deeptepp.simulate.simulated_study import demo_profile

PROFILE = demo_profile()
NOTHING = replace(PROFILE, tumour_size_mm=None, node_stage=None, er_positive=None, pr_positive=None, stage=None)


def score(images, bundle, profile):
    return score_lesion(images, images.candidates[0], profile, bundle).probability


def test_where_all_is_known_the_range_is_the_score(images, bundle):
    found = unknown_range(images, images.candidates[0], PROFILE, bundle)
    expected = score(images, bundle, PROFILE)
    assert (found.low, found.high) == pytest.approx((expected, expected), abs=1e-6)
    assert (found.by_field, found.n_combinations) == ((), 0)
    assert found.tiers == (bundle.tiers.tier_of(found.score),)


def test_one_unknown_fact_ranges_over_what_it_can_be(images, bundle):
    found = unknown_range(images, images.candidates[0], replace(PROFILE, er_positive=None), bundle)
    scores = [score(images, bundle, replace(PROFILE, er_positive=er)) for er in (False, True)]
    assert (found.low, found.high) == pytest.approx((min(scores), max(scores)), abs=1e-6)
    assert [effect.field for effect in found.by_field] == ["er_positive"]
    assert found.by_field[0].spread == pytest.approx(max(scores) - min(scores), abs=1e-6)


def test_all_combinations_are_tried_but_receptors_that_nobody_has(images, bundle):
    found = unknown_range(images, images.candidates[0], NOTHING, bundle)
    sizes, nodes = (10.0, 35.0, 55.0), (NodeStage.N0, NodeStage.N1)
    receptors = ((False, False), (True, False), (True, True))
    scores = [
        score(
            images,
            bundle,
            replace(NOTHING, tumour_size_mm=size, node_stage=n, er_positive=er, pr_positive=pr),
        )
        for size, n, (er, pr) in product(sizes, nodes, receptors)
    ]
    assert found.is_joint
    assert found.n_combinations == len(scores) == 18
    assert (found.low, found.high) == pytest.approx((min(scores), max(scores)), abs=1e-6)
    assert found.score == pytest.approx(score(images, bundle, NOTHING), abs=1e-6)


def test_the_fact_that_matters_most_comes_first(images, bundle):
    spreads = [e.spread for e in unknown_range(images, images.candidates[0], NOTHING, bundle).by_field]
    assert len(spreads) == 4
    assert spreads == sorted(spreads, reverse=True)


def test_too_many_combinations_are_varied_one_at_a_time(images, bundle):
    found = unknown_range(images, images.candidates[0], NOTHING, bundle, max_combinations=4)
    assert not found.is_joint
    assert found.low == min(effect.low for effect in found.by_field)
    assert found.high == max(effect.high for effect in found.by_field)
    assert found.n_combinations == 3 + 2 + 2 + 2


def test_a_stage_that_was_entered_rules_out_what_contradicts_it(images, bundle):
    stage_i = ClinicalProfile(stage=Stage.I, er_positive=True, pr_positive=True)
    found = unknown_range(images, images.candidates[0], stage_i, bundle)
    assert found.n_combinations == 1
    expected = score(images, bundle, replace(stage_i, tumour_size_mm=10.0, node_stage=NodeStage.N0))
    assert found.low == pytest.approx(expected, abs=1e-6)


def test_a_stage_also_narrows_what_one_fact_alone_can_be(images, bundle):
    entered = ClinicalProfile(stage=Stage.IIB, tumour_size_mm=26.0, pr_positive=False)
    found = unknown_range(images, images.candidates[0], entered, bundle)
    nodes = next(effect for effect in found.by_field if effect.field == "node_stage")
    assert [value for value, _ in nodes.scores] == [NodeStage.N1]
    assert nodes.spread == 0


def test_a_column_that_the_cohort_lacks_ranges_over_every_value(images, bundle):
    reference = bundle.reference
    columns = {k: v for k, v in reference.columns.items() if k not in ("pr_positive", "tumour_size_mm")}
    blind = replace(bundle, reference=type(reference)(columns, reference.is_simulated))
    profile = replace(PROFILE, pr_positive=None, tumour_size_mm=None, stage=None)
    found = unknown_range(images, images.candidates[0], profile, blind)
    assert found.n_combinations == 6
    assert known_values("pr_positive", blind.reference) == []


def test_only_facts_that_the_network_sees_count(bundle):
    assert unknown_fields(replace(NOTHING, age_years=None), bundle) == seen_fields(bundle)

    class Seen:
        features = ("hr_positive",)

    assert seen_fields(Seen) == ("er_positive", "pr_positive")


def test_unknown_values_of_the_cohort_are_left_out(bundle):
    assert len(known_values("pr_positive", bundle.reference)) == 48
    assert set(known_values("node_stage", bundle.reference)) == {NodeStage.N0, NodeStage.N1, NodeStage.N2}


def test_the_work_can_be_stopped(images, bundle):
    def stop(report):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        unknown_range(images, images.candidates[0], NOTHING, bundle, progress=stop)
