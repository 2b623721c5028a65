"""The model card: what the bundle is for, what it was made from, what was measured and where it ends."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.train.card.card_results import (
    calibration,
    operating_points,
    performance,
    simulated_truth,
    subgroups,
    tiers,
)
from deeptepp.train.measure.breakdown import ARM_WORDS
from deeptepp.train.measure.facts import TITLES, RunFacts, folds_of, rows_of

TEXTS = "card.toml"
"""File with the texts that do not depend on the run, beside this module."""


def write_card(facts: RunFacts) -> str:
    """Write the card of a bundle."""
    texts = tomllib.loads(files("deeptepp.train.card").joinpath(TEXTS).read_text(encoding="utf-8"))
    banner = texts["simulated_data" if facts.is_simulated else "own_data"].format(simulated=SIMULATED_COHORT)
    sections = [
        f"# {facts.name}",
        f"{RESEARCH_USE_ONLY.upper()}\n\n{banner}",
        f"## Intended use\n\n{texts['intended']}",
        f"The score ranks patients with {facts.predicted} above the others.",
        f"## Out of scope\n\n{texts['out_of_scope']}",
        "## Data\n\n" + _data(facts),
        "## Training\n\n" + _training(facts),
        "## Performance\n\nEvery patient was scored by a network that never saw her.\n\n" + performance(facts),
        "### Operating points\n\n" + operating_points(facts),
        "### Calibration\n\n" + calibration(facts),
        *simulated_truth(facts),
        "### Subgroups\n\n" + subgroups(facts),
        f"## Tiers\n\n{facts.tiers.method}\n\n{tiers(facts)}",
        "## Limits\n\n" + texts["limits"],
        "## Risks and ethics\n\n" + texts["risks"],
        "## The publication behind it\n\n" + texts["caveats"].format(mv_mode=facts.training["mv_mode"]),
        "## How to reproduce\n\n" + _reproduce(facts),
    ]
    return "\n\n".join(sections) + "\n"


def _data(facts: RunFacts) -> str:
    """Who was trained on, held out and only scored, and how the images came about."""
    rows = [(TITLES[key], str(group["n"]), str(group["n_events"])) for key, group in facts.groups.items()]
    lines = [rows_of(("patients", "n", "events"), rows), ""]
    if facts.arms:
        lines.append(
            "- Treatment: " + ", ".join(f"{ARM_WORDS.get(arm, arm)} {n}" for arm, n in facts.arms.items())
        )
    if facts.follow_up_months:
        median, low, high = facts.follow_up_months
        lines.append(f"- Follow-up: median {median:.1f} months, range {low:.1f} to {high:.1f}")
    lines.append(f"- Label: `{facts.training['label']}`; protocol: `{facts.training['protocol']}`")
    lines += _imaging(facts.description)
    return "\n".join(lines)


def _imaging(description: Mapping[str, Any]) -> list[str]:
    """What the dataset tells of scan protocols and of the detection of tumours."""
    lines = []
    mix = description.get("n_by_protocol")
    if isinstance(mix, Mapping) and mix:
        lines.append("- Scan protocols: " + ", ".join(f"{name} {n}" for name, n in mix.items()))
    rate, found = description.get("hit_rate"), description.get("n_detected")
    if rate is not None and found is not None:
        missed = "; where it was missed, the true outline was used" if description.get("is_simulated") else ""
        n = description.get("n_patients", round(found / rate) if rate else 0)
        lines.append(f"- Tumour found by the detector: {found} of {n} ({100 * rate:.1f} %){missed}")
    return lines


def _training(facts: RunFacts) -> str:
    """Lay out how the network was trained."""
    training, made = facts.training, facts.provenance
    network = facts.network.get("settings", {})
    cells = {
        "network": str(network.get("backbone", training.get("backbone", "mm_resnet"))),
        "parameters": f"{facts.network['n_parameters']:,}" if "n_parameters" in facts.network else "",
        "given": str(training.get("inputs", "mri+cp")),
        "mosaic": f"{facts.mosaic_px} x {facts.mosaic_px} px, {training['n_slices']} slices, field of view "
        f"{float(training['fov_mm']):g} mm, {len(training['view_names'])} views",
        "multi-view mode": f"`{training['mv_mode']}`",
        "labels permuted (control)": "yes" if training.get("permute_labels") else "",
        "fits": f"{folds_of(training)} and a refit, {training['epochs']} epochs each",
        "optimiser": f"SGD from scratch, learning rate {float(training['learning_rate']):g} falling by a cosine, "
        f"momentum {float(training['momentum']):g}, weight decay {float(training['weight_decay']):g}, "
        f"batches of {training['batch_size']}",
        "steps per batch": f"granularities {', '.join(map(str, training['granularities']))}; "
        f"loss `{training.get('loss', 'cross_entropy')}`",
        "device, precision": ", ".join(str(made[k]) for k in ("device", "precision") if made.get(k)),
        "wall time": _duration(made.get("seconds")),
        "seed": str(training["seed"]),
        "code version": str(made.get("code_version", "")),
    }
    rows = [(name, text) for name, text in cells.items() if text]
    return (
        rows_of(("what", "value"), rows)
        + "\n\nAll settings are in `training.toml`, all numbers in `metrics.json`."
    )


def _duration(seconds: float | None) -> str:
    """Write a wall time."""
    if seconds is None:
        return ""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _reproduce(facts: RunFacts) -> str:
    """Commands that make this bundle again."""
    lines = []
    if facts.is_simulated and "preset" in facts.description:
        told = facts.description
        lines.append(
            f"deeptepp simulate cohort --out {facts.training['dataset']} --n {told.get('n_patients', '?')} "
            f"--preset {told['preset']} --seed {told.get('seed', 0)} "
            f"--image-correlation {told.get('image_correlation', 0.95)}"
        )
    lines.append("deeptepp train training.toml   # with dataset and output set to your folders")
    lines.append("deeptepp verify .")
    digest = facts.provenance.get("dataset_sha256", "")
    data = f" The data have the SHA-256 `{digest}`." if digest else ""
    return (
        "```\n"
        + "\n".join(lines)
        + f"\n```\n\nSame settings, data, machine and threads give the same weights, scores and cut-offs.{data}"
    )
