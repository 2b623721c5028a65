"""Simulated patients for a first meeting: some of each tier and treatment, in no telling order."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product, zip_longest

import numpy as np

from deeptepp.domain.board import Picture
from deeptepp.domain.cohort import ARM, LATENT_RISK, SCORE, TIER, Arm, Cohort
from deeptepp.domain.risk import Tier
from deeptepp.domain.study import PhaseChoice
from deeptepp.imaging.lesion_slices import lesion_slices
from deeptepp.imaging.thumbnail import roi_thumbnail
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

N_CASES = 8
"""Cases of a demo meeting."""

_ORDER = (4, 0, 7, 2, 5, 1, 6, 3)
"""Fixed order of the chosen, so that the place in the list does not give the tier away."""

_COARSE = replace(RUIJIN, name="demo board", matrix=160, n_slices=44, slice_mm=2.4)
"""Coarse enough for eight studies in about two seconds."""

_THIRD_POST = 3
_SIZE_MM, _SMALLEST_MM, _LARGEST_MM = 24.0, 8.0, 55.0


def demo_indices(cohort: Cohort, n: int = N_CASES) -> list[int]:
    """Choose patients for a demo meeting, as many as possible of another tier and treatment.

    Gives rows of the cohort, always the same; fewer than ``n`` where fewer patients have a score.
    """
    score = np.asarray(cohort[SCORE], dtype=np.float64)
    tier, arm = np.asarray(cohort[TIER]).astype(str), np.asarray(cohort[ARM]).astype(str)
    queues = []
    for level, each in product(Tier, Arm):
        members = np.flatnonzero(np.isfinite(score) & (tier == level.value) & (arm == each.value))
        middle = np.median(score[members]) if len(members) else 0.0
        queues.append(members[np.argsort(np.abs(score[members] - middle), kind="stable")].tolist())
    rounds = (row for rank in zip_longest(*queues) for row in rank if row is not None)
    chosen = list(islice(rounds, n))
    return [chosen[i] for i in _ORDER if i < len(chosen)] + chosen[len(_ORDER) :]


def demo_pictures(cohort: Cohort, row: int) -> tuple[bytes, tuple[Picture, ...]]:
    """Simulate the tumour of one patient and draw it.

    ``cohort``: simulated patients; biology and size are taken from it where it has them. Gives a small PNG, see
    ``imaging.thumbnail``, and slices, see ``imaging.lesion_slices``; always the same for one row.
    """
    z = float(cohort[LATENT_RISK][row]) if LATENT_RISK in cohort else 0.0
    size_mm = float(cohort["tumour_size_mm"][row]) if "tumour_size_mm" in cohort else _SIZE_MM
    study = simulate_study(
        latent_risk=z,
        tumour_size_mm=min(max(size_mm, _SMALLEST_MM), _LARGEST_MM) if np.isfinite(size_mm) else _SIZE_MM,
        rng=np.random.default_rng((row, 5)),
        protocol=_COARSE,
        phases=(0, _THIRD_POST),
    )
    phase = PhaseChoice(1, "third-post", "third phase after contrast")
    drawn = study.study, phase, study.lesion
    return roi_thumbnail(*drawn), lesion_slices(*drawn)
