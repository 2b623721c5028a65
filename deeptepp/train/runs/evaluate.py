"""``deeptepp evaluate``: suites of experiments from one settings file, each written as a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from deeptepp.errors import BadSetting
from deeptepp.train.data.dataset import read_dataset
from deeptepp.train.fit.journal import Listener, silent
from deeptepp.train.runs.experiments import run_suite
from deeptepp.train.runs.null import run_null
from deeptepp.train.runs.null_table import write_null
from deeptepp.train.runs.results import write_results
from deeptepp.train.runs.suites import SUITES
from deeptepp.train.settings import TrainSettings

ALL = "all"
"""Stands for every suite."""

NULL = "null"
"""The whole pipeline on follow-up without signal, many times; not one of ``all``."""

EXPERIMENTS = "experiments"
"""Folder of the suites in the output folder of the settings."""


def evaluate_suites(
    settings: TrainSettings,
    suite: str,
    *,
    out: Path,
    command: str,
    only: Collection[str] = (),
    seeds: Sequence[int] = (),
    progress: Listener = silent,
) -> list[Path]:
    """Run one suite or all of them, and write their tables.

    ``settings``: the base of the experiments; runs and JSON go to ``experiments/`` of its ``output``. ``suite``:
    key of ``SUITES``, ``all``, or ``null``. ``out``: receives ``<suite>.md``. ``only``: names of the experiments
    to run; all when empty. Of all suites, those that know one of the names run. ``seeds``: draw the split, the
    views and the networks anew with each of these too, and show what that changes. Returns: the tables that were
    written.
    """
    if suite == NULL:
        report = run_null(settings, folder=settings.output, progress=progress)
        return [write_null(report, settings, out, command=command)]
    chosen = _chosen(suite, only)
    source = read_dataset(settings.dataset)
    written = []
    for name, wanted in chosen.items():
        folder = settings.output / EXPERIMENTS
        places = {settings.seed: folder} | {
            seed: folder / f"seed-{seed}" for seed in seeds if seed != settings.seed
        }
        content, *others = [
            run_suite(
                replace(settings, seed=seed), name, folder=place, dataset=source, only=wanted, progress=progress
            )
            for seed, place in places.items()
        ]
        written.append(write_results(content, out, command=command, others=others))
    return written


def _chosen(suite: str, only: Collection[str]) -> dict[str, list[str]]:
    """Suites to run, each with the names to run in it."""
    if suite != ALL:
        return {suite: list(only)}
    known = {name: {each.name for each in experiments} for name, experiments in SUITES.items()}
    strangers = set(only) - set().union(*known.values())
    if strangers:
        raise BadSetting(
            key="only", value=", ".join(sorted(strangers)), limit="an experiment of one of the suites"
        )
    chosen = {name: sorted(names & set(only)) for name, names in known.items()}
    return {name: names for name, names in chosen.items() if names or not only}
