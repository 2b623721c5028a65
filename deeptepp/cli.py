"""The command line: parse, one call into the package, print.

Exit status: 0 scored or done, 1 refused or bad input (the rule is printed), 2 wrong usage.
"""

from __future__ import annotations

import json
import logging
import sys
import tomllib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from deeptepp.datasets.problems import Problem, problem_lines, problems_in
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.progress import StepReport, silent
from deeptepp.domain.risk import Assessment, Finding, Outcome
from deeptepp.errors import BadSetting, CohortRefused, DeepTeppError, UnreadableProfile
from deeptepp.report.document import (
    assessment_to_dict,
    finding_to_dict,
    lesion_to_dict,
    marks,
    phase_to_dict,
    series_to_dict,
)

if TYPE_CHECKING:
    from deeptepp.train.settings import TrainSettings

# Commands import what they need when they run: torch takes seconds, and `--help` should not.

app = typer.Typer(
    help="Risk score, tier and treatment outcomes for HER2-positive early breast cancer from breast DCE-MR. "
    "Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
simulate_app = typer.Typer(help="Make simulated patients and their MR.", no_args_is_help=True)
app.add_typer(simulate_app, name="simulate")

StudyPath = Annotated[
    list[Path], typer.Argument(exists=True, metavar="STUDY", help="Zip archive, folder, or DICOM files.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.callback()
def _configure() -> None:
    """Configure logging once, for all commands."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


@app.command()
def score(
    study: StudyPath,
    cp: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file of clinical-pathological facts.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(exists=True, help="Model bundle; the shipped one if absent.")
    ] = None,
    phase_index: Annotated[int | None, typer.Option(min=1, help="Post-contrast phase to score.")] = None,
    as_json: AsJson = False,
    allow_ineligible: Annotated[
        bool, typer.Option("--allow-ineligible", help="Score for research although an eligibility rule refuses.")
    ] = False,
) -> None:
    """Score one study: risk score, tier, percentile, warnings."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.scoring.case import assess_case, open_case, refuse

    model = None
    try:
        profile = read_profile(cp)
        model = load_bundle(bundle)
        progress = silent if as_json else _say
        images = open_case(_source(study), phase_index=phase_index, progress=progress)
        assessment = assess_case(images, profile, model, allow_ineligible=allow_ineligible, progress=progress)
    except DeepTeppError as error:
        assessment = refuse(error)
    if as_json:
        _print_json(assessment_to_dict(assessment, model))
    else:
        typer.echo("\n".join(_lines(assessment)))
    raise typer.Exit(code=1 if assessment.outcome is Outcome.REFUSED else 0)


@app.command()
def detect(study: StudyPath, as_json: AsJson = False) -> None:
    """Find the tumour candidates of one study, best first."""
    from deeptepp.scoring.images import open_case

    progress = silent if as_json else _say
    try:
        images = open_case(_source(study), progress=progress)
    except DeepTeppError as error:
        _refuse(error, as_json=as_json)
    candidates = [lesion_to_dict(lesion) for lesion in images.candidates]
    if as_json:
        _print_json(
            {
                "candidates": candidates,
                "is_ambiguous": images.detection.is_ambiguous if images.detection else None,
                "phase": phase_to_dict(images.phase),
                "series": [series_to_dict(row) for row in images.series],
                "findings": [finding_to_dict(finding) for finding in images.findings],
                "input_sha256": images.study.digest,
            }
        )
    else:
        for number, lesion in enumerate(candidates, 1):
            typer.echo(
                f"{number}. centre {lesion['centre_lps_mm']} mm LPS, {lesion['volume_ml']} ml, "
                f"{lesion['longest_diameter_mm']} mm, confidence {lesion['confidence']:.2f}"
            )
    raise typer.Exit(code=0 if candidates else 1)


@app.command()
def prepare(
    manifest: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, metavar="MANIFEST", help="CSV, one row per patient.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Dataset folder to write; goes on where it was stopped.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    check: Annotated[bool, typer.Option("--check", help="Only print the table of problems.")] = False,
    skip_failed: Annotated[
        bool, typer.Option("--skip-failed", help="Go on without patients of whom no region can be made.")
    ] = False,
    images_only: Annotated[
        bool, typer.Option("--images-only", help="The network will be given images alone.")
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Folds that training will ask for.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Make the dataset of your own patients: check the manifest, then read, detect and cut every study."""
    from deeptepp.datasets.checks import Demands
    from deeptepp.datasets.prepare import check_manifest, prepare_dataset

    if out is None and not check:
        raise typer.BadParameter("give a folder, or --check", param_hint="--out")
    progress = silent if as_json else _say
    demands = Demands(n_folds=folds, needs_clinical=not images_only)
    checked = check_manifest(manifest, demands=demands, n_jobs=jobs, progress=progress)
    problems = checked.problems
    if not as_json:
        typer.echo("\n".join(problem_lines(problems)))
    if out is None or check or any(problem.is_refusal for problem in problems):
        _leave_with(problems, as_json=as_json)
    try:
        problems += prepare_dataset(
            checked, out, demands=demands, n_jobs=jobs, skip_failed=skip_failed, progress=progress
        )
    except DeepTeppError as error:
        _refuse(error, as_json=as_json)
    if as_json:
        _leave_with(problems, as_json=True)
    typer.echo(f"Dataset written to {out}")


@app.command("prepare-breastdcedl")
def prepare_breastdcedl_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="With patients.csv and images/.")],
    out: Annotated[Path, typer.Option(help="Dataset folder to write.")],
) -> None:
    """Make a dataset of the public tumour slices of BreastDCEDL."""
    from deeptepp.datasets.breastdcedl import prepare_breastdcedl

    try:
        prepare_breastdcedl(folder, out)
    except DeepTeppError as error:
        _refuse(error, as_json=False)
    typer.echo(f"Dataset written to {out}")


@app.command()
def train(
    settings: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Training settings, TOML.")],
) -> None:
    """Train a bundle from a cohort; resumes where it was stopped."""
    from deeptepp.train.distributed import is_first_rank
    from deeptepp.train.run import train_bundle
    from deeptepp.train.settings import read_settings

    tell: Callable[[str], None] = typer.echo if is_first_rank() else lambda _text: None
    try:
        chosen = read_settings(settings)
        with _progress_of(chosen) as progress:
            folder = train_bundle(chosen, progress=progress)
    except DeepTeppError as error:
        _refuse(error, as_json=False)
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from the last whole epoch of every fit.")
        raise typer.Exit(code=130) from None
    tell(f"Bundle written to {folder}")


def _progress_of(settings: TrainSettings) -> AbstractContextManager[Callable[[str], None]]:
    """Show a run as a bar on a terminal and as lines elsewhere."""
    if not sys.stdout.isatty():
        return nullcontext(typer.echo)
    from rich.console import Console

    from deeptepp.train.progress_bar import show_progress

    return show_progress(settings, Console(), n_fits=settings.n_folds + 1)


@app.command()
def evaluate(
    what: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="SETTINGS|BUNDLE", help="Training settings (TOML), or a bundle's folder."
        ),
    ],
    suite: Annotated[
        str, typer.Option(help="Of settings: table2, table_s2, ablations, permutation, protocol or all.")
    ] = "table2",
    only: Annotated[
        list[str] | None, typer.Option(help="Of settings: run this experiment alone; may be repeated.")
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Of a bundle: the folder of other patients.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the tables; docs/results if absent, none for a bundle.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the experiments of a suite and write their tables; or validate a bundle on other patients."""
    try:
        if what.is_dir():
            _validate(what, dataset, out, as_json=as_json)
        else:
            _run_suites(what, suite, only or [], out or Path("docs/results"), as_json=as_json)
    except DeepTeppError as error:
        _refuse(error, as_json=as_json)


def _run_suites(path: Path, suite: str, only: list[str], out: Path, *, as_json: bool) -> None:
    """Run suites of experiments and say where their tables are."""
    from deeptepp.train.evaluate import evaluate_suites
    from deeptepp.train.settings import read_settings

    # A path from the root would name a machine in a table that is published.
    shown = path.name if path.is_absolute() else path.as_posix()
    command = " ".join(["deeptepp evaluate", shown, "--suite", suite, *(f"--only {name}" for name in only)])
    written = evaluate_suites(
        read_settings(path),
        suite,
        out=out,
        command=command,
        only=only,
        progress=lambda line: typer.echo(line, err=True),
    )
    if as_json:
        _print_json({"tables": [str(table) for table in written]})
    else:
        typer.echo("\n".join(f"Table written to {table}" for table in written))


def _validate(folder: Path, dataset: Path | None, out: Path | None, *, as_json: bool) -> None:
    """Score other patients with a bundle and print what that came to."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.train.dataset import read_dataset
    from deeptepp.train.external import validate_bundle, validation_text

    if dataset is None:
        raise BadSetting(key="--dataset", value="absent", limit="the folder of the patients to score")
    found = validate_bundle(load_bundle(folder), read_dataset(dataset), progress=lambda s: typer.echo(s, err=True))
    text = validation_text(found)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"external-{found['bundle']}.md").write_text(text, encoding="utf-8")
        (out / f"external-{found['bundle']}.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    if as_json:
        _print_json(found)
    else:
        typer.echo(text)


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="BUNDLE")],
    as_json: AsJson = False,
) -> None:
    """Check every file of a bundle against its checksums, and that this version reads it."""
    from deeptepp.model.bundle import load_bundle, verify_bundle

    try:
        sums = verify_bundle(bundle)
        model = load_bundle(bundle)
    except DeepTeppError as error:
        _refuse(error, as_json=as_json)
    if as_json:
        _print_json(
            {"name": model.name, "sha256": model.sha256, "files": sums, "is_simulated": model.is_simulated}
        )
    else:
        typer.echo("\n".join(f"ok  {digest}  {name}" for name, digest in sums.items()))
        typer.echo(f"{model.name}: {len(sums)} files match; bundle sha256 {model.sha256}")


@app.command()
def export(
    bundle: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="BUNDLE")],
    onnx: Annotated[Path, typer.Option("--onnx", dir_okay=False, help="ONNX file to write.")],
) -> None:
    """Write the network of a bundle as ONNX: mosaics and encoded facts in, the risk of each view out."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.model.onnx import export_onnx

    try:
        path = export_onnx(load_bundle(bundle), onnx)
    except DeepTeppError as error:
        _refuse(error, as_json=False)
    typer.echo(f"Network written to {path}")


@simulate_app.command("cohort")
def simulate_cohort_command(
    out: Annotated[Path, typer.Option(help="Folder to write; resumed when it exists.")],
    preset: Annotated[str, typer.Option(help="paper, sharp, no_TP_effect, no_T_effect or no_signal.")] = "paper",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    n: Annotated[int | None, typer.Option(min=20, help="Patients with MR; all 726 if absent.")] = None,
    image_correlation: Annotated[
        float, typer.Option(min=0, max=1, help="Correlation of image and biology.")
    ] = 0.95,
    channels: Annotated[
        str, typer.Option(help="Images kept of each tumour: pre, post, subtraction, late; by commas.")
    ] = "post",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Make a cohort by the published margins, with MR, detection and regions of interest."""
    from deeptepp.imaging.roi import RoiSettings
    from deeptepp.simulate.dataset import write_dataset

    try:
        path = write_dataset(
            out,
            preset=preset,
            seed=seed,
            n_patients=n,
            image_correlation=image_correlation,
            roi_settings=RoiSettings(channels=tuple(channels.split(","))),
            n_jobs=jobs,
            progress=_say,
        )
    except DeepTeppError as error:
        _refuse(error, as_json=False)
    typer.echo(f"Simulated cohort written to {path}")


@simulate_app.command("study")
def simulate_study_command(
    out: Annotated[Path, typer.Option(help="Folder to write DICOM files and truth.json to.")],
    seed: Annotated[int, typer.Option(min=0)] = 0,
    latent_risk: Annotated[float, typer.Option(help="Latent biology z, standard normal.")] = 0.0,
    size_mm: Annotated[float, typer.Option(min=5, max=80, help="Longest diameter of the tumour.")] = 22.0,
) -> None:
    """Write one simulated study as DICOM, with its truth beside it."""
    from deeptepp.simulate.study import write_simulated_study

    truth = write_simulated_study(out, seed=seed, latent_risk=latent_risk, tumour_size_mm=size_mm)
    typer.echo(f"Simulated study written; truth in {truth}")


def read_profile(path: Path | None) -> ClinicalProfile:
    """Read clinical-pathological facts from TOML.

    Parameters
    ----------
    path : Path or None
        Keys are the fields of ``ClinicalProfile``, at the top or under ``[clinical]``; None is all unknown.

    Returns
    -------
    ClinicalProfile
        The checked profile.

    Raises
    ------
    UnreadableProfile
        The file is not TOML.
    ClinicalError
        A fact is unknown, out of range or contradicts another.
    """
    if path is None:
        return ClinicalProfile()
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableProfile(reason=str(error)) from error
    return ClinicalProfile.from_mapping(facts.get("clinical", facts))


def _source(paths: list[Path]) -> Path | list[Path]:
    """Give one path as itself and several as a list."""
    return paths[0] if len(paths) == 1 else paths


def _say(report: StepReport) -> None:
    """Print what a step found, on standard error."""
    if report.found:
        typer.echo(f"{report.step.value:>7}  {report.found}", err=True)


def _print_json(content: dict[str, Any]) -> None:
    """Print JSON."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def _leave_with(problems: Sequence[Problem], *, as_json: bool) -> NoReturn:
    """Leave with status 1 where a problem refuses; JSON says which."""
    is_refused = any(problem.is_refusal for problem in problems)
    if as_json:
        outcome = Outcome.REFUSED.value if is_refused else "ready"
        _print_json({"outcome": outcome, "problems": [problem.to_mapping() for problem in problems]})
    raise typer.Exit(code=1 if is_refused else 0)


def _refuse(error: DeepTeppError, *, as_json: bool) -> NoReturn:
    """Print the rule that refused and leave with status 1."""
    if isinstance(error, CohortRefused):
        if not as_json:
            typer.echo("\n".join(problem_lines(problems_in(error))))
        _leave_with(problems_in(error), as_json=as_json)
    if as_json:
        _print_json({"outcome": Outcome.REFUSED.value, "findings": [finding_to_dict(Finding.from_error(error))]})
    else:
        typer.echo(f"refused [{error.rule}] {error}", err=True)
    raise typer.Exit(code=1)


def _lines(assessment: Assessment) -> list[str]:
    """Say an assessment in lines of text."""
    lines = [f"*** {text} ***" for text in marks(assessment)]
    if assessment.score and assessment.tier:
        lines.append(f"Risk score {assessment.score.probability:.4f}   tier {assessment.tier.value}")
        if assessment.percentile is not None:
            lines.append(f"Higher than {assessment.percentile:.0f} % of the reference cohort")
    else:
        lines.append("Not scored")
    for finding in assessment.findings:
        measured = "" if finding.value is None else f" (found {finding.value}, asked {finding.limit})"
        lines.append(f"{finding.severity.value:>8}  [{finding.rule}] {finding.message}{measured}")
    return lines
