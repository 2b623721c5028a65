"""Run every case of an oracle folder through ``deeptepp.stats``: ``python tests/golden/check_oracle.py DIR``.

``DIR/expected/*.json`` holds what R computed on ``DIR/data``. One line a case; the last line is
``N passed, N failed``; the exit status is 1 where anything failed. A case of a kind that no check knows fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Check a folder and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder = parser.parse_args(arguments).folder
    if not (folder / "expected").is_dir():
        parser.error(f"{folder} has no folder 'expected'")
    from golden.oracle import read_cases

    n_failed = n_passed = 0
    for case in read_cases(folder):
        passed, line = check(case)
        n_passed, n_failed = n_passed + passed, n_failed + (not passed)
        print(line, flush=True)  # noqa: T201  the report of this command
    print(f"{n_passed} passed, {n_failed} failed")  # noqa: T201
    return 1 if n_failed or not n_passed else 0


def check(case) -> tuple[bool, str]:
    """Run one case: whether it passed, and its line."""
    from golden.comparison import Comparison

    title = f"{case.kind}: {case.name}"
    if "broken" in case.content:
        return False, f"FAIL  {title} ({case.content['broken']})"
    if "expected" not in case.content:
        if "skipped" not in case.content:
            return False, f"FAIL  {title} (neither 'expected' nor a reason why it was 'skipped')"
        return True, f"pass  {title} (R computed nothing: {case.content['skipped']})"
    run = checks().get(case.kind)
    if run is None:
        return False, f"FAIL  {title} (no check for this kind of case)"
    if case.expected is None:
        return False, f"FAIL  {title} ('expected' is empty)"
    comparison = Comparison()
    try:
        run(case, comparison)
    except Exception as error:  # noqa: BLE001  a case that breaks is a failed case, and the next one is run
        place = traceback.extract_tb(error.__traceback__)[-1]
        return (
            False,
            f"FAIL  {title} ({type(error).__name__}: {error}; {Path(place.filename).name}:{place.lineno})",
        )
    if comparison.differences:
        shown = "; ".join(comparison.differences[:3])
        return False, f"FAIL  {title} ({len(comparison.differences)} of {comparison.n_compared} differ: {shown})"
    return True, f"pass  {title} ({comparison.n_compared} numbers)"


def checks() -> dict[str, Callable]:
    """Checks by kind of case."""
    from golden import (
        check_association,
        check_classification,
        check_mantel_haenszel,
        check_matching,
        check_prediction,
        check_survival,
    )

    parts = (
        check_association,
        check_classification,
        check_mantel_haenszel,
        check_matching,
        check_prediction,
        check_survival,
    )
    return {kind: run for part in parts for kind, run in part.CHECKS.items()}


def _use_own_python() -> None:
    """Go on under the project's environment where the package is not installed in this one."""
    own = HERE.parents[1] / ".venv" / "bin" / "python"
    if find_spec("deeptepp") is None and own.exists() and Path(sys.executable) != own:
        os.execv(own, [str(own), __file__, *sys.argv[1:]])  # noqa: S606  the same script once more


if __name__ == "__main__":
    _use_own_python()
    sys.path.insert(0, str(HERE.parent))
    sys.exit(main())
