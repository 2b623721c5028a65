"""Public tables by name: each becomes one checked cohort, with findings, licence and where its images are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from deeptepp import __version__
from deeptepp.dataset_folder import write_json, write_whole
from deeptepp.datasets.public.duke import DUKE, read_duke
from deeptepp.datasets.public.imported import Imported, PublicSource
from deeptepp.datasets.public.ispy import ISPY1, read_ispy1
from deeptepp.datasets.public.ispy2 import ISPY2, read_ispy2
from deeptepp.datasets.public.mama_mia import MAMA_MIA, read_mama_mia
from deeptepp.datasets.public.metabric import METABRIC, read_metabric
from deeptepp.datasets.raw_cells import is_workbook, split_lines, workbook_lines
from deeptepp.errors import UnknownPublicCohort, UnreadableCohort
from deeptepp.tables import write_cohort
from deeptepp.wording.sentence import listed, sentence


@dataclass(frozen=True, slots=True)
class Adapter:
    """One public table and what reads it."""

    source: PublicSource
    read: Callable[[Path], Imported]


ADAPTERS: dict[str, Adapter] = {
    each.source.name: each
    for each in (
        Adapter(DUKE, read_duke),
        Adapter(ISPY1, read_ispy1),
        Adapter(ISPY2, read_ispy2),
        Adapter(MAMA_MIA, read_mama_mia),
        Adapter(METABRIC, read_metabric),
    )
}
"""What is read, by name."""


def read_public(name: str, path: Path) -> Imported:
    """Read a public table.

    ``path``: the table, or the folder that it lies in under its published name. Raises UnknownPublicCohort: there
    is no adapter of this name; UnreadableCohort: the table is absent or is another one; MissingColumn: the table
    lacks a column; DuplicateSubject: a patient occurs twice.
    """
    if name not in ADAPTERS:
        raise UnknownPublicCohort(value=name, limit=", ".join(ADAPTERS))
    adapter = ADAPTERS[name]
    return adapter.read(_file(path, adapter.source))


_MARKS: dict[str, tuple[str, ...]] = {
    "duke": ("Recurrence event(s)", "Nottingham grade", "Staging(Metastasis)#(Mx -replaced by -1)[M]"),
    "ispy1": ("SUBJECTID", "Her2MostPos", "MRI LD Baseline"),
    "ispy2": ("Patient_ID", "HR", "HER2", "pCR"),
    "mama-mia": ("patient_id", "dataset", "anti_her2_neu_therapy", "days_to_recurrence"),
    "metabric": ("Relapse Free Status (Months)", "Neoplasm Histologic Grade", "Overall Survival (Months)"),
}
"""Names of columns that together stand in one public table alone."""

_MARKED_WITHIN = 5
"""Rows of a sheet among which its header stands."""


def recognised(path: Path) -> PublicSource | None:
    """Tell whether a file is a public table, by the names of its columns.

    None where it is none, or cannot be read.
    """
    names = _names_in(path)
    for name, marks in _MARKS.items():
        if set(marks) <= names:
            return ADAPTERS[name].source
    return None


def _names_in(path: Path) -> set[str]:
    """Collect the cells of the first rows of every sheet."""
    try:
        content = path.read_bytes()
        if is_workbook(path):
            sheets = list(workbook_lines(content, n_lines=_MARKED_WITHIN).values())
        else:
            head = content.decode("utf-8-sig", "replace").splitlines()[:_MARKED_WITHIN]
            sheets = [split_lines("\n".join(head), ",")]
    except (OSError, UnreadableCohort):
        return set()
    return {" ".join(cell.split()) for lines in sheets for line in lines for cell in line if cell}


def write_imported(imported: Imported, path: Path) -> None:
    """Write a cohort, and what is to be known of it beside it.

    ``path``: parquet file to write; a file of the same name that ends in ``.json`` holds source, licence and
    problems.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "source": asdict(imported.source),
        "n_patients": len(imported.cohort),
        "code_version": __version__,
        "problems": [problem.to_mapping() for problem in imported.problems],
    }
    write_json(path.with_suffix(".json"), about)
    write_whole(path, lambda part: write_cohort(imported.cohort, part))


def _file(path: Path, source: PublicSource) -> Path:
    """Find the table in a folder."""
    if not path.is_dir():
        return path
    found = [path / name for name in source.files if (path / name).is_file()]
    if not found:
        raise UnreadableCohort(
            reason=sentence("the folder holds no {files}", files=listed(source.files, last="or"))
        )
    return found[0]
