"""The suites of experiments: their titles and questions, the settings that they run with, and their pictures."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One table of experiments that ``deeptepp evaluate`` makes.

    ``settings``: file of ``docs/examples`` that its published table was made with; ``is_published``: the
    publication has it, the report of a cohort sets it beside; ``heading``, ``asks``: heading and question on the
    page of evidence, empty for a suite that the page does not show by itself.
    """

    title: str
    about: str
    settings: str = "experiments.toml"
    is_published: bool = False
    heading: str = ""
    asks: str = ""
    picture: str = ""


_SUITES = tomllib.loads(Path(__file__).with_name("experiment_suites.toml").read_text(encoding="utf-8"))
SUITE_LIST: dict[str, Suite] = {name: Suite(**suite) for name, suite in _SUITES.items()}
"""By the name on the command line, in the order of the documents."""
