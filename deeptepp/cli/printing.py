"""What every command says, and how it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer

from deeptepp.datasets.problems import Problem, problem_lines, problems_in
from deeptepp.domain.progress import StepReport
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, Finding, Outcome
from deeptepp.errors import CohortRefused, DeepTeppError
from deeptepp.report.document import finding_to_dict

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


def refuse_with(error: DeepTeppError, *, as_json: bool) -> NoReturn:
    """Print the rule that refused and leave with status 1."""
    if isinstance(error, CohortRefused):
        if not as_json:
            typer.echo("\n".join(problem_lines(problems_in(error))))
        leave_with(problems_in(error), as_json=as_json)
    if as_json:
        print_json({"outcome": Outcome.REFUSED.value, "findings": [finding_to_dict(Finding.from_error(error))]})
    else:
        typer.echo(f"refused [{error.rule}] {error}", err=True)
    raise typer.Exit(code=1)
