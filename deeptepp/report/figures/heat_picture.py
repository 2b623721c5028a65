"""Heat on the slices of a tumour: what raises a score, what lowers it, and where."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.report.look.theme import LOWERS, RAISES
from deeptepp.wording.sentence import sentence

if TYPE_CHECKING:
    from deeptepp.scoring.explain import Explanation

_N_SLICES, _ZOOM, _GAP_PX = 5, 4, 6
"""Slices of the montage, pixels per voxel, and pixels between pictures."""


def heat_picture(found: Explanation, *, channel: int, fov_mm: float) -> bytes:
    """Draw slices of the region of interest, above as they are, below with what raises and lowers the score.

    ``fov_mm``: side of the square that is shown, the field of view of the network. Returns PNG without metadata:
    axial slices through the tumour from feet to head, the patient's left on the right, the outline in white,
    violet raises, green lowers.
    """
    from PIL import Image

    roi = found.roi
    layers = np.flatnonzero(roi.mask.any(axis=(1, 2)))
    chosen = np.unique(np.linspace(layers[0], layers[-1], _N_SLICES + 2).round().astype(int)[1:-1])
    heat = ndimage.gaussian_filter(found.heat, sigma=1.5)
    scale = float(np.percentile(np.abs(heat[chosen]), 99.7)) or 1.0
    low, high = np.percentile(roi.voxels[channel][chosen], (1, 99.7))
    grey = np.clip((roi.voxels[channel] - low) / max(float(high - low), 1e-6), 0, 1)
    half = round(fov_mm / roi.grid.spacing_mm[0] / 2)
    window = tuple(slice(max(0, n // 2 - half), n // 2 + half) for n in roi.grid.shape[1:])
    pictures = []
    for z in chosen:
        plain, warm = (_zoomed(field[z][window]) for field in (grey, np.clip(heat / scale, -1, 1)))
        edge = _edge(np.kron(roi.mask[z][window], np.ones((_ZOOM, _ZOOM), dtype=bool)))
        pictures.append((_coloured(plain, None, edge), _coloured(plain, warm, edge)))
    columns = [np.concatenate([a, _gap(a, 0), b]) for a, b in pictures]
    montage = columns[0]
    for column in columns[1:]:
        montage = np.concatenate([montage, _gap(montage, 1), column], axis=1)
    stream = io.BytesIO()
    Image.fromarray(montage).save(stream, format="PNG")
    return stream.getvalue()


def heat_words(found: Explanation) -> str:
    """Describe the heat for who cannot see it.

    Returns what lies inside the outline and what outside of it.
    """
    shares = heat_shares(found)
    return sentence(
        "Axial slices through the tumour, above as they are, below with what raises the score in violet and "
        "what lowers it in green. Of all that counts, {shares:.0f} % lies inside the outline; {shares_2:.0f} % "
        "raises the score.",
        shares=100 * shares["inside"],
        shares_2=100 * shares["raises"],
    )


def heat_shares(found: Explanation) -> Mapping[str, float]:
    """Count where the heat lies.

    Returns share of the absolute heat ``inside`` of the outline, and share that ``raises``, both 0 without heat.
    """
    size = float(np.abs(found.heat).sum()) or 1.0
    return {
        "inside": float(np.abs(found.heat[found.roi.mask]).sum()) / size,
        "raises": float(found.heat[found.heat > 0].sum()) / size,
    }


def _zoomed(field: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Enlarge a slice (h, w) smoothly."""
    enlarged = ndimage.zoom(np.asarray(field, dtype=np.float32), _ZOOM, order=1, grid_mode=True, mode="nearest")
    return np.asarray(enlarged, dtype=np.float32)


def _edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Outermost pixels of a mask."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _coloured(
    grey: npt.NDArray[np.float32], heat: npt.NDArray[np.float32] | None, edge: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Lay heat in [-1, 1] and an outline over a grey picture in [0, 1]."""
    picture: npt.NDArray[np.floating[Any]] = np.repeat(255 * grey[..., None], 3, axis=2)
    if heat is not None:
        colour = np.where(heat[..., None] > 0, np.array(RAISES), np.array(LOWERS))
        weight = (0.8 * np.sqrt(np.abs(heat)) * (np.abs(heat) > 0.08))[..., None]
        picture = (1 - weight) * picture + weight * colour
    picture[edge] = 255
    return picture.round().clip(0, 255).astype(np.uint8)


def _gap(picture: npt.NDArray[np.uint8], axis: int) -> npt.NDArray[np.uint8]:
    """Make the white strip between pictures."""
    shape = list(picture.shape)
    shape[axis] = _GAP_PX
    return np.full(shape, 255, dtype=np.uint8)
