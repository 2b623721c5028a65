"""Small cohorts with treatments, and simulated ones with tiers."""

import numpy as np

from deeptepp.domain.cohort import LATENT_RISK, Cohort
from deeptepp.domain.risk import Tier
from deeptepp.simulate.simulated_cohort import simulate_cohort

N_HIGH, N_MODERATE = 143, 144
"""Sizes of the published tiers."""


def tiered(*, seed: int, preset: str = "paper") -> Cohort:
    """A simulated cohort with tiers by a score that shares 91 % of its variance with the biology."""
    cohort = simulate_cohort(preset=preset, seed=seed)
    noise = np.random.default_rng((seed, 91)).standard_normal(len(cohort))
    score = np.sqrt(0.91) * cohort[LATENT_RISK] + np.sqrt(0.09) * noise
    order = np.argsort(-score)
    tier = np.full(len(cohort), Tier.LOW.value, dtype="<U8")
    tier[order[: N_HIGH + N_MODERATE]] = Tier.MODERATE.value
    tier[order[:N_HIGH]] = Tier.HIGH.value
    return cohort.with_columns(tier=tier)


def cohort_of(arm, months, event, **columns) -> Cohort:
    """A cohort of these patients, whose relapse-free and overall survival are one."""
    months, event = np.asarray(months, dtype=float), np.asarray(event, dtype=bool)
    follow_up = {"rfs_months": months, "rfs_event": event, "os_months": months, "os_event": event}
    subjects = np.array([f"P{i}" for i in range(len(months))])
    facts = {name: np.asarray(column) for name, column in columns.items()}
    return Cohort({"subject": subjects, "arm": np.asarray(arm), **follow_up, **facts}, is_simulated=False)
