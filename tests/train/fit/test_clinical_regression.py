import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import NotEstimable
from deeptepp.model.clinical_features import fit_schema
from deeptepp.stats.logistic import fit_logistic
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.fit.clinical_regression import score_by_logistic


@pytest.fixture
def parts(make_dataset, quick_settings):
    """Large tumours relapse more often."""
    dataset = make_dataset(300, scored_only_every=10)
    rng = np.random.default_rng(6)
    event = rng.random(300) < np.where(dataset.cohort["tumour_size_mm"] > 50, 0.6, 0.2)
    labels = Labels(event, np.ones(300, dtype=bool))
    return dataset.cohort, labels, split_patients(labels, dataset.is_scored_only, quick_settings(n_folds=5))


def test_facts_that_matter_are_found_in_patients_that_were_not_fitted(parts):
    cohort, labels, split = parts
    scores = score_by_logistic(cohort, labels, split)
    curve = roc_auc(scores[split.in_folds], labels.event[split.in_folds])
    assert curve.low > 0.5
    assert ((scores > 0) & (scores < 1)).all()


def test_no_patient_influences_her_own_score(parts):
    cohort, labels, split = parts
    before = score_by_logistic(cohort, labels, split)
    spoilt = labels.event.copy()
    mine = split.fold == 1
    spoilt[mine] = ~spoilt[mine]
    after = score_by_logistic(cohort, Labels(spoilt, labels.is_known), split)
    assert np.array_equal(before[mine], after[mine])
    assert not np.array_equal(before[split.fold == 0], after[split.fold == 0])


def test_patients_outside_of_the_folds_never_train(parts):
    cohort, labels, split = parts
    before = score_by_logistic(cohort, labels, split)
    spoilt = np.where(split.in_folds, labels.event, ~labels.event)
    sizes = np.where(split.in_folds, cohort["tumour_size_mm"], 199.0)
    other = Cohort({**cohort.columns, "tumour_size_mm": sizes}, is_simulated=True)
    after = score_by_logistic(other, Labels(spoilt, labels.is_known), split)
    assert np.array_equal(before[split.in_folds], after[split.in_folds])


def test_a_patient_without_a_label_trains_nothing(parts):
    cohort, labels, split = parts
    is_known = np.arange(300) != int(np.flatnonzero(split.fold == 0)[0])
    spoilt = np.where(is_known, labels.event, ~labels.event)
    found = [score_by_logistic(cohort, Labels(event, is_known), split) for event in (labels.event, spoilt)]
    assert np.array_equal(*found)


def test_the_scores_are_those_of_our_own_regression_also_with_an_aliased_fact(parts):
    cohort, labels, split = parts
    scores, chosen = score_by_logistic(cohort, labels, split), split.training(0)
    facts = fit_schema(cohort.where(chosen)).encode_cohort(cohort).astype(float)
    assert np.linalg.matrix_rank(facts - facts.mean(axis=0)) < facts.shape[1]
    ours = fit_logistic(facts[chosen], labels.event[chosen]).probability(facts)
    assert scores[split.fold == 0] == pytest.approx(ours[split.fold == 0], abs=1e-9)


def test_facts_that_separate_the_classes_are_refused(parts):
    cohort, labels, split = parts
    with pytest.raises(NotEstimable, match="separate"):
        score_by_logistic(cohort, Labels(cohort["tumour_size_mm"] > 50, labels.is_known), split)
