"""What the command line says of a cohort's file: whose columns it has, in which units, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.errors import SettingsError

if TYPE_CHECKING:
    from deeptepp.datasets.columns.column_preview import Preview
    from deeptepp.datasets.columns.mapping import Mapping
    from deeptepp.domain.cohort import Cohort

MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping", exists=True, dir_okay=False, help="What the columns are; see: deeptepp cohort map FILE."
    ),
]
"""Option of every command that reads a cohort."""

Units = Annotated[
    list[str] | None,
    typer.Option("--unit", metavar="COLUMN=UNIT", help="Unit of a column, such as rfs_months=weeks; repeatable."),
]
"""Option of every command that reads a cohort."""

Everyone = Annotated[
    str, typer.Option(metavar="TREATMENT", help="With --mapping: what all had; none, T, T+P or unknown.")
]
"""Option of every command that reads a cohort."""


def mapping_for(file: Path | None, everyone: str) -> Mapping | None:
    """Read the mapping that was named, with the treatment of everyone.

    Returns None where no file was named. Raises typer.BadParameter: a treatment without a mapping, or one that is
    none.
    """
    from deeptepp.datasets.columns.mapping import meanings_of, read_mapping

    if everyone and file is None:
        raise typer.BadParameter("it goes with --mapping", param_hint="--everyone")
    if everyone and everyone not in meanings_of("arm"):
        allowed = ", ".join(meanings_of("arm"))
        raise typer.BadParameter(f"it is one of {allowed}", param_hint="--everyone")
    if file is None:
        return None
    mapping = read_mapping(file)
    return replace(mapping, everyone=everyone) if everyone else mapping


def units_said(units: Sequence[str] | None) -> dict[str, str]:
    """Part the units that were said.

    ``units``: such as ``rfs_months=weeks``. Raises typer.BadParameter: one has another form.
    """
    said = {}
    for each in units or ():
        name, equals, unit = each.partition("=")
        if not (name and equals and unit):
            raise typer.BadParameter("write COLUMN=UNIT, such as rfs_months=weeks", param_hint="--unit")
        said[name.strip()] = unit.strip()
    return said


def cohort_of(path: Path, mapping: Path | None, units: Sequence[str] | None, everyone: str) -> Cohort:
    """Read the cohort of a report; gaps are counted there."""
    from deeptepp.datasets.own import PARQUET, read_own_cohort, read_written_cohort

    try:
        chosen, said = mapping_for(mapping, everyone), units_said(units)
        if path.suffix.lower() == PARQUET:
            return read_written_cohort(path, units=said)
        return read_own_cohort(path, allow_gaps=True, mapping=chosen, units=said).cohort
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--unit or --mapping") from None


def preview_lines(preview: Sequence[Preview]) -> list[str]:
    """Write what became of every column.

    Returns lines, words that are not understood below their column.
    """
    lines = []
    for each in preview:
        source = f"“{each.column}”" if each.column else "-"
        unit = f" [{each.unit}]" if each.unit else ""
        counts = f"{each.n_read} read, {each.n_empty} empty"
        counts += f", {each.n_strange} NOT UNDERSTOOD" if each.n_strange else ""
        lines.append(f"{each.target:>24}  {source}{unit}: {counts}{'; ' if each.becomes else ''}{each.becomes}")
        words = [f"{word} = {meaning or '?'} ({n})" for word, meaning, n in each.words]
        if words:
            lines.append(f"{'':>26}{', '.join(words)}")
    return lines
