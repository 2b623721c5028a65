"""Patients whose recurrence follows from their clinical facts by a known rule, and a bundle that knows them."""

from dataclasses import replace

import numpy as np
import tiny_bundle
from scipy.special import expit

from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.model.bundle import load_bundle
from deeptepp.model.clinical_features import fit_schema


def patients(n, *, seed, is_simulated=True):
    """Patients whose log odds of recurrence are -2 + T + 1.5 N - 0.5 ER, seen at once or followed for years."""
    rng = np.random.default_rng(seed)
    size, node = rng.choice([15.0, 35.0, 60.0], n), rng.choice(["N0", "N1"], n)
    er = rng.random(n) < 0.6
    risk = expit(-2 + (size > 20) + (size > 50.0) + 1.5 * (node == "N1") - 0.5 * er)
    event = rng.random(n) < risk
    months = np.where(event, rng.uniform(1, 59, n), 80.0)
    return Cohort(
        {
            "subject": np.array([f"p{i}" for i in range(n)], dtype=object),
            "arm": np.resize(np.array(["T", "none"], dtype=object), n),
            "rfs_months": months,
            "rfs_event": event,
            "os_months": np.full(n, 80.0),
            "os_event": np.zeros(n, dtype=bool),
            "tumour_size_mm": size,
            "node_stage": node.astype(object),
            "er_positive": er.astype(float),
            "pr_positive": (rng.random(n) < 0.5).astype(float),
        },
        is_simulated=is_simulated,
    ), risk


def bundle_of(folder, cohort, **changes):
    """The tiny bundle with these patients for its reference cohort."""
    scored = cohort.with_columns(
        **{SCORE: np.full(len(cohort), 0.5), TIER: np.full(len(cohort), "Moderate", dtype=object)}
    )
    tiny = load_bundle(tiny_bundle.make_tiny_bundle(folder))
    return replace(tiny, reference=scored, clinical=fit_schema(cohort), **changes)
