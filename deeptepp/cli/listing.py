"""The command ``series``: what a study holds, what of it would be read, and how to choose otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from deeptepp.cli.printing import AsJson, StudyPath, print_json, proposal_lines, source_of
from deeptepp.cli.study_choice import PhaseTimes, phase_times_s
from deeptepp.domain.risk import Finding, Outcome, Severity
from deeptepp.domain.study import PhaseProposal, SeriesSummary
from deeptepp.errors import StudyError, TwoSides
from deeptepp.report.case.document import finding_to_dict, proposal_to_dict, proposals_of, series_to_dict
from deeptepp.report.case.series_names import proposed_keys

if TYPE_CHECKING:
    from deeptepp.scoring.images import Reading

_COLUMNS = ("key", "images", "matrix", "spacing mm", "begun s", "role", "series")
"""Heads of the table; the reason of a row stands in the line below it."""


def series(study: StudyPath, times: PhaseTimes = None, as_json: AsJson = False) -> None:
    """List the series of one study, which of them are its phases and why, and how to choose otherwise."""
    from deeptepp.scoring.images import list_files, read_files

    source, times_s = source_of(study), phase_times_s(times)
    rows = list_files(source)
    # The whole study is read, since some doubts are raised by the pixels alone.
    reading: Reading | None = None
    refusal: StudyError | None = None
    try:
        reading = read_files(source, times_s=times_s)
        rows = reading.series
    except StudyError as error:
        refusal = error
    if as_json:
        print_json(_document(rows, reading, refusal))
    else:
        typer.echo("\n".join([*_table(rows), "", *_said(rows, reading, refusal)]))
    raise typer.Exit(code=0 if _is_readable(refusal) else 1)


def _document(
    rows: Sequence[SeriesSummary], reading: Reading | None, refusal: StudyError | None
) -> dict[str, Any]:
    """Table, findings and proposals as data."""
    return {
        "outcome": "readable" if _is_readable(refusal) else Outcome.REFUSED.value,
        "series": [series_to_dict(row) for row in rows],
        "findings": [finding_to_dict(finding) for finding in _findings(reading, refusal)],
        "proposals": [proposal_to_dict(each) for each in _ways(rows, reading, refusal)],
    }


def _is_readable(refusal: StudyError | None) -> bool:
    """Whether the study is read where nothing is chosen; of two breasts both are."""
    return refusal is None or isinstance(refusal, TwoSides)


def _findings(reading: Reading | None, refusal: StudyError | None) -> tuple[Finding, ...]:
    """What reading found, or why the study is not read; two breasts are no refusal."""
    if refusal is None:
        return reading.findings if reading else ()
    finding = Finding.from_error(refusal)
    if not _is_readable(refusal):
        return (finding,)
    message = "Each breast was imaged in volumes of its own; both are searched where no side is given."
    return (replace(finding, severity=Severity.NOTE, message=message),)


def _ways(
    rows: Sequence[SeriesSummary], reading: Reading | None, refusal: StudyError | None
) -> tuple[PhaseProposal, ...]:
    """Give every way to read the study, the one that is taken without an option first."""
    if reading is None:
        return proposals_of(refusal) if refusal else ()
    return (PhaseProposal(proposed_keys(rows), "What is read where nothing is chosen."), *reading.alternatives)


def _said(rows: Sequence[SeriesSummary], reading: Reading | None, refusal: StudyError | None) -> list[str]:
    """What would be read, or ask."""
    findings = _findings(reading, refusal)
    lines = [f"{finding.severity.value:>8}  [{finding.rule}] {finding.message}" for finding in findings]
    return [*lines, *proposal_lines(_ways(rows, reading, refusal), rows)]


def _table(rows: Sequence[SeriesSummary]) -> list[str]:
    """Write the table of series in columns, the reason of each row below it."""
    cells = [_cells(row) for row in rows]
    widths = [max(len(line[i]) for line in [_COLUMNS, *cells]) for i in range(len(_COLUMNS))]
    lines = ["  ".join(name.ljust(width) for name, width in zip(_COLUMNS, widths, strict=True)).rstrip()]
    for row, line in zip(rows, cells, strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        lines.append(f"{'':{widths[0]}}  {row.reason}")
    return lines


def _cells(row: SeriesSummary) -> tuple[str, ...]:
    """Write one row of the table."""
    spacing = " x ".join(f"{mm:.2f}" for mm in reversed(row.spacing_mm)) if row.spacing_mm else ""
    return (
        row.key,
        str(row.n_images),
        f"{row.columns} x {row.rows}" if row.rows else "",
        spacing,
        "" if row.acquisition_time_s is None else f"{row.acquisition_time_s:.0f}",
        row.role,
        f"{row.description or 'unnamed'}{'' if row.modality == 'MR' else f' ({row.modality})'}",
    )
