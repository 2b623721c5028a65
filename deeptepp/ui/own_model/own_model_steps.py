"""From one's own patients to a model of one's own: the one list behind page and document."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OwnModelStep:
    """One step: what to do, the exact commands, how long they take, and what one has afterwards.

    ``commands``: for a shell, one command a line, or the contents of ``file``; ``file``: name of the file whose
    contents ``commands`` are, empty for commands.
    """

    title: str
    text: str
    commands: str
    duration: str
    gives: str
    file: str = ""


_DATA = tomllib.loads(Path(__file__).with_name("own_model_steps.toml").read_text(encoding="utf-8"))
TITLE: str = _DATA["title"]
INTRODUCTION: str = _DATA["introduction"]
STEPS = tuple(OwnModelStep(**step) for step in _DATA["steps"])
EXPECTATION: str = _DATA["expectation"]
