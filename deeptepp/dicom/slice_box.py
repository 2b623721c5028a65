"""Where a box in rows, columns and slices of files lies in the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.first_pass import read_headers
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.source import SourceReference
from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.lesion import BoxMm, SliceBox
from deeptepp.errors import LesionOutsideVolume


def box_of_slices(path: Path, box: SliceBox, source: SourceReference | None) -> BoxMm:
    """Place a box that counts the files of the pre-contrast phase.

    ``path``: the study; ``source``: which of its images the phases are. Gives the smallest LPS box in mm around
    the voxels named, edges included. Raises LesionOutsideVolume where the phase has no such rows, columns or
    slices, or the study does not say which images it is made of.
    """
    uids = set() if source is None else {image.instance_uid for image in source.phases[0].images}
    with open_members(path) as members:
        frames = read_headers(members, lambda _: None).frames
    phase = sorted((f for f in frames if f.identity.rpartition("#")[0] in uids), key=_number)
    if len({_number(frame) for frame in phase}) < len(phase):
        raise LesionOutsideVolume()
    first, last = box.slices
    if not 1 <= first <= last <= len(phase):
        raise LesionOutsideVolume()
    corners = np.concatenate([_corners_mm(phase[k - 1], box) for k in (first, last)])
    # The slices named reach half a slice to either side.
    along = _apart_mm(phase) / 2
    low, high = corners.min(axis=0) - along, corners.max(axis=0) + along
    return BoxMm((float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2])))


def _number(frame: Frame) -> tuple[int, int]:
    """Place of a plane in its series: archives name files by InstanceNumber, whatever folder or zip holds them."""
    return (frame.clock.instance_number or 0, frame.index)


def _corners_mm(frame: Frame, box: SliceBox) -> FloatArray:
    """Corners of the rectangle in one slice, voxel edges included, (4, 3) LPS mm."""
    if frame.position_mm is None or frame.orientation is None or frame.spacing_mm is None:
        raise LesionOutsideVolume()
    if not (
        1 <= box.rows[0] <= box.rows[1] <= frame.rows and 1 <= box.columns[0] <= box.columns[1] <= frame.columns
    ):
        raise LesionOutsideVolume()
    along_columns, along_rows = np.reshape(frame.orientation, (2, 3)) * np.array(frame.spacing_mm)[::-1, None]
    return np.array(
        [
            frame.position_mm + column * along_columns + row * along_rows
            for row in (box.rows[0] - 1.5, box.rows[1] - 0.5)
            for column in (box.columns[0] - 1.5, box.columns[1] - 0.5)
        ]
    )


def _apart_mm(phase: list[Frame]) -> FloatArray:
    """Step from one slice to the next, each coordinate without its sign, (3,) mm; none of a single slice."""
    places = [frame.position_mm for frame in phase if frame.position_mm is not None]
    if len(places) < 2:
        return np.zeros(3)
    return np.abs(np.subtract(places[-1], places[0])) / (len(places) - 1)
