"""Commands that write reports: ``report cohort`` and ``report recipe``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.cli.cohort_file import Everyone, MappingFile, Units, cohort_of
from deeptepp.cli.printing import RefusingCommand
from deeptepp.file_sets import check_free

if TYPE_CHECKING:
    from deeptepp.report.report_page import ReportPage

report_app = typer.Typer(help="Write reports as HTML with every number as CSV.", no_args_is_help=True)

_Bundle = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Bundle; the shipped one if absent.")
]
_Figures = Annotated[
    str, typer.Option(metavar="FORMATS", help="Also write every figure by itself: svg, pdf and png, by commas.")
]


@report_app.command("cohort", cls=RefusingCommand)
def report_cohort(
    cohort: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="COHORT", help="Parquet, CSV or xlsx.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write.")],
    bundle: _Bundle = None,
    experiments: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder with results of 'deeptepp evaluate'.")
    ] = None,
    name: Annotated[str, typer.Option(help="Title of the cohort in the report.")] = "Cohort",
    tiers: Annotated[
        str, typer.Option(metavar="given|cut-offs", help="Tiers of the table's own column, or by the cut-offs.")
    ] = "",
    figures: _Figures = "",
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Make the publication's figures and tables from a cohort, each beside what was printed."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.cohort.cohort_report import CohortReport, cohort_page
    from deeptepp.report.cohort.given_tiers import source_of, tier_notes, tier_problems
    from deeptepp.scoring.tiers import TierSource

    if tiers not in ("", *TierSource):
        raise typer.BadParameter(f"one of {', '.join(TierSource)}", param_hint="--tiers")
    asked = CohortReport(name=name, experiments=experiments, tiers=TierSource(tiers) if tiers else None)
    formats = _formats(figures)
    patients, loaded = cohort_of(cohort, mapping, unit, everyone), load_bundle(bundle)
    if tier_problems(patients, loaded.tiers):
        source = source_of(patients, loaded.tiers, asked.tiers)
        typer.echo(_plain(f"warning: {' '.join(tier_notes(patients, loaded.tiers, source))}"), err=True)
    page = cohort_page(patients, loaded, asked)
    _write(page, out, formats)


@report_app.command("recipe", cls=RefusingCommand)
def report_recipe(
    recipe: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="RECIPE", help="JSON of the tiers laboratory.")
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write.")],
    cohort: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Parquet, CSV or xlsx; the bundle's patients if absent."),
    ] = None,
    bundle: _Bundle = None,
    figures: _Figures = "",
    another_table: Annotated[
        bool, typer.Option("--another-table", help="Follow the recipe in a table that it was not saved with.")
    ] = False,
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Follow a recipe of the tiers laboratory into the same figures and tables."""
    from dataclasses import replace

    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.laboratory.laboratory_report import RECIPE_FILE, recipe_page
    from deeptepp.report.laboratory.recipe import CohortChoice, check_table, read_recipe

    formats = _formats(figures)
    asked = read_recipe(recipe)
    if cohort is None and asked.cohort is CohortChoice.UPLOADED:
        raise typer.BadParameter("the recipe is of an uploaded cohort; name its file", param_hint="--cohort")
    own = None if cohort is None else cohort_of(cohort, mapping, unit, everyone)
    loaded = load_bundle(bundle)
    patients = loaded.reference if own is None else own
    if own is not None:
        if not another_table:
            check_table(asked, own)
        asked = replace(asked, cohort=CohortChoice.UPLOADED, cohort_sha256=own.digest)
    _write(recipe_page(patients, loaded, asked), out, formats, {RECIPE_FILE: asked.to_json().encode()})


def _formats(asked: str) -> tuple[str, ...]:
    """Read the formats of figures; an unknown one is wrong usage, and no browser is told at once."""
    from deeptepp.report.figures.figure_files import FORMATS, find_browser

    formats = tuple(filter(None, (each.strip().lower() for each in asked.split(","))))
    unknown = [each for each in formats if each not in FORMATS]
    if unknown:
        raise typer.BadParameter(f"one or more of {', '.join(FORMATS)}, by commas", param_hint="--figures")
    if formats:
        find_browser()
    return tuple(dict.fromkeys(formats))


def _write(page: ReportPage, out: Path, formats: tuple[str, ...], more: Mapping[str, bytes] | None = None) -> None:
    """Write page, tables and figures as one set, and say where they are."""
    from deeptepp.report.figures.figure_files import drawn_figures, figures_of
    from deeptepp.report.format import count
    from deeptepp.report.report_page import write_report

    check_free(out)  # before a browser draws for minutes
    figures = drawn_figures(figures_of(page.items), formats) if formats else {}
    drawn = {f"figures/{name}": content for name, content in figures.items()}
    written = write_report(page, out, {**drawn, **(more or {})})
    folder = written[0].parent / "csv"
    typer.echo(_plain(f"Report written to {written[0]}, {count(len(written) - 1, 'table')} to {folder}"))
    if formats:
        typer.echo(_plain(f"{count(len(figures), 'figure file')} written to {out / 'figures'}"))


def _plain(text: str) -> str:
    """Put plain spaces in, as a terminal and its pipes expect."""
    return text.replace("\u00a0", " ")
