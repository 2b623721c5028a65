"""Count the false questions: simulated studies of all protocols, written as DICOM and read back.

    python benchmarks/questions.py --n 40 --out docs/results/questions.md

Every study is whole and in order, so that a question, a refusal, a warning about the roles of its phases, or a
phase of other voxels or another time is a fault. Exits 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.write import write_study
from deeptepp.errors import DeepTeppError
from deeptepp.simulate.protocols import PROTOCOLS, Protocol
from deeptepp.simulate.simulated_study import simulate_study

SIZES_MM = (6.0, 60.0)
"""Longest diameters of the tumours, evenly spaced in the logarithm."""


@dataclass(frozen=True)
class Outcome:
    """What became of one study."""

    protocol: str
    size_mm: float
    n_phases: int
    said: str
    """The rules that spoke; empty where all is well."""


def main() -> None:
    """Parse the command line, read the studies and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=40, help="number of studies, over all protocols in turn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    protocols = list(PROTOCOLS.values())
    sizes = np.geomspace(*SIZES_MM, options.n)
    found = [_read(protocols[i % len(protocols)], float(size), options.seed + i) for i, size in enumerate(sizes)]
    page = _page(found, options)
    if options.out is None:
        print(page)
    else:
        options.out.write_text(page, encoding="utf-8")
    sys.exit(1 if any(one.said for one in found) else 0)


def _read(protocol: Protocol, size_mm: float, seed: int) -> Outcome:
    """Simulate, write and read one study."""
    rng = np.random.default_rng(seed)
    study = simulate_study(
        latent_risk=float(rng.normal()), tumour_size_mm=size_mm, rng=rng, protocol=protocol
    ).study
    with tempfile.TemporaryDirectory() as folder:
        write_study(study, Path(folder), description="SIMULATED Breast DCE", patient_key="SIMULATED")
        try:
            got = read_study(Path(folder))
        except DeepTeppError as error:
            return Outcome(protocol.name, size_mm, 0, f"{error.rule}: {error}")
    said = [f"{finding.rule}: {finding.message}" for finding in got.findings]
    if [p.time_s for p in got.study.phases] != [p.time_s for p in study.phases]:
        said.append("other times")
    pairs = zip(got.study.phases, study.phases, strict=False)
    if not all(np.array_equal(a.volume.voxels, np.rint(b.volume.voxels)) for a, b in pairs):
        said.append("other voxels")
    return Outcome(protocol.name, size_mm, len(got.study.phases), "; ".join(said))


def _page(found: list[Outcome], options: argparse.Namespace) -> str:
    """Write the table."""
    lines = [
        "# False questions",
        "",
        f"`python benchmarks/questions.py --n {options.n} --seed {options.seed}`: simulated studies, whole and in",
        "order, written as DICOM and read back. A question, a refusal or a doubt about a phase is a fault.",
        "",
        "| protocol | studies | tumours, mm | phases read | false questions |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(one.protocol for one in found):
        mine = [one for one in found if one.protocol == name]
        sizes = f"{min(one.size_mm for one in mine):.0f} to {max(one.size_mm for one in mine):.0f}"
        phases = ", ".join(sorted({str(one.n_phases) for one in mine}))
        lines.append(f"| {name} | {len(mine)} | {sizes} | {phases} | {sum(bool(one.said) for one in mine)} |")
    lines += ["", f"All: {sum(bool(one.said) for one in found)} of {len(found)}."]
    lines += [f"- {one.protocol}, {one.size_mm:.0f} mm: {one.said}" for one in found if one.said]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
