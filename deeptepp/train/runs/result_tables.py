"""The tables of a suite of experiments in Markdown, from the content of its JSON file alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deeptepp.train.measure.facts import NOT_ESTIMABLE, TITLES, estimate, estimate_alone, rows_of, share, triple

Content = Mapping[str, Any]

DASH = "-"
"""For a number that was not asked for."""


def discrimination(content: Content) -> str:
    """Lay out the AUC of every experiment by group of patients.

    ``content``: of a suite, as ``run_suite`` gives it.
    """
    heads = (
        "model",
        "n",
        "events",
        "AUC (95 % CI, DeLong)",
        "95 % CI, bootstrap",
        "mean ± SD of folds",
        "yes/no at 0.5",
        "yes/no at cut-off",
    )
    parts = []
    for group in groups_in(content):
        found = [(each["title"], each["metrics"].get(group)) for each in content["experiments"]]
        rows = [_area_row(title, metrics) for title, metrics in found if metrics]
        parts.append(f"**{TITLES[group]}**\n\n{rows_of(heads, rows)}")
    return "\n\n".join(parts)


def operating_points(content: Content) -> str:
    """Lay out accuracy, sensitivity and specificity at both cut-offs."""
    heads = ("model", "cut-off", "ACC (95 % CI)", "SENS (95 % CI)", "SPEC (95 % CI)")
    parts = []
    for group in groups_in(content):
        rows = []
        for each in content["experiments"]:
            found = each["metrics"].get(group, {})
            for point in (found.get("at_half"), found.get("at_cut_off")):
                if point:
                    cells = (share(point[name]) for name in ("accuracy", "sensitivity", "specificity"))
                    rows.append((each["title"], f"{point['threshold']:.3f}", *cells))
        parts.append(f"**{TITLES[group]}**\n\n{rows_of(heads, rows)}")
    return "\n\n".join(parts)


def calibration(content: Content) -> str:
    """Lay out how far the scores are probabilities, as they are and with the balancing undone."""
    heads = (
        "model",
        "score",
        "intercept (0 is right)",
        "slope (1 is right)",
        "observed / expected",
        "Brier score",
    )
    kinds = {"as scored": "calibration", "balancing undone": "calibration_balancing_undone"}
    rows = []
    for each in content["experiments"]:
        for word, key in kinds.items():
            found = each["metrics"]["cross_validation"].get(key)
            if found:
                cells = (triple(found.get(name)) for name in ("intercept", "slope", "observed_to_expected"))
                brier = found.get("brier")
                rows.append((each["title"], word, *cells, DASH if brier is None else f"{brier:.3f}"))
    return rows_of(heads, rows)


def truth(content: Content) -> str:
    """Lay out the correlation of the scores with the simulated biology.

    Returns: Markdown; empty where the truth is not known.
    """
    names = ("score", "logit", "rank")
    rows = []
    for group in groups_in(content):
        for each in content["experiments"]:
            found = each["metrics"].get(group, {}).get("correlation")
            if found:
                rows.append((TITLES[group], each["title"], *(triple(found[name]) for name in names)))
    heads = ("patients", "model", "score (95 % CI)", "log odds of the score (95 % CI)", "ranks (95 % CI)")
    return rows_of(heads, rows) if rows else ""


def by_views(content: Content) -> str:
    """Lay out what counting views as patients gives.

    Returns: Markdown; empty where no model has views.
    """
    rows = []
    for group in groups_in(content):
        for each in content["experiments"]:
            found = each["metrics"].get(group, {})
            views = found.get("views")
            if views:
                patients = estimate(found["auc"], found["auc_low"], found["auc_high"])
                area = estimate(views["auc"], views.get("auc_low"), views.get("auc_high"))
                counts = f"{views['n_views']} ({views['n_event_views']})"
                rows.append((TITLES[group], each["title"], patients, counts, area))
    heads = ("patients", "model", "AUC by patients (95 % CI)", "views (of events)", "AUC by views (95 % CI)")
    return rows_of(heads, rows) if rows else ""


def contrasts(content: Content, printed: Mapping[tuple[str, str], str] | None = None) -> str:
    """Lay out the paired comparisons.

    ``printed``: published p values by experiment and group. Returns: Markdown; empty where nothing was compared.
    """
    titles = _titles(content)
    rows = []
    for each in sorted(content["contrasts"], key=lambda each: groups_in(content).index(each["group"])):
        words = _contrasted(each, titles)
        counts = (str(each["n"]), str(each["n_events"]))
        row = (
            TITLES[each["group"]],
            words,
            *counts,
            _difference(each),
            p_value(each["p"]),
            p_value(each.get("p_holm")),
        )
        rows.append(row if printed is None else (*row, printed.get((each["name"], each["group"]), DASH)))
    heads: tuple[str, ...] = (
        "patients",
        "contrast",
        "n",
        "events",
        "difference of AUC (95 % CI)",
        "p",
        "p (Holm)",
    )
    if printed is not None:
        heads = (*heads, "p published")
    return rows_of(heads, rows) if rows else ""


def by_seed(contents: Sequence[Content]) -> str:
    """Lay out the AUC and the contrasts of one suite with several seeds, a column for each.

    ``contents``: of the suite, as ``run_suite`` gives it, one for each seed.
    """
    seeds = [f"seed {content['base']['seed']}" for content in contents]
    titles = _titles(contents[0])
    areas, differences = [], []
    for group in groups_in(contents[0]):
        for name, title in titles.items():
            found = [_named(content["experiments"], name).get("metrics", {}).get(group) for content in contents]
            cells = [estimate(each["auc"], each["auc_low"], each["auc_high"]) if each else DASH for each in found]
            areas.append((TITLES[group], title, *cells, _mean([each["auc"] for each in found if each])))
    for each in contents[0]["contrasts"]:
        same = [
            _named(content["contrasts"], each["name"], group=each["group"], against=each["against"])
            for content in contents
        ]
        cells = [_difference(one) if one else DASH for one in same]
        mean = _mean([one["difference"] for one in same if one and one["p"] is not None], sign="+")
        differences.append((TITLES[each["group"]], _contrasted(each, titles), *cells, mean))
    first = rows_of(("patients", "model", *(f"AUC, {seed} (95 % CI)" for seed in seeds), "mean (range)"), areas)
    heads = ("patients", "contrast", *(f"difference of AUC, {seed} (95 % CI)" for seed in seeds), "mean (range)")
    return first + (f"\n\n{rows_of(heads, differences)}" if differences else "")


def groups_in(content: Content) -> list[str]:
    """Groups that any experiment was measured on, in the order of ``TITLES``."""
    seen = {group for each in content["experiments"] for group in each["metrics"]}
    return [group for group in TITLES if group in seen]


def p_value(p: float | None, *, missing: str = NOT_ESTIMABLE) -> str:
    """Write a p value with three decimals, or that it is smaller, or that there is none."""
    if p is None:
        return missing
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _titles(content: Content) -> dict[str, str]:
    """Titles of the experiments by name."""
    return {each["name"]: each["title"] for each in content["experiments"]}


def _contrasted(each: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Name the two models of a contrast."""
    return f"{titles[each['against']]} less {titles[each['name']]}"


def _named(entries: Sequence[Mapping[str, Any]], name: str, **also: str) -> Mapping[str, Any]:
    """Find the entry of an experiment; empty where there is none."""
    wanted = {"name": name, **also}
    return next((each for each in entries if wanted.items() <= each.items()), {})


def _mean(values: Sequence[float | None], *, sign: str = "") -> str:
    """Write the mean of what the seeds gave, and the lowest and the highest."""
    known = [each for each in values if each is not None]
    if len(known) < 2:
        return DASH
    return f"{sum(known) / len(known):{sign}.3f} ({min(known):{sign}.3f} to {max(known):{sign}.3f})"


def _area_row(title: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Write one row of discrimination."""
    low, high = found["auc_bootstrap_low"], found["auc_bootstrap_high"]
    mean, sd = found.get("auc_mean_of_folds"), found.get("auc_sd_of_folds")
    return (
        title,
        str(found["n"]),
        str(found["n_events"]),
        estimate(found["auc"], found["auc_low"], found["auc_high"]),
        NOT_ESTIMABLE if low is None else f"{low:.3f}-{high:.3f}",
        DASH if mean is None or sd is None else f"{mean:.3f} ± {sd:.3f}",
        estimate_alone(found["at_half"].get("auc_hard_labels")),
        estimate_alone(found["at_cut_off"].get("auc_hard_labels")),
    )


def _difference(each: Mapping[str, Any]) -> str:
    """Write a difference with its sign and interval."""
    if each["p"] is None:
        return NOT_ESTIMABLE
    return f"{each['difference']:+.3f} ({each['low']:+.3f} to {each['high']:+.3f})"
