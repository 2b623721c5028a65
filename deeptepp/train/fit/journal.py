"""What a run tells while it runs: a JSON line on disk for machines and one sentence for whoever listens."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

JOURNAL_FILE = "progress.jsonl"

Listener = Callable[[str], None]
"""Receives one sentence per event; may raise ``JobCancelled`` to stop the run, which can be resumed."""


def silent(_sentence: str) -> None:
    """Ignore what is told."""


class Journal:
    """Appends events to ``progress.jsonl`` and tells them.

    ``folder``: folder of the run; made when absent. ``tell``: receives every sentence.
    """

    def __init__(self, folder: Path, tell: Listener = silent) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / JOURNAL_FILE
        self.tell = tell

    def add(self, event: str, sentence: str, **facts: object) -> None:
        """Write one event and tell it.

        ``event``: kind of the event, one word. ``sentence``: what happened, without patient identifiers.
        ``**facts``: numbers of the event, ready for JSON.
        """
        line = {"time_utc": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, "text": sentence}
        # One write at the end of the file, so that processes side by side cannot mix their lines.
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(file, (json.dumps(line | facts) + "\n").encode())
        finally:
            os.close(file)
        self.tell(sentence)


class Mute(Journal):
    """The journal of a process that leaves writing and talking to another."""

    def add(self, event: str, sentence: str, **facts: object) -> None:
        """Do nothing."""


class JournalReader:
    """Reads what a journal gained since the last look.

    ``path``: file of the journal; need not exist yet. ``from_end``: whether to leave out what is there already.
    """

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self._path = path
        self._offset = path.stat().st_size if from_end and path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """Events since the last look; a line that is still being written waits for the next one."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]
