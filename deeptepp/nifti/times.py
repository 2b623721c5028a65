"""Times of NIfTI phases, from the side files that may hold them; never from a field that often holds another.

A repetition time is no time between volumes of a dynamic series: converters write the TR of the sequence, some
milliseconds, into RepetitionTime and into pixdim[4] alike. A step counts only where it can be a whole acquisition.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from deeptepp.errors import NiftiTimesDiffer
from deeptepp.nifti.files import CLINICAL_TABLE, NamedFile
from deeptepp.nifti.header import NiftiHeader
from deeptepp.safe_files import DAMAGE
from deeptepp.wording.sentence import sentence

STEP_S = (2.0, 1200.0)
"""Shortest and longest time between phases in seconds: from ultrafast series to the 922 s of one in MAMA-MIA."""

_UNITS_S = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""Seconds per unit of pixdim[4], by the time bits of xyzt_units: s, ms, us."""

_SIDE_BYTES = 16 * 1024**2
"""Largest side file read, in bytes; the table of MAMA-MIA has 0.6 MB."""

_CLOCK_FORMATS = ("%H:%M:%S.%f", "%H:%M:%S", "%H%M%S.%f", "%H%M%S")
_STARTS = ("FrameTimesStart", "VolumeTiming")
"""Fields of BIDS with the begin of each volume in seconds."""

_TABLE_TIMES = "acquisition_times"
"""Field of MAMA-MIA: seconds of each phase after the first."""


def checked_times(times_s: Sequence[float], n_phases: int) -> tuple[float, ...]:
    """Check times that a caller gave.

    ``times_s``: seconds on any clock, one for each phase in the order of the phases; ``n_phases``: how many there
    must be. Gives seconds after the first. Raises NiftiTimesDiffer where another number of times, or times that do
    not ascend.
    """
    times = [float(time_s) for time_s in times_s]
    if len(times) != n_phases:
        raise NiftiTimesDiffer(
            value=sentence("{n} times", n=len(times)), limit=sentence("{n}, one for each phase", n=n_phases)
        )
    if not np.isfinite(times).all() or any(later <= earlier for earlier, later in pairwise(times)):
        raise NiftiTimesDiffer(value="they do not ascend", limit="seconds that ascend from phase to phase")
    return tuple(time_s - times[0] for time_s in times)


def plausible(times_s: Sequence[float]) -> tuple[float, ...] | None:
    """Take times from a file only where they can be those of a dynamic series.

    Gives seconds after the first, or None.
    """
    low, high = STEP_S
    if not np.isfinite(times_s).all() or not all(low <= b - a <= high for a, b in pairwise(times_s)):
        return None
    return tuple(round(float(time_s) - float(times_s[0]), 3) for time_s in times_s)


def header_times(header: NiftiHeader) -> tuple[float, ...] | None:
    """Give evenly spaced times of the volumes of one file by its header.

    Gives Seconds; None where no unit of time is said or the step is none of a dynamic series.
    """
    unit_s = _UNITS_S.get(header.units & 0x38)
    step_s = float(header.pixdim[4]) * (unit_s or 0.0)
    if not STEP_S[0] <= step_s <= STEP_S[1]:
        return None
    return tuple(round(i * step_s, 3) for i in range(header.n_volumes))


def side_facts(file: NamedFile, files: Sequence[NamedFile]) -> dict[str, Any]:
    """Read the JSON file of the same name beside an image.

    Empty without a readable one.
    """
    wanted = (*file.parts[:-1], f"{file.stem}.json")
    side = next((f for f in files if (*f.parts[:-1], f.name) == wanted), None)
    return {} if side is None else _json(side)


def clock_s(facts: dict[str, Any]) -> float | None:
    """Give the time at which an image was acquired, by its side file.

    Gives seconds on a clock of its own: of the calendar where the date is given, else of the day.
    """
    moment = facts.get("AcquisitionDateTime")
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return None
    text = str(facts.get("AcquisitionTime", ""))
    for form in _CLOCK_FORMATS:
        try:
            at = datetime.strptime(text, form)
        except ValueError:
            continue
        return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
    return None


def volume_starts(facts: dict[str, Any]) -> tuple[float, ...] | None:
    """Give the begin of each volume of one file, by its side file.

    Gives seconds after the first.
    """
    return next((times for name in _STARTS if (times := _numbers(facts.get(name))) is not None), None)


def published_times(subject: str, files: Sequence[NamedFile]) -> tuple[float, ...] | None:
    """Look up the times of a patient of MAMA-MIA, in its file of facts or in the table.

    ``subject``: name of the patient's files in lower case. Gives seconds after the first; None where neither file
    is there or holds any.
    """
    for file in files:
        if file.name == f"{subject}.json":
            facts = _json(file)
            held = [facts, *(value for value in facts.values() if isinstance(value, dict))]
            found = next((times for f in held if (times := _numbers(f.get(_TABLE_TIMES))) is not None), None)
        elif file.name == CLINICAL_TABLE:
            found = _from_table(file, subject)
        else:
            continue
        if found is not None:
            return found
    return None


def _from_table(file: NamedFile, subject: str) -> tuple[float, ...] | None:
    """Find the row of a patient."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = load_workbook(io.BytesIO(_content(file)), read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        names = [str(cell) for cell in next(rows, ())]
        patient, times = names.index("patient_id"), names.index(_TABLE_TIMES)
        found = [row[times] for row in rows if str(row[patient]).lower() == subject]
    except (*DAMAGE, zipfile.BadZipFile, InvalidFileException, ValueError, KeyError, IndexError):
        return None
    return _numbers(found[0]) if len(found) == 1 else None


def _numbers(value: object) -> tuple[float, ...] | None:
    """Take a list of numbers, also one written as text, that can be times of phases."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, list) or len(value) < 2:
        return None
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value):
        return None
    return plausible(value)


def _json(file: NamedFile) -> dict[str, Any]:
    """Read an object from a JSON file, or nothing."""
    try:
        facts = json.loads(_content(file))
    except (*DAMAGE, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _content(file: NamedFile) -> bytes:
    """Read a side file; one that is too large counts as empty."""
    with file.unpacked() as stream:
        content = stream.read(_SIDE_BYTES + 1)
    return content if len(content) <= _SIDE_BYTES else b""
