"""Plants identifiers, visits every surface, and writes where each kind was found: ``make identifiers``."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import api_service
import postgres_server
from dicomweb_server import answering

from deeptepp.service_log import set_up_log
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.visitors import sweep_visitors
from identifiers import visits
from identifiers.planting import KINDS, PASSWORD, Planted, told
from identifiers.visits import Place, place

PAGE = """# Where identifiers come out

`make identifiers`. A simulated study with a word of its own in every text, date and UID that the DICOM dictionary
knows ({n} words), in private elements and names of files, and what people type or are called, goes through command
line, screens, API, PACS, board and backup; then every place where something stays or is said is searched, also
inside of archives, PDF and base64. A cell counts different identifiers of a kind. Those in **bold** should not be
there; the others are documented: a label and a note are typed to be kept, a PACS is asked for a study and given
objects of it, and a worklist shows whose study it is.

| place | {kinds} |
| --- | {lines} |
{rows}
"""

KEY = "5a" * 32


def main() -> int:
    """Write the table; 1 where an identifier is where it should not be."""
    parser = argparse.ArgumentParser(prog="python -m identifiers", description=__doc__)
    parser.add_argument("--out", type=Path, help="where to write the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="identifiers-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = str(Path(folder) / "temporary")
        Path(tempfile.tempdir).mkdir()
        planted, places = walked(Path(folder))
    rows, faults = [], []
    for each in places:
        cells, wrong = told(planted.kinds_in(each.contents), each.documented)
        rows.append(f"| {each.name} | {' | '.join(cells)} |")
        faults += [f"{each.name}: {KINDS[kind]}\n" for kind in wrong]
    n = len(planted.words) + len(planted.uids) + len(planted.dates)
    kinds, lines = " | ".join(KINDS.values()), " | ".join("---:" for _ in KINDS)
    text = PAGE.format(n=n, kinds=kinds, lines=lines, rows="\n".join(rows))
    sys.stdout.write(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    sys.stdout.writelines(faults)
    return int(bool(faults))


def walked(folder: Path) -> tuple[Planted, list[Place]]:
    """Visit everything; gives what was planted, and every place."""
    installation, inputs = folder / "installation", folder / "inputs"
    installation.mkdir()
    inputs.mkdir()
    archive, images, planted = visits.study(inputs)
    places: list[Place] = []
    secrets = {"DEEPTEPP_KEY": KEY, "DEEPTEPP_PACS_TOKEN": PASSWORD}
    with (
        answering(objects=list(images)) as pacs,
        patch.dict(os.environ, secrets | {"DEEPTEPP_PACS_URL": pacs.url}),
        api_service.running(installation) as service,
    ):
        # What the service itself sets up before it serves.
        set_up_log(is_service=True)
        logging.getLogger("uvicorn.access").disabled = True
        settings = installation / "deeptepp.toml"
        settings.write_text(f"reading_max_s = 3600\n{settings.read_text()}")  # the machine may be busy
        planted.exact |= {KEY.encode(), bytes.fromhex(KEY), *(token.encode() for token in service.tokens.values())}
        with visits.signed_in():
            places += visits.screens(archive, images)
        places += visits.commands(archive, installation / "bundle", inputs)
        places += visits.api(service, archive)
        places += visits.pacs(pacs, len(images))
        places.append(place("log and access log", service.log.getvalue()))
        backup = (inputs / "command.zip").read_bytes()
        places.append(place("backup of the installation", backup, documented=visits.TYPED))
        places += visits.stored(installation)
        sweep_visitors(0)
        default_store().sweep(-1)
        known = (installation / name for name in ("study", "study.zip", "bundle", settings.name))
        places += visits.left(installation, (*known, *installation.glob("board*")))
    places += elsewhere(archive, folder)
    return planted, places


def elsewhere(archive: Path, folder: Path) -> Iterator[Place]:
    """Keep the same in PostgreSQL, and look at its files as they lie, with its log and its write-ahead log."""
    if postgres_server.binaries() is None:
        return
    tempfile.tempdir = None  # the server runs as somebody else, who may not enter ours
    server = Path(tempfile.mkdtemp(prefix="identifiers-"))
    try:
        with postgres_server.running(server) as address, patch.dict(os.environ, {"DEEPTEPP_KEY": KEY}):
            (backup,) = visits.kept(visits.opened(archive), address, folder)
        yield Place("PostgreSQL files, log and write-ahead log", visits.TYPED, visits.files(server))
        yield Place("backup of PostgreSQL", visits.TYPED, backup.contents)
    finally:
        shutil.rmtree(server)


if __name__ == "__main__":
    sys.exit(main())
