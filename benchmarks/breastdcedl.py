"""What the network learns of real tumour slices, and how much of it may be the scanner.

``python benchmarks/breastdcedl.py her2 rfs source`` cross-validates the network on the dataset that
``deeptepp prepare-breastdcedl FOLDER --out runs/breastdcedl/dataset`` makes: for HER2 status, for recurrence, and
for the study that a patient comes from, since a picture that tells the study can seem to tell all that differs
between the studies. A run that was stopped goes on when the same command is given again. It prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from deeptepp.domain.cohort import HER2_POSITIVE, SOURCE
from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.train.data.dataset import read_dataset
from deeptepp.train.data.slice_cohort import SliceDataset
from deeptepp.train.runs.run import Run, run_trial
from deeptepp.train.settings import read_settings

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
Z = 1.959964
"""Standard errors from the estimate to the end of its 95 % interval."""
QUESTIONS = {"her2": "HER2 positive", "rfs": "recurrence", "source": "which study"}


def main() -> None:
    """Ask the questions of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("questions", nargs="+", choices=list(QUESTIONS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="splits, initial weights and draws")
    arguments = parser.parse_args()
    print("| question | seed | patients | n | events | AUC (95 % CI) |\n| --- | --- | --- | --- | --- | --- |")
    for question in arguments.questions:
        for seed in arguments.seeds:
            print("\n".join(rows(question, seed, ask(question, seed))), flush=True)


def ask(question: str, seed: int) -> Run:
    """Cross-validate one question."""
    settings = read_settings(EXAMPLES / f"breastdcedl-{'rfs' if question == 'rfs' else 'her2'}.toml")
    settings = replace(settings, seed=seed)
    dataset = read_dataset(settings.dataset)
    if question == "source" and isinstance(dataset, SliceDataset):
        # The label's own column holds what is asked; nothing else of the run changes.
        is_other = (dataset.cohort[SOURCE] != "duke").astype(float)
        dataset = replace(
            dataset, cohort=dataset.cohort.with_columns(**{HER2_POSITIVE: is_other}), sha256="source"
        )
    folder = settings.output.parent / f"{question}-{seed}"
    return run_trial(
        settings,
        folder=folder,
        dataset=dataset,
        with_refit=False,
        progress=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )


def rows(question: str, seed: int, run: Run) -> list[str]:
    """Write the table rows of one run: all patients, each study on its own, and both without mixing them."""
    known = run.labels.is_known
    events, scores = run.labels.event[known], run.scores[known]
    source = run.dataset.cohort[SOURCE][known]
    found = {"all": _auc(scores, events)}
    if question != "source":
        names = np.unique(source)
        parts = {str(name): _auc(scores[source == name], events[source == name]) for name in names}
        found |= parts | {"pairs of one study": _joined(list(parts.values()))}
        share = np.array([events[source == name].mean() for name in names])
        found["the study's share of events as score"] = _auc(share[np.searchsorted(names, source)], events)
    return [f"| {QUESTIONS[question]} | {seed} | {name} | {_words(curve)} |" for name, curve in found.items()]


Estimate = tuple[int, int, float, float]
"""n, events, AUC and its standard error."""


def _auc(scores: np.ndarray, events: np.ndarray) -> Estimate:
    """Estimate the AUC; NaN where there is none."""
    n, n_events = len(events), int(events.sum())
    try:
        curve = roc_auc(scores, events)
    except NotEstimable:
        return n, n_events, float("nan"), float("nan")
    return n, n_events, curve.auc, float("nan") if curve.standard_error is None else curve.standard_error


def _joined(parts: list[Estimate]) -> Estimate:
    """Average the studies by their numbers of pairs: no patient is compared with one of another study."""
    pairs = np.array([k * (n - k) for n, k, _, _ in parts], dtype=float)
    weights = pairs / pairs.sum()
    auc = float(weights @ np.array([part[2] for part in parts]))
    error = float(np.sqrt(weights**2 @ np.array([part[3] for part in parts]) ** 2))
    return sum(part[0] for part in parts), sum(part[1] for part in parts), auc, error


def _words(estimate: Estimate) -> str:
    """Write n, events and the AUC with its interval."""
    n, n_events, auc, error = estimate
    low, high = max(auc - Z * error, 0.0), min(auc + Z * error, 1.0)
    return f"{n} | {n_events} | {auc:.3f} ({low:.3f}-{high:.3f})"


if __name__ == "__main__":
    main()
