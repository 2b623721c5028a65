"""CPU seconds of every folder and file of tests, which other work on the machine changes little.

    python scripts/test_cpu.py tests/report

Seconds are those of this process and of the processes that it waited for, user and system; what a fixture costs
counts for the test that asked first. Arguments are pytest's, none means every test.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
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
        self.tests: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test with what it sets up and takes down."""
        begin_s = cpu_s()
        yield
        self.tests[item.nodeid] = cpu_s() - begin_s

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the files, most seconds first, then the slowest tests and the sum."""
        by_file, by_folder = defaultdict[str, float](float), defaultdict[str, float](float)
        for test, seconds in self.tests.items():
            file = test.split("::")[0]
            by_file[file] += seconds
            by_folder[str(Path(*Path(file).parts[:2]))] += seconds
        for title, rows in (
            ("folder", _largest(by_folder)),
            ("file", _largest(by_file)),
            ("test", _largest(self.tests)[:SLOWEST]),
        ):
            terminalreporter.section(f"CPU seconds by {title}")
            for name, seconds in rows:
                terminalreporter.write_line(f"{seconds:8.1f}  {name}")
        tests_s, whole_s = sum(self.tests.values()), cpu_s() - self.start_s
        terminalreporter.write_line(f"{tests_s:8.1f}  all tests, {whole_s:.1f} with collection")


def _largest(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    """Order names by their seconds, most first."""
    return sorted(seconds.items(), key=lambda each: -each[1])


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", *sys.argv[1:]], plugins=[CpuSeconds()]))
