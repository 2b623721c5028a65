"""Printed values of a tier stand beside ours, and lie inside or outside our 95 % CI."""

import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.case.beside_published import DISCRIMINATION, PublishedAgreement, beside_published
from deeptepp.stats.survival.kaplan_meier import kaplan_meier


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=13)


def rows_of(cohort, tier, endpoint=Endpoint.RFS, metrics=None):
    return beside_published(cohort, metrics or {}, tier, endpoint)


@pytest.mark.parametrize(
    ("tier", "printed"),
    [
        (Tier.LOW, ["98.0", "97.4", "98.9"]),
        (Tier.MODERATE, ["80.3", "81.4", "77.0", "89.7", "95.4"]),
        (Tier.HIGH, ["63.3", "67.5", "53.8", "67.7", "100.0"]),
    ],
)
def test_every_printed_survival_of_a_tier_is_there(cohort, tier, printed):
    assert [row.printed.replace("\N{NO-BREAK SPACE}%", "") for row in rows_of(cohort, tier)] == printed


def test_ours_is_the_survival_of_the_same_patients(cohort):
    treated = rows_of(cohort, Tier.HIGH)[1]
    chosen = (cohort["tier"] == "High") & (cohort["arm"] != "none")
    at = kaplan_meier(cohort.where(chosen).follow_up(Endpoint.RFS)).at(60.0)
    assert treated.here.startswith(f"{100 * at.value:.1f}")
    assert (treated.n, treated.n_events) == (int(chosen.sum()), at.n_events)
    inside = at.low <= 0.675 <= at.high
    assert treated.agreement is (PublishedAgreement.INSIDE if inside else PublishedAgreement.OUTSIDE)


def test_a_value_far_off_lies_outside_and_a_group_of_nobody_cannot_be_told():
    months = np.linspace(5, 100, 50)
    cohort = cohort_of(["T"] * 50, months, [True] * 50, tier=["Low"] * 50)
    everybody, treated, untreated = rows_of(cohort, Tier.LOW)
    assert everybody.agreement is treated.agreement is PublishedAgreement.OUTSIDE
    assert (untreated.agreement, untreated.here, untreated.n) == (PublishedAgreement.UNKNOWN, "no patient", 0)
    assert all(row.agreement is PublishedAgreement.UNKNOWN for row in rows_of(cohort, Tier.HIGH))


def test_the_auc_comes_from_the_bundle(cohort):
    measured = {"auc": 0.825, "auc_low": 0.783, "auc_high": 0.867, "n": 486, "n_events": 72}
    *_, auc = rows_of(cohort, Tier.LOW, metrics={"cross_validation": measured})
    assert str(auc.name) == DISCRIMINATION
    assert auc.here.startswith("0.82")
    assert auc.n_events == 72
    assert auc.agreement is (
        PublishedAgreement.INSIDE if 0.783 <= float(auc.printed) <= 0.867 else PublishedAgreement.OUTSIDE
    )
    assert not any(str(row.name) == DISCRIMINATION for row in rows_of(cohort, Tier.LOW))
