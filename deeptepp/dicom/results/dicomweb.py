"""Sends results to a PACS by DICOMweb (STOW-RS), and looks afterwards whether all is where it should be.

A later result of the same study and model supersedes the earlier ones: its objects go into the same series under
the next number, and its report names the earlier report as its predecessor. A result that is the latest there
already is not sent again.

References
----------
DICOM PS3.18 section 10.5 (Store Transaction); PS3.3 C.17.2 (Predecessor Documents Sequence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO

import requests
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from deeptepp.dicom.archive.connection import Connection, connected, refusal_of
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.archive.query import instances_of, number_of, studies_of
from deeptepp.dicom.results.filing import (
    FiledUnder,
    Filing,
    file_all,
    filing_in,
    instance_uid,
    series_uid,
    source_study,
)
from deeptepp.dicom.results.objects import ResultObject
from deeptepp.dicom.results.stow_answer import Remark, read_answer, reasons
from deeptepp.errors import PacsRefused

_NO_PREAMBLE = b"\0" * 128
_REPORT = "measurements"


@dataclass(frozen=True, slots=True)
class Plan:
    """What sending would do.

    ``name``: of the PACS; ``under``: whose the results will be; ``n_earlier``: results of the same study and model
    that are there and will be superseded; ``is_there``: this very result is the latest there.
    """

    name: str
    under: FiledUnder
    n_earlier: int = 0
    is_there: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What the PACS shows afterwards.

    ``n_found``: objects of the result; ``is_study_whole``: the study is one, and answers as a whole.
    """

    n_found: int
    is_study_whole: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a result: names of objects that the PACS took now, of those that it had, and the others.

    ``warned`` are among those ``stored``; ``n_superseded``: earlier results.
    """

    name: str
    under: FiledUnder
    stored: tuple[str, ...]
    had: tuple[str, ...]
    failed: tuple[Remark, ...]
    warned: tuple[Remark, ...]
    n_superseded: int
    check: Check

    @property
    def is_complete(self) -> bool:
        """Whether every object is there and nothing of the study was lost."""
        n = len(self.stored) + len(self.had)
        return not self.failed and self.check.is_study_whole and self.check.n_found == n


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Results of one study and model in a PACS: the highest ``number``, and every object by kind and number."""

    number: int = 0
    uids: dict[tuple[str, int], str] = field(default_factory=dict, repr=False)

    def has(self, name: str, uid: str) -> bool:
        """Whether the latest object of a kind is this one."""
        return self.uids.get((name, self.number)) == uid


def plan_sending(objects: Sequence[ResultObject], pacs: Pacs | None) -> Plan:
    """Ask a PACS where results would go.

    Raises PacsError: it does not answer, refuses, or has the study under several patients.
    """
    with connected(pacs) as line:
        name = _name(pacs)
        filing = _filing(line, name, objects, None)
        earlier = _earlier(line, objects, filing.study_uid)
        is_there = all(earlier.has(each.name, _uid(each, filing, earlier.number)) for each in objects)
        return Plan(name, filing.under, earlier.number - is_there, is_there)


def send_objects(objects: Sequence[ResultObject], pacs: Pacs | None, *, chosen: Filing | None = None) -> Delivery:
    """File the objects of a result in a PACS, and look whether they are there.

    ``chosen``: the patient of the study's own files, taken where the PACS does not have the study; its own patient
    is always the stronger one. Raises PacsError: the PACS does not answer, refuses, took nothing, or has the study
    under several patients.
    """
    with connected(pacs) as line:
        name = _name(pacs)
        filing = _filing(line, name, objects, chosen)
        earlier = _earlier(line, objects, filing.study_uid)
        # A result of which a part is the latest there was cut short: the rest of it is sent.
        is_again = any(earlier.has(each.name, _uid(each, filing, earlier.number)) for each in objects)
        number = earlier.number if is_again else earlier.number + 1
        had = tuple(
            each.name for each in objects if is_again and earlier.has(each.name, _uid(each, filing, number))
        )
        made = _made(objects, filing, number)
        if _REPORT in made:
            _name_predecessor(made[_REPORT], earlier, number)
        sent = {key: each for key, each in made.items() if key not in had}
        answer = read_answer(
            _store(line, pacs, list(sent.values())), {_own(each): key for key, each in sent.items()}
        )
        if sent and not answer.taken:
            reason = reasons(answer.failed)
            raise PacsRefused(name=name, value=len(sent), limit=len(objects), reason=reason)
        check = _look(line, objects, made, filing)
    return Delivery(name, filing.under, answer.taken, had, answer.failed, answer.warned, number - 1, check)


def _name(pacs: Pacs | None) -> str:
    """What screens call the PACS."""
    return pacs.name if pacs is not None else ""


def _filing(line: Connection, name: str, objects: Sequence[ResultObject], chosen: Filing | None) -> Filing:
    """Decide whose the results are: the patient of the study in the PACS, the one chosen, or nobody."""
    source = source_study(objects[0].dataset)
    found = filing_in(line, name, source)
    if found is not None:
        return found
    return chosen or Filing(FiledUnder.OWN_STUDY, str(objects[0].dataset.StudyInstanceUID))


def _made(objects: Sequence[ResultObject], filing: Filing, number: int) -> dict[str, Dataset]:
    """Copy the objects as they will lie in the PACS, by name."""
    # Read from bytes, which takes a quarter of the time of a copy of what the library has built.
    made: dict[str, Dataset] = {each.name: dcmread(BytesIO(each.to_bytes())) for each in objects}
    file_all(list(made.values()), filing, number)
    for each in made.values():
        # Without it the client writes no file header, which some servers insist on.
        each.preamble = _NO_PREAMBLE
    return made


def _uid(each: ResultObject, filing: Filing, number: int) -> str:
    """SOPInstanceUID that an object has as the result of this number."""
    return instance_uid(each.dataset, filing.study_uid, number)


def _own(dataset: Dataset) -> str:
    """SOPInstanceUID of an object."""
    return str(dataset.SOPInstanceUID)


def _earlier(line: Connection, objects: Sequence[ResultObject], study_uid: str) -> _Earlier:
    """Look which results of the same model the study has."""
    uids = {}
    for each in objects:
        for row in instances_of(study_uid, series_uid(each.dataset, study_uid), line):
            uids[each.name, number_of(row)] = _own(row)
    return _Earlier(max((number for _, number in uids), default=0), uids)


def _name_predecessor(report: Dataset, earlier: _Earlier, number: int) -> None:
    """Name the report that this one supersedes, the last before it."""
    before = [n for name, n in earlier.uids if name == _REPORT and n < number]
    if not before:
        return
    named, series, study = Dataset(), Dataset(), Dataset()
    named.ReferencedSOPClassUID = report.SOPClassUID
    named.ReferencedSOPInstanceUID = earlier.uids[_REPORT, max(before)]
    series.SeriesInstanceUID, series.ReferencedSOPSequence = report.SeriesInstanceUID, DicomSequence([named])
    study.StudyInstanceUID, study.ReferencedSeriesSequence = report.StudyInstanceUID, DicomSequence([series])
    report.PredecessorDocumentsSequence = DicomSequence([study])


def _store(line: Connection, pacs: Pacs | None, sent: Sequence[Dataset]) -> Dataset:
    """Send datasets and give the answer, also where it comes with the status of an error."""
    if not sent:
        return Dataset()
    try:
        answer: Dataset = line.client.store_instances(sent)
    except requests.HTTPError as error:
        if error.response is None or error.response.status_code != HTTPStatus.CONFLICT or not pacs:
            raise
        try:
            return Dataset.from_json(error.response.json())
        except (AttributeError, KeyError, TypeError, ValueError):
            raise refusal_of(pacs, error) from None
    return answer


def _look(line: Connection, objects: Sequence[ResultObject], made: dict[str, Dataset], filing: Filing) -> Check:
    """Search for every object of the result, and ask whether the study answers as a whole."""
    n_found = 0
    for each in objects:
        rows = instances_of(filing.study_uid, str(made[each.name].SeriesInstanceUID), line)
        n_found += any(_own(row) == _own(made[each.name]) for row in rows)
    is_one = len(studies_of(filing.study_uid, line, ("PatientID",))) == 1
    is_whole = is_one and line.answers(f"/studies/{filing.study_uid}/metadata")
    return Check(n_found, is_whole)
