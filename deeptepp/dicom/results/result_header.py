"""What every result object says of itself: whose study, which software, research only, and what was removed.

References
----------
DICOM PS3.3 C.7.1.1 (Patient), C.7.2.1 (General Study), C.7.5.1 (General Equipment); PS3.15 Annex E.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deeptepp.dicom.header.headers import SIMULATED_MARK
from deeptepp.dicom.source import SourceReference
from deeptepp.dicom.uids import UidSource
from deeptepp.domain.study import Study

MAKER = "DeepTEPP"
"""Manufacturer and model of every object; ``deeptepp send`` sends no others."""

RESEARCH_ONLY = "RESEARCH ONLY"
"""How every SeriesDescription begins."""

METHOD = ("PS3.15 E Basic Profile 2024b", "Retain UIDs", "Retain Patient Sex")
"""DeidentificationMethod: nothing of the patient but sex and the UIDs of study, series, frame and images."""

FIRST_SERIES_NUMBER = 9601
"""SeriesNumber of the first object; the rest follow. Far above those of scanners."""


@dataclass(frozen=True, slots=True, eq=False)
class ResultContext:
    """What all objects of one result share.

    ``study``: what was scored; ``source``: its images; ``uid_of``: makes the UIDs of this result; ``version``: of
    the software; ``made``: when the result was computed; ``is_simulated``: Study, model or both are simulated.
    """

    study: Study
    source: SourceReference
    uid_of: UidSource
    version: str
    made: datetime
    is_simulated: bool
    bundle_sha256: str

    def description(self, text: str) -> str:
        """SeriesDescription, at most 64 characters."""
        mark = f"{SIMULATED_MARK} " if self.is_simulated else ""
        return f"{RESEARCH_ONLY} {mark}{MAKER} {text}"[:64]


def made_at(text: str) -> datetime:
    """Read the time of a receipt.

    ``text``: ISO 8601.
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def set_patient_and_study(dataset: Dataset, context: ResultContext) -> None:
    """Write the pseudonym, and the study that was scored, until the object is put into its own."""
    key, facts = context.study.key, context.study.acquisition
    dataset.PatientID = key
    dataset.PatientName = f"{SIMULATED_MARK}^{key}" if facts.is_simulated else key
    dataset.PatientBirthDate, dataset.PatientSex = "", facts.patient_sex or ""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = list(METHOD)
    dataset.StudyInstanceUID = context.source.study_uid
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = ""
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


def set_series(dataset: Dataset, context: ResultContext, name: str, number: int) -> None:
    """Write series, equipment and time of an object.

    ``number``: which of the objects it is, from 0.
    """
    dataset.SeriesInstanceUID = context.uid_of(f"{name} series")
    dataset.SeriesNumber = FIRST_SERIES_NUMBER + number
    dataset.SeriesDescription = context.description(name)
    dataset.InstanceNumber = 1
    dataset.Manufacturer = dataset.ManufacturerModelName = MAKER
    # The device is the model: its digest names the series of its results, see ``filing.series_uid``.
    dataset.DeviceSerialNumber = context.bundle_sha256
    dataset.SoftwareVersions = context.version
    for kind in ("Series", "Content", "InstanceCreation"):
        setattr(dataset, f"{kind}Date", f"{context.made:%Y%m%d}")
        setattr(dataset, f"{kind}Time", f"{context.made:%H%M%S}")
    dataset.TimezoneOffsetFromUTC = "+0000"


def make_repeatable(dataset: Dataset, context: ResultContext) -> None:
    """Replace the times and random UIDs that the library wrote, on every level, by those of the result."""
    if "ContributionDateTime" in dataset:
        dataset.ContributionDateTime = f"{context.made:%Y%m%d%H%M%S}+0000"
    if "DimensionOrganizationUID" in dataset:
        dataset.DimensionOrganizationUID = context.uid_of("dimensions")
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                make_repeatable(item, context)


def new_object(sop_class: str, context: ResultContext, name: str, number: int) -> Dataset:
    """Begin an object that no library class makes.

    ``number``: which of the objects it is, from 0.
    """
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = sop_class, context.uid_of(name)
    set_patient_and_study(made, context)
    set_series(made, context, name, number)
    made.SpecificCharacterSet = "ISO_IR 192"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made
