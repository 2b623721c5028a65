"""A simulated cohort of 726 patients with HER2-positive early breast cancer.

Each patient has a latent biology z (column ``LATENT_RISK``) that images, clinical facts and outcomes share. The
clinical table is exact in every draw; outcomes vary from draw to draw as they would in another 726 patients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import (
    ARM,
    FIRST_EVENT,
    LATENT_RISK,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SUBJECT,
    Arm,
    Cohort,
)
from deeptepp.errors import BadSetting
from deeptepp.simulate.hazards import PRESETS, draw_outcomes
from deeptepp.simulate.published_facts import COUNTS, check_table_one, draw_clinical

DUAL_MEAN_RISK = 0.42
"""Mean of z among patients given trastuzumab and pertuzumab; 0 in the other arms, standard deviation 1 in all."""


def simulate_cohort(*, preset: str = "paper", seed: int = 0) -> Cohort:
    """Simulate 726 patients: 139 without anti-HER2 therapy, 468 with T, 119 with T+P.

    The same seed gives the same patients under every preset; only their outcomes differ.

    Parameters
    ----------
    preset : str
        One of ``hazards.PRESETS``.
    seed : int
        Seed of the draw, >= 0.

    Returns
    -------
    Cohort
        Columns: subject, arm, follow-up of both endpoints (months), kind of the first event, z, and the
        clinical-pathological facts under the field names of ``ClinicalProfile``. Rows are in random order.

    Raises
    ------
    BadSetting
        The preset is unknown or the seed negative.
    ValueError
        A count differs from the published table, which would be a fault of this package.

    Examples
    --------
    >>> cohort = simulate_cohort(seed=1)
    >>> len(cohort), int(cohort["rfs_event"].sum())
    (726, 95)
    """
    if preset not in PRESETS:
        raise BadSetting(key="preset", value=preset, limit=f"one of {', '.join(PRESETS)}")
    if seed < 0:
        raise BadSetting(key="seed", value=seed, limit="0 or more")
    patients_seed, outcomes_seed = np.random.SeedSequence(seed).spawn(2)
    columns = _draw_patients(np.random.default_rng(patients_seed))
    columns |= _outcomes(columns[LATENT_RISK], columns[ARM], preset, np.random.default_rng(outcomes_seed))
    cohort = Cohort(columns, is_simulated=True)
    check_table_one(cohort)
    return cohort


def redraw_outcomes(cohort: Cohort, *, preset: str, seed: int) -> Cohort:
    """Let simulated patients live their follow-up again.

    ``cohort``: simulated patients, all of ``simulate_cohort`` or some, with their z; ``preset``: one of
    ``hazards.PRESETS``; ``seed``: seed of the outcomes, >= 0. Gives the same patients in the same order, with
    other follow-up. Raises BadSetting where the preset is unknown, the seed negative, or the patients are not
    simulated.
    """
    if preset not in PRESETS:
        raise BadSetting(key="preset", value=preset, limit=f"one of {', '.join(PRESETS)}")
    if seed < 0:
        raise BadSetting(key="seed", value=seed, limit="0 or more")
    if LATENT_RISK not in cohort:
        raise BadSetting(key="cohort", value="without latent_risk", limit="simulated patients")
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    return cohort.with_columns(**_outcomes(cohort[LATENT_RISK], cohort[ARM].astype(str), preset, rng))


def _outcomes(
    z: npt.NDArray[np.float64], arm: npt.NDArray[np.str_], preset: str, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Draw the columns of follow-up, (n,) each."""
    model = PRESETS[preset]
    decoy = _draw_risk(arm, rng)
    outcomes = draw_outcomes(z if model.outcome_follows_biology else decoy, arm, model, rng)
    return {
        RFS_MONTHS: outcomes.rfs_months,
        RFS_EVENT: outcomes.rfs_event,
        OS_MONTHS: outcomes.os_months,
        OS_EVENT: outcomes.os_event,
        FIRST_EVENT: outcomes.first_event,
    }


def _draw_risk(arm: npt.NDArray[np.str_], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw z of each patient, (n,); patients given both antibodies were chosen for higher risk."""
    mean = np.where(arm == Arm.TP, DUAL_MEAN_RISK, 0.0)
    return mean + rng.standard_normal(len(arm))


def _draw_patients(rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Draw z and the clinical facts of all arms, rows in random order, subjects numbered from 1."""
    arms = []
    for arm, counts in COUNTS.items():
        names = np.full(counts.n, arm.value)
        z = _draw_risk(names, rng)
        arms.append({ARM: names, LATENT_RISK: z, **draw_clinical(z, arm, rng)})
    order = rng.permutation(sum(counts.n for counts in COUNTS.values()))
    columns = {name: np.concatenate([part[name] for part in arms])[order] for name in arms[0]}
    subjects = np.array([f"SIM-{i:04d}" for i in range(1, len(order) + 1)])
    return {SUBJECT: subjects, **columns}
