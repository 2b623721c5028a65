"""Where and how long a run ran, read back from its journal: a run that was stopped and resumed is one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def circumstances_of(journal: Path) -> dict[str, Any]:
    """Read device, precision and wall time of a run.

    ``journal``: ``progress.jsonl`` of the run. Returns: ``device`` and ``precision`` of the last start and
    ``seconds`` of all epochs, each only where it is known; an epoch that was run twice counts once. Ready for
    TOML.
    """
    if not journal.is_file():
        return {}
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines() if line]
    found: dict[str, Any] = {}
    seconds: dict[tuple[str, int], float] = {}
    for line in lines:
        if line["event"] == "start":
            found |= {key: line[key] for key in ("device", "precision") if key in line}
        elif line["event"] == "epoch":
            seconds[(line["fit"], line["epoch"])] = float(line["seconds"])
    return found | ({"seconds": round(sum(seconds.values()), 1)} if seconds else {})
