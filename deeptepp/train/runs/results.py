"""Writes what a suite of experiments came to as one Markdown file: command, cohort, settings, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.train.measure.facts import folds_of
from deeptepp.train.runs import result_tables as tables
from deeptepp.train.runs.published_tables import beside_published, published_p
from deeptepp.train.settings import TrainSettings

Content = Mapping[str, Any]

_NOTES = {
    "Discrimination": "Patient level; a score is the mean over the views. Bootstrap: 2000 samples of patients, "
    "stratified by event, percentiles. Yes/no: the AUC of hard labels, which is the mean of sensitivity and "
    "specificity.",
    "By seed": "A seed draws the patients held out, the folds, the views and the first weights of every network: "
    "columns differ in all of it, and each interval is that of its own column.",
    "Operating points": "Positive: score at or above the cut-off; Wilson intervals. The second cut-off of a model "
    "has the highest Youden index of its own out-of-fold scores, so that it is flattered in the cross-validation "
    "and fair elsewhere.",
    "Contrasts": "Paired DeLong on the same patients; Holm over the contrasts of one group of patients.",
    "Correlation with the simulated biology": "Pearson of the score and of its log odds, Spearman; intervals by "
    "Fisher's z. More precise than an AUC with few events.",
    "Calibration": "Out-of-fold. Training balances the classes on purpose, which raises the odds; undone with the "
    "ratio by which the patients who trained the network were balanced (views drawn per patient with an event, or "
    "class weights).",
    "By views, as an extra": "Not a result on patients: it shows what counting views as patients does. Interval "
    "by drawing patients with all of their views.",
}


def write_results(content: Content, folder: Path, *, command: str, others: Sequence[Content] = ()) -> Path:
    """Write the tables of one suite.

    ``content``: of a suite, as ``run_suite`` gives it. ``folder``: receives ``<suite>.md``; made when absent.
    ``command``: what was called, for the reader to call again. ``others``: the same suite with other seeds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{content['suite']}.md"
    path.write_text(markdown_of(content, command=command, others=others), encoding="utf-8")
    return path


def markdown_of(content: Content, *, command: str, others: Sequence[Content] = ()) -> str:
    """Lay out one suite."""
    is_simulated = content["is_simulated"]
    mark = f"**{SIMULATED_COHORT}.** " if is_simulated else ""
    parts = [f"# {content['title']}", f"{mark}**{RESEARCH_USE_ONLY.upper()}**", content["about"], f"`{command}`"]
    parts.append(_circumstances(content))
    if content["experiments"]:
        printed = published_p(content) if content["suite"] == "table2" else None
        sections = {
            "Discrimination": tables.discrimination(content),
            "Beside the published numbers": "" if content["suite"] == "protocol" else beside_published(content),
            "What the protocol adds": beside_published(content) if content["suite"] == "protocol" else "",
            "Contrasts": tables.contrasts(content, printed),
            "By seed": tables.by_seed([content, *others]) if others else "",
            "Operating points": tables.operating_points(content),
            "Correlation with the simulated biology": tables.truth(content) if is_simulated else "",
            "Calibration": tables.calibration(content),
            "By views, as an extra": tables.by_views(content),
        }
        parts += [_section(title, text) for title, text in sections.items() if text]
    parts.append(_absent(content))
    return "\n\n".join(part for part in parts if part) + "\n"


def differing(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings that differ from their default.

    ``settings``: plain values, as ``TrainSettings.to_published`` gives them. Returns: without the folders and the
    name.
    """
    found = {}
    for each in fields(TrainSettings):
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        if each.default is not MISSING and each.name != "name" and settings.get(each.name, default) != default:
            found[each.name] = settings[each.name]
    return found


def _section(title: str, text: str) -> str:
    """Put a heading before a table and what must be known of it after."""
    note = _NOTES.get(title, "")
    return f"## {title}\n\n{text}" + (f"\n\n{note}" if note else "")


def _circumstances(content: Content) -> str:
    """Who was measured and with which settings."""
    base = content["base"]
    changed = differing(base)
    cohort = "Simulated patients" if content["is_simulated"] else "Patients"
    lines = [
        f"- {cohort} of the dataset `{base['dataset']}`, SHA-256 `{content['dataset_sha256'][:16]}`"
        + _counts(content),
        f"- Label `{base['label']}`, protocol `{base['protocol']}`, {folds_of(base)}, {base['epochs']} "
        f"epochs, seed {base['seed']}; one fit per fold, so that the chance of the training is in no interval",
        "- Settings of the base that differ from their default: "
        + (", ".join(f"`{key} = {value}`" for key, value in changed.items()) or "none"),
        f"- deeptepp {content['code_version']}",
    ]
    for each in content["experiments"]:
        if each["changes"]:
            words = ", ".join(f"`{key} = {value}`" for key, value in each["changes"].items())
            lines.append(f"- {each['title']}: {words}")
    return "\n".join(lines)


def _counts(content: Content) -> str:
    """How many patients there are, and how many of them with an event."""
    if not content["experiments"]:
        return ""
    metrics = content["experiments"][0]["metrics"]
    apart = [found for group, found in metrics.items() if group != "fold_1"]  # fold 1 is in the cross-validation
    return (
        f": {sum(each['n'] for each in apart)} patients, {sum(each['n_events'] for each in apart)} with an event"
    )


def _absent(content: Content) -> str:
    """Name what broke and what was not run."""
    lines = [f"- {each['title']}: failed. {each['reason']}" for each in content["broken"]]
    lines += [f"- {name}: not run" for name in content["not_run"]]
    return "## Without a result\n\n" + "\n".join(lines) if lines else ""
