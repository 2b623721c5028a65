"""Whose images they are, and of which examination: judged over all files before any of them is chosen."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.roles.rows import MIN_PHASES, Row
from deeptepp.dicom.volumes.kinds import unfit_reason
from deeptepp.errors import MixedPatients

_PARTS = """
    HEAD BRAIN SKULL NECK CSPINE TSPINE LSPINE SPINE ABDOMEN LIVER KIDNEY PANCREAS PELVIS PROSTATE UTERUS HIP KNEE
    LEG ANKLE FOOT SHOULDER ELBOW ARM HAND WRIST HEART CARDIAC EXTREMITY
"""

OTHER_BODY_PARTS = frozenset(_PARTS.split())
"""Values of BodyPartExamined (PS3.16 Annex L) that no breast examination has; CHEST and THORAX are met."""


def check_patients(frames: Iterable[Frame]) -> None:
    """Refuse MR images of several patients; results, reports and other objects beside them do not count.

    Raises MixedPatients where PatientID, PatientBirthDate or PatientSex of two MR images differ, or PatientName
    where an ID is absent.
    """
    series = {frame.series for frame in frames if frame.series.modality == "MR"}
    known = [[one.patient.casefold() for one in series], [one.birth_date for one in series]]
    known.append([one.sex for one in series])
    if not all(known[0]):
        # Names are spelled in many ways: they count only where a number is absent.
        known.append([" ".join(re.findall(r"\w+", one.patient_name.casefold())) for one in series])
    # What is absent in some headers, as anonymisers leave it, contradicts nothing.
    n_different = max(len({*values} - {""}) for values in known)
    if n_different > 1:
        raise MixedPatients(value=n_different)


def examinations(rows: Sequence[Row]) -> list[list[Row]]:
    """Part volumes that could be phases by examination.

    Newest first. One, where an anonymiser gave each series a StudyInstanceUID of its own.
    """
    studies: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if unfit_reason(row.stack.series) is None:
            studies[row.stack.series.study_uid, row.stack.series.study_date].append(row)
    found = list(studies.values())
    is_torn = len({date for _, date in studies}) == 1 and max(map(len, found), default=0) < MIN_PHASES
    if is_torn and found:
        return [[row for study in found for row in study]]
    return sorted(found, key=_newest, reverse=True)


def _newest(rows: Sequence[Row]) -> tuple[str, float]:
    """When an examination was made."""
    starts = [row.stack.clock.acquired_s or 0.0 for row in rows]
    return max(row.stack.series.study_date for row in rows), max(starts)


def other_body_part(rows: Iterable[Row]) -> str | None:
    """Name the part of the body that the headers give, where it is not the breast."""
    parts = {row.stack.series.body_part for row in rows} & OTHER_BODY_PARTS
    return min(parts, default=None)
