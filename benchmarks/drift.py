"""How often the drift report finds planted shifts, and how often it calls a shift that is not there.

    python benchmarks/drift.py --draws 100 --out docs/results/drift.md

The reference patients of the shipped bundle are dealt into a reference and into those who come in: without a
shift, both are samples of one population. Then one shift at a time is planted in those who come in.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, RFS_EVENT, RFS_MONTHS, SCORE, TIER, Arm, Cohort
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, TierScheme
from deeptepp.model.bundle import load_bundle
from deeptepp.report.centres.drift_report import drift_shifts, quantity_name
from deeptepp.scoring.tiers import TierSource, with_tiers
from deeptepp.stats.patients.distribution_shift import ALPHA, DistributionShift, ShiftVerdict
from deeptepp.stats.proportion import Proportion, proportion

SIZES = (250, 100)
"""Patients who come in."""

Column = npt.NDArray[Any]
Change = Callable[[Cohort, np.random.Generator], dict[str, Column]]
LARGE = "large"
"""Calibration-in-the-large, among the quantities of the report."""


@dataclass(frozen=True)
class Planted:
    """One shift: what is done, in which quantity it should be seen, and in which others it may be."""

    title: str
    column: str
    change: Change
    related: tuple[str, ...] = ()


def _part(cohort: Cohort, rng: np.random.Generator, share: float) -> Column:
    """Mark a random share of the patients, (n,)."""
    return rng.random(len(cohort)) < share


def _set(column: str, value: object, share: float) -> Change:
    """Give a share of the patients one value."""

    def change(cohort: Cohort, rng: np.random.Generator) -> dict[str, Column]:
        cells = np.asarray(cohort[column]).astype(object)
        cells[_part(cohort, rng, share)] = value
        return {column: cells if isinstance(value, str | None) else cells.astype(float)}

    return change


def _move(column: str, function: Callable[[Column], Column], share: float = 1.0) -> Change:
    """Change a number of a share of the patients."""

    def change(cohort: Cohort, rng: np.random.Generator) -> dict[str, Column]:
        values = np.asarray(cohort[column], dtype=float)
        return {column: np.where(_part(cohort, rng, share), function(values), values)}

    return change


def _score(function: Callable[[Column], Column]) -> Change:
    """Change the log odds of the scores."""

    def change(cohort: Cohort, _rng: np.random.Generator) -> dict[str, Column]:
        score = np.asarray(cohort[SCORE], dtype=float)
        return {SCORE: 1 / (1 + np.exp(-function(np.log(score / (1 - score)))))}

    return change


def _more_events(cohort: Cohort, rng: np.random.Generator) -> dict[str, Column]:
    """Let a share of the patients without an event have one, at a random time of their follow-up."""
    event = np.asarray(cohort[RFS_EVENT], dtype=bool)
    months = np.asarray(cohort[RFS_MONTHS], dtype=float)
    new = ~event & _part(cohort, rng, 0.3)
    return {RFS_EVENT: event | new, RFS_MONTHS: np.where(new, rng.uniform(0, months), months)}


OF_SCORES = (SCORE, TIER, LARGE, "slope")
PLANTED = (
    Planted("4 years older", "age_years", _move("age_years", lambda x: x + 4)),
    Planted("8 years older", "age_years", _move("age_years", lambda x: x + 8)),
    Planted("postmenopausal in 25 %", "menopause", _set("menopause", "post", 0.25)),
    Planted("tumours 1.3 times as large", "tumour_size_mm", _move("tumour_size_mm", lambda x: 1.3 * x)),
    Planted("size in cm in 15 %", "tumour_size_mm", _move("tumour_size_mm", lambda x: x / 10, 0.15)),
    Planted("size unknown in 20 %", "size unknown", _move("tumour_size_mm", lambda x: x * np.nan, 0.2)),
    Planted("N1 in 30 %", "node_stage", _set("node_stage", "N1", 0.3)),
    Planted("stage IIIA in 20 %", "stage", _set("stage", "IIIA", 0.2)),
    Planted("grade 3 in 30 %", "grade", _set("grade", 3.0, 0.3)),
    Planted("ER positive in 25 %", "er_positive", _set("er_positive", 1.0, 0.25)),
    Planted("PR unknown in 20 %", "pr_positive", _set("pr_positive", np.nan, 0.2)),
    Planted("PR positive in 25 %", "pr_positive", _set("pr_positive", 1.0, 0.25)),
    Planted("Ki-67 10 points higher", "ki67_pct", _move("ki67_pct", lambda x: np.minimum(x + 10, 100))),
    Planted("Ki-67 as a fraction in 20 %", "ki67_pct", _move("ki67_pct", lambda x: x / 100, 0.2)),
    Planted("breast-conserving in 30 %", "breast_surgery", _set("breast_surgery", "conserving", 0.3)),
    Planted("T+P in 30 %", ARM, _set(ARM, Arm.TP.value, 0.3)),
    Planted("a new scan protocol in 5 %", "protocol", _set("protocol", "new", 0.05)),
    Planted("one scan protocol in 20 % more", "protocol", _set("protocol", "aurora", 0.2)),
    Planted("3 T in 30 %", "field_strength_t", _set("field_strength_t", 3.0, 0.3)),
    Planted("repetition time 5 % longer", "repetition_time_ms", _move("repetition_time_ms", lambda x: 1.05 * x)),
    Planted("flip angle 2 degrees more", "flip_angle_deg", _move("flip_angle_deg", lambda x: x + 2)),
    Planted("log odds of the score 0.6 higher", SCORE, _score(lambda x: x + 0.6), OF_SCORES),
    Planted("log odds of the score 1.6 times as far apart", SCORE, _score(lambda x: 1.6 * (x + 2) - 2), OF_SCORES),
    Planted("30 % of the others have an event too", LARGE, _more_events, OF_SCORES),
)


def population(cohort: Cohort, seed: int = 0) -> Cohort:
    """Add the acquisition that the simulator does not keep, and let some facts be unknown."""
    rng, n = np.random.default_rng(seed), len(cohort)
    unknown = rng.random(n) < 0.05
    return cohort.with_columns(
        field_strength_t=rng.choice([1.5, 3.0], n, p=[0.6, 0.4]),
        repetition_time_ms=rng.normal(4.5, 0.3, n),
        flip_angle_deg=rng.choice([10.0, 12.0, 15.0], n) + rng.normal(0, 0.5, n),
        er_positive=np.asarray(cohort["er_positive"], dtype=float),
        pr_positive=np.where(unknown, np.nan, np.asarray(cohort["pr_positive"], dtype=float)),
    )


def draw_shifts(
    everyone: Cohort, tiers: TierScheme, n: int, rng: np.random.Generator, planted: Planted | None = None
) -> list[DistributionShift]:
    """Deal the patients into a reference and n who come in, plant a shift in these, and make the report."""
    comes_in = rng.permutation(len(everyone)) < n
    reference, incoming = everyone.where(~comes_in), everyone.where(comes_in)
    if planted is not None:
        incoming = incoming.with_columns(**planted.change(incoming, rng))
    return drift_shifts(reference, with_tiers(incoming, tiers, TierSource.CUT_OFFS))


def names_of(planted: Planted) -> tuple[str, set[str]]:
    """Name the quantity of a shift, and all that may be seen of it."""
    if planted.column == "size unknown":
        size = quantity_name("tumour_size_mm")
        return f"{size}: known or unknown", {f"{size}: known or unknown"}
    return quantity_name(planted.column), {quantity_name(each) for each in (planted.column, *planted.related)}


def shifted(shifts: Iterable[DistributionShift]) -> set[str]:
    """Name what is called a shift."""
    return {each.name for each in shifts if each.verdict is ShiftVerdict.SHIFT}


def main() -> None:
    """Draw, plant, look, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=100, help="Of every shift; four times as many without one.")
    parser.add_argument("--out", type=Path, default=None, help="Markdown file; printed when left out.")
    asked = parser.parse_args()
    text = report(asked.draws)
    if asked.out is None:
        print(text)
    else:
        asked.out.write_text(text, encoding="utf-8")


def report(n_draws: int) -> str:
    """Measure both rates and write them down."""
    bundle = load_bundle()
    everyone = population(bundle.reference)
    null = [row for n in SIZES for row in _null_rows(everyone, bundle.tiers, n, 4 * n_draws)]
    counts = [_counts(everyone, bundle.tiers, planted, n_draws) for planted in PLANTED]
    found = [
        (planted.title, names_of(planted)[0], *(_percent(proportion(k, n_draws)) for k in of_it))
        for planted, of_it in zip(PLANTED, counts, strict=True)
    ]
    total = [proportion(sum(column), n_draws * len(PLANTED)) for column in zip(*counts, strict=True)]
    found.append(("**all**", "", *map(_percent, total)))
    cut = f"{len(everyone)} reference patients of `{bundle.name}`"
    return "\n\n".join(
        (
            "# Planted shifts in the drift report",
            f"**{SIMULATED_COHORT}.** **{RESEARCH_USE_ONLY.upper()}**",
            f"{cut} are dealt at random into a reference and those who come in; field strength, repetition time "
            "and flip angle are made up. Holm at 5 % over all quantities of a report; Wilson intervals of 95 %.",
            f"`python benchmarks/drift.py --draws {n_draws} --out docs/results/drift.md`",
            "## Without a shift: false alarms",
            _table(("who come in", "test", "a report", "called a shift, %", "p < 0.05 before Holm, %"), null),
            f"## {len(PLANTED)} shifts",
            _table(
                (
                    "shift",
                    "seen in",
                    *(f"found of {n} who come in, %" for n in SIZES),
                    *(f"another called, %, {n}" for n in SIZES),
                ),
                found,
            ),
            "“Another called” counts reports that call a shift where none was planted.\n",
        )
    )


def _null_rows(everyone: Cohort, tiers: TierScheme, n: int, n_draws: int) -> list[tuple[str, ...]]:
    """Count false alarms: reports with any, then single tests of each kind."""
    drawn = [draw_shifts(everyone, tiers, n, np.random.default_rng((n, i))) for i in range(n_draws)]
    tested = [each for shifts in drawn for each in shifts if each.p_value is not None]
    alarms = proportion(sum(bool(shifted(shifts)) for shifts in drawn), n_draws)
    rows = [(str(n), "any of a report", f"{len(tested) / n_draws:.1f}", _percent(alarms), "")]
    for method in sorted({each.method for each in tested}):
        of_kind = [each for each in tested if each.method == method]
        p_values = [each.p_value for each in of_kind if each.p_value is not None]
        called = _percent(proportion(len([each for each in of_kind if shifted([each])]), len(of_kind)))
        single = _percent(proportion(sum(p < ALPHA for p in p_values), len(p_values)))
        rows.append((str(n), method, f"{len(of_kind) / n_draws:.1f}", called, single))
    return rows


def _counts(everyone: Cohort, tiers: TierScheme, planted: Planted, n_draws: int) -> list[int]:
    """Count reports that find one shift, by size, and then reports that call another."""
    name, allowed = names_of(planted)
    found, others = [], []
    for n in SIZES:
        seeds = ((n, PLANTED.index(planted), i) for i in range(n_draws))
        called = [shifted(draw_shifts(everyone, tiers, n, np.random.default_rng(s), planted)) for s in seeds]
        found.append(sum(name in each for each in called))
        others.append(sum(bool(each - allowed) for each in called))
    return [*found, *others]


def _percent(share: Proportion) -> str:
    """Write a share in percent with its interval."""
    value, low, high = (100 * (each or 0.0) for each in (share.value, share.low, share.high))
    return f"{value:.1f} ({low:.1f}-{high:.1f})"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Write a table in Markdown."""
    lines = (heads, tuple("---" for _ in heads), *rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
