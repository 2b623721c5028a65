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
from deeptepp.stats.roc import roc_auc
from deeptepp.train.dataset import read_dataset
from deeptepp.train.run import Run, run_trial
from deeptepp.train.settings import read_settings
from deeptepp.train.slices import SliceDataset

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
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
    """Write the table rows of one run: all patients, and each study on its own."""
    source = run.dataset.cohort[SOURCE]
    chosen = {"all": run.labels.is_known}
    if question != "source":
        chosen |= {str(name): run.labels.is_known & (source == name) for name in np.unique(source)}
    return [_row(question, seed, name, run, part) for name, part in chosen.items()]


def _row(question: str, seed: int, name: str, run: Run, part: np.ndarray) -> str:
    """Write one row."""
    events, scores = run.labels.event[part], run.scores[part]
    try:
        curve = roc_auc(scores, events)
        found = f"{curve.auc:.3f} ({curve.low:.3f}-{curve.high:.3f})"
    except NotEstimable as error:
        found = str(error)
    return f"| {QUESTIONS[question]} | {seed} | {name} | {len(events)} | {int(events.sum())} | {found} |"


if __name__ == "__main__":
    main()
