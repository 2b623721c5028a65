"""The command on many studies: ``score-cohort``."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.cluster import Backend, ClusterAddress, Jobs, workers_for
from deeptepp.cli.cohort_file import Units, units_said
from deeptepp.cli.printing import AsJson, print_json, say
from deeptepp.cli.study_choice import (
    AllowIneligible,
    BreastSide,
    PhaseKeys,
    ReaderBox,
    ServedBundle,
    WithShifts,
    phase_keys,
    reader_box,
)
from deeptepp.datasets.problems import problem_lines
from deeptepp.domain.progress import Progress, StepReport, silent
from deeptepp.errors import SettingsError
from deeptepp.processes import ProcessEngine

_EVERY_S = 1.0
"""Seconds between two lines of progress."""


def score_cohort_command(
    source: Annotated[
        Path,
        typer.Argument(
            exists=True,
            metavar="MANIFEST|FOLDER",
            help="CSV, one row per study; or a folder with a folder or zip archive for each.",
        ),
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of results; goes on where it was stopped.")],
    bundle: ServedBundle = None,
    backend: Backend = ProcessEngine.LOKY,
    address: ClusterAddress = "",
    jobs: Jobs = 1,
    memory_mb: Annotated[float, typer.Option("--memory-mb", min=500, help="Most memory of a worker.")] = 4096.0,
    phases: PhaseKeys = None,
    side: BreastSide = None,
    box: ReaderBox = None,
    unit: Units = None,
    allow_ineligible: AllowIneligible = False,
    with_shifts: WithShifts = True,
    as_json: AsJson = False,
) -> None:
    """Score many studies, on this machine or a cluster: tables of assessments, refusals and questions.

    Phases, side and box are those of every study whose row names none. A study that is refused is a row of the
    tables, and the status is 0.
    """
    from deeptepp.batch.score_cohort import score_cohort
    from deeptepp.batch.study_list import list_studies
    from deeptepp.datasets.image_columns import ImageChoice
    from deeptepp.model.bundle import default_bundle_path, load_bundle

    workers = workers_for(backend, address, jobs, memory_mb=memory_mb)
    choice = ImageChoice(phase_keys(phases), side, reader_box(box))
    try:
        listed = list_studies(source, choice=choice, units=units_said(unit))
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--unit") from None
    if listed.problems and not as_json:
        typer.echo("\n".join(problem_lines(listed.problems)), err=True)
    folder = bundle or default_bundle_path()
    counts = score_cohort(
        listed,
        out,
        folder,
        load_bundle(folder),
        workers,
        allow_ineligible=allow_ineligible,
        with_shifts=with_shifts,
        progress=silent if as_json else _now_and_then(),
    )
    if as_json:
        print_json(asdict(counts) | {"problems": [each.to_mapping() for each in listed.problems]})
    else:
        typer.echo(f"{counts}\nTables written to {out}")


def _now_and_then() -> Progress:
    """Print a line of progress each second at most, and the last."""
    last_s = 0.0

    def tell(report: StepReport) -> None:
        nonlocal last_s
        if report.fraction == 1 or time.monotonic() - last_s >= _EVERY_S:
            last_s = time.monotonic()
            say(report)

    return tell
