"""How a candidate continues into its surroundings: a tumour ends on all sides, a vessel goes on.

High thresholds cut vessels and mottled background into short pieces that look like small tumours. What tells
them apart is the component around them at half their own brightness: that of a tumour is still a thick, solid
blob, that of a vessel is a long or winding strand through several slices, that of background is a loose patch.
"""

from __future__ import annotations

from math import pi, prod, sqrt

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.blocks import block_between, drawn_on
from deeptepp.imaging.detection.maps import EnhancementMaps
from deeptepp.imaging.morphology import component_at

LEVEL_SHARES = (0.5, 0.65)
"""Levels at which the component around a candidate is judged, as shares of its mean enhancement.

The first is the edge of a blurred object; the second still parts a tumour from a vessel that touches it."""

SIGHT_MM = 12.0
"""Surroundings of a candidate that are looked at, mm; more would join neighbours through their vessels."""

LONGEST_RATIO = 1.5
"""Longest over middle axis from which a component is a strand rather than a blob."""

VESSEL_RADIUS_MM = 3.0
"""Radius of the largest vessels in a breast, mm, blur included; thinner components are less suspicious."""


def compactness(voxels: npt.NDArray[np.int64], maps: EnhancementMaps, region: BreastRegion) -> float:
    """Judge how solid, round and thick a candidate is where it fades into its surroundings.

    ``voxels``, (n, 3) int64: indices (z, y, x) of the candidate on the grid of the maps; ``maps``: its enhancement
    is used as it is, because evidence has gaps where vessels were muted. Gives mean over ``LEVEL_SHARES`` of
    solidity, roundness and thickness multiplied; 0 to 1.
    """
    spacing = np.asarray(maps.grid.spacing_mm)
    margin = np.ceil(SIGHT_MM / spacing).astype(int) + 1
    start = np.maximum(voxels.min(axis=0) - margin, 0)
    stop = np.minimum(voxels.max(axis=0) + margin + 1, maps.grid.shape)
    block = block_between(start, stop)
    candidate = drawn_on(voxels, block)
    # What enhances nearby, at shares of the candidate's own enhancement.
    z = maps.enhancement_z[block]
    mean_z = float(z[candidate].mean())
    near = ndimage.distance_transform_edt(~candidate, sampling=spacing) <= SIGHT_MM
    near &= region.mask[block]
    return float(np.mean([_at_level(near & (z > s * mean_z), candidate, spacing) for s in LEVEL_SHARES]))


def _at_level(bright: BoolImage, candidate: BoolImage, spacing_mm: FloatArray) -> float:
    """Judge the component of what is bright that holds most of the candidate."""
    component = component_at(bright, candidate)
    voxels = np.argwhere(component)
    if not len(voxels):
        return 0.0
    solidity, elongation = shape(voxels * spacing_mm, spacing_mm)
    # The box around it with a border: what lies outside of that is farther away.
    box = component[block_between(voxels.min(axis=0), voxels.max(axis=0) + 1)]
    inside = ndimage.distance_transform_edt(np.pad(box, 1), sampling=spacing_mm)
    thickness = min(1.0, float(inside.max()) / VESSEL_RADIUS_MM)
    return solidity * min(1.0, LONGEST_RATIO / elongation) * thickness


def shape(points_mm: FloatArray, spacing_mm: FloatArray | tuple[float, float, float]) -> tuple[float, float]:
    """Measure how solid and how long a component is.

    ``points_mm``, (n, 3) float64: centres of its voxels, mm; ``spacing_mm``, (3,): edges of a voxel, mm. Gives
    volume over that of the ellipsoid with the same moments, at most 1. Gives longest over middle axis, at least 1.
    """
    # A voxel is not a point: its own second moment keeps flat components from having no thickness.
    offsets = points_mm - points_mm.mean(axis=0)
    covariance = offsets.T @ offsets / len(points_mm) + np.diag(np.square(spacing_mm)) / 12
    low, middle, high = np.linalg.eigvalsh(covariance).tolist()
    ellipsoid = 4 / 3 * pi * 5**1.5 * sqrt(low * middle * high)
    volume = len(points_mm) * prod(map(float, spacing_mm))
    return min(1.0, volume / ellipsoid), sqrt(high / middle)
