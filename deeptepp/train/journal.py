"""What a run tells while it runs: a JSON line on disk for machines and one sentence for whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

Listener = Callable[[str], None]
"""Receives one sentence per event; may raise ``JobCancelled`` to stop the run, which can be resumed."""


def silent(_sentence: str) -> None:
    """Ignore what is told."""


class Journal:
    """Appends events to ``progress.jsonl`` and tells them.

    Parameters
    ----------
    folder : Path
        Folder of the run; made when absent.
    tell : callable
        Receives every sentence.
    """

    def __init__(self, folder: Path, tell: Listener = silent) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "progress.jsonl"
        self._tell = tell

    def add(self, event: str, sentence: str, **facts: object) -> None:
        """Write one event and tell it.

        Parameters
        ----------
        event : str
            Kind of the event, one word.
        sentence : str
            What happened, without patient identifiers.
        **facts : object
            Numbers of the event, ready for JSON.
        """
        line = {"time_utc": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, "text": sentence}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | facts) + "\n")
        self._tell(sentence)
