"""A cohort with tumour slices instead of volumes: what a public collection of pictures allows.

There is nothing to reslice. The slices themselves make the mosaic, and the views are the eight ways of laying a
square on the table, the same for every patient.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.dataset_folder import COHORT_FILE, DATASET_FILE, SLICE_FOLDER
from deeptepp.domain.cohort import ARM, KEY, SUBJECT, Arm, Cohort
from deeptepp.errors import BadSetting, UnreadableCohort
from deeptepp.tables import read_cohort
from deeptepp.views.mosaic import splice_slices
from deeptepp.views.planes import PADDING, Jitter, ViewSettings

ORIENTATIONS: dict[str, tuple[int, bool]] = {
    f"{'mirrored' if is_mirrored else 'upright'}-{turn}": (turn, is_mirrored)
    for is_mirrored in (False, True)
    for turn in (0, 90, 180, 270)
}
"""Turn in degrees and mirroring of each view: the symmetries of a square."""

CLIP_PERCENT = (0.1, 99.9)
"""Intensities outside of these percentiles are clipped, as in volumes (METHOD section 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class TumourSlices:
    """The slices of one patient.

    ``pixels`` (m, c, h, w): as they were stored, in order along the normal. ``low``, ``high``: intensities to
    which they are clipped. ``mean``, ``sd``: of the clipped intensities, pooled over slices and channels.
    """

    pixels: npt.NDArray[np.uint8]
    low: float
    high: float
    mean: float
    sd: float

    @classmethod
    def measure(cls, pixels: npt.NDArray[np.uint8]) -> TumourSlices:
        """Measure the intensities of slices (m, c, h, w)."""
        low, high = np.percentile(pixels, CLIP_PERCENT)
        clipped = np.clip(pixels.astype(np.float32), low, high)
        return cls(pixels, float(low), float(high), float(clipped.mean()), max(float(clipped.std()), 1e-6))


@dataclass(frozen=True, slots=True, eq=False)
class SliceDataset:
    """Patients in the order of the cohort, each with a few tumour slices.

    ``window_mm``: edge of a slice, mm. ``sha256``: digest of the cohort table and of the description of the
    dataset. ``description``: content of ``dataset.json``.
    """

    cohort: Cohort
    patients: tuple[TumourSlices, ...]
    window_mm: float
    sha256: str
    description: dict[str, object]

    def __len__(self) -> int:
        """Number of patients."""
        return len(self.patients)

    @property
    def n_channels(self) -> int:
        """Channels of every mosaic."""
        return int(self.patients[0].pixels.shape[1])

    @property
    def is_scored_only(self) -> npt.NDArray[np.bool_]:
        """True for patients who had trastuzumab and pertuzumab, (n,)."""
        scored_only: npt.NDArray[np.bool_] = np.asarray(self.cohort[ARM] == Arm.TP.value, dtype=bool)
        return scored_only

    def view_names(self, views: ViewSettings) -> tuple[str, ...]:
        """Name the orientations, whatever planes the settings name."""
        return tuple(ORIENTATIONS)

    def mosaic(
        self, patient: int, view: str, views: ViewSettings, jitter: Jitter | None = None
    ) -> npt.NDArray[np.float32]:
        """Lay the slices of one patient side by side.

        ``patient``: position of the patient. ``view``: a key of ``ORIENTATIONS``. ``views``: field of view, number
        of tiles and their pixels; where there are fewer slices than tiles, slices are repeated in order.
        ``jitter``: rotation, flips, the shift in the plane and gamma are used; there is nothing to tilt. Returns
        (c, h, w): the mosaic; ``PADDING`` outside of the disc that every tile shows.
        """
        jitter = jitter or Jitter()
        slices = self.patients[patient]
        n_slices, n_channels, height, _ = slices.pixels.shape
        inside, points = _points(view, views, jitter, window_mm=self.window_mm, n_pixels=height)
        tiles = np.full((n_slices, n_channels, views.tile_px, views.tile_px), PADDING, np.float32)
        for tile, image in zip(
            tiles.reshape(-1, *inside.shape), slices.pixels.reshape(-1, height, height), strict=True
        ):
            values = ndimage.map_coordinates(image, points, output=np.float32, order=1, mode="nearest")
            tile[inside] = _normalised(values, slices, jitter.gamma)
        order = np.rint(np.linspace(0, n_slices - 1, views.n_slices)).astype(int)
        return splice_slices(tiles[order])


def _points(
    view: str, views: ViewSettings, jitter: Jitter, *, window_mm: float, n_pixels: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Disc of a tile (T, T) and the pixel indices (2, k) that it shows."""
    shift_mm = np.asarray(jitter.offset_mm[:2])
    room_mm = window_mm - 2 * float(np.linalg.norm(shift_mm))
    if views.fov_mm > room_mm + 1e-6:
        limit = f"at most {room_mm:g} for slices of {window_mm:g} mm"
        raise BadSetting(key="views.fov_mm", value=views.fov_mm, limit=limit)
    turn, is_mirrored = ORIENTATIONS[view]
    angle = np.deg2rad(turn + jitter.rotation_deg)
    across, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    across = -across if is_mirrored != jitter.flip_u else across
    down = -down if jitter.flip_v else down
    u = ((np.arange(views.tile_px) + 0.5) / views.tile_px - 0.5) * views.fov_mm
    inside = u[:, None] ** 2 + u[None, :] ** 2 <= (views.fov_mm / 2) ** 2
    row, column = np.nonzero(inside)
    x, y = shift_mm[:, None] + across[:, None] * u[column] + down[:, None] * u[row]
    pixels = (np.stack([y, x]) / window_mm + 0.5) * n_pixels - 0.5
    return inside, pixels


def _normalised(values: npt.NDArray[np.float32], slices: TumourSlices, gamma: float) -> npt.NDArray[np.float32]:
    """Clip intensities (k,), raise them to a power on their clipped range, and standardise them."""
    span = max(slices.high - slices.low, 1e-6)
    share = np.clip((values - slices.low) / span, 0, 1) ** gamma
    return np.asarray((slices.low + span * share - slices.mean) / slices.sd, dtype=np.float32)


def read_slices(
    folder: Path, description: dict[str, object], *, on_patient: Callable[[int, int], None] | None = None
) -> SliceDataset:
    """Read a dataset folder of tumour slices into memory.

    ``folder``: holds ``cohort.parquet`` and ``slices/<key>.npz``. ``description``: content of its
    ``dataset.json``. ``on_patient``: hears the number of patients read and their total. Returns: the patients with
    their slices.
    """
    cohort = read_cohort(folder / COHORT_FILE)
    names = [str(name) for name in cohort[KEY if KEY in cohort else SUBJECT]]
    patients = []
    for name in names:
        patients.append(_read_one(folder / SLICE_FOLDER / f"{name}.npz"))
        if on_patient is not None:
            on_patient(len(patients), len(names))
    digest = hashlib.sha256((folder / COHORT_FILE).read_bytes() + (folder / DATASET_FILE).read_bytes())
    return SliceDataset(cohort, tuple(patients), _window_mm(description), digest.hexdigest(), description)


def _read_one(path: Path) -> TumourSlices:
    """Read the slices of one patient."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            pixels = np.asarray(stored["slices"], dtype=np.uint8)
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableCohort(reason=f"a file in {SLICE_FOLDER}/ is absent or damaged") from error
    if pixels.ndim != 4 or pixels.shape[2] != pixels.shape[3]:
        raise UnreadableCohort(reason=f"a file in {SLICE_FOLDER}/ holds no square slices")
    return TumourSlices.measure(pixels)


def _window_mm(description: dict[str, object]) -> float:
    """Find the edge of the slices in the description."""
    stored = description.get("slice_settings")
    window_mm = stored.get("window_mm") if isinstance(stored, Mapping) else None
    if not isinstance(window_mm, (int, float)) or not window_mm > 0:
        raise UnreadableCohort(reason=f"{DATASET_FILE} has no slice_settings with a window_mm")
    return float(window_mm)
