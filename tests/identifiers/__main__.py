"""Plants identifiers, visits every surface, and writes where each kind was found: ``make identifiers``."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import api_service
import postgres_server
from dicomweb_server import answering
from postgres_server import PostgresServer
from streamlit import config

from deeptepp.service_log import set_up_log
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.visitors import sweep_visitors
from identifiers import visits
from identifiers.planting import KINDS, PASSWORD, Planted, told
from identifiers.visits import Place, place

PAGE = """# Where identifiers come out

`make identifiers`. A simulated study with a word of its own in every text, date, time and UID that the DICOM
dictionary knows, in private elements and names of files, and what people type or are called ({n} identifiers),
goes through command line, screens, API, PACS, board and backup, once with SQLite and once with PostgreSQL as
Debian sets it up. Then every place where something stays or is said is searched, also inside of archives, PDF and
base64. A cell counts different identifiers of a kind. Those in **bold** are not documented; the others stand in
[a table of the deployment](../deployment.md#where-identifiers-come-out), element by element.

{n_places} places, {n_found} identifiers found that are documented, {n_faults} that are not.
{tables}"""

TABLE = """
## With {database}

| place | {kinds} |
| --- | {lines} |
{rows}
"""

KEY = "5a" * 32
OUTSIDE = tempfile.gettempdir()
"""A folder for what another user must be able to enter."""


@dataclass
class Counts:
    """How much of what was found is documented, and what is not."""

    n_places: int = 0
    n_found: int = 0
    n_planted: int = 0
    faults: list[str] = field(default_factory=list)

    def table(self, database: str, planted: Planted, places: list[Place]) -> str:
        """Write what was found with one database."""
        rows = []
        for each in places:
            found = planted.found_in(each.contents)
            cells, wrong = told(found, each.documented)
            rows.append(f"| {each.name} | {' | '.join(cells)} |")
            self.faults += [f"{database}, {each.name}: {name}\n" for name in wrong]
            self.n_found += sum(map(len, found.values())) - len(wrong)
        self.n_places += len(places)
        self.n_planted = planted.n
        kinds, lines = " | ".join(KINDS.values()), " | ".join("---:" for _ in KINDS)
        return TABLE.format(database=database, kinds=kinds, lines=lines, rows="\n".join(rows))


def main() -> int:
    """Write the tables; 1 where an identifier is where it should not be."""
    parser = argparse.ArgumentParser(prog="python -m identifiers", description=__doc__)
    parser.add_argument("--out", type=Path, help="where to write the tables")
    options = parser.parse_args()
    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="identifiers-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = str(Path(folder) / "temporary")
        Path(tempfile.tempdir).mkdir()
        tables = [counts.table("SQLite", *walked(Path(folder) / "sqlite", None))]
        if postgres_server.binaries() is None:
            counts.faults.append("PostgreSQL is not installed: make system\n")
        else:
            with elsewhere() as server:
                tables.append(counts.table("PostgreSQL", *walked(Path(folder) / "postgresql", server)))
    text = PAGE.format(
        n=counts.n_planted,
        n_places=counts.n_places,
        n_found=counts.n_found,
        n_faults=len(counts.faults),
        tables="".join(tables),
    )
    sys.stdout.write(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    sys.stdout.writelines(counts.faults)
    return int(bool(counts.faults))


@contextlib.contextmanager
def elsewhere() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server of its own, in a folder that its user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="identifiers-", dir=OUTSIDE))
    try:
        with postgres_server.served(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def walked(folder: Path, server: PostgresServer | None) -> tuple[Planted, list[Place]]:
    """Visit everything with a database, SQLite without a server; gives what was planted, and every place."""
    folder.mkdir()
    with said(folder / "said") as heard:
        planted, places = visited(folder, server)
    return planted, [*places, place("standard output and error of the process", heard.read_bytes())]


@contextlib.contextmanager
def said(file: Path) -> Iterator[Path]:
    """Keep what the process writes to its standard output and error."""
    before = os.dup(1), os.dup(2)
    with file.open("wb") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
    try:
        yield file
    finally:
        for number in (1, 2):
            os.dup2(before[number - 1], number)
            os.close(before[number - 1])
        sys.stderr.write(file.read_text(errors="replace"))


def visited(folder: Path, server: PostgresServer | None) -> tuple[Planted, list[Place]]:
    """Set up an installation, and visit all of it."""
    installation, inputs = folder / "installation", folder / "inputs"
    installation.mkdir()
    inputs.mkdir()
    archive, images, planted = visits.study(inputs)
    places: list[Place] = []
    secrets = {"DEEPTEPP_KEY": KEY, "DEEPTEPP_PACS_TOKEN": PASSWORD}
    with (
        answering(objects=list(images)) as pacs,
        patch.dict(os.environ, secrets | {"DEEPTEPP_PACS_URL": pacs.url}),
        api_service.running(installation, board=server.address if server else "") as service,
    ):
        # What the service itself sets up before it serves, and what its settings of Streamlit say.
        set_up_log(is_service=True)
        config.set_option("logger.enableRich", False)
        logging.getLogger("uvicorn.access").disabled = True
        keys = {KEY.encode(), bytes.fromhex(KEY), *(token.encode() for token in service.tokens.values())}
        planted.exact |= dict.fromkeys(keys, ("TK", "TK"))
        with visits.signed_in():
            places += visits.screens(archive, images)
        places += visits.commands(archive, images[0].AccessionNumber, installation / "bundle", inputs)
        places += visits.api(service, archive)
        places += visits.pacs(pacs, len(images))
        places.append(place("log and access log", service.log.getvalue()))
        places.append(place("backup", (inputs / "command.zip").read_bytes()))
        places.append(visits.sealed(installation))
        places += visits.in_postgresql(server) if server else visits.in_sqlite(installation)
        sweep_visitors(0)
        default_store().sweep(-1)
        known = (installation / name for name in ("study", "study.zip", "bundle", "deeptepp.toml"))
        places += visits.left(installation, (*known, *installation.glob("board*")))
    return planted, places


if __name__ == "__main__":
    sys.exit(main())
