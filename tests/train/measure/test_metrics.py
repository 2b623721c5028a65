from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.risk import TierScheme
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import NOT_IN_FOLDS, Split
from deeptepp.train.measure.metrics import Scored, measure


@pytest.fixture
def scored(make_dataset):
    cohort = make_dataset(12, positive_every=2).cohort
    fold = np.array([0, 0, 0, 0, 1, 1, 1, 1, *[NOT_IN_FOLDS] * 4])
    holdout, only = np.arange(12) // 2 == 4, np.arange(12) >= 10
    scores = np.array([0.9, 0.1, 0.8, 0.2, 0.6, 0.1, 0.3, 0.7, 0.9, 0.2, 0.9, 0.1])
    labels = Labels(np.asarray(cohort["rfs_event"]), np.ones(12, dtype=bool))
    return Scored(cohort, labels, Split(fold, holdout, only), scores, TierScheme(0.5, 0.75, "made up"))


def test_the_numbers_of_a_group_follow_from_its_patients_alone(scored):
    group = measure(scored)["cross_validation"]
    assert (group["n"], group["n_events"]) == (8, 4)
    assert group["auc"] == pytest.approx(14 / 16)  # of 16 pairs, 0.6 < 0.7 and 0.3 < 0.7 are wrong
    assert group["auc_per_fold"] == [1.0, pytest.approx(2 / 4)]
    assert (group["sensitivity"]["k"], group["sensitivity"]["n"]) == (3, 4)
    assert (group["specificity"]["k"], group["specificity"]["n"]) == (3, 4)
    assert group["auc_hard_labels"] == pytest.approx(0.75)  # balanced accuracy
    assert group["tiers"] == {"Low": 4, "Moderate": 2, "High": 2}
    assert group["auc_mean_of_folds"] == pytest.approx(0.75)
    assert group["auc_sd_of_folds"] == pytest.approx(np.sqrt(0.125))
    assert group["at_half"] == group["at_cut_off"]


def test_without_tiers_there_is_no_point_at_their_cut_off(scored):
    group = measure(replace(scored, tiers=None))["cross_validation"]
    assert "tiers" not in group
    assert group["sensitivity"] is None
    assert group["auc"] == pytest.approx(14 / 16)


def test_views_are_measured_as_a_labelled_extra(scored):
    views = np.repeat(scored.scores[:, None], 3, axis=1)
    group = measure(replace(scored, view_scores=views, is_counted=np.ones((12, 3), dtype=bool)))["holdout"]
    assert (group["n"], group["views"]["n_views"]) == (2, 6)


def test_groups_are_kept_apart(scored):
    report = measure(scored)
    assert [report[key]["n"] for key in ("cross_validation", "holdout")] == [8, 2]
    assert report["cohort_3"]["n"] == 2
    assert "correlation_with_latent_risk" not in report["cohort_3"]


def test_the_correlation_with_the_truth_is_that_of_numpy(scored):
    group = measure(scored)["cross_validation"]
    truth = scored.cohort["latent_risk"][:8]
    assert group["correlation_with_latent_risk"] == pytest.approx(np.corrcoef(scored.scores[:8], truth)[0, 1])


def test_an_auc_that_cannot_be_estimated_is_none_with_its_reason(scored):
    one_class = Labels(np.zeros(12, dtype=bool), np.ones(12, dtype=bool))
    group = measure(Scored(scored.cohort, one_class, scored.split, scored.scores, scored.tiers))["holdout"]
    assert group["auc"] is None
    assert group["auc_reason"]
