"""Commands that make a dataset of one's own patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.cli.cluster import Backend, ClusterAddress, Jobs, workers_for
from deeptepp.cli.cohort_file import Everyone, MappingFile, Units, mapping_for, units_said
from deeptepp.cli.printing import AsJson, leave_with, say
from deeptepp.cli.study_choice import BreastSide, PhaseKeys, ReaderBox, phase_keys, reader_box
from deeptepp.datasets.problems import problem_lines
from deeptepp.domain.progress import silent
from deeptepp.errors import SettingsError, UnknownPublicCohort
from deeptepp.processes import ProcessEngine

if TYPE_CHECKING:
    from deeptepp.datasets.columns.mapping import Mapping
    from deeptepp.datasets.manifest import Manifest


def prepare(
    manifest: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="MANIFEST|FOLDER", help="CSV, one row per patient; or the folder of a collection."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Dataset folder to write; goes on where it was stopped.")
    ] = None,
    backend: Backend = ProcessEngine.LOKY,
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
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
    collection: Annotated[
        str, typer.Option(help="Public collection whose download FOLDER is: duke, mama-mia or ispy2.")
    ] = "",
    label: Annotated[
        str, typer.Option(help="What will be learnt from a collection: rfs_event, or her2_positive.")
    ] = "rfs_event",
    as_json: AsJson = False,
) -> None:
    """Make a dataset of your own patients or of a public collection: check, then read, detect and cut every study.

    Phases, side and box are those of every study whose row of the manifest names none. Of a collection, facts and
    treatment may be unknown, and patients without the label are left out; each is told.
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
    demands = Demands(
        n_folds=folds, needs_clinical=not (images_only or collection), needs_follow_up=not collection, label=label
    )
    settings = RoiSettings(channels=tuple(channels.split(",")))
    try:
        checked = check_manifest(
            _manifest_of(manifest, collection, label, mapping_for(mapping, everyone)),
            settings=settings,
            demands=demands,
            choice=choice,
            units=units_said(unit),
            workers=workers,
            skip_failed=skip_failed,
            progress=progress,
        )
    except (SettingsError, UnknownPublicCohort) as error:
        raise typer.BadParameter(str(error), param_hint="--unit, --label or --collection") from None
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


def _manifest_of(path: Path, collection: str, label: str, mapping: Mapping | None) -> Path | Manifest:
    """Read the folder of a collection, or a table by its mapping; our own table is read where it is checked."""
    if collection:
        from deeptepp.datasets.collection import read_collection

        return read_collection(collection, path, label=label)
    if path.is_dir():
        raise typer.BadParameter("a folder; say --collection, or give the table", param_hint="MANIFEST")
    if mapping is not None:
        from deeptepp.datasets.manifest import read_mapped_manifest

        return read_mapped_manifest(path, mapping)
    return path


def prepare_breastdcedl_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="With patients.csv and images/.")],
    out: Annotated[Path, typer.Option(help="Dataset folder to write.")],
) -> None:
    """Make a dataset of the public tumour slices of BreastDCEDL."""
    from deeptepp.datasets.public.breastdcedl import prepare_breastdcedl

    prepare_breastdcedl(folder, out)
    typer.echo(f"Dataset written to {out}")
