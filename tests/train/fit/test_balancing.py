import numpy as np
import pytest

from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.fit.balancing import log_odds_shifts, views_counted
from deeptepp.train.measure.view_level import measure_views


@pytest.fixture
def parts(quick_settings):
    """607 patients with the published numbers of events, and 40 who are only scored."""
    event = np.arange(647) % 647 < 69
    scored_only = np.arange(647) >= 607

    def make(**changes):
        settings = quick_settings(n_folds=5, protocol="paper", **changes)
        labels = Labels(event, np.ones(647, dtype=bool))
        return labels, split_patients(labels, scored_only, settings), settings

    return make


def test_drawing_eight_views_raises_the_odds_by_eight_in_every_fold(parts):
    assert log_odds_shifts(*parts(mv_mode="balanced"), n_views=9) == pytest.approx(np.log(8))


def test_class_weights_raise_the_odds_by_the_ratio_of_the_training_fold(parts):
    labels, split, settings = parts(mv_mode="none")
    shifts = log_odds_shifts(labels, split, settings, n_views=9)
    training = split.training(0)
    ratio = (training & ~labels.event).sum() / (training & labels.event).sum()
    assert shifts[split.fold == 0] == pytest.approx(np.log(ratio))
    assert shifts[split.is_scored_only] == pytest.approx(np.log(538 / 69))


def test_in_the_paper_mode_alone_patients_with_an_event_count_more_views(parts):
    labels, split, settings = parts(mv_mode="paper")
    counted = views_counted(labels, split, settings, n_views=9)
    assert (counted.sum(axis=1) == np.where(labels.event, 8, 1)).all()
    assert counted[:, 0].all()
    assert views_counted(*parts(mv_mode="balanced"), n_views=9).all()


def test_views_that_betray_the_label_look_like_discrimination_when_they_are_counted(parts):
    labels, split, settings = parts(mv_mode="paper")
    # A network that has learnt nothing but to tell the first view from the others.
    scores = np.tile([0.1, *[0.9] * 8], (647, 1))
    leaking = measure_views(scores, labels.event, views_counted(labels, split, settings, n_views=9))
    assert leaking["auc"] == pytest.approx(1 - 1 / 16)
    assert (leaking["n_views"], leaking["n_event_views"]) == (578 + 69 * 8, 552)
    fair = measure_views(scores, labels.event, np.ones_like(scores, dtype=bool))
    assert fair["auc"] == pytest.approx(0.5)
