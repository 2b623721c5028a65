"""Commands that make a dataset of one's own patients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.cluster import Backend, ClusterAddress, Jobs, workers_for
from deeptepp.cli.cohort_file import Units, units_said
from deeptepp.cli.printing import AsJson, leave_with, say
from deeptepp.cli.study_choice import BreastSide, PhaseKeys, ReaderBox, phase_keys, reader_box
from deeptepp.datasets.problems import problem_lines
from deeptepp.domain.progress import silent
from deeptepp.errors import SettingsError
from deeptepp.processes import Engine


def prepare(
    manifest: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="MANIFEST", help="CSV, one row per patient.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Dataset folder to write; goes on where it was stopped.")
    ] = None,
    backend: Backend = Engine.LOKY,
    address: ClusterAddress = "",
    jobs: Jobs = 1,
    check: Annotated[bool, typer.Option("--check", help="Only print the table of problems.")] = False,
    skip_failed: Annotated[
        bool, typer.Option("--skip-failed", help="Go on without patients of whom no region can be made.")
    ] = False,
    images_only: Annotated[
        bool, typer.Option("--images-only", help="The network will be given images alone.")
    ] = False,
    channels: Annotated[
        str, typer.Option(help="Images kept of each tumour: pre, post, subtraction, late; by commas.")
    ] = "post",
    folds: Annotated[int, typer.Option(min=2, help="Folds that training will ask for.")] = 5,
    phases: PhaseKeys = None,
    side: BreastSide = None,
    box: ReaderBox = None,
    unit: Units = None,
    as_json: AsJson = False,
) -> None:
    """Make the dataset of your own patients: check the manifest, then read, detect and cut every study.

    Phases, side and box are those of every study whose row of the manifest names none.
    """
    from deeptepp.datasets.checks import Demands
    from deeptepp.datasets.image_columns import ImageChoice
    from deeptepp.datasets.prepare import check_manifest, prepare_dataset
    from deeptepp.imaging.roi import RoiSettings

    if out is None and not check:
        raise typer.BadParameter("give a folder, or --check", param_hint="--out")
    progress = silent if as_json else say
    workers = workers_for(backend, address, jobs)
    choice = ImageChoice(phase_keys(phases), side, reader_box(box))
    demands = Demands(n_folds=folds, needs_clinical=not images_only)
    settings = RoiSettings(channels=tuple(channels.split(",")))
    try:
        checked = check_manifest(
            manifest,
            settings=settings,
            demands=demands,
            choice=choice,
            units=units_said(unit),
            workers=workers,
            progress=progress,
        )
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--unit") from None
    problems = checked.problems
    if not as_json:
        typer.echo("\n".join(problem_lines(problems)))
    if out is None or check or any(problem.is_refusal for problem in problems):
        leave_with(problems, as_json=as_json)
    problems += prepare_dataset(
        checked,
        out,
        settings=settings,
        demands=demands,
        workers=workers,
        skip_failed=skip_failed,
        progress=progress,
    )
    if as_json:
        leave_with(problems, as_json=True)
    typer.echo(f"Dataset written to {out}")


def prepare_breastdcedl_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="With patients.csv and images/.")],
    out: Annotated[Path, typer.Option(help="Dataset folder to write.")],
) -> None:
    """Make a dataset of the public tumour slices of BreastDCEDL."""
    from deeptepp.datasets.public.breastdcedl import prepare_breastdcedl

    prepare_breastdcedl(folder, out)
    typer.echo(f"Dataset written to {out}")
