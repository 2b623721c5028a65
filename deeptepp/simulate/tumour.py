"""One tumour: its outline, its inner pattern and its uptake, expressed from one number per patient.

``image_risk = rho * z + sqrt(1 - rho**2) * noise`` is drawn once per patient; rho is the correlation that
STATISTICS section 3 asks of the images of one woman. Every visible feature is then a rising function of
``image_risk`` with a little noise of its own (``FEATURE_NOISE``), so that the features are redundant: each alone
tells most, all together tell nearly all.

=====================  ==========================================================================
feature                what grows with it
=====================  ==========================================================================
irregularity           lobulation and indentation of the outline
spiculation            number and length of the spicules; they are not part of the mask
rim                    the core enhances less, down to necrosis; the rim stays bright
heterogeneity          blobs of stronger and weaker enhancement
vigour                 peak enhancement and speed of wash-in
wash_out               loss of enhancement after the first minute, in the rim
halo                   enhancement of the tissue around the tumour, and feeding strands in it
=====================  ==========================================================================

Size is none of them: it comes from the clinical table.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.simulate.kinetics import Uptake
from deeptepp.simulate.texture import Field, smooth_noise, soft_step

FEATURE_NOISE = 0.10
"""Standard deviation of each feature's own noise, in units of ``image_risk``."""

_CENTRE, _SLOPE = 0.35, 1.25
"""Where on ``image_risk`` the features change most, and how fast: where the event rate rises (STATISTICS 3)."""

HALO_MM = 9.0
"""Reach of peritumoural enhancement beyond the outline, in mm."""


def image_risk(latent_risk: float, correlation: float, rng: np.random.Generator) -> float:
    """Draw what the images of one woman carry of her latent risk.

    ``correlation``: rho in [0, 1]; ``rng``: source of randomness; always one draw, so that rho does not change
    anything else. Standard normal over the population, correlated with z by rho.
    """
    return float(correlation * latent_risk + np.sqrt(1 - correlation**2) * rng.standard_normal())


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourPattern:
    """How the tumour looks, each feature in [0, 1]; see the table of this module."""

    irregularity: float
    spiculation: float
    rim: float
    heterogeneity: float
    vigour: float
    wash_out: float
    halo: float

    @property
    def rim_uptake(self) -> Uptake:
        """Uptake of the rim: rises early and washes out at high risk, slow and persistent at low risk."""
        return Uptake(0.80 + 1.70 * self.vigour, 50.0 - 30.0 * self.vigour, 0.04 - 0.13 * self.wash_out)

    @property
    def core_uptake(self) -> Uptake:
        """Uptake of the core: that of the rim at low risk, down to a tenth and ever rising at high risk."""
        rim = self.rim_uptake
        return Uptake(rim.peak * (1.0 - 0.92 * self.rim), rim.wash_in_s + 50.0 * self.rim, 0.03)


def express(risk: float, rng: np.random.Generator) -> TumourPattern:
    """Express one ``image_risk`` in all features.

    ``risk``: ``image_risk`` of the patient. Logistic in ``risk`` plus own noise.
    """
    names = [f.name for f in fields(TumourPattern)]
    own = risk + FEATURE_NOISE * rng.standard_normal(len(names))
    values = 1 / (1 + np.exp(-_SLOPE * (own - _CENTRE)))
    return TumourPattern(**{name: float(v) for name, v in zip(names, values, strict=True)})


@dataclass(frozen=True, slots=True, eq=False)
class Tumour:
    """A tumour in a block of the scanner's grid.

    ``grid``: grid of the block; ``start``, (z, y, x): index of its first voxel in the scanner's grid; ``mask``,
    (z, y, x) bool: the truth: the body of the tumour, spicules and halo excluded; ``share``, (z, y, x) float32:
    share of tumour tissue with partial volume, spicules included; ``rim``, (z, y, x) float32: share of rim in
    tumour tissue; the rest is core; ``texture``, (z, y, x) float32: factor on enhancement, mean about 1; ``halo``,
    (z, y, x) float32: enhancement around the tumour relative to that of the rim; ``pattern``: what was expressed.
    """

    grid: Grid
    start: tuple[int, int, int]
    mask: npt.NDArray[np.bool_]
    share: Field
    rim: Field
    texture: Field
    halo: Field
    pattern: TumourPattern

    @property
    def block(self) -> tuple[slice, slice, slice]:
        """Where the block lies in the scanner's volume."""
        z, y, x = (slice(a, a + n) for a, n in zip(self.start, self.mask.shape, strict=True))
        return z, y, x

    def enhancement_at(self, since_injection_s: float) -> Field:
        """Relative enhancement of tumour tissue at a time after injection in s, (z, y, x)."""
        rim = np.float32(self.pattern.rim_uptake.at(since_injection_s))
        core = np.float32(self.pattern.core_uptake.at(since_injection_s))
        result: Field = (core + (rim - core) * self.rim) * self.texture
        return result

    @property
    def darkening(self) -> Field:
        """Factor on the pre-contrast signal: necrosis in the core is dark on T1, (z, y, x)."""
        result: Field = 1 - np.float32(0.35 * self.pattern.rim) * (1 - self.rim)
        return result

    def halo_at(self, since_injection_s: float) -> Field:
        """Relative enhancement of the tissue around the tumour at a time in s, (z, y, x)."""
        result: Field = self.halo * np.float32(self.pattern.rim_uptake.at(since_injection_s))
        return result

    def lesion(self, full: Grid) -> Lesion:
        """Truth as a lesion on the scanner's grid."""
        mask = np.zeros(full.shape, dtype=bool)
        mask[self.block] = self.mask
        return Lesion(mask, full, confidence=1.0, origin=LesionOrigin.READER)


def build_tumour(
    grid: Grid, centre_mm: FloatArray, *, size_mm: float, pattern: TumourPattern, rng: np.random.Generator
) -> Tumour:
    """Build a tumour of a given longest diameter.

    ``centre_mm``, (3,) float64: LPS position of its centre; ``size_mm``: longest diameter of the mask, as
    ``Lesion.longest_diameter_mm`` measures it.
    """
    # 1. The block of the scanner that holds tumour, spicules and halo.
    half = 0.78 * size_mm + HALO_MM + 4
    index = grid.to_index(centre_mm)
    reach = half / np.asarray(grid.spacing_mm)
    start = np.clip(np.floor(index - reach).astype(int), 0, None)
    stop = np.minimum(np.ceil(index + reach).astype(int) + 1, grid.shape)
    block = grid.crop([int(v) for v in start], [int(v) for v in stop])
    # 2. The outline: a lobed ellipsoid, scaled until the mask has the longest diameter asked for.
    offset, distance, direction = _polar(block, centre_mm)
    outline = _outline(offset, direction, size_mm, pattern, rng)
    radius, mask = _fit(distance, outline, block, size_mm)
    # 3. Shares with partial volume: the body, and strands that stick out of it.
    depth = (radius - distance).astype(np.float32)
    body = soft_step(depth, 0.5 * min(block.spacing_mm) + 0.25)
    outside = -depth
    spicules = _spicules(direction, outside, size_mm, pattern, rng)
    share = np.maximum(body, spicules)
    # 4. What it looks like inside: mottled enhancement, and a rim over a core.
    noise = smooth_noise(block.shape, max(0.17 * size_mm, 3.2) / np.asarray(block.spacing_mm), rng)
    texture = np.clip(1 + (0.04 + 0.42 * pattern.heterogeneity) * noise, 0.25, 2.0).astype(np.float32)
    rim_mm = np.clip(0.17 * size_mm, 2.2, 6.5)
    rim = soft_step(rim_mm * (1 + 0.2 * noise) - depth, 0.75 * rim_mm)
    z, y, x = (int(v) for v in start)
    halo = _halo(outside, block, pattern, rng)
    return Tumour(block, (z, y, x), mask, share, rim, texture, halo, pattern)


def _polar(block: Grid, centre_mm: FloatArray) -> tuple[Field, Field, Field]:
    """Offset (3, z, y, x) in LPS mm from the centre, its length, and its unit vector."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in block.shape], indexing="ij"), axis=-1)
    offset = np.moveaxis(block.to_mm(index) - centre_mm, -1, 0).astype(np.float32)
    distance = np.sqrt((offset**2).sum(axis=0)) + np.float32(1e-3)
    return offset, distance, offset / distance


def _outline(
    offset: Field, direction: Field, size_mm: float, pattern: TumourPattern, rng: np.random.Generator
) -> Field:
    """Relative radius of the outline in each direction, (z, y, x)."""
    # An ellipsoid turned at random; large tumours are flatter, to find room in a breast.
    axes = np.linalg.qr(rng.standard_normal((3, 3)) * np.array([[1.0], [0.8], [0.6]]))[0].astype(np.float32)
    flat = 0.62 if size_mm > 55 else rng.uniform(0.70, 0.95)
    radii = np.array([1.0, rng.uniform(flat, 0.5 + flat / 2), flat], dtype=np.float32)
    turned = np.tensordot(axes.T / radii[:, None], direction, 1)
    ellipsoid = 1 / np.sqrt((turned**2).sum(axis=0))
    # Coarse and fine lobes on it, the stronger the more irregular the tumour.
    lobes = _on_sphere(direction, 1.6, rng)
    fine = _on_sphere(direction, 3.6, rng)
    strength = 0.02 + 0.24 * pattern.irregularity
    result: Field = ellipsoid * np.exp(strength * np.clip(lobes, -2, 2) + 0.55 * strength * np.clip(fine, -2, 2))
    return result.astype(np.float32)


def _on_sphere(direction: Field, frequency: float, rng: np.random.Generator) -> Field:
    """Smooth noise of unit variance over directions."""
    lattice = ndimage.zoom(rng.standard_normal((6, 6, 6)), 3, order=2).astype(np.float32)
    middle = (np.asarray(lattice.shape, dtype=np.float32) - 1) / 2
    scale = np.float32(min(frequency * 2.2, float(middle[0]) - 0.5))
    noise = ndimage.map_coordinates(
        lattice, direction * scale + middle[:, None, None, None], order=1, mode="nearest"
    )
    result: Field = (noise - noise.mean()) / max(float(noise.std()), 1e-3)
    return result


def _fit(distance: Field, outline: Field, block: Grid, size_mm: float) -> tuple[Field, npt.NDArray[np.bool_]]:
    """Scale the outline until the mask has the asked longest diameter; gives radius in mm and mask."""
    scale = size_mm / 2 / float(outline.max())
    mask = distance <= scale * outline
    for _ in range(6):
        mask = distance <= scale * outline
        if not mask.any():
            mask = distance <= distance.min()
        # The ends of the longest diameter lie on the surface, which is far fewer points than the body.
        surface = mask & ~ndimage.binary_erosion(mask)
        measured = Lesion(surface, block).longest_diameter_mm
        if abs(measured - size_mm) < 0.25 * min(block.spacing_mm):
            break
        scale *= float(np.clip(size_mm / measured, 0.8, 1.25))
    return (scale * outline).astype(np.float32), mask


def _spicules(
    direction: Field, outside: Field, size_mm: float, pattern: TumourPattern, rng: np.random.Generator
) -> Field:
    """Strands that stick out of the outline, thin at their tips, (z, y, x)."""
    result = np.zeros(outside.shape, dtype=np.float32)
    longest = (0.18 + 0.22 * pattern.spiculation) * size_mm + 5
    near = (outside > -3) & (outside < longest)
    toward, away = direction[:, near], outside[near]
    total = np.zeros(len(away), dtype=np.float32)
    for _ in range(round(26 * max(pattern.spiculation - 0.12, 0))):
        # A strand along a random direction, which narrows from its base to its tip.
        axis = rng.standard_normal(3)
        axis /= np.linalg.norm(axis)
        length = float(rng.uniform(0.45, 1.0)) * longest
        base = float(rng.uniform(1.0, 1.7))
        cosine = axis.astype(np.float32) @ toward
        aside = np.sqrt(np.clip(1 - cosine**2, 0, 1)) * (away + size_mm / 2.4)
        width = base * np.clip(1 - away / length, 0, 1)
        total = np.maximum(total, soft_step(width - aside, 0.7) * (cosine > 0) * (away < length))
    result[near] = 0.85 * total
    return result


def _halo(outside: Field, block: Grid, pattern: TumourPattern, rng: np.random.Generator) -> Field:
    """Peritumoural enhancement relative to the rim, fading with distance, (z, y, x)."""
    noise = smooth_noise(block.shape, 6 / np.asarray(block.spacing_mm), rng)
    fade = np.exp(-((np.clip(outside, 0, None) / (0.55 * HALO_MM)) ** 2)) * soft_step(HALO_MM - outside + 3, 4)
    strength = 0.70 * pattern.halo * np.clip(1 + 0.5 * noise, 0.1, 2)
    result: Field = (strength * fade).astype(np.float32)
    return result
