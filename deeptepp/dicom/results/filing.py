"""Whose results are: the patient of the study in the PACS, of its files, or of a study of their own.

An object is made as part of a study of its own, under a pseudonym, which refers to the study that was scored: so a
file that somebody imports by hand never puts one StudyInstanceUID under two patients. On the way to a PACS that
has the study it is given the patient of that study, as the PACS knows her at that moment. What names her is in the
objects that are sent, in nothing else, and is gone when they are.

References
----------
DICOM PS3.3 C.7.1.1 (Patient), C.7.2.1 (General Study), C.12.2 (Common Instance Reference), C.17.2 (SR Document
General).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from deeptepp.dicom.archive.connection import Connection
from deeptepp.dicom.archive.query import studies_of
from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.dicom.uids import UidSource
from deeptepp.errors import HeadersGone, StudyOfTwoPatients

STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"
"""Class by which ReferencedStudySequence names a study, PS3.3 C.7.2.1; retired, and still the one in use."""

_PATIENT = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex")
_STUDY = ("StudyDate", "StudyTime", "AccessionNumber", "StudyID", "ReferringPhysicianName", "StudyDescription")
IDENTITY = (*_PATIENT, *_STUDY)
"""What objects take over from the study that they are filed in."""

_SAID_OF_REMOVAL = ("DeidentificationMethod", "LongitudinalTemporalInformationModified")
_EVIDENCE = ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")


class FiledUnder(StrEnum):
    """Where results go."""

    PATIENT_IN_PACS = "patient-in-pacs"
    PATIENT_IN_FILES = "patient-in-files"
    OWN_STUDY = "own-study"


@dataclass(frozen=True, slots=True, eq=False)
class Filing:
    """Where results go: the study, and what is taken over of it, None for a study of their own."""

    under: FiledUnder
    study_uid: str = field(repr=False)
    identity: Dataset | None = field(default=None, repr=False)


def own_study(key: str, source_study_uid: str) -> str:
    """StudyInstanceUID of a study of results; another pseudonym gives another one."""
    return str(UidSource(key, source_study_uid)("study of results"))


def source_study(dataset: Dataset) -> str:
    """StudyInstanceUID of the study that was scored. Raises AttributeError: the object does not name it."""
    return str(dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID)


def filing_in(line: Connection, name: str, source_study_uid: str) -> Filing | None:
    """Ask a PACS whose the study is; None where it does not have it.

    Raises StudyOfTwoPatients: it lists the study under several.
    """
    found = studies_of(source_study_uid, line, IDENTITY)
    if len(found) > 1:
        raise StudyOfTwoPatients(name=name, value=len(found))
    return Filing(FiledUnder.PATIENT_IN_PACS, source_study_uid, found[0]) if found else None


def filing_from(source: Path, source_study_uid: str) -> Filing:
    """Read the patient from the headers of the study's own files, one of which is enough.

    ``source``: a zip archive, a folder or a file. Raises HeadersGone: no file belongs to the study, or it names no
    patient; ArchiveError: the files cannot be opened.
    """
    with open_members(source) as members:
        for member in members:
            header = _header_of(member)
            if header.get("StudyInstanceUID") == source_study_uid and header.get("PatientID"):
                return Filing(FiledUnder.PATIENT_IN_FILES, source_study_uid, header)
    raise HeadersGone


def _header_of(member: Member) -> Dataset:
    """Read what names the study and its patient; an empty header where that cannot be read."""
    try:
        with quiet(), member.open() as stream:
            return dcmread(stream, stop_before_pixels=True, specific_tags=["StudyInstanceUID", *IDENTITY])
    except UNREADABLE:
        return Dataset()


def series_uid(dataset: Dataset, study_uid: str) -> str:
    """SeriesInstanceUID of an object in a study: the same for every result of one kind and one model bundle."""
    return str(UidSource(str(dataset.DeviceSerialNumber), study_uid)(f"series {dataset.Modality}"))


def instance_uid(dataset: Dataset, study_uid: str, number: int) -> str:
    """SOPInstanceUID of an object as the result of this number in a study."""
    if (study_uid, number) == (str(dataset.StudyInstanceUID), 1):
        return str(dataset.SOPInstanceUID)
    return str(UidSource(str(dataset.SOPInstanceUID), study_uid)(f"result {number}"))


def file_all(made: Sequence[Dataset], filing: Filing, number: int) -> None:
    """Change the objects of one result into its objects in a study, as the result of this number there."""
    named = {}
    for each in made:
        # Another study holds other objects, so each gets a name of its own there, series and object alike.
        named[str(each.SOPInstanceUID)] = instance_uid(each, filing.study_uid, number)
        named[str(each.SeriesInstanceUID)] = series_uid(each, filing.study_uid)
    for each in made:
        source_uid = source_study(each)
        each.InstanceNumber = number
        _take_over(each, filing)
        _rename(each, named)
        place(each, filing.study_uid, source_uid, own_series=set(named.values()))


def place(dataset: Dataset, study_uid: str, source_uid: str, own_series: set[str]) -> None:
    """Put an object into a study, and sort what it refers to by whether that lies in the same one.

    ``source_uid``: the study that was scored; ``own_series``: series of the same result, which move along.
    """
    dataset.StudyInstanceUID = study_uid
    dataset.pop("ReferencedStudySequence", None)
    if study_uid != source_uid:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = STUDY_CLASS, source_uid
        dataset.ReferencedStudySequence = DicomSequence([item])
    _sort_evidence(dataset, study_uid, own_series)
    _sort_images(dataset, study_uid, source_uid)


def _take_over(dataset: Dataset, filing: Filing) -> None:
    """Put the patient and the study in the place of the pseudonym, which stays in a study of its own."""
    identity = filing.identity
    if identity is None:
        return
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in IDENTITY:
        value = identity.get(keyword)
        if value is not None or keyword in dataset:
            # As text, which takes the character set of the object and not that of where it came from.
            setattr(dataset, keyword, "" if value is None else str(value))
    dataset.PatientIdentityRemoved = "NO"
    for keyword in _SAID_OF_REMOVAL:
        dataset.pop(keyword, None)


def _rename(dataset: Dataset, named: dict[str, str]) -> None:
    """Replace the UIDs of the objects of a result, wherever one names another, and in the file header."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _rename(item, named)
        elif element.VR == "UI" and str(element.value) in named:
            element.value = named[str(element.value)]
    if hasattr(dataset, "file_meta"):
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID


def _sort_evidence(dataset: Dataset, study_uid: str, own_series: set[str]) -> None:
    """Sort the evidence of a report into that of its own study and that of others, each study once."""
    if not any(keyword in dataset for keyword in _EVIDENCE):
        return
    by_study: dict[str, list[Dataset]] = {}
    for keyword in _EVIDENCE:
        for item in dataset.get(keyword) or []:
            for series in item.ReferencedSeriesSequence:
                is_own = str(series.SeriesInstanceUID) in own_series
                by_study.setdefault(study_uid if is_own else str(item.StudyInstanceUID), []).append(series)
        dataset.pop(keyword, None)
    for uid, series in by_study.items():
        item = Dataset()
        item.StudyInstanceUID, item.ReferencedSeriesSequence = uid, DicomSequence(series)
        keyword = _EVIDENCE[0] if uid == study_uid else _EVIDENCE[1]
        setattr(dataset, keyword, DicomSequence([*(dataset.get(keyword) or []), item]))


def _sort_images(dataset: Dataset, study_uid: str, source_uid: str) -> None:
    """Write the series of images that a segmentation was drawn on, as of its own study or of another one."""
    others = dataset.get("StudiesContainingOtherReferencedInstancesSequence") or []
    series = [*(dataset.get("ReferencedSeriesSequence") or [])]
    series += [each for item in others for each in item.ReferencedSeriesSequence]
    if not series:
        return
    dataset.pop("StudiesContainingOtherReferencedInstancesSequence", None)
    dataset.pop("ReferencedSeriesSequence", None)
    if study_uid == source_uid:
        dataset.ReferencedSeriesSequence = DicomSequence(series)
        return
    item = Dataset()
    item.StudyInstanceUID, item.ReferencedSeriesSequence = source_uid, DicomSequence(series)
    dataset.StudiesContainingOtherReferencedInstancesSequence = DicomSequence([item])
