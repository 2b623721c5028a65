"""One trial: a study damaged by a seed, read from a folder or an archive, and judged."""

from __future__ import annotations

import io
import logging
import random
import signal
import struct
import traceback
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deeptepp.dicom.read_dicom import StudyReading, read_study
from deeptepp.errors import DeepTeppError
from mutations.attributes import changes_of
from mutations.change import Change
from mutations.judge import Got, Outcome, outcome_of
from mutations.octets import archive_change, file_change
from mutations.studies import KINDS, Study, study

LONGEST_S = 10
"""No reading of a study of 24 small files may take longer."""

CONTAINERS = ("folder", "stored zip", "deflated zip")


class TooLong(BaseException):
    """A reading took too long; no handler of exceptions may hold it up."""


@dataclass(frozen=True)
class Trial:
    """What was done, and how it ended."""

    seed: int
    kind: str
    container: str
    change: Change
    outcome: Outcome


def trial(seed: int, home: Path) -> Trial:
    """Damage a study by a seed and read it."""
    chance = random.Random(seed)
    kind, container = chance.choice(list(KINDS)), chance.choice(CONTAINERS)
    made = study(kind)
    change = None
    while change is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            change = change_of(made, container, chance)
    source = written(made, change, container, home)
    with heard() as said:
        got = read(source)
    if isinstance(got, Exception):
        said.append("".join(traceback.format_exception(got)) + repr(getattr(got, "facts", "")))
    else:
        said.append(said_by(got))
    clean(source)
    outcome = outcome_of(got, usual(kind, home), "\n".join(said), is_scaled=made.is_scaled)
    return Trial(seed, kind, container, change, outcome)


def change_of(made: Study, container: str, chance: random.Random) -> Change | None:
    """Choose a change; None where no file can be written with it."""
    share = chance.random()
    if container != "folder" and share < 0.15:
        return archive_change(zipped(made.files, container), chance)
    if share < 0.4:
        return file_change(made, chance)
    try:
        return chance.choice(changes_of(made))(made, chance)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, struct.error):
        return None


def written(made: Study, change: Change, container: str, home: Path) -> Path:
    """Write the damaged study."""
    files = [change.files.get(n, content) for n, content in enumerate(made.files)]
    if container != "folder":
        path = home / "study.zip"
        path.write_bytes(change.archive or zipped(files, container))
        return path
    folder = home / made.kind
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for n, content in enumerate(made.files):
            (folder / f"{n:03d}").write_bytes(content)
    # The folder of a kind stays; each trial works on the files that it changes, and links to the others.
    trial_folder = home / "folder"
    trial_folder.mkdir()
    for n in range(len(files)):
        (trial_folder / f"{n:03d}").hardlink_to(folder / f"{n:03d}")
    for n, content in change.files.items():
        (trial_folder / f"{n:03d}").unlink()
        (trial_folder / f"{n:03d}").write_bytes(content)
    return trial_folder


def clean(source: Path) -> None:
    """Remove what was written for one trial."""
    if source.is_dir():
        for path in source.iterdir():
            path.unlink()
        source.rmdir()
    else:
        source.unlink()


def zipped(files: Sequence[bytes], container: str) -> bytes:
    """Make an archive."""
    method = zipfile.ZIP_STORED if container == "stored zip" else zipfile.ZIP_DEFLATED
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method, compresslevel=1) as archive:
        for n, content in enumerate(files):
            archive.writestr(zipfile.ZipInfo(f"{n:03d}"), content, method)
    return stream.getvalue()


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect what is logged and warned of."""
    said: list[str] = []

    class Ear(logging.Handler):
        """Keeps the messages."""

        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    ear, root = Ear(), logging.getLogger()
    root.addHandler(ear)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
            said += [str(warning.message) for warning in caught]
    finally:
        root.removeHandler(ear)


def read(source: Path) -> Got:
    """Read a study; whatever ends it is a result."""

    def stop(_signal: int, _frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_S)
    try:
        return read_study(source)
    except (Exception, TooLong) as error:  # noqa: BLE001  the judge tells them apart
        return error
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def said_by(got: StudyReading) -> str:
    """Join all that a user may see."""
    return f"{got.findings} {got.series} {got.study.key} {got.study.acquisition} {got.alternatives} {got.source!r}"


@cache
def usual(kind: str, home: Path) -> StudyReading:
    """Read the undamaged study."""
    source = home / f"usual {kind}.zip"
    source.write_bytes(zipped(study(kind).files, "stored zip"))
    got = read(source)
    if isinstance(got, (DeepTeppError, BaseException)):
        raise got
    return got
