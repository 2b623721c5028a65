"""Runs suites of experiments: resumable, each setting once, one broken experiment never losing the others."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from deeptepp import __version__
from deeptepp.dataset_folder import write_whole
from deeptepp.domain.cohort import SOURCE
from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.errors import BadSetting, DeepTeppError, JobCancelled
from deeptepp.train.data.dataset import label_patients, read_dataset, scored_only
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.fit.clinical_regression import score_by_logistic
from deeptepp.train.fit.journal import Listener, silent
from deeptepp.train.measure.comparison import compare_all, roc_lines
from deeptepp.train.measure.metrics import Scored, measure
from deeptepp.train.runs.outcome import ExperimentOutcome, key_of, read_outcome, write_outcome
from deeptepp.train.runs.run import run_trial
from deeptepp.train.runs.suites import SUITES, Experiment, Method
from deeptepp.train.settings import TrainSettings

RUNS = "runs"
"""Folder of the runs beside the suites' files; a run is named by the digest of its settings and data."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measured:
    """One experiment that has ended.

    ``experiment``: what was asked for. ``settings``: what was run. ``key``: name of its run. ``scored``: the same
    with cut-offs, as measured.
    """

    experiment: Experiment
    settings: TrainSettings
    key: str
    outcome: ExperimentOutcome
    scored: Scored


def run_suite(
    base: TrainSettings,
    suite: str,
    *,
    folder: Path,
    dataset: ViewSource | None = None,
    only: Collection[str] = (),
    progress: Listener = silent,
) -> dict[str, Any]:
    """Run the experiments of a suite that have not been run, measure all and compare them.

    ``base``: what the experiments change. ``folder``: receives ``<suite>.json``, and in ``runs/`` the state of
    every run: the same call after a kill goes on from the last whole epoch. ``dataset``: the patients, where they
    were read before; else the settings' ``dataset`` is read. ``only``: names of the experiments to run; all when
    empty. The others are shown where they were run before. Returns: content of ``<suite>.json``: ``experiments``
    with settings, metrics and the scores of all patients by position; ``contrasts``; ``roc`` for the figures;
    ``broken`` with the reason; ``not_run``.
    """
    chosen = _chosen(suite, only)
    source = read_dataset(base.dataset) if dataset is None else dataset
    done: dict[str, Measured] = {}
    broken: list[dict[str, str]] = []
    for number, experiment in enumerate(SUITES[suite], 1):
        prefix = f"{suite} {number} of {len(SUITES[suite])}, {experiment.name}"
        try:
            found = run_experiment(
                experiment,
                base,
                source,
                folder=folder,
                is_asked=experiment.name in chosen,
                progress=_prefixed(progress, prefix),
            )
        except JobCancelled:
            raise
        except Exception as error:
            # Hours of other experiments must not be lost to one, whatever went wrong in it.
            _logger.exception("Experiment %s of %s failed", experiment.name, suite)
            broken.append({"name": experiment.name, "title": experiment.title, "reason": _reason(error)})
            progress(f"{prefix}: failed, {_reason(error)}")
            continue
        if found is not None:
            done[experiment.name] = found
    content = _content(base, suite, source, done, broken)
    _write(content, folder / f"{suite}.json")
    return content


def run_experiment(
    experiment: Experiment,
    base: TrainSettings,
    source: ViewSource,
    *,
    folder: Path,
    is_asked: bool = True,
    progress: Listener = silent,
) -> Measured | None:
    """Run one experiment, or read what it came to before.

    ``folder``: folder of the suites. ``is_asked``: False to read it only. Returns: None where it was not run
    before and is not to be run.
    """
    settings = TrainSettings.from_mapping(base.to_mapping() | dict(experiment.changes))
    key = key_of(settings, experiment.method, source.sha256)
    place = folder / RUNS / key
    outcome = read_outcome(place)
    if outcome is None and is_asked:
        outcome = _run(experiment.method, settings, source, place, progress)
        write_outcome(outcome, place)
    if outcome is None:
        return None
    scored = outcome.scored(source, settings, experiment.method)
    return Measured(experiment=experiment, settings=settings, key=key, outcome=outcome, scored=scored)


def _run(
    method: Method, settings: TrainSettings, source: ViewSource, place: Path, progress: Listener
) -> ExperimentOutcome:
    """Fit what the method says and score everybody."""
    if method is Method.NETWORK:
        run = run_trial(settings, folder=place, dataset=source, with_refit=False, progress=progress)
        return ExperimentOutcome.of(run.labels, run.split, run.scores, run.view_scores)
    labels = label_patients(source, settings)
    parts = source.cohort.columns.get(SOURCE)
    split = split_patients(labels, scored_only(source, settings), settings, source=parts)
    return ExperimentOutcome.of(labels, split, score_by_logistic(source.cohort, labels, split))


def _chosen(suite: str, only: Collection[str]) -> set[str]:
    """Names to run; refuse a suite or name that does not exist, naming the nearest."""
    if suite not in SUITES:
        raise BadSetting(key="suite", value=repr(suite), limit=" or ".join(SUITES))
    names = [experiment.name for experiment in SUITES[suite]]
    for name in only:
        if name not in names:
            nearest = get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise BadSetting(
                key="only", value=repr(name), limit=f"one of {', '.join(names)}; {nearest} is nearest"
            )
    return set(only or names)


def _prefixed(progress: Listener, prefix: str) -> Listener:
    """Put the experiment before every sentence of its run."""

    def tell(sentence: str) -> None:
        progress(f"{prefix}: {sentence}")

    return tell


def _reason(error: Exception) -> str:
    """Why an experiment broke: our errors in their words, others by their kind, as they may name a path."""
    return str(error) if isinstance(error, DeepTeppError) else f"{type(error).__name__}, see the log"


def _content(
    base: TrainSettings, suite: str, source: ViewSource, done: Mapping[str, Measured], broken: list[dict[str, str]]
) -> dict[str, Any]:
    """Lay out a suite for JSON."""
    scored = {name: each.scored for name, each in done.items()}
    against = {name: each.experiment.against for name, each in done.items()}
    titles = {name: each.experiment.title for name, each in done.items()}
    named = {*done, *(each["name"] for each in broken)}
    return {
        "suite": suite,
        "title": SUITE_LIST[suite].title,
        "about": SUITE_LIST[suite].about,
        "code_version": __version__,
        "is_simulated": source.cohort.is_simulated,
        "dataset_sha256": source.sha256,
        "base": base.to_published(),
        "experiments": [_entry(each) for each in done.values()],
        "contrasts": compare_all(scored, against),
        "roc": roc_lines(scored, titles),
        "broken": broken,
        "not_run": [experiment.name for experiment in SUITES[suite] if experiment.name not in named],
    }


def _entry(each: Measured) -> dict[str, Any]:
    """Lay out one experiment for JSON."""
    return {
        "name": each.experiment.name,
        "title": each.experiment.title,
        "method": each.experiment.method.value,
        "changes": dict(each.experiment.changes),
        "settings": each.settings.to_published(),
        "key": each.key,
        "metrics": measure(each.scored),
        "patients": each.outcome.to_mapping(),
    }


def _write(content: dict[str, Any], path: Path) -> None:
    """Write a suite; the file is whole or that of before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, allow_nan=False) + "\n"
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
