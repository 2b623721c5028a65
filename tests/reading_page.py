"""docs/reading.md: what is read from each layout of an examination, asked, or refused.

``python tests/reading_page.py`` reads all layouts and writes the tables again; a test compares.
The words above the tables are kept as they are.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from layouts import judge  # noqa: E402
from layouts.expect import Layout  # noqa: E402
from layouts.files import written, zipped  # noqa: E402
from layouts.table import LAYOUTS  # noqa: E402

from deeptepp.domain.risk import Severity  # noqa: E402
from deeptepp.errors import DeepTeppError  # noqa: E402

PAGE = ROOT / "docs" / "reading.md"
MARK = "<!-- tables: written by python tests/reading_page.py -->\n"
"""What is above it was written by hand."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a layout."""

    got: judge.Got
    faults: list[str]
    """Empty where it is right."""


def page(read: Callable[[Layout], Reading]) -> str:
    """Give the page, with the words that stand on it."""
    words = PAGE.read_text(encoding="utf-8").split(MARK)[0] if PAGE.exists() else "# Reading\n\n"
    rows = defaultdict(list)
    for layout in LAYOUTS:
        rows[layout.vendor].append(f"| {cell(layout.what)} | {outcome(read(layout))} |\n")
    parts = [
        f"\n## {title(vendor)}\n\n| layout | read as |\n| --- | --- |\n{''.join(rows[vendor])}" for vendor in rows
    ]
    return words + MARK + "".join(parts)


def tables(text: str) -> str:
    """Give what is written by this program."""
    return text.split(MARK)[-1]


def title(vendor: str) -> str:
    """Begin with a capital."""
    return vendor[0].upper() + vendor[1:]


def cell(text: str) -> str:
    """Write a text into a cell of a table."""
    return text.replace("|", "\\|")


def outcome(reading: Reading) -> str:
    """Say what became of a layout; one that is not yet right says so."""
    return said(reading.got) + (" **Not right yet.**" if reading.faults else "")


def said(got: judge.Got) -> str:
    """Say what was read, asked, or refused."""
    if isinstance(got, DeepTeppError):
        n = len(getattr(got, "proposals", ()))
        ways = f"asked, {n} way{'s' * (n != 1)} to go on" if n else "refused"
        return f"{ways}: `{got.rule}`"
    if isinstance(got, Exception):
        return "ended in an error"
    times = f"{'times' if got.study.has_times else 'order, but no times,'} by {got.sign}"
    told = sorted({f"`{f.rule}`" for f in got.findings if f.severity is not Severity.NOTE})
    return f"{len(got.study.phases)} phases, {times}" + (f"; warns: {', '.join(told)}" if told else "")


def read_anew(layout: Layout, home: Path, seed: int = 0) -> Reading:
    """Make, write, read and judge a layout: as an archive first, as a folder under other seeds."""
    write = written if seed else zipped
    source = write(layout.make(), home / layout.name, seed)
    got = judge.read(source, by_images=layout.by_images)
    return Reading(got, judge.faults(source, got, layout.expect))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        PAGE.write_text(page(lambda layout: read_anew(layout, Path(home))), encoding="utf-8")
