"""Small pictures of the rows of the series table, for a reader who has to say which images are meant.

One plane of each row is decoded, the middle one, so that a picture costs one file. The pictures hold pixels alone;
rows that may have text written into them, or that are no MR images, have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.fingerprints import Fingerprints
from deeptepp.dicom.first_pass import read_headers
from deeptepp.dicom.pixels.decode import read_plane
from deeptepp.dicom.read_dicom import rows_in
from deeptepp.dicom.roles.rows import Row, stands_for
from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.progress import checkpoint
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import DeepTeppError

Picture = npt.NDArray[np.uint8]
"""Grey values, (rows, columns)."""

SIDE_PX = 96
"""Longest side of a picture in pixels, about: three of them fit beside each other on a card."""

WINDOW_PCT = (1.0, 99.5)
"""Percentiles of the intensities that are drawn black and white; a few bright pixels do not set them."""


@dataclass(frozen=True, slots=True, eq=False)
class ProposalPictures:
    """What one proposal takes for its phases, in one window, and what is brighter after contrast.

    ``pre``, ``first``, ``last``, (rows, columns) uint8: middle slice before contrast, in the first and in the last
    phase after it; ``gain``, (rows, columns) uint8: first phase after contrast minus the one before it; black
    where nothing is brighter.
    """

    pre: Picture
    first: Picture
    last: Picture
    gain: Picture


@dataclass(frozen=True, slots=True, eq=False)
class Previews:
    """Pictures of a study.

    ``rows``, dict of str to (rows, columns) uint8: by key, each in a window of its own; rows without readable
    pixels are left out; ``proposals``: one for each proposal; None where a plane cannot be read, or where planes
    differ in size.
    """

    rows: dict[str, Picture]
    proposals: tuple[ProposalPictures | None, ...]


def previews_of(source: Path | Sequence[Path], proposals: Sequence[PhaseProposal]) -> Previews:
    """Draw each row of the series table, and what each proposal takes for its phases.

    ``source``: a zip archive, a folder, one DICOM file, or a list of files; ``proposals``: their keys are those of
    the series table; that of a series stands for all of its volumes. Raises ArchiveError, NoDicomFound where the
    archive cannot be opened safely, or there is no DICOM among the files.
    """
    return draw_planes(_middle_planes(source), proposals)


def draw_planes(planes: dict[str, FloatArray], proposals: Sequence[PhaseProposal]) -> Previews:
    """Draw planes of rows, and what each proposal takes for its phases.

    ``planes``, dict of str to (rows, columns) float64: the middle plane of each row by its key, of any size.
    """
    planes = {key: _shrunk(plane) for key, plane in planes.items()}
    compared = tuple(_compared(_taken(planes, each.keys)) for each in proposals)
    return Previews({key: _windowed(plane, _window(plane)) for key, plane in planes.items()}, compared)


def _middle_planes(source: Path | Sequence[Path]) -> dict[str, FloatArray]:
    """Decode and shrink the middle plane of each row."""
    planes = {}
    with open_members(source) as members:
        frames = read_headers(members, lambda _: None).frames
        for row in rows_in(frames, Fingerprints(members)):
            checkpoint()
            plane = _middle_plane(row, members)
            if plane is not None:
                planes[row.key] = plane
    return planes


def _taken(planes: dict[str, FloatArray], keys: Sequence[str]) -> list[FloatArray]:
    """Planes that keys stand for, in their order."""
    return [plane for key in keys for name, plane in planes.items() if stands_for(key, name)]


def _middle_plane(row: Row, members: Sequence[Member]) -> FloatArray | None:
    """Decode one plane; None where it cannot be decoded or could show who the patient is."""
    series, frame = row.stack.series, row.stack.frames[len(row.stack.frames) // 2]
    if series.modality != "MR" or not series.is_image or series.has_burned_in_text:
        return None
    try:
        return _shrunk(np.asarray(read_plane(members[frame.source], frame), dtype=np.float64))
    except DeepTeppError:
        return None


def _shrunk(plane: FloatArray) -> FloatArray:
    """Average blocks of pixels until the longer side is about ``SIDE_PX``."""
    n = max(1, round(max(plane.shape) / SIDE_PX))
    rows, columns = (max(1, size // n) for size in plane.shape)
    blocks = plane[: rows * n, : columns * n] if min(plane.shape) >= n else plane[:rows, :columns]
    if blocks.shape == (rows, columns):
        return blocks
    means: FloatArray = blocks.reshape(rows, n, columns, n).mean(axis=(1, 3))
    return means


def _compared(planes: Sequence[FloatArray]) -> ProposalPictures | None:
    """Draw phases in the window of all of them, and the gain from the first to the second."""
    if len(planes) < 2 or len({plane.shape for plane in planes}) > 1:
        return None
    pre, first, last = planes[0], planes[1], planes[-1]
    window = _window(np.stack([pre, first, last]))
    gain = first - pre
    # Noise alone would fill a window of its own: the gain is drawn on half the scale of the images.
    span = (0.0, max((window[1] - window[0]) / 2, 1e-6))
    drawn = [_windowed(plane, window) for plane in (pre, first, last)]
    return ProposalPictures(drawn[0], drawn[1], drawn[2], _windowed(gain, span))


def _window(values: FloatArray) -> tuple[float, float]:
    """Intensities that are drawn black and white."""
    black, white = np.percentile(values, WINDOW_PCT)
    return float(black), float(max(white, black + 1e-6))


def _windowed(plane: FloatArray, window: tuple[float, float]) -> Picture:
    """Draw a plane in a window."""
    black, white = window
    grey: Picture = np.rint(255 * np.clip((plane - black) / (white - black), 0, 1)).astype(np.uint8)
    return grey
