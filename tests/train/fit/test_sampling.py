from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from deeptepp.train.fit.sampling import ViewSampler, class_weights, draw_views, views_per_positive


def label(n_positive: int, n_negative: int) -> np.ndarray:
    return np.arange(n_positive + n_negative) < n_positive


def test_views_per_positive_is_eight_for_the_numbers_of_the_paper(quick_settings):
    assert views_per_positive(label(69, 538), quick_settings(k_max=9)) == 8


@pytest.mark.parametrize(
    ("n_positive", "n_negative", "changes", "expected"),
    [
        (10, 500, {"k_max": 64}, 9),
        (10, 500, {"k_max": 4}, 4),
        (50, 10, {}, 1),
        (10, 80, {"mv_mode": "none"}, 1),
        (0, 80, {}, 1),
    ],
)
def test_views_per_positive_stays_in_bounds(quick_settings, n_positive, n_negative, changes, expected):
    assert views_per_positive(label(n_positive, n_negative), quick_settings(**changes)) == expected


def test_balanced_drawing_gives_both_classes_the_same_views(quick_settings):
    settings, labels = quick_settings(), label(20, 100)
    counts = np.zeros((2, 9))
    rng = np.random.default_rng(0)
    for _ in range(200):
        draws = draw_views(np.arange(120), labels, settings, rng=rng)
        np.add.at(counts, (labels[draws.patients].astype(int), draws.views), 1)
    assert chi2_contingency(counts).pvalue > 0.01
    assert counts[0].sum() == counts[1].sum()


def test_paper_drawing_betrays_the_label_by_the_view(quick_settings):
    settings, labels = quick_settings(mv_mode="paper"), label(20, 100)
    draws = draw_views(np.arange(120), labels, settings, rng=np.random.default_rng(0))
    assert set(draws.views[~labels[draws.patients]]) == {0}
    assert len(set(draws.views[labels[draws.patients]])) == 9


def test_paper_drawing_reslices_and_does_nothing_else(make_dataset, quick_settings):
    dataset, settings = make_dataset(8), quick_settings(mv_mode="paper", batch_size=14)
    labels, clinical = np.zeros(8, dtype=bool), np.zeros((8, 0), dtype=np.float32)
    labels[0] = True
    sampler = ViewSampler(dataset, np.arange(8), labels, clinical=clinical, settings=settings, seed=0)
    seen = [batch.views.numpy() for epoch in range(3) for batch in sampler.batches(epoch)]
    axial = dataset.mosaic(3, settings.view_names[0], settings.views)
    assert all((views == axial).all(axis=(1, 2, 3)).sum() == 1 for views in seen)


def test_a_patient_never_gives_the_same_view_twice_in_an_epoch(quick_settings):
    draws = draw_views(np.arange(60), label(10, 50), quick_settings(), rng=np.random.default_rng(1))
    pairs = list(zip(draws.patients.tolist(), draws.views.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs) == 50 + 10 * 5


def new_sampler(dataset, settings, seed=3):
    labels = np.asarray(dataset.cohort["rfs_event"])
    clinical = np.arange(len(dataset), dtype=np.float32)[:, None]
    return ViewSampler(dataset, np.arange(len(dataset)), labels, clinical=clinical, settings=settings, seed=seed)


def test_an_epoch_is_the_same_whenever_and_by_how_many_workers_it_is_sampled(make_dataset, quick_settings):
    dataset = make_dataset(20)
    one = list(new_sampler(dataset, quick_settings()).batches(4))
    other = list(new_sampler(dataset, quick_settings(n_workers=3)).batches(4))
    assert all(a.views.equal(b.views) and a.labels.equal(b.labels) for a, b in zip(one, other, strict=True))


def test_epochs_differ(make_dataset, quick_settings):
    sampler = new_sampler(make_dataset(20), quick_settings())
    assert not next(sampler.batches(0)).views.equal(next(sampler.batches(1)).views)


def test_images_facts_and_labels_of_a_batch_belong_together(make_dataset, quick_settings):
    dataset = make_dataset(12)
    marked = tuple(
        replace(roi, voxels=np.full_like(roi.voxels, patient + 1)) for patient, roi in enumerate(dataset.rois)
    )
    labels = np.asarray(dataset.cohort["rfs_event"])
    for batch in new_sampler(replace(dataset, rois=marked), quick_settings()).batches(0):
        rows = batch.clinical[:, 0].numpy().astype(int)
        assert np.array_equal(batch.labels.numpy(), labels[rows])
        assert np.array_equal(batch.views.amax(dim=(1, 2, 3)).numpy(), rows + 1)


def test_a_short_last_batch_is_skipped_unless_it_is_the_only_one(make_dataset, quick_settings):
    dataset = make_dataset(20)
    n_draws = len(new_sampler(dataset, quick_settings()).draws(0))
    sizes = [len(batch.labels) for batch in new_sampler(dataset, quick_settings(batch_size=16)).batches(0)]
    assert sizes == [16] * (n_draws // 16)
    assert [len(b.labels) for b in new_sampler(dataset, quick_settings(batch_size=500)).batches(0)] == [n_draws]


@pytest.mark.parametrize(
    ("n_positive", "n_negative", "changes", "odds"),
    [
        (20, 100, {}, None),
        (20, 100, {"mv_mode": "paper"}, None),
        (20, 100, {"mv_mode": "none"}, 100 / 20),
        (20, 100, {"k_max": 2}, 100 / 40),
        (5, 100, {"k_max": 64}, 100 / 45),
        (90, 30, {}, 30 / 90),
    ],
)
def test_weights_make_up_for_what_the_number_of_views_leaves(
    quick_settings, n_positive, n_negative, changes, odds
):
    weights = class_weights(label(n_positive, n_negative), quick_settings(**changes), n_views=9)
    if odds is None:
        assert weights is None
    else:
        assert float(weights[1] / weights[0]) == pytest.approx(odds, rel=1e-5)
