"""Every volume that NIfTI files hold, with its place and what its name says: the rows of the series table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from deeptepp.domain.geometry import Grid
from deeptepp.errors import NiftiError, NoNiftiFound, SeveralNiftiPatients
from deeptepp.nifti.file_names import OTHER_WORDS, NameTokens, name_tokens, natural_order
from deeptepp.nifti.files import NamedFile
from deeptepp.nifti.header import NiftiHeader, is_nifti_head, parse_header
from deeptepp.nifti.orientation import grid_of
from deeptepp.nifti.times import clock_s, side_facts
from deeptepp.nifti.voxels import check_size, labels_of

_ENDINGS = (".nii", ".nii.gz")
_OUTLINE_FOLDER = "segmentations"
"""Folder of the outlines in the layout of MAMA-MIA."""


@dataclass(frozen=True, slots=True, eq=False)
class NiftiVolume:
    """One volume of one file.

    ``key``: ``s1``, ``s2`` ... in the order of names. ``file``: where it is; ``index``: along the fourth axis of
    its file; ``name``: what the name says; ``is_other``: a word that not all names have says that this is no
    phase; ``header``: None where it cannot be read; ``grid``: None where its place is not known; ``labels``: the
    few values of an outline; None for intensities; ``clock_s``: when it was acquired, by its side file;
    ``examination``: StudyInstanceUID of its side file; never shown; ``refusal``: why it cannot be used.
    """

    key: str
    file: NamedFile
    index: int
    name: NameTokens
    is_other: bool
    header: NiftiHeader | None = None
    grid: Grid | None = None
    labels: tuple[float, ...] | None = None
    clock_s: float | None = None
    examination: str | None = field(default=None, repr=False)
    refusal: NiftiError | None = field(default=None, repr=False)

    @property
    def n_in_file(self) -> int:
        """Volumes of its file."""
        return 1 if self.header is None else self.header.n_volumes

    @property
    def may_be_phase(self) -> bool:
        """Whether it holds intensities and no word of its name speaks against it."""
        return self.labels is None and not self.is_other


def volumes_of(files: Sequence[NamedFile]) -> tuple[NiftiVolume, ...]:
    """List the volumes of all NIfTI files among the files.

    Raises NoNiftiFound where no file is NIfTI; SeveralNiftiPatients where the names are those of several patients
    or examinations; NiftiTooLarge where they unpack to more than a study has.
    """
    is_image = {id(file): is_nifti_head(file.head()) for file in files}
    if not any(is_image.values()):
        raise NoNiftiFound(value=len(files))
    # A file that is called NIfTI and is none was damaged: leaving it out would leave out a phase.
    called = [file for file in files if is_image[id(file)] or file.name.endswith(_ENDINGS)]
    images = sorted(called, key=natural_order)
    names = [name_tokens(file) for file in images]
    phases = [name for name in names if _OUTLINE_FOLDER not in name.tokens]
    check_one_subject(phases)
    # A word that every name has tells nothing.
    common = set.intersection(*(set(name.tokens) for name in phases)) if phases else set()
    headers = [_header(file) for file in images]
    check_size([(f, h) for f, h in zip(images, headers, strict=True) if isinstance(h, NiftiHeader)])
    volumes: list[NiftiVolume] = []
    for file, name, header in zip(images, names, headers, strict=True):
        row = NiftiVolume(f"s{len(volumes) + 1}", file, 0, name, bool(OTHER_WORDS & (set(name.tokens) - common)))
        volumes.extend(_volumes(row, header, files))
    return tuple(volumes)


def check_one_subject(names: Sequence[NameTokens]) -> None:
    """Refuse names of several patients or examinations.

    Raises SeveralNiftiPatients where names of a standard form name more than one.
    """
    subjects = {name.subject for name in names} - {None}
    if len(subjects) > 1:
        raise SeveralNiftiPatients(value=len(subjects))


def _header(file: NamedFile) -> NiftiHeader | NiftiError:
    """Parse the header of a file, or say why not."""
    try:
        return parse_header(file.head())
    except NiftiError as refusal:
        return refusal


def _volumes(
    row: NiftiVolume, header: NiftiHeader | NiftiError, files: Sequence[NamedFile]
) -> tuple[NiftiVolume, ...]:
    """List the volumes of one file, from the key of ``row`` on; what cannot be read is one row that says why."""
    if isinstance(header, NiftiError):
        return (replace(row, refusal=header),)
    try:
        labels, grid = labels_of(row.file, header), grid_of(header)
    except NiftiError as refusal:
        return (replace(row, refusal=refusal),)
    facts = side_facts(row.file, files)
    clock = clock_s(facts) if header.n_volumes == 1 else None
    examination = str(facts["StudyInstanceUID"]) if "StudyInstanceUID" in facts else None
    whole = replace(row, header=header, grid=grid, labels=labels, clock_s=clock, examination=examination)
    first = int(row.key[1:])
    return tuple(replace(whole, key=f"s{first + index}", index=index) for index in range(header.n_volumes))
