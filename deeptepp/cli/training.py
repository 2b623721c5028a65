"""Commands that train and evaluate."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.cli.printing import AsJson, print_json
from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.errors import BadSetting

if TYPE_CHECKING:
    from deeptepp.train.settings import TrainSettings


def train(
    settings: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Training settings, TOML.")],
) -> None:
    """Train a bundle from a cohort; resumes where it was stopped."""
    from deeptepp.train.fit.distributed import is_first_rank
    from deeptepp.train.runs.run import train_bundle
    from deeptepp.train.settings import read_settings

    tell: Callable[[str], None] = typer.echo if is_first_rank() else lambda _text: None
    try:
        chosen = read_settings(settings)
        with _progress_of(chosen) as progress:
            folder = train_bundle(chosen, progress=progress)
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from the last whole epoch of every fit.")
        raise typer.Exit(code=130) from None
    tell(f"Bundle written to {folder}")


def _progress_of(settings: TrainSettings) -> AbstractContextManager[Callable[[str], None]]:
    """Show a run as a bar on a terminal and as lines elsewhere."""
    if not sys.stdout.isatty():
        return nullcontext(typer.echo)
    from rich.console import Console

    from deeptepp.train.fit.progress_bar import show_progress

    return show_progress(settings, Console(), n_fits=settings.n_folds + 1)


def evaluate(
    what: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="SETTINGS|BUNDLE", help="Training settings (TOML), or a bundle's folder."
        ),
    ],
    suite: Annotated[
        str,
        typer.Option(help=f"Of settings: {', '.join(SUITE_LIST)}, all of these, or null."),
    ] = "table2",
    only: Annotated[
        list[str] | None, typer.Option(help="Of settings: run this experiment alone; may be repeated.")
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(help="Of settings: draw everything anew with this seed too; may be repeated."),
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Of a bundle: the folder of other patients.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the tables; docs/results if absent, none for a bundle.")
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Of a bundle: write what was found into its card and measures too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the experiments of a suite and write their tables; or validate a bundle on other patients."""
    if what.is_dir():
        _validate(what, dataset, out, add=add, as_json=as_json)
    else:
        _run_suites(what, suite, only or [], seed or [], out or Path("docs/results"), as_json=as_json)


def _run_suites(path: Path, suite: str, only: list[str], seeds: list[int], out: Path, *, as_json: bool) -> None:
    """Run suites of experiments and say where their tables are."""
    from deeptepp.train.runs.evaluate import evaluate_suites
    from deeptepp.train.settings import read_settings

    # A path from the root would name a machine in a table that is published.
    shown = path.name if path.is_absolute() else path.as_posix()
    also = [*(f"--only {name}" for name in only), *(f"--seed {seed}" for seed in seeds)]
    command = " ".join(["deeptepp evaluate", shown, "--suite", suite, *also])
    written = evaluate_suites(
        read_settings(path),
        suite,
        out=out,
        command=command,
        only=only,
        seeds=seeds,
        progress=lambda line: typer.echo(line, err=True),
    )
    if as_json:
        print_json({"tables": [str(table) for table in written]})
    else:
        typer.echo("\n".join(f"Table written to {table}" for table in written))


def _validate(folder: Path, dataset: Path | None, out: Path | None, *, add: bool, as_json: bool) -> None:
    """Score other patients with a bundle and print what that came to."""
    from deeptepp.model.bundle import load_bundle, save_bundle
    from deeptepp.train.card.external import validate_bundle, validation_text, with_external
    from deeptepp.train.data.dataset import read_dataset

    if dataset is None:
        raise BadSetting(key="--dataset", value="absent", limit="the folder of the patients to score")
    bundle = load_bundle(folder)
    found = validate_bundle(bundle, read_dataset(dataset), progress=lambda s: typer.echo(s, err=True))
    text = validation_text(found)
    if add:
        # Its scores stay; what it is known by does not, since its card is a file of it.
        made = save_bundle(with_external(bundle, found), folder)
        typer.echo(f"Written into the bundle, sha256 {made.sha256}", err=True)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"external-{found['bundle']}.md").write_text(text, encoding="utf-8")
        (out / f"external-{found['bundle']}.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    if as_json:
        print_json(found, is_simulated=found["is_simulated"])
    else:
        typer.echo(text)
