"""A simulated dynamic breast MR study with a known truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.write import write_study
from deeptepp.domain.clinical import ClinicalProfile, Her2Status, Menopause, NodeStage, Sex, Stage
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Phase, Study
from deeptepp.simulate.anatomy import Anatomy, build_anatomy
from deeptepp.simulate.kinetics import TUMOUR_SIGNAL, TissueKinetics, draw_tissue_kinetics
from deeptepp.simulate.protocols import RUIJIN, Protocol
from deeptepp.simulate.texture import Field, interpolate
from deeptepp.simulate.tumour import Tumour, TumourPattern, build_tumour, express, image_risk

IMAGE_CORRELATION = 0.95
"""Default correlation of ``image_risk`` with the latent risk: what an AUC of 0.87 needs (STATISTICS section 3)."""

DEMO_SEED = 11
"""Seed of the demo study."""

DEMO_SIZE_MM = 26.0
"""Longest diameter of the demo tumour in mm, the same in ``demo_profile``."""

_SLAB = 8
"""Slices that are given noise at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedStudy:
    """A study and everything that is true of it."""

    study: Study
    lesion: Lesion
    """The truth on the grid of the study."""
    latent_risk: float
    image_risk: float
    """What the images carry of the latent risk."""
    pattern: TumourPattern
    protocol: Protocol

    def truth(self) -> dict[str, Any]:
        """What is true of the study as JSON-ready values; lengths in LPS mm."""
        box = self.lesion.box
        return {
            "is_simulated": True,
            "protocol": self.protocol.name,
            "box_mm": {"low": list(box.low), "high": list(box.high)},
            "centroid_mm": [float(v) for v in self.lesion.centroid_mm],
            "volume_ml": self.lesion.volume_ml,
            "longest_diameter_mm": self.lesion.longest_diameter_mm,
            "latent_risk": self.latent_risk,
            "image_risk": self.image_risk,
            "pattern": asdict(self.pattern),
        }


def simulate_study(
    *,
    latent_risk: float,
    tumour_size_mm: float,
    rng: np.random.Generator,
    protocol: Protocol = RUIJIN,
    image_correlation: float = IMAGE_CORRELATION,
    side: int | None = None,
    age_years: float | None = None,
    phases: Sequence[int] | None = None,
) -> SimulatedStudy:
    """Simulate the dynamic breast MR of one woman.

    ``rng``: source of randomness; the same state gives the same study; ``image_correlation``: correlation in [0,
    1] of what the images show with ``latent_risk``; ``side``: -1 places the tumour in the right breast, +1 in the
    left; drawn when omitted; ``phases``: indices of the protocol's phases to render, the pre-contrast phase (0)
    among them; all when omitted. Gives uint16 voxels, marked as simulated. Raises ValueError where ``phases`` does
    not begin with 0 or does not ascend.
    """
    chosen = tuple(range(protocol.n_phases)) if phases is None else tuple(phases)
    if chosen != tuple(sorted(set(chosen))) or chosen[:1] != (0,):
        msg = f"phases must ascend from 0, got {chosen}"
        raise ValueError(msg)
    # 1. What the images are to show of the biology, and on which side.
    risk = image_risk(latent_risk, image_correlation, rng)
    drawn_side = int(rng.choice([-1, 1]))
    pattern = express(risk, rng)
    kinetics = draw_tissue_kinetics(rng)
    # 2. The woman and her tumour.
    anatomy = build_anatomy(protocol.grid, rng, tumour_size_mm=tumour_size_mm)
    centre = anatomy.place(tumour_size_mm, side or drawn_side, rng)
    tumour = build_tumour(protocol.grid, centre, size_mm=tumour_size_mm, pattern=pattern, rng=rng)
    # 3. Every phase, rendered and measured with noise of a fast generator.
    noise = np.random.Generator(np.random.SFC64(int(rng.integers(2**63))))
    scene = _Scene(protocol, protocol.grid, anatomy, kinetics, tumour)
    rendered = tuple(Phase(scene.acquire(i, noise), protocol.phase_times_s[i]) for i in chosen)
    digest = study_digest(rendered)
    study = Study(rendered, f"simulated-{digest[:12]}", protocol.acquisition(age_years=age_years), digest)
    return SimulatedStudy(study, tumour.lesion(protocol.grid), latent_risk, risk, pattern, protocol)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """Everything that one phase is rendered from."""

    protocol: Protocol
    grid: Grid
    anatomy: Anatomy
    kinetics: TissueKinetics
    tumour: Tumour

    def acquire(self, index: int, noise: np.random.Generator) -> Volume:
        """Render one phase and measure it with Rician noise."""
        signal = self._signal(self.protocol.since_injection_s(index))
        quadrature = noise.standard_normal((_SLAB, *self.grid.shape[1:]), dtype=np.float32)
        return Volume(_measure(signal, self.protocol, noise, quadrature), self.grid)

    def _signal(self, since_injection_s: float) -> Field:
        """Noiseless signal relative to unsuppressed fat, coil sensitivity included, (z, y, x)."""
        suppressed = self.protocol.is_fat_suppressed
        # Healthy tissue: signals by their shares, on the coarse grid, then on that of the scanner.
        levels = self.kinetics.signals_at(since_injection_s, is_fat_suppressed=suppressed)
        coarse = np.tensordot(levels, self.anatomy.fractions, 1)
        coarse *= self.anatomy.sensitivity
        signal = interpolate(coarse, self.anatomy.matrices(self.grid))
        matrices = [m[block] for m, block in zip(self.anatomy.matrices(self.grid), self.tumour.block, strict=True)]
        sensitivity = interpolate(self.anatomy.sensitivity, matrices)
        # Tumour and halo in their block: the halo adds to breast tissue, the tumour replaces it.
        here = signal[self.tumour.block]
        tissue = np.float32(TUMOUR_SIGNAL) * self.tumour.darkening
        tissue *= 1 + self.tumour.enhancement_at(since_injection_s)
        inside = self._body(matrices)
        around = np.float32(TUMOUR_SIGNAL) * self.tumour.halo_at(since_injection_s) * inside
        here += (1 - self.tumour.share) * around * sensitivity
        here += self.tumour.share * (tissue * sensitivity - here)
        return signal

    def _body(self, matrices: list[Field]) -> Field:
        """Share of breast tissue in the tumour's block, (z, y, x)."""
        return interpolate((self.anatomy.room_mm > 0).astype(np.float32), matrices)


def _measure(
    signal: Field, protocol: Protocol, noise: np.random.Generator, quadrature: Field
) -> npt.NDArray[np.uint16]:
    """Give the magnitude of signal plus complex Gaussian noise, in stored values.

    The in-phase noise is fresh; the quadrature one, which only matters in air, is drawn for one slab of each
    phase and shifted for the others. Slab by slab, because memory traffic is what this costs.
    """
    deviation = np.float32(protocol.noise_pct / 100 * protocol.gain)
    stored = np.empty(signal.shape, dtype=np.uint16)
    buffer = np.empty_like(quadrature)
    for k in range(0, len(signal), _SLAB):
        n = min(_SLAB, len(signal) - k)
        # Root of the squares of signal plus noise and of noise in quadrature, in the 12 bits of a scanner.
        real = noise.standard_normal(out=buffer, dtype=np.float32)[:n]
        real *= deviation
        real += signal[k : k + n] * np.float32(protocol.gain)
        real *= real
        real += np.square(np.roll(quadrature, int(noise.integers(1, 2**16)))[:n] * deviation)
        np.sqrt(real, out=real)
        np.minimum(real, 4095, out=real)
        stored[k : k + n] = real + np.float32(0.5)
    return stored


def demo_study() -> SimulatedStudy:
    """Simulate the case of the one-click demo, always the same.

    Returns a rim-enhancing, irregular 26 mm tumour behind the left nipple, with its truth.
    """
    rng = np.random.default_rng(DEMO_SEED)
    return simulate_study(
        latent_risk=1.0, tumour_size_mm=DEMO_SIZE_MM, rng=rng, side=1, age_years=52.0, image_correlation=1.0
    )


def demo_profile() -> ClinicalProfile:
    """Clinical-pathological facts that belong to the demo study: eligible, HER2-positive, ER-negative.

    Returns T2 N1, stage IIB.

    >>> demo_profile().stage
    <Stage.IIB: 'IIB'>
    """
    return ClinicalProfile(
        sex=Sex.FEMALE,
        age_years=52.0,
        menopause=Menopause.POST,
        tumour_size_mm=DEMO_SIZE_MM,
        node_stage=NodeStage.N1,
        stage=Stage.IIB,
        grade=3,
        er_positive=False,
        pr_positive=False,
        ki67_pct=40.0,
        her2_status=Her2Status.POSITIVE,
        is_invasive=True,
        had_biopsy_before_mr=False,
        had_neoadjuvant_therapy=False,
    )


def write_simulated_study(
    folder: Path,
    *,
    seed: int = 0,
    latent_risk: float = 0.0,
    tumour_size_mm: float = 22.0,
    protocol: Protocol = RUIJIN,
    image_correlation: float = IMAGE_CORRELATION,
    side: int | None = None,
) -> Path:
    """Write one simulated study as DICOM, with its truth beside it.

    ``folder``: receives ``dicom/`` with one file per slice and phase, and ``truth.json``. Gives ``truth.json``:
    box, centroid and volume in LPS mm and ml, ``image_risk``, and that it is simulated.
    """
    simulated = simulate_study(
        latent_risk=latent_risk,
        tumour_size_mm=tumour_size_mm,
        rng=np.random.default_rng(seed),
        protocol=protocol,
        image_correlation=image_correlation,
        side=side,
    )
    write_study(simulated.study, folder / "dicom", description="Breast DCE", patient_key=simulated.study.key)
    path = folder / "truth.json"
    path.write_text(json.dumps(simulated.truth() | {"seed": seed}, indent=2) + "\n", encoding="utf-8")
    return path
