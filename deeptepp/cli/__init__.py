"""The command line: parse, one call into the package, print.

Exit status: 0 scored or done, 1 refused or bad input (the rule is printed), 2 wrong usage. Commands import what
they need when they run: torch takes seconds, and ``--help`` should not.
"""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from deeptepp.cli.bundles import export, verify
from deeptepp.cli.centres import compare, drift, recalibrate
from deeptepp.cli.cohorts import prepare, prepare_breastdcedl_command
from deeptepp.cli.dashboard import open_dashboard
from deeptepp.cli.fetching import listen, pull
from deeptepp.cli.keeping import backup, restore, retention
from deeptepp.cli.listing import series
from deeptepp.cli.own_cohorts import cohort_app
from deeptepp.cli.printing import RefusingCommand
from deeptepp.cli.receipts import replay
from deeptepp.cli.reporting import report_app
from deeptepp.cli.scoring_many import score_cohort_command
from deeptepp.cli.sending import send
from deeptepp.cli.simulating import simulate_cohort_command, simulate_study_command
from deeptepp.cli.studies import detect, score
from deeptepp.cli.token_commands import token_app
from deeptepp.cli.training import evaluate, train
from deeptepp.service_log import set_up_log

app = typer.Typer(
    help="Risk score, tier and treatment outcomes for HER2-positive early breast cancer from breast DCE-MR. "
    "Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
simulate_app = typer.Typer(help="Make simulated patients and their MR.", no_args_is_help=True)
for command in (
    score,
    detect,
    series,
    send,
    pull,
    listen,
    prepare,
    train,
    evaluate,
    verify,
    export,
    compare,
    recalibrate,
    drift,
    backup,
    restore,
    retention,
    replay,
):
    app.command(cls=RefusingCommand)(command)
app.command("score-cohort", cls=RefusingCommand)(score_cohort_command)
app.command("app", cls=RefusingCommand)(open_dashboard)
app.command("prepare-breastdcedl", cls=RefusingCommand)(prepare_breastdcedl_command)
simulate_app.command("cohort", cls=RefusingCommand)(simulate_cohort_command)
simulate_app.command("study", cls=RefusingCommand)(simulate_study_command)
app.add_typer(simulate_app, name="simulate")
app.add_typer(cohort_app, name="cohort")
app.add_typer(report_app, name="report")
app.add_typer(token_app, name="token")


def _print_version(is_asked: bool) -> None:
    """Print the version and leave."""
    if is_asked:
        from deeptepp import __version__

        typer.echo(f"deeptepp {__version__}")
        raise typer.Exit


@app.callback()
def _configure(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """Configure logging once, for all commands."""
    set_up_log(logging.WARNING)
