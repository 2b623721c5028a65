"""Studies that were received by C-STORE: a private folder of them, each complete once it has been quiet.

A study lies under a digest of its StudyInstanceUID, its files under random names; nothing but the files themselves
names a patient. A case gets a copy, so that one that is refused can be opened again; all is deleted by age.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread

from deeptepp.config import Settings
from deeptepp.dicom.archive.query import WorklistRow, row_of
from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.errors import ArrivedGone

MAX_STUDY_BYTES = 4_000_000_000
"""Largest study in bytes; a five-phase breast study is 0.1 to 1.5 GB."""

MAX_BYTES = 20_000_000_000
"""All studies together in bytes."""

MAX_FILES = 20_000
"""Files of one study."""

_SHOWN = (
    "StudyInstanceUID",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "StudyDate",
    "AccessionNumber",
    "StudyDescription",
    "Modality",
)


@dataclass(frozen=True, slots=True)
class ArrivedStudy:
    """A study that was received.

    ``name``: of its folder; ``row``: what its headers say; ``is_complete``: it has been quiet for long enough.
    """

    name: str
    row: WorklistRow = field(repr=False)
    is_complete: bool


class ArrivedStudies:
    """The folder of received studies.

    ``folder``: is made where absent, for this user alone; ``quiet_s``: seconds without a new file after which a
    study is complete; ``max_age_s``: seconds after which it is deleted.
    """

    def __init__(self, folder: Path, *, quiet_s: float, max_age_s: float) -> None:
        self._folder, self._quiet_s, self._max_age_s = folder, quiet_s, max_age_s
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def place_of(self, study_uid: str) -> Path:
        """Folder of a study, made where absent."""
        name = hashlib.sha256(study_uid.encode()).hexdigest()[:22]
        place = self._folder / name
        place.mkdir(mode=0o700, exist_ok=True)
        return place

    def has_room(self, study_uid: str, n_bytes: int) -> bool:
        """Whether one more file may be kept."""
        own = [path.stat().st_size for path in self.place_of(study_uid).iterdir()]
        # All are counted when a study begins, which may then grow to its own limit.
        is_full = not own and sum(path.stat().st_size for path in self._folder.glob("*/*")) > MAX_BYTES
        return not is_full and len(own) < MAX_FILES and sum(own) + n_bytes <= MAX_STUDY_BYTES

    def studies(self) -> tuple[ArrivedStudy, ...]:
        """Studies that are here, the latest first; those that are too old are deleted."""
        self.sweep()
        found = [(self._last_write(place), self._look(place)) for place in self._places()]
        found.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(study for _, study in found if study is not None)

    def copy_to(self, name: str, target: Path) -> None:
        """Copy the files of a study into a folder that is empty. Raises ArrivedGone: it is not here."""
        place = self._folder / name
        if place not in list(self._places()):
            raise ArrivedGone
        for path in sorted(place.iterdir()):
            shutil.copyfile(path, target / path.name)

    def sweep(self) -> None:
        """Delete what is too old, and what senders left behind that were cut off."""
        oldest = time.time() - self._max_age_s
        for path in self._folder.iterdir():
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
        for place in self._places():
            if self._last_write(place) < oldest:
                shutil.rmtree(place, ignore_errors=True)

    def _places(self) -> Iterator[Path]:
        """Folders of studies."""
        return (place for place in self._folder.iterdir() if place.is_dir())

    def _last_write(self, place: Path) -> float:
        """When the last file came in, in seconds since 1970; infinity where the folder went away meanwhile."""
        try:
            return max(path.stat().st_mtime for path in (place, *place.iterdir()))
        except FileNotFoundError:
            return float("inf")

    def _look(self, place: Path) -> ArrivedStudy | None:
        """Describe a study by the header of its first file; None where none can be read."""
        files = sorted(place.iterdir())
        for path in files[:1]:
            try:
                with quiet():
                    header = dcmread(path, stop_before_pixels=True, specific_tags=list(_SHOWN))
                    header.NumberOfStudyRelatedInstances = len(files)
                    row = row_of(header)
            except UNREADABLE:
                return None
            return ArrivedStudy(place.name, row, time.time() - self._last_write(place) >= self._quiet_s)
        return None


def arrived_studies(settings: Settings) -> ArrivedStudies | None:
    """Folder of received studies of this installation; None where none is set."""
    if settings.dicom_folder is None:
        return None
    return ArrivedStudies(
        settings.dicom_folder, quiet_s=settings.dicom_quiet_s, max_age_s=settings.dicom_max_age_s
    )
