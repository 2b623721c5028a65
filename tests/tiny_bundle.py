"""A bundle small enough for any test: random weights under a fixed seed, and sixty made-up patients.

``import tiny_bundle`` works from every test. Its scores mean nothing, but they are always the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from deeptepp.domain.cohort import (
    ARM,
    FIRST_EVENT,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SCORE,
    SUBJECT,
    TIER,
    Arm,
    Cohort,
)
from deeptepp.domain.risk import TierScheme
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.bundle import ModelBundle, save_bundle
from deeptepp.model.clinical_features import fit_schema
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.views.planes import ViewSettings

SEED = 20240127
N_PATIENTS = 60
TIERS = TierScheme(low_below=0.4, high_from=0.6, method="made up for tests")


def tiny_cohort() -> Cohort:
    """Sixty made-up patients, seven or six of each arm in each tier, one of five with PR unknown."""
    rng = np.random.default_rng(SEED)
    n = N_PATIENTS
    score = np.round(rng.permutation(np.linspace(0.02, 0.98, n)), 4)
    arm = np.empty(n, dtype=object)
    arm[np.argsort(score)] = np.resize([a.value for a in Arm], n)
    relapse = rng.exponential(40 / score**2)
    death = relapse + rng.exponential(60, n)
    seen = rng.uniform(20, 120, n)
    has_relapsed, has_died = relapse < seen, death < seen
    er = rng.random(n) < 0.55
    pr = (er & (rng.random(n) < 0.8)).astype(object)
    pr[::5] = None
    return Cohort(
        {
            SUBJECT: np.array([f"tiny-{i:03d}" for i in range(n)], dtype=object),
            ARM: arm,
            RFS_MONTHS: np.minimum(relapse, seen),
            RFS_EVENT: has_relapsed,
            OS_MONTHS: np.minimum(death, seen),
            OS_EVENT: has_died,
            FIRST_EVENT: np.where(has_relapsed, "distant", "none").astype(object),
            SCORE: score,
            TIER: np.array([TIERS.tier_of(s).value for s in score], dtype=object),
            "age_years": np.round(rng.uniform(30, 75, n)),
            "tumour_size_mm": np.round(rng.uniform(8, 60, n), 1),
            "node_stage": rng.choice(["N0", "N1", "N2"], n).astype(object),
            "er_positive": er,
            "pr_positive": pr,
        },
        is_simulated=True,
    )


def tiny_net(*, in_channels: int = 1, n_clinical: int = 10) -> MMResNet:
    """An MM_ResNet an eighth as wide, with random weights that are the same on every machine."""
    net = MMResNet(in_channels, n_clinical, width=8, out=16, stem_channels=8)
    rng = np.random.default_rng(SEED)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.ndim > 1:
                drawn = rng.standard_normal(tuple(weight.shape)) * weight[0].numel() ** -0.5
                weight.copy_(torch.tensor(drawn))
            elif name.endswith("bias"):
                weight.zero_()
    return net


def make_tiny_bundle(folder: Path) -> Path:
    """Write the tiny bundle into a folder and give the folder back."""
    cohort = tiny_cohort()
    clinical = fit_schema(cohort)
    bundle = ModelBundle(
        name="tiny",
        net=tiny_net(n_clinical=clinical.length),
        roi=RoiSettings(),
        views=ViewSettings(),
        clinical=clinical,
        tiers=TIERS,
        reference=cohort,
        is_simulated=True,
        metrics={"oof_auc": {"value": 0.75, "low": 0.6, "high": 0.9, "n": N_PATIENTS}},
        card="# tiny\n\nRandom weights for tests. SIMULATED COHORT.\n",
        training={"seed": SEED},
        provenance={"command": "tests/tiny_bundle.py"},
    )
    save_bundle(bundle, folder)
    return folder
