"""Percentile in the reference cohort."""

import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.scoring.tiers import percentile


def cohort(scores):
    n = len(scores)
    table = {name: np.zeros(n) for name in ("rfs_months", "rfs_event", "os_months", "os_event")}
    return Cohort(
        {"subject": np.arange(n).astype(str), "arm": np.array(["T"] * n), "score": np.array(scores), **table},
        is_simulated=True,
    )


def test_percentile_counts_lower_scores_and_half_of_ties():
    reference = cohort([0.1, 0.2, 0.2, 0.4])
    assert percentile(0.0, reference) == 0
    assert percentile(0.2, reference) == pytest.approx(50)
    assert percentile(0.5, reference) == 100


def test_patients_without_a_score_do_not_count():
    assert percentile(0.3, cohort([np.nan, 0.1, np.nan, 0.5])) == pytest.approx(50)
    assert percentile(0.3, cohort([np.nan])) is None
