"""What leaves a centre inside a bundle."""

import numpy as np

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.train.card.export import _reference
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split
from deeptepp.train.measure.metrics import Scored


def reference_of(cohort: Cohort) -> Cohort:
    n = len(cohort)
    labels = Labels(np.asarray(cohort["rfs_event"]), np.ones(n, dtype=bool))
    split = Split(np.arange(n) % 2, np.zeros(n, dtype=bool), np.zeros(n, dtype=bool))
    tiers = TierScheme(low_below=0.3, high_from=0.6)
    scored = Scored(cohort, labels, split, np.linspace(0.1, 0.9, n), tiers)
    return _reference(cohort, scored, tiers)


def test_a_bundle_carries_no_name_of_a_real_patient_or_of_her_files(make_dataset):
    cohort = make_dataset(6).cohort
    keyed = cohort.with_columns(key=np.array([f"k{i}" for i in range(6)]))
    reference = reference_of(Cohort(keyed.columns, is_simulated=False))
    assert reference["subject"].tolist() == [f"patient-{i:04d}" for i in range(1, 7)]
    assert "key" not in reference
    assert np.array_equal(reference["rfs_months"], cohort["rfs_months"])


def test_simulated_patients_keep_their_names(make_dataset):
    cohort = make_dataset(6).cohort
    assert np.array_equal(reference_of(cohort)["subject"], cohort["subject"])
