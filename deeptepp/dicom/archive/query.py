"""What a PACS says of its studies (QIDO-RS): for a worklist, for a result that is to be filed, and afterwards.

Nothing of it is kept or logged; what names a patient lives as long as the value that holds it.

References
----------
DICOM PS3.18 section 10.6 (Search Transaction).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydicom.dataset import Dataset

from deeptepp.dicom.archive.connection import Connection, connected, datasets
from deeptepp.dicom.archive.pacs import Pacs

MOST_STUDIES = 100
"""Rows of a worklist; more are not a choice any more, and the search is narrowed instead."""

_MOST_INSTANCES = 5000
"""Objects of one series that are looked at."""

_WANTED = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyDescription",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyQuery:
    """What a worklist is asked for; empty fields match everything.

    ``accession`` and ``patient_id`` match as typed.
    """

    accession: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    first_day: date | None = None
    last_day: date | None = None
    modality: str = "MR"

    @property
    def is_open(self) -> bool:
        """Whether nothing narrows the search."""
        return not (self.accession or self.patient_id or self.first_day or self.last_day)

    @property
    def filters(self) -> dict[str, str]:
        """Keys of the search."""
        days = "-".join(f"{day:%Y%m%d}" if day else "" for day in (self.first_day, self.last_day))
        known = {
            "AccessionNumber": self.accession.strip(),
            "PatientID": self.patient_id.strip(),
            "StudyDate": days,
            "ModalitiesInStudy": self.modality,
        }
        return {key: value for key, value in known.items() if value and value != "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """One study as the PACS, or its own headers, describe it; only the numbers may be shown in a log."""

    study_uid: str = field(repr=False)
    patient: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    day: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    modalities: str = ""
    n_series: int | None = None
    n_images: int | None = None


@dataclass(frozen=True, slots=True)
class Worklist:
    """Studies found, the latest first; ``has_more``: there are more than are shown."""

    rows: tuple[WorklistRow, ...]
    has_more: bool = False


def find_studies(query: StudyQuery, pacs: Pacs | None) -> Worklist:
    """Search a PACS for studies.

    Raises PacsError: it does not answer, refuses, or is not set.
    """
    with connected(pacs) as line:
        rows = line.client.search_for_studies(
            limit=MOST_STUDIES + 1, fields=list(_WANTED), search_filters=query.filters
        )
        found = [row_of(each) for each in datasets(rows)]
    found.sort(key=lambda row: row.day, reverse=True)
    return Worklist(tuple(found[:MOST_STUDIES]), has_more=len(found) > MOST_STUDIES)


def row_of(study: Dataset) -> WorklistRow:
    """Describe a study by what stands in an answer or a header."""
    modalities = study.get("ModalitiesInStudy") or study.get("Modality") or ""
    return WorklistRow(
        study_uid=_text(study, "StudyInstanceUID"),
        patient=_text(study, "PatientName").replace("^", " ").strip(),
        patient_id=_text(study, "PatientID"),
        born=_day(_text(study, "PatientBirthDate")),
        day=_day(_text(study, "StudyDate")),
        accession=_text(study, "AccessionNumber"),
        description=_text(study, "StudyDescription"),
        modalities=modalities if isinstance(modalities, str) else ", ".join(sorted(map(str, modalities))),
        n_series=_count(study, "NumberOfStudyRelatedSeries"),
        n_images=_count(study, "NumberOfStudyRelatedInstances"),
    )


def studies_of(uid: str, line: Connection, keywords: tuple[str, ...]) -> list[Dataset]:
    """Everything that the PACS lists under one StudyInstanceUID: one study, none, or one for each patient."""
    rows = line.client.search_for_studies(fields=list(keywords), search_filters={"StudyInstanceUID": uid})
    return datasets(rows)


def series_of(uid: str, line: Connection) -> list[Dataset]:
    """Series of a study."""
    fields = ["Modality", "Manufacturer", "NumberOfSeriesRelatedInstances"]
    return datasets(line.client.search_for_series(study_instance_uid=uid, fields=fields))


def instances_of(study_uid: str, series_uid: str, line: Connection) -> list[Dataset]:
    """Objects of a series, in the order of their numbers."""
    rows = line.client.search_for_instances(
        study_instance_uid=study_uid,
        series_instance_uid=series_uid,
        limit=_MOST_INSTANCES,
        fields=["InstanceNumber", "SOPClassUID"],
    )
    return sorted(datasets(rows), key=lambda each: number_of(each))


def number_of(instance: Dataset) -> int:
    """InstanceNumber, 0 where there is none."""
    return int(instance.get("InstanceNumber") or 0)


def _text(study: Dataset, keyword: str) -> str:
    """Value as text, empty where there is none."""
    value = study.get(keyword)
    return "" if value is None else str(value).strip()


def _day(text: str) -> str:
    """Write a date with dashes."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdigit() else text


def _count(study: Dataset, keyword: str) -> int | None:
    """Read a number, None where the PACS does not count."""
    value = study.get(keyword)
    return None if value in (None, "") else int(value)
