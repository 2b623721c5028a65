"""Commands for cohorts without images: a centre's own, and public tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deeptepp.cli.cohort_file import Everyone, MappingFile, Units, mapping_for, preview_lines, units_said
from deeptepp.cli.printing import AsJson, RefusingCommand, leave_with, print_json
from deeptepp.datasets.problems import problem_lines
from deeptepp.errors import BundleError, SettingsError, UnknownPublicCohort

if TYPE_CHECKING:
    from deeptepp.datasets.problems import Problem
    from deeptepp.datasets.public.imported import Imported
    from deeptepp.domain.cohort import Cohort

cohort_app = typer.Typer(help="Cohorts without images: your own, and public tables.", no_args_is_help=True)


@cohort_app.command("template", cls=RefusingCommand)
def template(
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="File to write; the screen if absent.")] = None,
) -> None:
    """Give a commented CSV table to be filled in with your own cohort."""
    from deeptepp.datasets.template import TEMPLATE, write_template

    if out is None:
        typer.echo(TEMPLATE, nl=False)
        return
    if out.exists():
        raise typer.BadParameter("the file is there already", param_hint="--out")
    write_template(out)
    typer.echo(f"Template written to {out}")


@cohort_app.command("check", cls=RefusingCommand)
def check(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or Excel table, or a Parquet cohort.")
    ],
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Only count patients of unknown follow-up or treatment.")
    ] = False,
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
    as_json: AsJson = False,
) -> None:
    """Count what a cohort holds and print everything that is wrong with it."""
    from deeptepp.datasets.own import examine_cohort
    from deeptepp.report.cohort.cohort_overview import overview_lines, overview_of

    try:
        chosen = mapping_for(mapping, everyone)
        examined = examine_cohort(file, allow_gaps=allow_gaps, mapping=chosen, units=units_said(unit))
    except SettingsError as error:
        raise typer.BadParameter(str(error), param_hint="--unit or --mapping") from None
    overview = overview_of(examined.cohort)
    problems = (*examined.problems, *_tier_problems(examined.cohort))
    if not as_json:
        preview = [*preview_lines(examined.preview), ""] if examined.preview else []
        typer.echo("\n".join([*preview, *overview_lines(overview), "", *problem_lines(problems)]))
    leave_with(
        problems,
        as_json=as_json,
        more={"overview": overview.to_mapping()},
        is_simulated=overview.is_simulated,
    )


@cohort_app.command("map", cls=RefusingCommand)
def map_columns(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or Excel table.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Mapping to write (TOML).")],
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook; the one with patients if absent.")] = "",
) -> None:
    """Guess what the columns of a table are, show what each becomes, and write it to be corrected."""
    from deeptepp.datasets.columns.guess import guess_mapping
    from deeptepp.datasets.columns.sheets import read_sheet
    from deeptepp.datasets.own import examine_mapped
    from deeptepp.datasets.public.registry import recognised
    from deeptepp.datasets.raw_cells import is_workbook

    if out.exists():
        raise typer.BadParameter("the file is there already", param_hint="--out")
    public = recognised(file)
    if public is not None:
        typer.echo(f"This is the public table {public.title}; import it in place of mapping its columns:")
        typer.echo(f"  deeptepp cohort import {public.name} {file} --out {public.name}.parquet")
    table = read_sheet(file.read_bytes(), is_workbook=is_workbook(file), sheet=sheet)
    mapping = guess_mapping(table)
    examined = examine_mapped(table, mapping, allow_gaps=True)
    of_sheet = f" of sheet “{table.name}” (others: {', '.join(table.others) or 'none'})" if table.name else ""
    typer.echo(f"{len(table.rows)} rows{of_sheet}")
    typer.echo("\n".join([*preview_lines(examined.preview), "", *problem_lines(examined.problems)]))
    out.write_text(mapping.to_toml(), encoding="utf-8")
    typer.echo(f"Mapping written to {out}. Look through it, then: deeptepp cohort check {file} --mapping {out}")


def _tier_problems(cohort: Cohort) -> tuple[Problem, ...]:
    """Hold given tiers against the cut-offs of the model at hand; silent without scores, tiers or a model."""
    from deeptepp.domain.cohort import SCORE, TIER
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.cohort.given_tiers import tier_problems

    if SCORE not in cohort or TIER not in cohort or cohort[SCORE].dtype == object:
        return ()
    try:
        return tier_problems(cohort, load_bundle().tiers)
    except BundleError:
        return ()


@cohort_app.command("import", cls=RefusingCommand)
def import_table(
    name: Annotated[str, typer.Argument(help="Public cohort; see: deeptepp cohort sources.")],
    path: Annotated[Path, typer.Argument(exists=True, help="The table, or its folder.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Parquet file to write; replaced when it exists.")],
    her2_positive: Annotated[
        bool, typer.Option("--her2-positive", help="Only patients who are known to be HER2-positive.")
    ] = False,
    paper_like: Annotated[
        bool, typer.Option("--paper-like", help="Of duke: HER2-positive, M0, no neoadjuvant treatment, RFS known.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a public table as a cohort and tell every quirk of it; what was found is kept beside the file."""
    from deeptepp.datasets.public.registry import read_public, write_imported
    from deeptepp.report.cohort.cohort_overview import overview_lines, overview_of

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter("the name must end in .parquet", param_hint="--out")
    if paper_like and name != "duke":
        raise typer.BadParameter("only duke tells metastasis and neoadjuvant treatment", param_hint="--paper-like")
    try:
        imported = _chosen(read_public(name, path), her2_positive=her2_positive, paper_like=paper_like)
        write_imported(imported, out)
    except UnknownPublicCohort as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    overview = overview_of(imported.cohort)
    if not as_json:
        source = imported.source
        typer.echo(f"{source.title}. Licence: {source.licence}. Cite: {source.citation}.")
        typer.echo("\n".join([*overview_lines(overview), "", *problem_lines(imported.problems)]))
        typer.echo(f"Images: {source.images_from}.\nCohort written to {out}")
    leave_with(imported.problems, as_json=as_json, more={"overview": overview.to_mapping()})


def _chosen(imported: Imported, *, her2_positive: bool, paper_like: bool) -> Imported:
    """Keep the patients who were asked for."""
    if paper_like:
        from deeptepp.datasets.public.duke import paper_like as keep

        return keep(imported)
    return imported.her2_positive() if her2_positive else imported


@cohort_app.command("sources", cls=RefusingCommand)
def sources(as_json: AsJson = False) -> None:
    """List the public cohorts: where table and images are, licence, endpoints and arms."""
    from dataclasses import asdict

    from deeptepp.datasets.public.registry import ADAPTERS

    listed: list[dict[str, Any]] = [asdict(each.source) for each in ADAPTERS.values()]
    if as_json:
        print_json({"sources": listed})
        return
    for each in listed:
        typer.echo(f"{each['name']}  {each['title']}")
        for key in ("files", "table_from", "images_from", "labels", "licence", "citation", "rfs", "os", "arms"):
            value = " or ".join(each[key]) if key == "files" else each[key]
            typer.echo(f"  {key.replace('_', ' ')}: {value}")
