"""A sample of the kills of ``make kills``: nothing that was accepted is lost, nothing is mixed."""

from __future__ import annotations

import pytest

from deeptepp.file_sets import writing_set
from kills.archive import running_archive
from kills.operations import OPERATIONS, ready
from kills.trial import Operation, trial

pytestmark = pytest.mark.long

SEEDS = (1, 2)


@pytest.fixture(scope="module", autouse=True)
def made():
    ready()
    running_archive()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_what_was_accepted_before_a_kill_is_there_and_nothing_is_mixed(operation, seed, tmp_path):
    assert trial(operation, seed, tmp_path).fault == ""


def test_the_harness_finds_a_writer_that_loses_and_mixes(tmp_path):
    """An operation that acknowledges before it writes, and writes in place."""

    def begin(folder):
        with writing_set(folder / "out", {}) as part:
            (part / "a").write_text("0")

        def act(number):
            (folder / "out" / "a").write_text(str(number + 1))
            return str(number)

        return act

    bad = Operation("bad", begin, next(each.check for each in OPERATIONS if each.name == "report"), 0.01)
    assert "differ from its list" in trial(bad, 1, tmp_path).fault
