import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import RFS_MONTHS, SCORE, SUBJECT
from deeptepp.errors import MissingColumn, OtherPatients
from deeptepp.report.centres.score_pairs import pair_scores

COHORT = tiny_bundle.tiny_cohort()


def test_patients_are_paired_by_subject_whatever_their_order():
    order = np.random.default_rng(0).permutation(len(COHORT))[:40]
    other = type(COHORT)({name: column[order] for name, column in COHORT.columns.items()}, is_simulated=True)
    pairs = pair_scores(COHORT, other)
    assert (pairs.n_first, pairs.n_second, len(pairs.first)) == (60, 40, 40)
    assert np.array_equal(pairs.first, pairs.second)
    assert np.array_equal(pairs.first_tiers, pairs.second_tiers)


def test_follow_up_is_taken_from_the_table_that_knows_it():
    unknown = COHORT.with_columns(**{RFS_MONTHS: np.full(60, np.nan)})
    for pairs in (pair_scores(unknown, COHORT), pair_scores(COHORT, unknown)):
        assert np.array_equal(pairs.months, COHORT[RFS_MONTHS])
        assert np.array_equal(pairs.event, COHORT["rfs_event"])
    assert not pair_scores(unknown, unknown).is_followed.any()


def test_subjects_numbered_alike_in_two_centres_are_not_one_patient():
    others = COHORT.with_columns(**{RFS_MONTHS: COHORT[RFS_MONTHS][::-1].copy()})
    with pytest.raises(OtherPatients, match=r"of 60 subjects have another rfs_months") as refused:
        pair_scores(COHORT, others)
    assert "tiny-" not in str(refused.value)


def test_tables_without_a_common_subject_and_without_scores_are_refused():
    with pytest.raises(OtherPatients, match="no subject"):
        pair_scores(COHORT, COHORT.with_columns(**{SUBJECT: np.arange(60).astype(str)}))
    bare = type(COHORT)({k: v for k, v in COHORT.columns.items() if k != SCORE}, is_simulated=True)
    with pytest.raises(MissingColumn):
        pair_scores(bare, COHORT)
