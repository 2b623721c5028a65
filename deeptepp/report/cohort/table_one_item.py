"""Table 1 as it is read: by group, and beside the published counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deeptepp.report.format import NOT_ESTIMABLE, count_of
from deeptepp.report.format import p_value as written_p
from deeptepp.report.names import group_words
from deeptepp.report.text_table import Table
from deeptepp.simulate.published_facts import CELLS, COUNTS, ArmCounts
from deeptepp.stats.patients.group_difference import GroupDistance
from deeptepp.stats.patients.patient_facts import SUBTYPE, SUBTYPES
from deeptepp.stats.patients.table_one import CategoryRow, CategorySummary, NumberRow, NumberSummary, TableOne
from deeptepp.wording.sentence import glued, joined, sentence

_EN_DASH = "\u2013"
_ALL = "all"
_N_PRINTED = sum(counts.n for counts in COUNTS.values())


def _cells(place: int, *names: str) -> Callable[[ArmCounts], int]:
    """Count the joint cells whose tumour (0), node (1) or stage (2) begins with one of the names."""
    return lambda counts: sum(
        n for cell, n in zip(CELLS, counts.cells, strict=True) if str(cell[place]).rstrip("ABC") in names
    )


_PRINTED: dict[tuple[str, str], Callable[[ArmCounts], int]] = {
    ("Age", "under 50"): lambda counts: counts.age_under_50,
    ("Age", "50 to 65"): lambda counts: counts.age_50_to_65,
    ("Age", "over 65"): lambda counts: counts.age_over_65,
    ("Menopause", "pre"): lambda counts: counts.premenopausal,
    ("Menopause", "post"): lambda counts: counts.n - counts.premenopausal,
    ("Tumour size", "up to 20 mm"): _cells(0, "T1"),
    ("Tumour size", "over 20 mm"): _cells(0, "T2", "T3"),
    ("Nodes", "negative"): _cells(1, "N0"),
    ("Nodes", "positive"): _cells(1, "N1", "N2", "N3"),
    ("Stage", "stage I"): _cells(2, "I"),
    ("Stage", "stage II"): _cells(2, "II"),
    ("Stage", "stage III"): _cells(2, "III"),
    ("Grade", "1 or 2"): lambda counts: counts.grade_1_2,
    ("Grade", "3"): lambda counts: counts.n - counts.grade_1_2,
    ("ER", "positive"): lambda counts: counts.er_positive,
    ("ER", "negative"): lambda counts: counts.n - counts.er_positive,
    ("PR", "positive"): lambda counts: counts.pr_positive,
    ("PR", "negative"): lambda counts: counts.n - counts.pr_positive,
    # No tumour is PR positive and ER negative there, so that the subtype is the ER status.
    (SUBTYPE, SUBTYPES[0]): lambda counts: counts.er_positive,
    (SUBTYPE, SUBTYPES[1]): lambda counts: counts.n - counts.er_positive,
    ("Ki-67", "below 14 %"): lambda counts: counts.ki67_under_14,
    ("Ki-67", "14 % or more"): lambda counts: counts.n - counts.ki67_under_14,
    ("Breast surgery", "conserving"): lambda counts: counts.conserving,
    ("Breast surgery", "mastectomy"): lambda counts: counts.n - counts.conserving,
    ("Axillary surgery", "sentinel"): lambda counts: counts.sentinel,
    ("Axillary surgery", "dissection"): lambda counts: counts.n - counts.sentinel,
}
"""Published count of each level, by fact and level."""


def table_one_table(table: TableOne, *, names: Mapping[str, str] | None = None) -> Table:
    """Write Table 1.

    Returns a row for each number and level, unknown patients where there are some.
    """
    rows = [row for number in table.numbers for row in _number_rows(number)]
    rows += [row for category in table.categories for row in _category_rows(category)]
    groups = tuple(
        glued("{}, n = {}", (names or {}).get(group, group), n)
        for group, n in zip(table.groups, table.n_by_group, strict=True)
    )
    header = ("", *groups, sentence("All, n = {n}", n=table.n), "p", "SMD")
    note = "Numbers: median (quartiles); mean ± SD (range). Categories: n (% of the known)."
    if len(groups) < 2:
        # Nothing is compared, and p and SMD would be empty columns.
        return Table("Patients", header[:-2], tuple(row[:-2] for row in rows), note)
    tests = [each.test for each in table.numbers] + [each.test for each in table.categories]
    methods = sorted({each.method for each in tests if not each.reason})
    note += sentence(
        " p: {methods}; not adjusted. SMD: the largest between two groups, pooled SD.",
        methods=joined(", ", methods),
    )
    return Table("Patients", header, tuple(rows), note)


def printed_table_one(table: TableOne) -> Table:
    """Set the published counts beside ours, treatment by treatment.

    Returns a row for each published level, "not known" where this cohort does not know the fact.
    """
    rows = [_patients_row(table)]
    for (name, level), printed in _PRINTED.items():
        cells = []
        for arm, counts in COUNTS.items():
            cells += [count_of(printed(counts), counts.n), _here(table, (name, level), arm.value)]
        in_all = sum(printed(counts) for counts in COUNTS.values())
        cells += [count_of(in_all, _N_PRINTED), _here(table, (name, level), _ALL)]
        rows.append((glued("{}: {}", name, group_words(level)), *cells))
    header = [glued("{}, {}", group, where) for group in (*COUNTS, _ALL) for where in ("printed", "here")]
    return Table("Table 1 by treatment", ("", *header), tuple(rows), "n (% of the known).")


def table_one_numbers(table: TableOne) -> Table:
    """List every value of Table 1, for CSV.

    Returns one row for each number or level and group.
    """
    groups = (*table.groups, "all")
    rows: list[tuple[str, ...]] = []
    for number in table.numbers:
        for group, each in zip(groups, (*number.groups, number.overall), strict=True):
            statistics = (
                each.median,
                each.quartile_1,
                each.quartile_3,
                each.mean,
                each.sd,
                each.lowest,
                each.highest,
            )
            rows.append((number.name, "", group, str(each.n), str(each.n_missing), "", *map(_plain, statistics)))
    for category in table.categories:
        for group, summary in zip(groups, (*category.groups, category.overall), strict=True):
            for i, level in enumerate(category.levels):
                head = (category.name, level, group, str(summary.counts[i]), str(summary.n_missing))
                rows.append((*head, _plain(summary.share(i)), *[""] * 7))
    statistics_header = ("median", "quartile 1", "quartile 3", "mean", "SD", "lowest", "highest")
    return Table("Table 1", ("fact", "level", "group", "n", "n unknown", "share", *statistics_header), tuple(rows))


def bare_p(p: float | None) -> str:
    """Write a p-value below a heading that names it.

    ``p``: in [0, 1]. The result is like ``0.048`` or ``< 0.001``.
    """
    return written_p(p).removeprefix("p ").removeprefix("= ")


def _number_rows(row: NumberRow) -> list[tuple[str, ...]]:
    """Write a number in two rows, and the unknown in a third."""
    summaries = (*row.groups, row.overall)
    p, smd = _tested(row)
    rows = [
        (row.name, *map(_median, summaries), p, smd),
        (sentence("{name}: mean", name=row.name), *map(_mean, summaries), "", ""),
    ]
    return rows + _unknown(row.name, [each.n_missing for each in summaries])


def _category_rows(row: CategoryRow) -> list[tuple[str, ...]]:
    """Write a category level by level; test and distance stand in the first row."""
    summaries = (*row.groups, row.overall)
    rows = []
    for i, level in enumerate(row.levels):
        p, smd = _tested(row) if i == 0 else ("", "")
        rows.append(
            (glued("{}: {}", row.name, group_words(level)), *(_counted(each, i) for each in summaries), p, smd)
        )
    return rows + _unknown(row.name, [each.n_missing for each in summaries])


def _tested(row: NumberRow | CategoryRow) -> tuple[str, str]:
    """Write test and distance; a dash where nothing can be compared."""
    p = _EN_DASH if row.test.p_value is None else bare_p(row.test.p_value)
    return p, _distance(row.distance)


def _distance(distance: GroupDistance) -> str:
    """Write an SMD."""
    return _EN_DASH if distance.value is None else f"{distance.value:.2f}"


def _unknown(name: str, n_missing: list[int]) -> list[tuple[str, ...]]:
    """Write how many are not known, where some are not."""
    return [(sentence("{name}: unknown", name=name), *map(str, n_missing), "", "")] if any(n_missing) else []


def _median(each: NumberSummary) -> str:
    """Write median and quartiles."""
    if each.median is None:
        return NOT_ESTIMABLE
    return glued("{:.1f} ({:.1f}{}{:.1f})", each.median, each.quartile_1, _EN_DASH, each.quartile_3)


def _mean(each: NumberSummary) -> str:
    """Write mean, standard deviation and range."""
    if each.mean is None:
        return NOT_ESTIMABLE
    spread = "" if each.sd is None else f" ± {each.sd:.1f}"
    return glued("{:.1f}{} ({:.1f}{}{:.1f})", each.mean, spread, each.lowest, _EN_DASH, each.highest)


def _counted(summary: CategorySummary, place: int) -> str:
    """Write one count with its share."""
    return count_of(summary.counts[place], summary.n)


def _patients_row(table: TableOne) -> tuple[str, ...]:
    """Write the patients of each treatment, printed and here."""
    ours = dict(zip(table.groups, table.n_by_group, strict=True))
    cells = [str(n) for arm, counts in COUNTS.items() for n in (counts.n, ours.get(arm.value, 0))]
    return ("Patients", *cells, str(_N_PRINTED), str(table.n))


def _here(table: TableOne, key: tuple[str, str], group: str) -> str:
    """Write our count of one level in a group, or among all patients."""
    name, level = key
    if group != _ALL and group not in table.groups:
        return "no patient"
    row = next((each for each in table.categories if each.name == name), None)
    if row is None:
        return "not known"
    summary = row.overall if group == _ALL else row.groups[table.groups.index(group)]
    return _counted(summary, row.levels.index(level)) if level in row.levels else count_of(0, summary.n)


def _plain(value: float | None) -> str:
    """Write a number for CSV; empty where there is none."""
    return "" if value is None else f"{value:.6g}"
