"""CPU seconds of every folder and file of tests, which other work on the machine changes little.

    python scripts/test_cpu.py tests/report

Seconds are those of this process and of the processes that it waited for, user and system; what a fixture costs
counts for the test that asked first. Arguments are pytest's, none means every test.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SLOWEST = 20
"""Tests that are named one by one."""


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


class CpuSeconds:
    """Adds up the CPU seconds of tests, and prints them by file when all have run."""

    def __init__(self) -> None:
        self.start_s = cpu_s()
        self.tests: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test with what it sets up and takes down."""
        begin_s = cpu_s()
        yield
        self.tests[item.nodeid] = cpu_s() - begin_s

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the files, most seconds first, then the slowest tests and the sum."""
        files: Counter[str] = Counter()
        for test, seconds in self.tests.items():
            files[test.split("::")[0]] += seconds
        folders: Counter[str] = Counter()
        for file, seconds in files.items():
            folders[str(Path(*Path(file).parts[:2]))] += seconds
        slowest = Counter(dict(self.tests.most_common(SLOWEST)))
        for title, rows in (("folder", folders), ("file", files), ("test", slowest)):
            terminalreporter.section(f"CPU seconds by {title}")
            for name, seconds in rows.most_common():
                terminalreporter.write_line(f"{seconds:8.1f}  {name}")
        whole_s = cpu_s() - self.start_s
        terminalreporter.write_line(f"{files.total():8.1f}  all tests, {whole_s:.1f} with collection")


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", *sys.argv[1:]], plugins=[CpuSeconds()]))
