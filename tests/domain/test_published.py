"""The published table is recomputed from its counts before anything is printed beside it."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from deeptepp.domain.published import TABLE_2, PublishedSet

ROWS = pytest.mark.parametrize("row", TABLE_2, ids=lambda row: f"{row.experiment} {row.patients}")
IMPOSSIBLE = ("MRI", PublishedSet.TESTING)


@ROWS
def test_the_counts_give_the_printed_percentages_in_the_columns_as_corrected(row):
    assert 100 * row.n_true_positive / row.n_events == pytest.approx(row.corrected_sensitivity_pct, abs=0.006)
    assert 100 * row.n_true_negative / row.n_free == pytest.approx(row.corrected_specificity_pct, abs=0.006)


@ROWS
def test_the_counts_give_the_printed_accuracy_except_in_the_row_that_no_counts_fit(row):
    accuracy = 100 * (row.n_true_positive + row.n_true_negative) / (row.n_events + row.n_free)
    is_right = accuracy == pytest.approx(row.accuracy_pct, abs=0.012)
    assert is_right == ((row.experiment, row.patients) != IMPOSSIBLE)
    assert is_right or "fits no counts" in row.note


def test_without_swapping_the_columns_no_multi_view_row_fits_its_own_denominators():
    for row in (row for row in TABLE_2 if row.are_columns_swapped):
        shares = {round(100 * k / row.n_events, 2) for k in range(row.n_events + 1)}
        assert row.corrected_sensitivity_pct in shares
        assert row.sensitivity_pct not in shares


def test_denominators_are_one_cohort_and_whole_numbers_of_views_of_one_fold():
    for row in TABLE_2:
        if row.patients is PublishedSet.CROSS_VALIDATION:
            assert (row.n_events, row.n_free) == (69, 538)
        else:
            assert row.n_free == 108
            assert row.n_events % 14 == 0
            assert (row.n_events > 14) == row.counts_views


def test_five_of_the_ten_areas_are_those_of_hard_labels():
    found = {(row.experiment, row.patients.value) for row in TABLE_2 if row.is_auc_of_hard_labels}
    multi_view = {(name, part) for name in ("MRI+MV", "MRI+MV+CP") for part in ("CV", "T")}
    assert found == multi_view | {("MRI", "T")}


def test_the_operating_points_of_facts_alone_are_not_those_of_youden():
    for row in (row for row in TABLE_2 if row.experiment == "CP"):
        best = 2 * ndtr(ndtri(row.auc) / np.sqrt(2)) - 1  # of a binormal curve of the printed area
        assert 2 * row.balanced_accuracy - 1 < best / 2
