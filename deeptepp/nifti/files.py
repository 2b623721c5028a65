"""The files of a folder, a zip archive or a list, opened on demand and unpacked as they stream.

Names are kept here, since they alone tell one phase from the next; they are hidden from ``repr`` and never part
of a message. What a file is, its first bytes say.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from deeptepp.domain.progress import checkpoint
from deeptepp.errors import ArchiveTooLarge, DamagedArchive, EncryptedArchive, NoNiftiFound, UnsafeArchivePath
from deeptepp.nifti.header import HEADER_BYTES, is_nifti_head
from deeptepp.safe_files import DAMAGE, check_total, is_junk, looks_like_dicom, open_zip, refuse_outside

_GZIP = b"\x1f\x8b"
_IMAGES, _OUTLINES, _FACTS = "images", Path("segmentations") / "expert", "patient_info_files"
CLINICAL_TABLE = "clinical_and_imaging_info.xlsx"
"""Name of the table of MAMA-MIA."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """One file, opened on demand.

    ``parts``: its path inside the source; may identify, so hidden from ``repr``; ``size_bytes``: as it is stored;
    ``opener``: gives a fresh binary stream.
    """

    parts: tuple[str, ...] = field(repr=False)
    size_bytes: int
    opener: Callable[[], BinaryIO] = field(repr=False)

    @contextmanager
    def unpacked(self) -> Iterator[BinaryIO]:
        """Open the content, unpacked where it is gzip."""
        with ExitStack() as stack:
            stream = stack.enter_context(self.opener())
            is_packed = stream.read(2) == _GZIP
            stream = stack.enter_context(self.opener())
            yield cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=stream))) if is_packed else stream

    def head(self, n_bytes: int = HEADER_BYTES) -> bytes:
        """First bytes, unpacked; empty where they cannot be read."""
        checkpoint()
        try:
            with self.unpacked() as stream:
                return stream.read(n_bytes)
        except DAMAGE:
            return b""

    @property
    def name(self) -> str:
        """The last part of its path, in lower case."""
        return self.parts[-1].lower()

    @property
    def stem(self) -> str:
        """The name without .nii, .nii.gz or another ending."""
        return self.name.removesuffix(".gz").rpartition(".")[0] or self.name


def is_nifti(source: Path | Sequence[Path]) -> bool:
    """Tell by their content whether files are NIfTI: one of them is, and none is DICOM.

    ``source``: a file, a folder, a zip archive, or a list of files. False also where nothing can be read.
    """
    found = False
    try:
        for head in _heads(source):
            if looks_like_dicom(head):
                return False
            found = found or is_nifti_head(head)
    except (ArchiveTooLarge, DamagedArchive, EncryptedArchive, UnsafeArchivePath, NoNiftiFound):
        return False
    return found


def _heads(source: Path | Sequence[Path]) -> Iterator[bytes]:
    """First bytes of each file, one after another: of DICOM files only the first is opened."""
    if isinstance(source, Path) and source.is_dir():
        for folder, _, names in os.walk(source):
            paths = (Path(folder, name) for name in names if not is_junk((name,)))
            yield from (
                _plain(path, path.parts).head() for path in paths if path.is_file() and not path.is_symlink()
            )
    elif isinstance(source, Path):
        with open_files(source) as files:
            yield from (file.head() for file in files)
    else:
        yield from (head for path in source for head in _heads(path))


@contextmanager
def open_files(source: Path | Sequence[Path]) -> Iterator[tuple[NamedFile, ...]]:
    """List what a source holds, in the order of names with their numbers counted.

    ``source``: a file, a folder, a zip archive, or a list of files. Yields the files, valid inside the ``with``
    block, with what lies beside them in the layout of MAMA-MIA. Raises NoNiftiFound where there is no file;
    UnsafeArchivePath, EncryptedArchive, ArchiveTooLarge, DamagedArchive where the source cannot be opened safely.
    """
    if not isinstance(source, Path) and len(source) == 1:
        source = source[0]
    with ExitStack() as stack:
        if isinstance(source, Path) and source.is_dir():
            files = [*_folder(source), *_beside(source)]
        elif isinstance(source, Path) and zipfile.is_zipfile(source):
            files = _zip(source, stack)
        else:
            files = _listed([source] if isinstance(source, Path) else list(source))
        check_total(len(files), 0)
        yield tuple(files)


def _folder(folder: Path) -> list[NamedFile]:
    """List a folder recursively; a link that leads outside is refused."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and not is_junk(p.relative_to(folder).parts)]
    refuse_outside(paths, folder)
    return [_plain(p, p.relative_to(folder).parts) for p in paths]


def _listed(paths: Sequence[Path]) -> list[NamedFile]:
    """Take files as they were named, with the side file of each and, for one folder, what lies beside it."""
    named = [path for path in paths if path.is_file()]
    if len(named) < len(paths) or not named:
        raise NoNiftiFound(value=len(named))
    absolute = list(dict.fromkeys(path.absolute() for path in named))
    root = Path(os.path.commonpath([path.parent for path in absolute]))
    sides = [side for path in absolute if (side := _side_of(path)).is_file() and side not in absolute]
    files = [_plain(path, path.relative_to(root).parts) for path in [*absolute, *sides]]
    parents = {path.parent for path in absolute}
    return files if len(parents) > 1 or len(paths) < 2 else [*files, *_beside(parents.pop())]


def _side_of(path: Path) -> Path:
    """Name the JSON file that describes an image in the way of BIDS."""
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".nii") + ".json")


def _beside(folder: Path) -> list[NamedFile]:
    """Find what MAMA-MIA keeps of a patient outside of its folder of images: outline, facts and the table."""
    folder = folder.resolve()
    root = folder.parent.parent
    if folder.parent.name.lower() != _IMAGES:
        return []
    outlines = [_named(root / _OUTLINES, f"{folder.name}{end}") for end in (".nii.gz", ".nii")]
    others = [_named(root / _FACTS, f"{folder.name}.json"), _named(root, CLINICAL_TABLE)]
    found = [path for path in (*outlines, *others) if path is not None and path.resolve().is_relative_to(root)]
    return [_plain(path, path.relative_to(root).parts) for path in found]


def _named(folder: Path, name: str) -> Path | None:
    """Find a file by its name in either case."""
    if not folder.is_dir():
        return None
    return next((p for p in folder.iterdir() if p.name.lower() == name.lower() and p.is_file()), None)


def _plain(path: Path, parts: tuple[str, ...]) -> NamedFile:
    """Name a file of the disk."""
    return NamedFile(parts, path.stat().st_size, lambda: path.open("rb"))


def _zip(path: Path, stack: ExitStack) -> list[NamedFile]:
    """List a zip archive after all checks that its directory allows."""
    archive, held = open_zip(path, stack)
    check_total(len(held), sum(info.file_size for info in held))
    return [_entry(archive, info) for info in sorted(held, key=lambda info: info.filename)]


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NamedFile:
    """Name an entry of an archive."""
    parts = PurePosixPath(info.filename).parts
    return NamedFile(parts, info.compress_size, lambda: io.BufferedReader(cast(io.RawIOBase, archive.open(info))))
