"""The digest of everything a score depends on: the key of caches and receipts."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from deeptepp.domain.clinical import COMPARED, ClinicalProfile
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.model.bundle import ModelBundle


def lesion_digest(lesion: Lesion) -> str:
    """Digest the voxels of a lesion and where they are.

    Returns SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps([lesion.grid.shape, lesion.grid.affine.round(6).tolist()]).encode())
    digest.update(np.packbits(lesion.mask).tobytes())
    return digest.hexdigest()


def inputs_digest(
    study: Study,
    phase: PhaseChoice,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    lesion: Lesion | None,
    *,
    allow_ineligible: bool = False,
) -> str:
    """Digest study, phase, lesion, profile, bundle and options.

    ``study``: its digest covers voxels, grids and times; ``profile``: clinical-pathological facts;
    ``allow_ineligible``: whether eligibility may be overridden. Returns SHA-256 in hexadecimal digits, any change
    of an input changes it. Estimates of others, which the profile holds for comparison, are no input.
    """
    parts = {
        "study": study.digest,
        "phase": phase.index,
        "profile": {fact: value for fact, value in profile.to_mapping().items() if fact not in COMPARED},
        "bundle": bundle.sha256,
        "lesion": lesion_digest(lesion) if lesion else None,
        "allow_ineligible": allow_ineligible,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
