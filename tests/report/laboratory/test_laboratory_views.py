"""The tiers laboratory: recipes go round, and every patient stays in one tier."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest
import tiny_bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from deeptepp.domain.cohort import SCORE, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable, RecipeOutOfRange, UnknownRecipeKey, UnreadableRecipe
from deeptepp.report.cohort.cohort_curves import CURVE_NAMES
from deeptepp.report.format import p_value
from deeptepp.report.laboratory.laboratory_items import needed_in_words, tiers_item, treatment_item
from deeptepp.report.laboratory.laboratory_list import PARTS, laboratory_parts
from deeptepp.report.laboratory.laboratory_views import retiered, view_tiers, view_treatment
from deeptepp.report.laboratory.recipe import SCHEMA, CohortChoice, Contrast, Recipe
from deeptepp.report.survival_tables import pairs_table
from deeptepp.scoring.tiers import TierSource
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.patient_groups import FACTS
from deeptepp.stats.survival.logrank_pairwise import log_rank_pairwise
from deeptepp.stats.treatment.number_needed import number_needed
from deeptepp.stats.treatment.treatment_question import Matching

shares = st.floats(0, 1)


def some(kind):
    return st.lists(st.sampled_from(list(kind)), min_size=1, unique=True).map(tuple)


@st.composite
def recipes(draw):
    low, high = sorted((draw(shares), draw(shares)))
    return Recipe(
        low_below=low,
        high_from=high,
        cohort=draw(st.sampled_from(CohortChoice)),
        endpoint=draw(st.sampled_from([each for each in Endpoint if each.is_required])),
        arms=draw(some(Arm)),
        contrast=draw(st.sampled_from(Contrast)),
        contrast_tiers=draw(some(Tier)),
        matching=draw(st.sampled_from(Matching)),
        caliper_sd=draw(st.none() | st.floats(0.05, 2)),
        subgroup=draw(st.sampled_from(["", *FACTS])),
        horizon_months=draw(st.floats(6, 120)),
        curves_by=draw(st.sampled_from(["", *CURVE_NAMES])),
        tier_source=draw(st.sampled_from(TierSource)),
        cohort_sha256=draw(st.sampled_from(["", "0a" * 32])),
    )


@pytest.fixture(scope="module")
def cohort():
    return tiny_bundle.tiny_cohort()


@pytest.fixture(scope="module")
def published():
    return Recipe.as_published(tiny_bundle.TIERS)


@given(recipes())
def test_a_recipe_survives_the_file_and_the_address(recipe):
    other = Recipe(low_below=0.1, high_from=0.2)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_query(recipe.to_query(), otherwise=other) == recipe
    assert Recipe.from_json(recipe.to_json()).digest == recipe.digest


@given(recipes())
@settings(max_examples=40, deadline=None)
def test_every_scored_patient_is_in_one_tier(recipe):
    cohort = tiny_bundle.tiny_cohort()
    scored = retiered(cohort, recipe)
    assert [recipe.tiers.tier_of(score).value for score in scored[SCORE]] == scored[TIER].tolist()
    view = view_tiers(cohort, recipe)
    assert sum(view.sizes.values()) + view.n_of_other_arms + view.n_unscored == len(cohort)
    assert view.comparison.n + view.comparison.n_without_follow_up == sum(view.sizes.values())
    assert view.comparison.n_events == view.cohort.follow_up(recipe.endpoint).n_events


def test_as_published_gives_the_tiers_of_the_bundle(cohort, published):
    assert retiered(cohort, published)[TIER].tolist() == cohort[TIER].tolist()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", UnreadableRecipe),
        ("[]", UnreadableRecipe),
        ("{}", UnreadableRecipe),
        ('{"schema": "deeptepp-recipe-0"}', UnreadableRecipe),
        (f'{{"schema": "{SCHEMA}"}}', UnreadableRecipe),
        (f'{{"schema": "{SCHEMA}", "low_below": 0.1, "low_below": 0.2, "high_from": 1}}', UnreadableRecipe),
        (" " * 30_000, UnreadableRecipe),
    ],
)
def test_what_is_no_recipe_is_refused(text, error):
    with pytest.raises(error):
        Recipe.from_json(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"low_below": 0.7},
        {"low_below": -0.1},
        {"low_below": float("nan")},
        {"low_below": "0.1"},
        {"low_below": True},
        {"high_from": 1.1},
        {"high_from": 10**400},
        {"endpoint": "pfs"},
        {"endpoint": None},
        {"arms": []},
        {"arms": "T"},
        {"arms": ["T", "X"]},
        {"contrast_tiers": ["low"]},
        {"caliper_sd": 0},
        {"subgroup": "Shoe size"},
        {"subgroup": 3},
        {"curves_by": "Shoe size"},
        {"tier_source": "mine"},
        {"cohort_sha256": "abc"},
        {"horizon_months": 500},
        {"matching": ["off"]},
    ],
)
def test_a_value_out_of_range_is_refused_by_name(published, wrong):
    text = json.dumps(published.to_mapping() | {"high_from": 0.6} | wrong)
    with pytest.raises(RecipeOutOfRange) as refusal:
        Recipe.from_json(text)
    assert next(iter(wrong)) in str(refusal.value) or "high_from" in str(refusal.value)


def test_an_unknown_key_is_refused_and_not_passed_over(published):
    with pytest.raises(UnknownRecipeKey):
        Recipe.from_json(json.dumps(published.to_mapping() | {"colour": "red"}))
    with pytest.raises(UnknownRecipeKey):
        Recipe.from_query({"colour": "red"}, otherwise=published)


def test_a_recipe_is_followed_to_all_its_parts(cohort, published):
    parts = laboratory_parts(cohort, published)
    assert [part.title for part in parts] == ["Tiers", "Prognosis", "Treatment by tier", "Use"]
    items = {item.key: item for part in parts for item in part.items}
    assert len(items) == len(PARTS)
    assert {name for part in PARTS.values() for name in part.asked} <= {each.name for each in fields(Recipe)}
    assert items["tiers"].is_made
    assert items["optimism"].is_made
    assert "no benefit" not in json.dumps([note for item in items.values() for note in item.notes])
    assert {row[0] for row in items["tiers"].tables[0].rows} == {"Low", "Moderate", "High"}


def test_beside_three_curves_stands_the_test_of_each_pair_with_holm_s_adjustment(cohort, published):
    view = view_tiers(cohort, published)
    pairs = tiers_item(view).tables[-1]
    assert [row[:2] for row in pairs.rows] == [("Low", "Moderate"), ("Low", "High"), ("Moderate", "High")]
    tested = log_rank_pairwise(view.comparison.follow_up, view.comparison.levels)
    assert [row[2:] for row in pairs.rows] == [(p_value(one.test.p_value), p_value(one.p_holm)) for one in tested]
    assert pairs_table(replace(view.comparison, curves=view.comparison.curves[:2])) == ()


def test_a_moved_cut_off_moves_patients(cohort, published):
    moved = Recipe(low_below=0.2, high_from=published.high_from)
    before, after = (view_tiers(cohort, each).sizes for each in (published, moved))
    assert after[Tier.LOW] < before[Tier.LOW]
    assert after[Tier.HIGH] == before[Tier.HIGH]


def test_below_ten_events_nothing_is_tested(cohort, published):
    event = np.zeros(len(cohort), dtype=bool)
    event[:5] = True
    few = cohort.with_columns(rfs_event=event)
    item = tiers_item(view_tiers(few, published))
    assert "not tested" in item.tables[0].note
    assert len(item.tables) == 2
    assert "Fewer than 10 events, read the interval only: Low, Moderate, High." in item.notes
    view = view_treatment(few, published)
    assert view.number_needed.value is None
    assert "not given" in needed_in_words(view.number_needed)
    assert treatment_item(view).is_made


def test_a_cohort_without_scores_says_so(cohort, published):
    columns = {name: column for name, column in cohort.columns.items() if name != SCORE}
    with pytest.raises(NotEstimable, match="no patient has a score"):
        view_tiers(Cohort(columns, is_simulated=True), published)


def difference(value, low, high):
    return Estimate(value=value, low=low, high=high, n=100, n_events=30, method="")


def test_a_number_needed_is_one_over_the_difference():
    number = number_needed(difference(0.1, 0.05, 0.2))
    assert (number.value, number.low, number.high) == pytest.approx((10, 5, 20))
    assert needed_in_words(number) == "one event fewer per 10\u00a0patients (5 to 20)"
    worse = number_needed(difference(-0.1, -0.2, -0.05))
    assert needed_in_words(worse) == "one event more per 10\u00a0patients (5 to 20)"


@pytest.mark.parametrize("bad", [(0.1, -0.05, 0.2), (0.0, 0.0, 0.0), (0.1, 0.0, 0.2), (0.1, None, None)])
def test_a_number_needed_is_not_given_through_infinity(bad):
    number = number_needed(difference(*bad))
    assert number.value is None
    assert number.reason
