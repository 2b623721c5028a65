"""The fusion of images and facts: recovers known effects, keeps their sign, and never sees whom it scores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import NotEstimable
from deeptepp.model.clinical_features import ORDINAL_FEATURES
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split
from deeptepp.train.fit.fact_effects import LEAST_EFFECT, fit_fusion, fuse

N = 4_000


def cohort_of(rng, n=N):
    er = rng.random(n) < 0.6
    outcome = dict.fromkeys(("rfs_months", "os_months"), np.ones(n)) | dict.fromkeys(
        ("rfs_event", "os_event"), np.zeros(n, dtype=bool)
    )
    return Cohort(
        {
            "subject": np.array([f"p{i}" for i in range(n)], dtype=object),
            "arm": np.full(n, "T", dtype=object),
            **outcome,
            "tumour_size_mm": rng.uniform(5, 80, n).round(1),
            "node_stage": rng.choice(["N0", "N1", "N2", "N3"], n).astype(object),
            "er_positive": er,
            "pr_positive": er & (rng.random(n) < 0.8),
            "grade": rng.integers(1, 4, n),
        },
        is_simulated=True,
    )


@pytest.fixture(scope="module")
def drawn():
    """Images (log odds), facts and events of which images count 0.5, N+ 1.2, ER 0.8, and grade 3 protects."""
    rng = np.random.default_rng(0)
    cohort = cohort_of(rng)
    images = rng.normal(0, 2, N)
    positive = (cohort["node_stage"] != "N0").astype(float)
    linear = -2 + 0.5 * images + 1.2 * positive + 0.8 * ~cohort["er_positive"] - 0.7 * (cohort["grade"] == 3)
    events = rng.random(N) < expit(linear)
    return expit(images)[:, None], events, cohort


def test_known_effects_are_found_and_a_wrong_sign_is_bounded(drawn):
    found = fit_fusion(*drawn)
    effects = dict(zip(found.effects.features, found.effects.effects, strict=True))
    assert set(effects) == set(ORDINAL_FEATURES)
    assert found.recalibration.slope == pytest.approx(0.5, abs=0.06)
    assert effects["node_n1"] == pytest.approx(1.2, abs=0.25)
    assert effects["er_negative"] == pytest.approx(0.8, abs=0.25)
    assert effects["grade_3"] == LEAST_EFFECT
    assert min(effects.values()) >= LEAST_EFFECT


def test_fused_scores_are_calibrated_in_the_large(drawn):
    scores = fit_fusion(*drawn)(drawn[0], drawn[2])
    assert scores.mean() == pytest.approx(drawn[1].mean(), abs=0.01)


def test_a_patient_takes_no_part_in_how_her_facts_count(drawn):
    views, events = drawn[0][:300], drawn[1][:300]
    cohort = drawn[2].where(np.arange(N) < 300)
    fold = np.arange(300) % 3
    fold[290:] = -1
    outside = fold < 0
    split = Split(fold, outside, np.zeros(300, dtype=bool))
    known = np.ones(300, dtype=bool)
    before, _ = fuse(views, Labels(events, known), split, cohort)
    turned = events.copy()
    turned[fold == 1] = ~turned[fold == 1]
    after, _ = fuse(views, Labels(turned, known), split, cohort)
    mine = fold == 1
    # Intercept and slope are those of all; how she stands among her fold is told by the other folds alone.
    assert np.array_equal(np.argsort(before[mine, 0]), np.argsort(after[mine, 0]))
    assert not np.array_equal(np.argsort(before[fold == 0, 0]), np.argsort(after[fold == 0, 0]))


def test_a_fact_that_nobody_has_is_left_out(drawn):
    columns = {name: column for name, column in drawn[2].columns.items() if name != "grade"}
    found = fit_fusion(drawn[0], drawn[1], Cohort(columns, is_simulated=True))
    assert not [name for name in found.effects.features if name.startswith("grade")]


def test_one_outcome_alone_is_not_estimable(drawn):
    with pytest.raises(NotEstimable):
        fit_fusion(drawn[0], np.zeros(N, dtype=bool), drawn[2])
