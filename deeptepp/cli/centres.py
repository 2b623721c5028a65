"""Commands on several models or centres: ``compare``, ``recalibrate`` and ``drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.cli.cohort_file import Everyone, MappingFile, Units, cohort_of
from deeptepp.cli.printing import AsJson, print_json
from deeptepp.file_sets import check_free

if TYPE_CHECKING:
    from deeptepp.domain.cohort import Cohort
    from deeptepp.model.bundle import ModelBundle
    from deeptepp.report.centres.comparison_report import ScoredTable
    from deeptepp.report.report_page import ReportPage

_Side = Annotated[Path, typer.Argument(exists=True, help="Folder of a bundle, or a table of scores.")]
_BundleFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="BUNDLE")]
_Dataset = Annotated[
    Path | None,
    typer.Option(exists=True, file_okay=False, help="Patients whom both bundles score, a folder of 'prepare'."),
]
_Out = Annotated[Path | None, typer.Option(file_okay=False, help="Folder to write page and CSV into.")]


def compare(a: _Side, b: _Side, dataset: _Dataset = None, out: _Out = None, as_json: AsJson = False) -> None:
    """Compare two models on the same patients, or two tables of scores: AUC, tiers, net benefit, agreement."""
    from deeptepp.report.centres.comparison_report import comparison_page

    if dataset is not None and not (a.is_dir() or b.is_dir()):
        raise typer.BadParameter("it goes with a bundle; both sides are tables", param_hint="--dataset")
    page = comparison_page(_side(a, dataset), _side(b, dataset))
    _show(page, out, as_json=as_json)


def drift(
    bundle: _BundleFolder,
    incoming: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Table of incoming scores.")],
    out: _Out = None,
    as_json: AsJson = False,
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Say whether incoming scores, facts and acquisitions differ from the reference patients of a model."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.centres.drift_report import drift_page

    page = drift_page(load_bundle(bundle), _table(incoming, mapping, unit, everyone))
    _show(page, out, as_json=as_json)


def recalibrate(
    bundle: _BundleFolder,
    cohort: Annotated[
        Path,
        typer.Argument(exists=True, help="Followed patients: a table with this bundle's scores, or a dataset."),
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder of the new bundle; it may not exist.")],
    mapping: MappingFile = None,
    unit: Units = None,
    everyone: Everyone = "",
) -> None:
    """Fit a bundle's scores to the patients of a centre and write that as a new bundle; nobody changes tier."""
    from deeptepp.domain.provenance import are_scores_of
    from deeptepp.errors import FolderInUse, OtherScores
    from deeptepp.model.bundle import load_bundle, save_bundle
    from deeptepp.train.runs.on_site import recalibrated_bundle
    from deeptepp.wording.sentence import sentence

    if cohort.is_dir() and (mapping or unit or everyone):
        raise typer.BadParameter("they go with a table", param_hint="--mapping, --unit or --everyone")
    if out.exists():
        raise FolderInUse(reason=sentence("it exists already"))
    parent = load_bundle(bundle)
    patients = _rescored(parent, cohort) if cohort.is_dir() else _table(cohort, mapping, unit, everyone)
    if not cohort.is_dir() and not are_scores_of(patients, parent.sha256):
        raise OtherScores(limit=parent.sha256[:16])
    made = save_bundle(recalibrated_bundle(parent, patients, name=out.name), out)
    typer.echo(made.card.split("\n\n## The card of")[0])
    typer.echo(f"\nBundle written to {out}, sha256 {made.sha256}")


def _side(path: Path, dataset: Path | None) -> ScoredTable:
    """Read one side: the reference patients of a bundle, other patients whom it scores, or a table."""
    from deeptepp.domain.provenance import Model
    from deeptepp.model.bundle import load_bundle
    from deeptepp.report.centres.comparison_report import ScoredTable

    if not path.is_dir():
        return ScoredTable("a table of scores", _table(path))
    bundle = load_bundle(path)
    patients = bundle.reference if dataset is None else _rescored(bundle, dataset)
    return ScoredTable(
        f"{bundle.name}, SHA-256 {bundle.sha256[:16]}", patients, Model(bundle.sha256, bundle.is_simulated)
    )


def _table(path: Path, mapping: Path | None = None, unit: list[str] | None = None, everyone: str = "") -> Cohort:
    """Read a table of scores; one in Parquet may lack follow-up."""
    from deeptepp.datasets.own import PARQUET
    from deeptepp.tables import read_scored

    if path.suffix.lower() == PARQUET:
        return read_scored(path)
    return cohort_of(path, mapping, unit, everyone)


def _rescored(bundle: ModelBundle, dataset: Path) -> Cohort:
    """Score the patients of a dataset folder; those who trained the bundle would flatter it and are refused."""
    from deeptepp.domain.cohort import SCORE, TIER, Cohort
    from deeptepp.errors import BadSetting
    from deeptepp.scoring.tiers import TierSource, with_tiers
    from deeptepp.train.card.external import score_all
    from deeptepp.train.data.dataset import read_dataset

    source = read_dataset(dataset)
    if bundle.provenance.get("dataset_sha256") == source.sha256:
        raise BadSetting(key="dataset", value="the one that the bundle was trained on", limit="of other patients")
    scores = bundle.on_site(
        score_all(bundle, source, progress=lambda text: typer.echo(text, err=True)).mean(axis=1)
    )
    without = {name: column for name, column in source.cohort.columns.items() if name != TIER}
    scored = Cohort({**without, SCORE: scores}, source.cohort.is_simulated)
    return with_tiers(scored, bundle.tiers, TierSource.CUT_OFFS)


def _show(page: ReportPage, out: Path | None, *, as_json: bool) -> None:
    """Write a report where a folder is named, and print it."""
    from deeptepp.report.report_page import tables_of, write_report

    if out is not None:
        check_free(out)
        write_report(page, out)
    named = {name: table for item in page.items for name, table in tables_of(item).items()}
    if as_json:
        rows = {
            name: [dict(zip(table.header, row, strict=True)) for row in table.rows]
            for name, table in named.items()
        }
        missing = {item.key: item.reason for item in page.items if not item.is_made}
        marks = {"mark": page.mark} if page.mark else {}
        print_json({**marks, "facts": dict(page.facts), "tables": rows, "not_made": missing})
        return
    lines = [*([f"*** {page.mark} ***"] if page.mark else []), *(f"{name}: {text}" for name, text in page.facts)]
    for item in page.items:
        lines += ["", item.title, *([f"  {item.reason}"] if item.reason else [])]
        for table in item.tables:
            lines += [f"  {table.title}", *(f"    {'  |  '.join(row)}" for row in (table.header, *table.rows))]
            lines += [f"    {table.note}"] if table.note else []
        lines += [f"  {note}" for note in item.notes]
    typer.echo("\n".join(lines).replace("\u00a0", " "))
    if out is not None:
        typer.echo(f"\nReport written to {out}")
