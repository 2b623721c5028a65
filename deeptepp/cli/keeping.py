"""Commands on what an installation keeps: ``backup``, ``restore`` and ``retention``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.printing import AsJson, print_json
from deeptepp.config import load_settings

_KEY = "The key of the images is not in the backup: keep it elsewhere (docs/deployment.md)."


def backup(
    out: Annotated[Path, typer.Argument(dir_okay=False, metavar="OUT", help="Zip archive to write.")],
    as_json: AsJson = False,
) -> None:
    """Write cases, board and encrypted images to one file, consistent while the server runs."""
    from dataclasses import asdict

    from deeptepp.store.backup import write_backup
    from deeptepp.store.cases import board_address

    summary = write_backup(board_address(), out)
    if as_json:
        print_json(asdict(summary))
        return
    typer.echo(f"{out}: {sum(summary.rows.values())} rows, {summary.n_images} image files")
    if summary.n_missing:
        typer.echo(f"{summary.n_missing} image files were deleted meanwhile or are missing", err=True)
    typer.echo(_KEY)


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is there; it is backed up beside FILE first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it into this installation, all of it or nothing."""
    from dataclasses import asdict

    from deeptepp.store.backup import restore_backup
    from deeptepp.store.cases import board_address

    summary, kept = restore_backup(file, board_address(), replace=replace)
    if as_json:
        print_json(asdict(summary) | {"replaced": str(kept) if kept else None})
        return
    typer.echo(f"Restored {sum(summary.rows.values())} rows and {summary.n_images} image files")
    if kept:
        typer.echo(f"What was there before is in {kept}")
    typer.echo(_KEY)


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Delete it now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which cases and images have been kept for as long as the settings allow, and delete them on request."""
    from deeptepp.store.cases import Board, board_address

    settings = load_settings()
    days = settings.case_kept_days, settings.images_kept_days
    board = Board(board_address())
    old, late = board.kept.due(*days)
    if apply:
        board.kept.sweep(*days)
    board.close()
    if as_json:
        print_json({"cases": [row.id for row in old], "images_of": [row.id for row in late], "deleted": apply})
        return
    done = "deleted" if apply else "would be deleted (--apply)"
    typer.echo(f"Cases unchanged for more than {days[0]:g} d: {len(old)}, {done}")
    typer.echo(f"Cases with images older than {days[1]:g} d: {len(late)}, {done}")
