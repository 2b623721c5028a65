"""Receipts of scores, and the digest of everything that a score depends on, which is the key of caches too."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch

from deeptepp import __version__
from deeptepp.domain.clinical import COMPARED, ClinicalProfile
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Assessment
from deeptepp.domain.score_receipt import Receipt, roi_of
from deeptepp.domain.study import PhaseChoice, Study, phase_name
from deeptepp.model.bundle import ModelBundle
from deeptepp.scoring.images import CaseImages

_LIBRARIES = ("torch", "monai", "numpy", "scipy", "SimpleITK", "pydicom", "python-gdcm", "pyjpegls")
"""Libraries whose version may move a score: they read, resample and multiply."""


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
        "profile": scored_facts(profile),
        "bundle": bundle.sha256,
        "lesion": lesion_digest(lesion) if lesion else None,
        "allow_ineligible": allow_ineligible,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def scored_facts(profile: ClinicalProfile) -> dict[str, Any]:
    """Facts that are inputs of the score, as plain values."""
    return {fact: value for fact, value in profile.to_mapping().items() if fact not in COMPARED}


def receipt_of(
    answer: Assessment, images: CaseImages, bundle: ModelBundle, *, allow_ineligible: bool, who: str
) -> Receipt:
    """Write down what reproduces an answer.

    ``images``: what was assessed; ``who``: subject of the person who asked.
    """
    lesion, score = answer.lesion, answer.score
    return Receipt(
        code_version=__version__,
        bundle_name=bundle.name,
        bundle_sha256=bundle.sha256,
        input_sha256=images.study.digest,
        inputs_sha256=inputs_digest(
            images.study, images.phase, answer.profile, bundle, lesion, allow_ineligible=allow_ineligible
        ),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        who=who,
        outcome=answer.outcome.value,
        phase=_phase(images),
        roi=roi_of(lesion, lesion_digest(lesion)) if lesion else None,
        facts=scored_facts(answer.profile),
        settings=_settings(bundle, allow_ineligible=allow_ineligible),
        versions=dict(versions()),
        score=score.probability if score else None,
        per_view=dict(score.per_view) if score else {},
        tier=answer.tier.value if answer.tier else "",
    )


@cache
def versions() -> Mapping[str, str]:
    """Versions of what computes a score, and the kind of machine."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _phase(images: CaseImages) -> dict[str, Any]:
    """Which phase was scored, of which series, so that the same reading can be asked for."""
    roles = {row.role: row.key for row in images.series}
    keys = [roles.get(phase_name(i)) for i in range(len(images.study.phases))]
    return {
        "index": images.phase.index,
        "rule": images.phase.rule,
        "keys": keys if all(keys) else [],
        "side": images.side.value if images.side else None,
        "times_s": [phase.time_s for phase in images.study.phases],
        "has_times": images.study.has_times,
    }


def _settings(bundle: ModelBundle, *, allow_ineligible: bool) -> dict[str, Any]:
    """Settings that move a score; the bundle's own are under its digest too."""
    settings = {
        "score_version": bundle.score_version,
        "score_from": bundle.score_from,
        "roi": asdict(bundle.roi),
        "views": asdict(bundle.views),
        "recalibration": asdict(bundle.recalibration),
        **({} if bundle.on_site.is_identity else {"on_site": asdict(bundle.on_site)}),
        "cut_offs": {"low_below": bundle.tiers.low_below, "high_from": bundle.tiers.high_from},
        "allow_ineligible": allow_ineligible,
        "threads": torch.get_num_threads(),
    }
    # As JSON has it, so that a receipt is equal to itself read back.
    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain
