"""Commands that write reports: ``report cohort``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.cohort_file import Everyone, MappingFile, Units, cohort_of
from deeptepp.cli.printing import refuse_with
from deeptepp.errors import DeepTeppError

report_app = typer.Typer(help="Write reports as HTML with every number as CSV.", no_args_is_help=True)


@report_app.command("cohort")
def report_cohort(
    cohort: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="COHORT", help="Parquet, CSV or xlsx.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write.")],
    bundle: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Bundle; the shipped one if absent.")
    ] = None,
    experiments: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder with results of 'deeptepp evaluate'.")
    ] = None,
    name: Annotated[str, typer.Option(help="Title of the cohort in the report.")] = "Cohort",
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Make the publication's figures and tables from a cohort, each beside what was printed."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.cohort_report import write_cohort_report

    try:
        patients = cohort_of(cohort, mapping, unit, everyone)
        written = write_cohort_report(patients, load_bundle(bundle), out, name=name, experiments=experiments)
    except DeepTeppError as error:
        refuse_with(error, as_json=False)
    typer.echo(f"Report written to {written[0]}, {len(written) - 1} tables to {written[0].parent / 'csv'}")


@report_app.command("recipe")
def report_recipe(
    recipe: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="RECIPE", help="JSON of the tiers laboratory.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write.")],
    cohort: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Parquet, CSV or xlsx; the bundle's patients if absent."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Bundle; the shipped one if absent.")
    ] = None,
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Follow a recipe of the tiers laboratory into the same figures and tables."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.laboratory_report import write_recipe_report
    from deeptepp.report.recipe import CohortChoice, read_recipe

    try:
        asked = read_recipe(recipe)
        if cohort is None and asked.cohort is CohortChoice.UPLOADED:
            raise typer.BadParameter("the recipe is of an uploaded cohort; name its file", param_hint="--cohort")
        own = None if cohort is None else cohort_of(cohort, mapping, unit, everyone)
        loaded = load_bundle(bundle)
        written = write_recipe_report(loaded.reference if own is None else own, loaded, asked, out)
    except DeepTeppError as error:
        refuse_with(error, as_json=False)
    typer.echo(f"Report written to {written[0]}, {len(written) - 2} tables to {written[0].parent / 'csv'}")
