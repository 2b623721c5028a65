from dataclasses import replace

import numpy as np
import pytest

from deeptepp.errors import BadSetting, MissingColumn, TooFewEvents
from deeptepp.train.data.dataset import Labels, label_patients, scored_only
from deeptepp.train.data.patient_split import split_patients


def labels_of(n_positive: int, n_negative: int) -> Labels:
    event = np.arange(n_positive + n_negative) < n_positive
    return Labels(event, np.ones_like(event))


def nobody(labels: Labels) -> np.ndarray:
    return np.zeros(len(labels.event), dtype=bool)


def test_the_paper_protocol_gives_the_folds_that_the_paper_reports(quick_settings):
    labels = labels_of(69, 538)
    split = split_patients(labels, nobody(labels), quick_settings(protocol="paper", n_folds=5))
    sizes = [(labels.event[split.fold == k].sum(), (~labels.event[split.fold == k]).sum()) for k in range(5)]
    assert sizes[0] == (14, 107) or sizes[0] == (14, 108)
    assert sorted(positive for positive, _ in sizes) == [13, 14, 14, 14, 14]
    assert max(a + b for a, b in sizes) - min(a + b for a, b in sizes) <= 1
    assert not split.is_holdout.any()


def test_the_strict_protocol_holds_out_122_of_607_before_the_folds(quick_settings):
    labels = labels_of(69, 538)
    split = split_patients(labels, nobody(labels), quick_settings(n_folds=5))
    assert (split.is_holdout.sum(), (split.is_holdout & labels.event).sum()) == (122, 14)
    assert not (split.is_holdout & split.in_folds).any()


def test_every_patient_is_scored_by_exactly_one_fit_that_never_trained_on_her(quick_settings):
    labels = labels_of(30, 200)
    cohort_three = np.arange(230) % 7 == 0
    split = split_patients(labels, cohort_three, quick_settings(n_folds=4))
    fits = [0, 1, 2, 3, None]
    n_scored = sum(split.testing(fit).astype(int) for fit in fits)
    assert (n_scored == 1).all()
    for fit in fits:
        assert not (split.training(fit) & split.testing(fit)).any()
        assert not (split.training(fit) & (split.is_holdout | cohort_three)).any()


def test_the_split_is_set_by_the_seed(quick_settings):
    labels = labels_of(30, 200)
    one, same, other = (split_patients(labels, nobody(labels), quick_settings(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.fold, same.fold)
    assert not np.array_equal(one.fold, other.fold)


def test_too_few_events_for_the_folds_are_refused(quick_settings):
    labels = labels_of(4, 200)
    with pytest.raises(TooFewEvents, match="4 of 204"):
        split_patients(labels, nobody(labels), quick_settings(n_folds=5))


def test_a_horizon_leaves_out_those_censored_before_it(make_dataset, quick_settings):
    dataset = make_dataset(40)
    months, event = dataset.cohort["rfs_months"], dataset.cohort["rfs_event"]
    labels = label_patients(dataset, quick_settings(label="rfs_event_by_tau", tau_months=50.0))
    assert np.array_equal(labels.event, event & (months <= 50))
    assert np.array_equal(~labels.is_known, ~event & (months < 50))


def test_permuted_labels_keep_their_number_and_leave_cohort_three_alone(make_dataset, quick_settings):
    dataset = make_dataset(60, scored_only_every=4)
    plain, permuted, again, other = (
        label_patients(dataset, quick_settings(permute_labels=permute, seed=seed)).event
        for permute, seed in ((False, 1), (True, 1), (True, 1), (True, 2))
    )
    trained = ~dataset.is_scored_only
    assert permuted[trained].sum() == plain[trained].sum()
    assert np.array_equal(permuted[~trained], plain[~trained])
    assert np.array_equal(permuted, again)
    assert not np.array_equal(permuted, plain)
    assert not np.array_equal(permuted, other)


def test_her2_status_is_read_where_it_is_known_and_nobody_is_only_scored(make_dataset, quick_settings):
    dataset = make_dataset(12, scored_only_every=4)
    status = np.array([True, None, False] * 4, dtype=object)
    held = replace(dataset, cohort=dataset.cohort.with_columns(her2_positive=status))
    settings = quick_settings(label="her2_positive")
    labels = label_patients(held, settings)
    assert labels.event.tolist() == [True, False, False] * 4
    assert labels.is_known.tolist() == [True, False, True] * 4
    assert not scored_only(held, settings).any()
    with pytest.raises(MissingColumn, match="her2_positive"):
        label_patients(dataset, settings)


def test_every_source_is_dealt_evenly(quick_settings):
    labels = labels_of(40, 200)
    source = np.array([["one", "one", "other"][i % 3] for i in range(240)])
    split = split_patients(labels, nobody(labels), quick_settings(n_folds=4), source=source)
    for each in ("one", "other"):
        for event in (True, False):
            chosen = (source == each) & (labels.event == event)
            counts = np.bincount(split.fold[chosen & split.in_folds], minlength=4)
            assert counts.max() - counts.min() <= 1
            assert abs((split.is_holdout & chosen).sum() - 0.2 * chosen.sum()) < 1


def test_a_single_source_changes_nothing(quick_settings):
    labels = labels_of(30, 200)
    plain = split_patients(labels, nobody(labels), quick_settings())
    named = split_patients(labels, nobody(labels), quick_settings(), source=np.full(230, "one"))
    assert np.array_equal(plain.fold, named.fold)


CENTRES = np.array(["b", "a", "c"] * 40, dtype=object)


def by_centre(settings, labels, source, scored_only=None):
    apart = nobody(labels) if scored_only is None else scored_only
    return split_patients(labels, apart, settings(protocol="leave-one-centre-out"), source=source)


def test_every_centre_is_a_fold_that_no_network_of_it_has_seen(quick_settings):
    labels = labels_of(30, 90)
    split = by_centre(quick_settings, labels, CENTRES)
    assert split.n_folds == 3
    for fold, name in enumerate("abc"):
        assert set(CENTRES[split.testing(fold)]) == {name}
        assert name not in set(CENTRES[split.training(fold)])
    assert not split.is_holdout.any()


def test_patients_who_are_only_scored_are_in_no_fold_of_a_centre(quick_settings):
    labels = labels_of(30, 90)
    scored_only = np.arange(120) % 5 == 0
    split = by_centre(quick_settings, labels, CENTRES, scored_only)
    assert not (split.in_folds & scored_only).any()
    assert split.in_folds.sum() == 96


@pytest.mark.parametrize("source", [None, np.full(120, "one", dtype=object), np.array([*CENTRES[:-1], None])])
def test_one_centre_or_an_unknown_one_cannot_be_left_out(quick_settings, source):
    with pytest.raises(BadSetting, match="column source"):
        by_centre(quick_settings, labels_of(30, 90), source)


def test_a_centre_that_has_all_events_cannot_be_left_out(quick_settings):
    labels = Labels(CENTRES == "a", np.ones(120, dtype=bool))
    with pytest.raises(TooFewEvents):
        by_centre(quick_settings, labels, CENTRES)
