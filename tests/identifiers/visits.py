"""What a planted study goes through: command line, screens, API, PACS, backup; and what comes out.

Each visit gives places: a name, and what was found there. What is meant to be there stands in the documentation.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest.mock import patch

import coarse_study
import pg8000.native
import scored_phantom
from api_service import FACTS, Service
from board_databases import new_case
from dicomweb_server import Archive
from postgres_server import PostgresServer
from pydicom import dcmread
from screens import ROOT, run_until, session_of
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from deeptepp.cli import app as command_line
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.write import write_study
from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.domain.kept_case import ScoredCase
from deeptepp.domain.people import Person, Role
from deeptepp.report.board.minutes_html import minutes_page
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.scoring.images import CaseImages, open_case
from deeptepp.service.sign_in_sessions import default_sign_ins, digest_of
from deeptepp.store.backup import write_backup
from deeptepp.store.cases import Board
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import default_runner
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_reading import open_fetched
from deeptepp.ui.case.case_steps import advance
from deeptepp.ui.worklist.worklist_page import _fetch
from identifiers.planting import (
    FILE,
    KINDS,
    LABEL,
    NOTE,
    PERSON,
    REFUSED,
    SEARCHED,
    UNSENT,
    Planted,
    packed,
    plant,
)

DOCUMENTATION = ROOT / "docs" / "deployment.md"

SOMEBODY = Person("s-1", PERSON, frozenset(Role))


@dataclass(frozen=True)
class Place:
    """One place, by the name that it has in the documentation, and what was found there."""

    name: str
    contents: tuple[bytes, ...]

    @property
    def documented(self) -> frozenset[str]:
        """What the documentation says that comes out here: kinds, and keywords of elements."""
        (row,) = re.findall(rf"^\| {re.escape(self.name)} \|(.*)\|$", DOCUMENTATION.read_text(), re.MULTILINE)
        named = [each.strip().strip("`") for each in row.split(",")]
        kinds = {words: kind for kind, words in KINDS.items()}
        return frozenset(kinds.get(each, each) for each in named if each != "nothing")


def place(name: str, *contents: str | bytes) -> Place:
    """Take texts or bytes from a place."""
    return Place(name, tuple(each.encode() if isinstance(each, str) else each for each in contents))


def files(*roots: Path, without: tuple[Path, ...] = ()) -> tuple[bytes, ...]:
    """Give the names and contents of every file below folders."""
    found = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
    kept = [path for path in found if not any(path.is_relative_to(each) for each in without)]
    return tuple(str(path).encode() for path in kept) + tuple(path.read_bytes() for path in kept)


def study(folder: Path) -> tuple[Path, list, Planted]:
    """Write a simulated study with identifiers, as one archive; gives its images too."""
    whole = coarse_study.coarse_study().study
    made = replace(whole, phases=whole.phases[:3], digest="")
    images = [dcmread(path) for path in write_study(made, folder / "plain", description="dyn", patient_key="SIM")]
    planted = plant(images)
    archive = folder / f"{FILE}.zip"
    archive.write_bytes(packed(images))
    return archive, images, planted


def opened(archive: Path) -> CaseImages:
    """Open a study as serving does."""
    return open_case(archive)


def commands(archive: Path, accession: str, bundle: Path, folder: Path) -> Iterator[Place]:
    """Call what reads a study, and what keeps and proves its result."""
    out, printed = folder / "out", []
    facts = folder / "facts.toml"
    facts.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in FACTS.items()))
    scoring = ["score", archive, "--cp", facts, "--bundle", bundle, "--out", out, "--label", LABEL]
    for arguments in (
        [*scoring, "--receipt", folder / "receipt.json"],
        ["score", archive, "--cp", facts, "--bundle", bundle, "--json"],
        ["series", archive],
        ["detect", archive, "--json"],
        ["score", archive.with_name("none.zip")],
        ["score", archive, "--cp", facts, "--bundle", bundle, "--label", REFUSED],
        ["pull", folder / "pulled", "--accession", accession],
        ["verify", "receipts"],
        ["replay", folder / "receipt.json", archive, "--bundle", bundle],
        ["send", out],
        ["backup", folder / "command.zip"],
        ["retention"],
    ):
        done = CliRunner().invoke(command_line, list(map(str, arguments)))
        printed.append(done.output)
    assert any((folder / "pulled").iterdir()), "nothing was fetched"
    yield place("command line: what it prints", *printed)
    objects = tuple(path for path in sorted(out.iterdir()) if path.suffix == ".dcm")
    others = tuple(path.read_bytes() for path in sorted(out.iterdir()) if path not in objects)
    yield place("result as files: JSON, PDF, list", *others)
    yield place("result as DICOM objects", *(path.read_bytes() for path in objects))
    yield place("receipt as a file", (folder / "receipt.json").read_bytes())


def words_of(at: AppTest) -> str:
    """Everything that a page hands to the browser."""
    assert not at.exception, at.exception[0].value
    return "\n".join(repr(element.proto) for element in at.main) + "".join(
        str(getattr(element, "value", "")) + str(getattr(element, "proto", "")) for element in _all(at)
    )


def _all(at: AppTest) -> Iterator[object]:
    """Walk the elements of a page."""
    waiting = [at._tree]
    while waiting:
        block = waiting.pop()
        children = getattr(block, "children", {})
        waiting += children.values()
        if not children:
            yield block


def page(name: str, **address: str) -> AppTest:
    """Open a page."""
    at = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    for key, value in address.items():
        at.query_params[key] = value
    return at.run()


def address_of(at: AppTest) -> str:
    """What stands behind the question mark."""
    return json.dumps({key: at.query_params[key] for key in at.query_params})


def signed_in() -> object:
    """Sign somebody in for the pages of this process."""
    name = default_sign_ins().begin(SOMEBODY)
    return patch("deeptepp.ui.guard._digest", lambda: digest_of(name))


def handed_in(archive: Path) -> str:
    """Put a study where the drop zone would have put it."""
    store = default_store()
    with store.begin(store.issue_token(), is_framed=False) as writer:
        writer.feed(archive.read_bytes())
        return writer.finish().upload_id


def screens(archive: Path, images: list) -> Iterator[Place]:
    """Score, label, send and board the study; search, decide and write minutes; search the PACS and fetch."""
    uploads = [handed_in(archive)]
    with patch("deeptepp.ui.case.case_start.study_drop", lambda *, key: uploads.pop() if uploads else None):
        at = run_until(page("case"), Screen.IMAGES)
        seen = [words_of(at)]
        at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
        run_until(at, Screen.RESULT)
    if "result-override" in [button.key for button in at.button]:
        at.button(key="result-override").click().run()
        run_until(at, Screen.RESULT)
    for label in (REFUSED, LABEL):
        at.text_input(key=f"result-label-text-{session_of(at).case.id}").set_value(label)
        at.button(key="result-label-use").click().run()
        seen.append(words_of(at))
    for _ in range(2):  # whose it will be, then the sending
        at.button(key="result-send").click().run()
        _settle(at)
    at.text_input(key="board-add-label").set_value(LABEL)
    for _ in range(2):  # the second is refused: the label is taken
        at.button(key="board-add-go").click().run()
        seen.append(words_of(at))
    yield place("screen of the case", *seen)
    addresses = [address_of(at)]
    yield from _board(addresses)
    yield from _lists(images, addresses)


def _settle(at: AppTest) -> None:
    """Wait for a delivery as the browser does."""
    end = time.monotonic() + 1200
    while session_of(at).case.extra.jobs:
        assert time.monotonic() < end
        time.sleep(0.1)
        at.run()
    at.run()


def _board(addresses: list[str]) -> Iterator[Place]:
    """Decide on the case, and write the minutes."""
    board = Board(os.environ["DEEPTEPP_BOARD"])
    (case,) = board.cases()
    at = page("board", case=case.id)
    key = f"board-{Moment.BEFORE}-{case.id}"
    at.radio(key=f"{key}-choice").set_value(Choice.TP)
    at.text_area(key=f"{key}-note").set_value(UNSENT).run()
    typed = words_of(at)
    at.text_area(key=f"{key}-note").set_value(NOTE)
    at.button(key=f"{key}-send").click().run()
    shown, listed = words_of(at), page("board")
    listed.text_input(key="board-find").set_value(SEARCHED).run()
    yield place("screen of the board", typed, shown, words_of(listed))
    minuted, now = board.cases(), datetime.now(UTC)
    board.close()
    made = (minutes_pdf(minuted, written_utc=now), minutes_page(minuted, written_utc=now))
    yield place("minutes as PDF and page", *made)
    addresses += [address_of(at), address_of(listed)]


def _lists(images: list, addresses: list[str]) -> Iterator[Place]:
    """Look through My cases, the worklist and the audit trail."""
    at = page("cases")
    at.text_input(key="cases-find").set_value("LBQZ").run()
    at.text_input(key="cases-find").set_value(SEARCHED).run()
    yield place("screen of My cases", words_of(page("cases")), words_of(at))
    addresses.append(address_of(at))
    at = page("worklist")
    at.text_input(key="worklist-accession").set_value(images[0].AccessionNumber)
    at.button[0].click().run()
    shown = words_of(at)
    at.text_input(key="worklist-accession").set_value("")
    at.text_input(key="worklist-patient").set_value(SEARCHED)
    at.button[0].click().run()
    yield place("screen of the worklist", shown, words_of(at))
    addresses.append(address_of(at))
    session = Session()
    pacs = Pacs(os.environ["DEEPTEPP_PACS_URL"], token=os.environ["DEEPTEPP_PACS_TOKEN"])
    open_fetched(session, partial(_fetch, images[0].StudyInstanceUID, pacs))
    while not default_runner().look(session.job_id, session.id).is_over:
        time.sleep(0.05)
    advance(session)
    assert session.case.images is not None, session.refusal
    session.erase()
    yield place("screen of the audit trail", words_of(page("audit")))
    yield place("addresses of the pages", *addresses)


def api(service: Service, archive: Path) -> Iterator[Place]:
    """Score the study by REST, ask for what is not there, and for the metrics."""
    client, heard = service.client(), []
    for facts, options in (
        (FACTS, {"label": LABEL}),
        (FACTS | {"sex": SEARCHED}, {}),
        (FACTS, {"label": REFUSED}),
    ):
        with archive.open("rb") as file:
            parts = {"facts": json.dumps(facts), "options": json.dumps(options)}
            heard.append(
                client.post(
                    "/api/v1/score",
                    files={"study": (archive.name, file)},
                    data=parts,
                    headers={"Prefer": "wait=55"},
                )
            )
    heard.append(client.get(f"/api/v1/cases/{SEARCHED}?find={SEARCHED}"))
    answers = [answer.text + str(answer.headers) for answer in heard]
    assert heard[0].status_code == 200, heard[0].text
    yield place("API: answers and their headers", *answers)
    yield place("metrics", service.client("metrics").get("/metrics").text)


def kept(images: CaseImages, address: str, folder: Path) -> Iterator[Place]:
    """Keep a case with a label and a decision with a note in a store, and back it up."""
    board = Board(address)
    answer = scored_phantom.assessed()
    new = ScoredCase(assessment=answer, document={}, study_digest=images.study.digest, label=LABEL)
    board.kept.keep(new, SOMEBODY, images=images)
    case = board.add(new_case(label=LABEL))
    board.record(case.id, Entry(moment=Moment.BEFORE, choice=Choice.TP, note=NOTE), person=SOMEBODY)
    board.close()
    file = folder / "backup.zip"
    write_backup(address, file)
    yield place("backup", file.read_bytes())


def pacs(archive: Archive, n_before: int) -> Iterator[Place]:
    """Look at what was sent to the PACS, and at what was asked of it."""
    sent = []
    for each in archive.objects[n_before:]:
        stream = io.BytesIO()
        each.save_as(stream, enforce_file_format=True)
        sent.append(stream.getvalue())
    assert sent, "nothing was sent"
    yield place("objects in the PACS", *sent)
    yield place("addresses asked of the PACS", *(path for _, path, _ in archive.heard))


def in_sqlite(folder: Path) -> Iterator[Place]:
    """Look at the database as it lies, before and after everything was withdrawn and deleted."""
    database = tuple(path for path in sorted(folder.glob("board.sqlite*")) if path.is_file())
    assert {path.name for path in database} >= {"board.sqlite", "board.sqlite-wal"}
    yield place("SQLite file and its write-ahead log", *(path.read_bytes() for path in database))
    withdrawn(str(folder / "board.sqlite"))
    content = (path.read_bytes() for path in sorted(folder.glob("board.sqlite*")) if path.is_file())
    yield place("SQLite file and its write-ahead log after withdrawal and deletion", *content)


def in_postgresql(server: PostgresServer) -> Iterator[Place]:
    """Look at the files of a server and its log, and at what withdrawal, deletion and VACUUM FULL leave."""
    line = pg8000.native.Connection("board", host="127.0.0.1", port=server.port, database="postgres")
    with contextlib.closing(line) as connection:
        for statement in ("ANALYZE", "CHECKPOINT"):
            connection.run(statement)
        yield place("PostgreSQL files and write-ahead log", *files(server.data))
        withdrawn(server.address)
        for statement in ("VACUUM FULL", "CHECKPOINT"):
            connection.run(statement)
        yield place("PostgreSQL tables after withdrawal, deletion and VACUUM FULL", *files(server.data / "base"))
    yield place("log of PostgreSQL", (server.folder / "log").read_bytes())


def withdrawn(address: str) -> None:
    """Withdraw and delete every case."""
    board = Board(address)
    for case in board.cases():
        board.withdraw(case.id)
    for row in board.kept.rows():
        board.kept.delete(row.id)
    board.close()


def sealed(folder: Path) -> Place:
    """Look at the images as they are kept."""
    found = sorted(folder.rglob("*.sealed"))
    assert found, "no images are kept"
    return place("encrypted images", *(path.read_bytes() for path in found))


def left(folder: Path, known: tuple[Path, ...]) -> Iterator[Place]:
    """Look through the temporary and the working folder."""
    yield place("temporary folder", *files(Path(tempfile.gettempdir()), without=known))
    yield place("working folder", *files(folder, without=known))
