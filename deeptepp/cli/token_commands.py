"""Commands on tokens: ``token new``, ``token list`` and ``token revoke``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.cli.printing import AsJson, RefusingCommand, print_json
from deeptepp.config import load_settings
from deeptepp.domain.people import Role

if TYPE_CHECKING:
    from deeptepp.store.api_tokens import TokenBook

token_app = typer.Typer(help="Make, list and revoke tokens of the API.", no_args_is_help=True)

_MOST_DAYS = 366


@token_app.command("new", cls=RefusingCommand)
def new_token(
    name: Annotated[str, typer.Option(help="What uses it, such as a worklist; no person.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.CLINICIAN,
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="Days for which it is valid.")] = 90,
) -> None:
    """Make a token and print it, the only time that it can be seen."""
    typer.echo(_tokens().make(name, role, days))
    typer.echo(f"Keep it now: it is not shown again. It is valid for {days} days.", err=True)
    if not load_settings().needs_sign_in:
        typer.echo(
            "No sign-in is set here: programs on this machine need no token, and it is not asked for.", err=True
        )


@token_app.command("list", cls=RefusingCommand)
def list_tokens(as_json: AsJson = False) -> None:
    """List every token that was made, without the tokens themselves."""
    now = datetime.now(UTC)
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "role": each.role.value,
            "created_utc": each.created_utc.isoformat(timespec="seconds"),
            "expires_utc": each.expires_utc.isoformat(timespec="seconds"),
            "state": "valid" if each.is_valid(now) else "revoked" if each.revoked_utc else "expired",
        }
        for each in _tokens().all()
    ]
    if as_json:
        print_json({"tokens": rows})
    else:
        typer.echo("\n".join("  ".join(row.values()) for row in rows) or "No token was made.")


@token_app.command("revoke", cls=RefusingCommand)
def revoke_token(named: Annotated[str, typer.Argument(metavar="NAME", help="Name or identifier.")]) -> None:
    """Revoke a token at once."""
    typer.echo(f"Revoked: {_tokens().revoke(named)}")


def _tokens() -> TokenBook:
    """Tokens of this installation."""
    from deeptepp.store.cases import Board, board_address

    return Board(board_address()).tokens
