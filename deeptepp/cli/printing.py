"""What every command says, and how it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from deeptepp.datasets.problems import Problem, problem_lines, problems_in
from deeptepp.domain.progress import StepReport
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, Finding, Outcome
from deeptepp.domain.study import PhaseProposal, SeriesSummary
from deeptepp.errors import CohortRefused, DeepTeppError
from deeptepp.report.case.document import finding_to_dict, phase_options, proposal_to_dict, proposals_of
from deeptepp.report.case.series_names import proposal_name

StudyPath = Annotated[
    list[Path],
    typer.Argument(exists=True, metavar="STUDY", help="Zip archive, folder, DICOMDIR, DICOM or NIfTI files."),
]
"""Argument of every command on one study."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
"""Option of every command with a result."""


def say(report: StepReport) -> None:
    """Print what a step found, on standard error."""
    if report.found:
        typer.echo(f"{report.step.value:>7}  {report.found}", err=True)


def print_json(content: dict[str, Any], *, is_simulated: bool = False) -> None:
    """Print JSON with the marks that must stand on it, unless it brings its own."""
    marks = [RESEARCH_USE_ONLY, *([SIMULATED_COHORT] if is_simulated else [])]
    typer.echo(json.dumps({"marks": marks, **content}, indent=2, ensure_ascii=False))


def leave_with(
    problems: Sequence[Problem],
    *,
    as_json: bool,
    more: Mapping[str, Any] | None = None,
    is_simulated: bool = False,
) -> NoReturn:
    """Leave with status 1 where a problem refuses; JSON says which, and ``more`` beside it."""
    is_refused = any(problem.is_refusal for problem in problems)
    if as_json:
        outcome = Outcome.REFUSED.value if is_refused else "ready"
        told = {"outcome": outcome, "problems": [each.to_mapping() for each in problems], **(more or {})}
        print_json(told, is_simulated=is_simulated)
    raise typer.Exit(code=1 if is_refused else 0)


class RefusingCommand(TyperCommand):
    """A command whose refusals are printed; it leaves with status 1 then."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  a context of click
        """Run the command; its option of JSON says how a refusal is printed."""
        try:
            return super().invoke(ctx)
        except DeepTeppError as error:
            _refuse_with(error, as_json=bool(ctx.params.get("as_json")))


def _refuse_with(error: DeepTeppError, *, as_json: bool) -> NoReturn:
    """Print the rule that refused and leave with status 1."""
    if isinstance(error, CohortRefused):
        if not as_json:
            typer.echo("\n".join(problem_lines(problems_in(error))))
        leave_with(problems_in(error), as_json=as_json)
    proposals = proposals_of(error)
    if as_json:
        told: dict[str, Any] = {"outcome": Outcome.REFUSED.value}
        told["findings"] = [finding_to_dict(Finding.from_error(error))]
        print_json(told | proposals_json(proposals))
    else:
        typer.echo("\n".join([f"refused [{error.rule}] {error}", *proposal_lines(proposals)]), err=True)
    raise typer.Exit(code=1)


def source_of(paths: list[Path]) -> Path | list[Path]:
    """One path as itself and several as a list."""
    return paths[0] if len(paths) == 1 else paths


def proposal_lines(proposals: Sequence[PhaseProposal], series: Sequence[SeriesSummary] = ()) -> list[str]:
    """Write each way to go on as the options that choose it, with what it is and why."""
    lines = []
    for proposal in proposals:
        name = f"{proposal_name(proposal, series)}. " if series else ""
        lines.append(f"  {phase_options(proposal)}\n      {name}{proposal.reason}")
    return lines


def proposals_json(proposals: Sequence[PhaseProposal]) -> dict[str, Any]:
    """Give what a refusal's JSON has beside its findings; nothing where nothing is proposed."""
    return {"proposals": [proposal_to_dict(each) for each in proposals]} if proposals else {}
