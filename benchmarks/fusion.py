"""Measure the fusion of images and facts: what the facts add, and whether a worse fact ever lowers a score.

python benchmarks/fusion.py gain SETTINGS.toml --seeds 0 1 2     paired AUC with facts against images alone
python benchmarks/fusion.py order [BUNDLE] --dataset FOLDER      reversals on profile pairs, beside real regions

Prints Markdown. ``gain`` trains one cross-validation and refit a seed and goes on where it was stopped: both arms
share the network of images, so that the difference is that of the facts alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import ViewStack
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import load_bundle
from deeptepp.model.monotone import count_reversals
from deeptepp.model.predict import score_views
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.train.data.dataset import read_dataset
from deeptepp.train.fit.crossval import read_scores
from deeptepp.train.runs.run import combine_scores, run_trial
from deeptepp.train.settings import TrainSettings, read_settings

DEMO_SIZES_MM = (12.0, 26.0, 60.0)
"""Sizes of one tumour, everything else the same, that a newcomer tries first."""

GROUPS = {"cross-validation": "in_folds", "held out": "is_holdout"}


def main() -> None:
    """Read the command line and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    gain = commands.add_parser("gain")
    gain.add_argument("settings", type=Path)
    gain.add_argument("--seeds", type=int, nargs="+", default=[0])
    order = commands.add_parser("order")
    order.add_argument("bundle", type=Path, nargs="?")
    order.add_argument("--dataset", type=Path, required=True)
    order.add_argument("--pairs", type=int, default=10_000)
    order.add_argument("--images", type=int, default=200)
    asked = parser.parse_args()
    if asked.command == "order":
        print("\n".join(order_lines(asked.bundle, asked.dataset, asked.pairs, asked.images)))
        return
    base = read_settings(asked.settings)
    print("| seed | patients | n | events | images alone | with facts | difference (95 % CI, paired DeLong) | p |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for seed in asked.seeds:
        output = base.output if seed == base.seed else base.output / f"seed-{seed}"
        print("\n".join(gain_rows(replace(base, seed=seed, output=output))), flush=True)


def gain_rows(settings: TrainSettings) -> Iterator[str]:
    """Rows of one seed: AUC of the images, and with the facts, on the same patients."""
    dataset = read_dataset(settings.dataset)
    folder = settings.output / "state"
    fused = run_trial(replace(settings, fusion="monotone", inputs="mri+cp"), folder=folder, dataset=dataset)
    images = _softmax_of(folder, len(dataset), len(settings.view_names)).mean(axis=1)
    for name, group in GROUPS.items():
        chosen = getattr(fused.split, group) & fused.labels.is_known
        event = fused.labels.event[chosen]
        try:
            found = compare_auc(fused.scores[chosen], images[chosen], event)
        except NotEstimable as error:
            yield f"| {settings.seed} | {name} | {len(event)} | {event.sum()} | - | - | {error} | - |"
            continue
        yield (
            f"| {settings.seed} | {name} | {found.n} | {found.n_events} "
            f"| {found.auc[1]:.3f} | {found.auc[0]:.3f} | "
            f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f}) | {found.p_value:.3f} |"
        )


def _softmax_of(folder: Path, n: int, n_views: int) -> npt.NDArray[np.float64]:
    """Softmax of the images by networks that never saw the patient, (n, V), as the run kept them."""
    return combine_scores([read_scores(path, (n, n_views)) for path in sorted(folder.glob("*/scores.json"))])


def order_lines(path: Path | None, folder: Path, n_pairs: int, n_images: int) -> Iterator[str]:
    """Count reversals beside regions of interest of a dataset, and score the sizes of the demo."""
    bundle, dataset = load_bundle(path), read_dataset(folder)
    rng = np.random.default_rng(0)
    patients = rng.permutation(len(dataset))[:n_images]
    names = dataset.view_names(bundle.views)
    stacks = [
        ViewStack(np.stack([dataset.mosaic(int(each), name, bundle.views) for name in names]), names)
        for each in patients
    ]
    found = count_reversals(bundle, stacks, n_pairs, rng)
    yield f"{found.n_pairs} pairs beside {len(stacks)} images: the worse fact scores lower in {found.n}"
    yield f"The same score: {found.n_equal}"
    yield "By fact: " + ", ".join(f"{name} {n}" for name, n in found.by_field.items())
    known = {"node_stage": "N1", "er_positive": False, "pr_positive": False, "grade": 3}
    for stack in stacks[:3]:
        sizes = [ClinicalProfile.from_mapping(known | {"tumour_size_mm": mm}) for mm in DEMO_SIZES_MM]
        scores = [score_views(bundle, stack, profile).probability for profile in sizes]
        yield f"{' / '.join(f'{mm:g}' for mm in DEMO_SIZES_MM)} mm: {' / '.join(f'{each:.3f}' for each in scores)}"


if __name__ == "__main__":
    main()
