"""Rows of the series table from made images, without files."""

from collections.abc import Iterable

from pydicom.dataset import Dataset

from deeptepp.dicom.header.headers import Frame, frames_of
from deeptepp.dicom.roles.rows import Row, rows_of
from deeptepp.dicom.volumes.slabs import with_slabs
from deeptepp.dicom.volumes.sort import stacks_of


def frames(images: Iterable[Dataset]) -> list[Frame]:
    """Give the planes of images."""
    return [frame for i, image in enumerate(images) for frame in frames_of(image, i)]


def rows(images: Iterable[Dataset]) -> tuple[Row, ...]:
    """Give the volumes of images."""
    return rows_of(with_slabs(stacks_of(frames(images))))
