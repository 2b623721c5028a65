"""Effects of clinical facts: signed, monotone by construction, and honest about what is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.cohort import Cohort
from deeptepp.errors import BadSetting
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.model.clinical_features import ORDINAL_FEATURES, values_of
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.monotone import count_reversals, noise_stack
from deeptepp.model.predict import score_profiles, score_views

NAMES = tuple(ORDINAL_FEATURES)
PEOPLE = [
    ClinicalProfile(tumour_size_mm=size, node_stage=nodes, er_positive=er, pr_positive=pr, grade=grade)
    for size, nodes, er, pr, grade in (
        (12, NodeStage.N0, True, True, 2),
        (26, NodeStage.N1, True, False, 3),
        (35, NodeStage.N0, False, False, 3),
        (60, NodeStage.N3, False, False, 3),
        (18, NodeStage.N2, True, True, 1),
    )
]
EFFECTS = ClinicalEffects(
    NAMES,
    (0.5, 0.4, 0.6, 0.3, 0.2, 0.1, 0.25, 0.15, 0.1, 0.05),
    tuple(tuple(values_of(each, NAMES).tolist()) for each in PEOPLE),
)


def added(**facts):
    """Mean log odds that facts add."""
    found = EFFECTS.of(ClinicalProfile(**facts))
    return float(found.shares @ found.log_odds)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The tiny bundle with a network of images alone and facts beside it."""
    whole = load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("whole") / "tiny"))
    settings = {k: v for k, v in whole.net.settings.items() if k != "backbone"} | {"n_clinical": 0}
    empty = replace(whole.clinical, features=(), mean=(), sd=(), had_missing=())
    return replace(whole, net=MMResNet(**settings), clinical=empty, effects=EFFECTS)


def test_facts_count_by_millimetre_and_level():
    values = values_of(
        ClinicalProfile(tumour_size_mm=35, node_stage=NodeStage.N2, grade=1, er_positive=False), NAMES
    )
    assert dict(zip(NAMES, values.tolist(), strict=True)) == pytest.approx(
        {
            "size_0_to_20_mm": 1.0,
            "size_20_to_50_mm": 0.5,
            "size_50_to_200_mm": 0.0,
            "node_n1": 1.0,
            "node_n2": 1.0,
            "node_n3": 0.0,
            "er_negative": 1.0,
            "pr_negative": np.nan,
            "grade_2": 0.0,
            "grade_3": 0.0,
        },
        nan_ok=True,
    )


def test_the_plausible_patients_add_nothing_on_average():
    assert added() == pytest.approx(0.0, abs=1e-12)
    assert np.mean([float(EFFECTS.of(each).log_odds[0]) for each in PEOPLE]) == pytest.approx(0.0, abs=1e-12)


def test_an_unknown_fact_lies_between_its_best_and_its_worst_value():
    known = {"tumour_size_mm": 30, "er_positive": True, "pr_positive": True, "grade": 2}
    by_stage = [added(node_stage=stage, **known) for stage in NodeStage]
    assert by_stage == sorted(by_stage)
    assert by_stage[0] < added(**known) < by_stage[-1]


def test_an_unknown_receptor_follows_the_one_that_is_known():
    # Nobody plausible is ER negative and PR positive.
    assert added(pr_positive=True) == pytest.approx(added(er_positive=True, pr_positive=True))
    negative = [added(er_positive=er, pr_positive=False) for er in (True, False)]
    assert added(pr_positive=False) == pytest.approx(np.average(negative, weights=[1, 2]))


@given(seed=st.integers(0, 2**32 - 1))
def test_no_worse_fact_lowers_a_score(bundle, seed):
    rng = np.random.default_rng(seed)
    found = count_reversals(bundle, [NOISE.setdefault("stack", noise_stack(bundle, rng))], 40, rng)
    assert (found.n_pairs, found.n, found.n_equal) == (40, 0, 0)


NOISE: dict = {}


def test_scores_of_many_profiles_are_those_of_each(bundle):
    stack = noise_stack(bundle, np.random.default_rng(1))
    profiles = [*PEOPLE, ClinicalProfile(), ClinicalProfile(node_stage=NodeStage.N1)]
    each = [score_views(bundle, stack, profile).probability for profile in profiles]
    assert score_profiles(bundle, stack, profiles).tolist() == pytest.approx(each, abs=1e-12)


def test_a_cohort_adds_what_its_profiles_add():
    n = len(PEOPLE)
    cohort = Cohort(
        {
            "subject": np.array([f"p{i}" for i in range(n)], dtype=object),
            "arm": np.full(n, "T", dtype=object),
            **dict.fromkeys(("rfs_months", "os_months"), np.ones(n)),
            **dict.fromkeys(("rfs_event", "os_event"), np.zeros(n, dtype=bool)),
            "tumour_size_mm": np.array([each.tumour_size_mm for each in PEOPLE]),
            "node_stage": np.array([each.node_stage.value for each in PEOPLE], dtype=object),
            "er_positive": np.array([each.er_positive for each in PEOPLE]),
            "pr_positive": np.array([None] * len(PEOPLE), dtype=object),
            "grade": np.array([each.grade for each in PEOPLE]),
        },
        is_simulated=True,
    )
    for found, person in zip(EFFECTS.of_cohort(cohort), PEOPLE, strict=True):
        expected = EFFECTS.of(replace(person, pr_positive=None))
        assert np.array_equal(found.log_odds, expected.log_odds)
        assert np.array_equal(found.shares, expected.shares)


def test_a_bundle_keeps_its_effects(bundle, tmp_path):
    save_bundle(bundle, tmp_path / "b")
    assert load_bundle(tmp_path / "b").effects == EFFECTS


@pytest.mark.parametrize(
    "changes",
    [{"effects": (-0.1, *EFFECTS.effects[1:])}, {"features": ("shoe_size",)}, {"plausible": ()}],
    ids=["a negative effect", "an unknown feature", "nobody plausible"],
)
def test_effects_that_cannot_be_are_refused(changes):
    with pytest.raises(BadSetting):
        replace(EFFECTS, **changes)


def test_facts_that_count_twice_are_refused(tmp_path):
    whole = load_bundle(tiny_bundle.make_tiny_bundle(tmp_path / "tiny"))
    with pytest.raises(BadSetting, match="beside effects"):
        replace(whole, effects=EFFECTS)
