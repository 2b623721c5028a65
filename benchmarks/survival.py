"""Time of the survival statistics on a large cohort, beside lifelines, scikit-learn and sorting alone.

Run as ``OMP_NUM_THREADS=1 python benchmarks/survival.py [--n 100000] [--out docs/results/survival_speed.md]``. The
follow-up is simulated: exponential times in three groups, censored evenly, with five covariates and two scores;
once in tenths of a month, so that times are tied, and once with hardly a tie. Both are run in turn, so that a busy
machine slows both, and every row says how far the two results are apart.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from sklearn.metrics import roc_auc_score

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank

N_REPEATS = 5
"""The median of so many runs counts."""
COVARIATES = ("age", "size", "nodes", "grade", "arm")
EFFECTS = np.array([0.02, 0.3, 0.15, 0.25, -0.5])
"""Log hazard ratios that the follow-up is drawn with."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Simulated patients: follow-up, group (n,), covariates (n, 5), two scores (n,)."""

    follow_up: FollowUp
    group: npt.NDArray[np.int64]
    covariates: Floats
    scores: tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; seconds."""

    what: str
    other: str
    ours_s: float
    others_s: float
    floor_s: float
    apart: float


def simulate(n: int, decimals: int, seed: int = 0) -> Sample:
    """Draw n patients, their months rounded to so many decimals."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    covariates = np.column_stack(
        [
            rng.normal(55, 10, n),
            rng.gamma(4, 0.6, n),
            rng.poisson(1.5, n),
            rng.integers(1, 4, n),
            rng.integers(0, 2, n),
        ]
    ).astype(np.float64)
    risk = (covariates - covariates.mean(axis=0)) @ EFFECTS + 0.4 * group
    months = rng.exponential(90 * np.exp(-risk))
    censored = rng.uniform(14, 124, n)
    follow_up = FollowUp(np.round(np.minimum(months, censored), decimals), months <= censored)
    scores = (risk + rng.normal(0, 1, n), risk + rng.normal(0, 2, n))
    return Sample(follow_up, group, covariates, scores)


def seconds(*runs: Callable[[], object]) -> tuple[float, ...]:
    """Give the median time of each run, all in turn, after one round that does not count."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(N_REPEATS + 1):
        for run, found in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
    return tuple(statistics.median(found[1:]) for found in times)


def sort_all(columns: Sequence[Floats]) -> list[Floats]:
    """Sort each column: nothing that needs its order can be faster."""
    return [np.sort(column) for column in columns]


def survival_curve(sample: Sample) -> Row:
    """Curve with its pointwise interval."""
    months, event = sample.follow_up.months, sample.follow_up.event
    curve, fitter = kaplan_meier(sample.follow_up), KaplanMeierFitter().fit(months, event)
    apart = np.abs(curve.survival - fitter.survival_function_.iloc[:, 0].to_numpy()).max()
    band = fitter.confidence_interval_.to_numpy()
    apart = max(apart, np.nanmax(np.abs(np.column_stack([curve.low, curve.high]) - band)))
    return Row(
        "Kaplan-Meier curve with interval",
        "lifelines KaplanMeierFitter",
        *seconds(
            lambda: kaplan_meier(sample.follow_up),
            lambda: KaplanMeierFitter().fit(months, event),
            lambda: sort_all([months]),
        ),
        float(apart),
    )


def test_of_groups(sample: Sample) -> Row:
    """Log-rank test of three groups, the time to part them included."""
    months, event = sample.follow_up.months, sample.follow_up.event

    def ours() -> float:
        return log_rank([sample.follow_up.where(sample.group == k) for k in range(3)]).statistic

    def theirs() -> float:
        return float(multivariate_logrank_test(months, sample.group, event).test_statistic)

    return Row(
        "log-rank test of 3 groups",
        "lifelines multivariate_logrank_test",
        *seconds(ours, theirs, lambda: sort_all([months])),
        abs(ours() - theirs()) / theirs(),
    )


def regression(sample: Sample) -> Row:
    """Cox model of five covariates with Efron's ties and Wald intervals."""
    design = Design(COVARIATES, sample.covariates)
    frame = pd.DataFrame(sample.covariates, columns=list(COVARIATES))
    frame["months"], frame["event"] = sample.follow_up.months, sample.follow_up.event

    def theirs() -> CoxPHFitter:
        return CoxPHFitter().fit(frame, "months", "event")

    def floor() -> Floats:
        sort_all([sample.follow_up.months])
        return sample.covariates.T @ sample.covariates

    ours = fit_cox(sample.follow_up, design).coefficients
    return Row(
        "Cox model of 5 covariates, Efron",
        "lifelines CoxPHFitter",
        *seconds(lambda: fit_cox(sample.follow_up, design), theirs, floor),
        float(np.abs(ours - theirs().params_.to_numpy()).max()),
    )


def area(sample: Sample) -> Row:
    """AUC with DeLong's interval and the whole curve, against the AUC alone."""
    event, (score, _) = sample.follow_up.event, sample.scores
    return Row(
        "AUC with DeLong interval and all cut-offs",
        "scikit-learn roc_auc_score (AUC alone)",
        *seconds(lambda: roc_auc(score, event), lambda: roc_auc_score(event, score), lambda: sort_all([score])),
        abs(roc_auc(score, event).auc - float(roc_auc_score(event, score))),
    )


def paired_areas(sample: Sample) -> Row:
    """Paired DeLong test of two scores, against both AUC alone."""
    event, (first, second) = sample.follow_up.event, sample.scores

    def theirs() -> float:
        return float(roc_auc_score(event, first) - roc_auc_score(event, second))

    return Row(
        "paired DeLong test of 2 scores",
        "scikit-learn roc_auc_score, twice (AUC alone)",
        *seconds(lambda: compare_auc(first, second, event), theirs, lambda: sort_all([first, second])),
        abs(compare_auc(first, second, event).difference - theirs()),
    )


def table(rows: Sequence[Row]) -> str:
    """Write the rows as Markdown."""
    lines = [
        "| statistic | ours, ms | other | other, ms | times faster | sorting alone, ms | results apart |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.what} | {1000 * row.ours_s:.1f} | {row.other} | {1000 * row.others_s:.1f} "
        f"| {row.others_s / row.ours_s:.1f} | {1000 * row.floor_s:.1f} | {row.apart:.1e} |"
        for row in rows
    ]
    return "\n".join(lines)


def report(sections: Sequence[str], load: float) -> str:
    """Put the tables in a page with what they were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "lifelines", "scikit-learn"))
    threads = os.environ.get("OMP_NUM_THREADS", "all cores")
    body = "\n\n".join(sections)
    return f"""# Speed of the survival statistics

SIMULATED patients. Median of {N_REPEATS} runs, ours and the other in turn, after a round that does not count.
OMP_NUM_THREADS: {threads}; {os.cpu_count()} cores; load {load:.1f} at the start.
Python {platform.python_version()}, {packages}.

{body}

"Sorting alone" is what the machine needs to sort the times or scores once (for Cox with one pass over the
covariates): the floor of anything that depends on order. "Results apart" is the largest absolute difference of
curve and interval, the relative difference of the chi-square, and the absolute differences of the Cox coefficients
(lifelines at its default precision) and of the AUC. scikit-learn gives no variance, so our rows do more than those
they are compared with.

Run again with `OMP_NUM_THREADS=1 python benchmarks/survival.py --out docs/results/survival_speed.md`.
"""


def section(title: str, sample: Sample) -> tuple[str, bool]:
    """Measure every row on one sample: the table under its title, and whether ours is never slower."""
    measures = (survival_curve, test_of_groups, regression, area, paired_areas)
    rows = [measure(sample) for measure in measures]
    n_times = len(np.unique(sample.follow_up.months))
    facts = f"{sample.follow_up.n:,} patients, {sample.follow_up.n_events:,} events, {n_times:,} distinct times."
    return f"## {title}\n\n{facts}\n\n{table(rows)}", all(row.ours_s <= row.others_s for row in rows)


def main() -> int:
    """Measure, print the tables and give 1 where ours is slower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000, help="patients")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="lifelines")
    load = os.getloadavg()[0]
    found = [
        section("Times in tenths of a month", simulate(options.n, decimals=1)),
        section("Times with hardly a tie", simulate(options.n, decimals=7)),
    ]
    sections = [text for text, _ in found]
    print("\n\n".join(sections))
    if options.out:
        options.out.write_text(report(sections, load))
    return int(not all(is_faster for _, is_faster in found))


if __name__ == "__main__":
    raise SystemExit(main())
