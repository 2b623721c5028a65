"""Bringing a board's tables to the layout of this version: all steps that are missing, in one transaction."""

from __future__ import annotations

import re
import threading
from importlib import resources
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select

from deeptepp.errors import BoardSchemaMismatch
from deeptepp.store.schema import VERSIONS

_STEPS = resources.files("deeptepp.store").joinpath("migrations", "versions")
_STEP = re.compile(r"v(\d{4})_\w+\.py")

SCHEMA_VERSION = max(int(found[1]) for each in _STEPS.iterdir() if (found := _STEP.fullmatch(each.name)))
"""Layout of the tables that this version writes and reads: the number of the newest migration."""

REVISION_TABLE = "board_revision"
"""Where Alembic keeps the last step that was run; a board of version 1 has none yet."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic runs a step by names of its module, which two threads cannot share."""


def ensure_schema(connection: Connection, version: int = SCHEMA_VERSION) -> None:
    """Make the tables where there are none, and bring older ones up to this version without losing anything.

    ``connection``: in a transaction that no other writer shares; ``version``: an earlier one for tables that an
    old backup is read into. Raises BoardSchemaMismatch: the tables were made
    by a newer version; they are left as they are.
    """
    found: list[int] = []
    is_new = not inspect(connection).has_table(VERSIONS.name)
    if not is_new:
        found = list(connection.execute(select(VERSIONS.c.version)).scalars())
        if len(found) != 1 or not 1 <= found[0] <= SCHEMA_VERSION:
            raise BoardSchemaMismatch(value=", ".join(map(str, found)) or "none", limit=SCHEMA_VERSION)
        if found == [version]:
            return
    _run_steps(connection, _revision(found[0]) if found else None, _revision(version))
    # The number that versions before migrations look at: they refuse a board that they cannot read.
    connection.execute(delete(VERSIONS))
    connection.execute(insert(VERSIONS).values(version=version))


def _run_steps(connection: Connection, start: str | None, end: str) -> None:
    """Run every step to ``end`` in the transaction of the connection; ``start`` is what its tables are."""
    # Here, so that a server whose board is up to date does not load Alembic.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "deeptepp.store:migrations")
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    kept = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
    if start and not kept.get_current_heads():
        # Made before migrations: its tables are those of the step of its number.
        kept.stamp(script, start)

    def steps(revision: Any, _context: object) -> Any:  # noqa: ANN401  Alembic's own steps, without types
        return script._upgrade_revs(end, revision)

    with _ONE_AT_A_TIME, EnvironmentContext(config, script, fn=steps) as context:
        context.configure(connection=connection, version_table=REVISION_TABLE)
        context.run_migrations()


def _revision(version: int) -> str:
    """Name the step that leads to a version."""
    return f"{version:04d}"
