"""Set many simulated cohorts beside the published figures, and count false alarms where nothing is there.

PYTHONPATH=benchmarks python -m simulated_summary --draws 200 --jobs 2 --out docs/results/simulated_cohort.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deeptepp.errors import DeepTeppError
from simulated_summary.summary import summarise_draws
from simulated_summary.summary_page import summary_page


def main(arguments: list[str] | None = None) -> int:
    """Write the table; 1 where the preset is unknown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="Markdown file to write")
    parser.add_argument("--draws", type=int, default=200, help="cohorts of this preset and of each null")
    parser.add_argument("--preset", default="paper", help="paper, sharp, no_TP_effect, no_T_effect or no_signal")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    # A path from the root would name a machine in a page that is published.
    shown = options.out.name if options.out.is_absolute() else options.out.as_posix()
    command = f"python -m simulated_summary --draws {options.draws} --preset {options.preset} --out {shown}"
    try:
        summary = summarise_draws(options.draws, preset=options.preset, n_jobs=options.jobs)
    except DeepTeppError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(summary_page(summary, command=command), encoding="utf-8")
    print(f"Table written to {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
