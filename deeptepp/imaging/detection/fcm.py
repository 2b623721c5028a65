"""Spatial fuzzy c-means: soft clusters of voxels whose neighbours vote.

METHOD section 4, D7; used in the block around one candidate, where tumour and surroundings both have their share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.progress import checkpoint
from deeptepp.imaging.resample import FloatImage

FUZZINESS = 2.0
"""Exponent m of the memberships."""

N_CLUSTERS = 3
"""Background, weak and strong enhancement."""

_N_SAMPLES = 20_000
"""Voxels on which the centres are found, taken at an even stride."""

_N_ITERATIONS = 60
"""Largest number of iterations."""

_TOLERANCE = 1e-4
"""Centres that move less than this, in units of the features, have settled."""


def fit_centres(features: npt.NDArray[np.floating], *, n_clusters: int = N_CLUSTERS) -> FloatArray:
    """Find the cluster centres.

    ``features``, (n, d): one row per voxel, comparable in scale. Gives (n_clusters, d) float64: Centres, ascending
    in the first feature.

    References
    ----------
    Chen W, Giger ML, Bick U. Acad Radiol 2006;13:63-72.
    """
    sample = np.asarray(features[:: max(1, len(features) // _N_SAMPLES)], dtype=np.float64)
    # Starting at quantiles of the brightness makes the result the same on every run.
    order = np.argsort(sample[:, 0], kind="stable")
    start = np.linspace(0.5, 0.995, n_clusters)
    centres = sample[order[(start * (len(sample) - 1)).astype(int)]].copy()
    for _ in range(_N_ITERATIONS):
        checkpoint()
        weights = memberships(sample, centres) ** FUZZINESS
        moved = (weights.T @ sample) / np.maximum(weights.sum(axis=0), 1e-12)[:, None]
        shift = float(np.abs(moved - centres).max())
        centres = moved
        if shift < _TOLERANCE:
            break
    ascending: FloatArray = centres[np.argsort(centres[:, 0], kind="stable")]
    return ascending


def memberships(features: npt.NDArray[np.floating], centres: FloatArray) -> FloatArray:
    """Give the membership of each voxel in each cluster.

    ``features``, (n, d): one row per voxel; ``centres``, (c, d): cluster centres. Gives (n, c) float64: rows sum
    to 1.
    """
    squared = ((features[:, None, :] - centres[None]) ** 2).sum(axis=2)
    inverse = 1.0 / np.maximum(squared, 1e-12) ** (1 / (FUZZINESS - 1))
    result: FloatArray = inverse / inverse.sum(axis=1, keepdims=True)
    return result


def spatial_memberships(features: FloatImage, centres: FloatArray) -> FloatImage:
    """Memberships in which the 26 neighbours vote.

    ``features``, (d, z, y, x) float32: one map per feature; ``centres``, (c, d): cluster centres. Gives (c, z, y,
    x) float32: memberships times their neighbourhood mean, scaled to sum to 1.

    References
    ----------
    Chuang KS et al. Comput Med Imaging Graph 2006;30:9-15, doi 10.1016/j.compmedimag.2005.10.001.
    """
    d = len(features)
    flat = memberships(features.reshape(d, -1).T, centres).T.astype(np.float32)
    member = flat.reshape(len(centres), *features.shape[1:])
    vote = np.stack([ndimage.uniform_filter(m, 3, mode="nearest") for m in member])
    joint = member * vote
    result: FloatImage = joint / np.maximum(joint.sum(axis=0), np.float32(1e-12))
    return result
