"""Patients, events and follow-up beside the printed numbers, in cohorts that know much and little."""

import numpy as np
import pytest

from deeptepp.domain.cohort import ARM, FIRST_EVENT, OS_MONTHS, RFS_MONTHS, SCORE, Arm, Cohort, Endpoint
from deeptepp.domain.published import EVENTS, FLOW, FOLLOW_UP
from deeptepp.report.cohort.cohort_patients import patient_items
from deeptepp.report.names import group_words
from deeptepp.simulate.published_facts import COUNTS
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.tables import read_cohort, write_cohort

REQUIRED = ("subject", "arm", "rfs_months", "rfs_event", "os_months", "os_event")


@pytest.fixture(scope="module")
def patients():
    return simulate_cohort(seed=1)


def items_of(cohort):
    return {item.key: item for item in patient_items(cohort)}


def rows_of(table):
    return {row[0]: row[1:] for row in table.rows}


def words_of(item):
    """Give the alternative text of the figure, with plain spaces."""
    return item.figures[0].layout.meta["alt"].replace("\u00a0", " ")


def with_unknown(cohort, n):
    """Make treatment and recurrence of the first n unknown."""
    arm, months = cohort[ARM].astype(object), cohort[RFS_MONTHS].copy()
    arm[:n], months[: 2 * n] = "unknown", np.nan
    return cohort.with_columns(**{ARM: arm, RFS_MONTHS: months})


def test_the_simulated_cohort_allows_every_item_and_marks_its_figure(patients):
    items = items_of(patients)
    assert list(items) == ["figure-1", "table-1", "table-s1", "follow-up"]
    assert all(item.is_made and item.tables and item.beside for item in items.values())
    assert "SIMULATED COHORT" in words_of(items["figure-1"])


def test_the_flow_stands_beside_the_printed_numbers(patients):
    item = items_of(patients)["figure-1"]
    printed = rows_of(item.beside.table)
    assert printed["Operated on"][0] == "7024"
    assert printed["In the study"] == ("726", "726")
    assert [printed[f"Anti-HER2 therapy: {group_words(arm.value)}"] for arm in Arm] == [
        (str(FLOW.n_by_arm[arm]), str(FLOW.n_by_arm[arm])) for arm in Arm
    ]
    assert "No anti-HER2 therapy (n = 139), Tras (n = 468), Tras+pert (n = 119)" in words_of(item)


def test_the_printed_table_one_is_ours_in_the_simulated_cohort(patients):
    for row in items_of(patients)["table-1"].beside.table.rows:
        assert row[1::2] == row[2::2]


def test_the_printed_counts_add_up_in_every_fact(patients):
    """A level that is read from a wrong field would break the sum of its fact."""
    table = items_of(patients)["table-1"].beside.table
    sums = {}
    for name, *cells in table.rows[1:]:
        counts = np.array([int(cell.split(" ")[0]) for cell in cells[0::2]])
        fact = name.split(": ")[0]
        sums[fact] = sums.get(fact, 0) + counts
    expected = [*(COUNTS[arm].n for arm in Arm), 726]
    assert len(sums) == 12
    assert all(total.tolist() == expected for total in sums.values())


def test_a_fact_that_stands_twice_is_named(patients):
    notes = items_of(patients)["table-1"].notes
    assert any("ER and Molecular subtype are the same in each of the 726 patients" in note for note in notes)


def test_events_are_counted_by_kind_and_deaths_after_relapse(patients):
    item = items_of(patients)["table-s1"]
    kind, died = patients[FIRST_EVENT], patients.follow_up(Endpoint.OS).event
    n_distant = int((kind == "distant").sum())
    n_after = int((died & np.isin(kind, ["locoregional", "contralateral", "distant"])).sum())
    ours, printed = rows_of(item.tables[0]), rows_of(item.beside.table)
    assert ours["First event: distant"][0].startswith(f"{n_distant} (")
    assert ours["Deaths after relapse"][0].startswith(f"{n_after} (")
    assert printed["Relapses, distant"][0].startswith(f"{EVENTS.n_distant} (")
    assert printed["Relapses, distant"][1].startswith(f"{n_distant} (")
    kinds = [ours[name][0] for name in ours if name.startswith("First event") or name == "No event"]
    assert sum(int(cell.split(" ")[0]) for cell in kinds) == 726


def test_follow_up_is_given_by_both_medians_and_for_each_treatment(patients):
    item = items_of(patients)["follow-up"]
    assert [row[1] for row in item.tables[0].rows] == ["all", "none", "Tras", "Tras+pert"] * 2
    printed = rows_of(item.beside.table)
    assert printed["Median"][0] == f"{FOLLOW_UP.median_months}\u00a0months"
    observed = np.median(patients[OS_MONTHS])
    assert printed["Median"][1].startswith(f"{observed:.1f}".removesuffix(".0"))


def test_unknown_treatments_and_follow_up_are_counted_and_left_out(patients):
    items = items_of(with_unknown(patients, 20))
    ours = rows_of(items["figure-1"].tables[0])
    assert ours["Treatment not known"][0].startswith("20 (")
    assert ours["Recurrence-free survival not known"][0].startswith("40 (")
    alt = words_of(items["figure-1"])
    assert "Recurrence-free survival known: n = 686" in alt
    assert "treatment not known" not in alt  # all of them are among those without follow-up
    assert any("Treatment not known: 20\u00a0patients" in note for note in items["table-1"].notes)
    assert items["follow-up"].notes == ("Recurrence-free survival is not known of 40\u00a0patients.",)
    assert items["follow-up"].tables[0].rows[0][2] == "686"


def test_where_no_treatment_is_known_nothing_is_compared(patients):
    unknown = patients.with_columns(**{ARM: np.full(len(patients), "unknown", dtype=object)})
    items = items_of(unknown)
    assert items["table-1"].tables[0].header == ("", "All, n = 726")
    assert rows_of(items["table-1"].beside.table)["Menopause: pre"][1] == "no patient"
    assert "Excluded: treatment not known (n = 726)" in words_of(items["figure-1"])
    assert [row[1] for row in items["follow-up"].tables[0].rows] == ["all", "all"]


def test_a_cohort_of_the_required_columns_says_what_it_lacks(patients):
    items = items_of(Cohort({name: patients[name] for name in REQUIRED}, is_simulated=True))
    assert items["table-1"].reason == "the cohort has no clinical facts"
    assert items["table-1"].tables == ()
    assert items["table-s1"].notes == ("The cohort does not say of what kind a first event was.",)
    assert {row[2] for row in items["table-s1"].beside.table.rows} == {"not recorded"}


def test_kinds_that_are_unknown_or_of_another_name_are_counted(patients):
    kind = patients[FIRST_EVENT].astype(object)
    kind[:5], kind[5:7] = None, "second primary"
    ours = rows_of(items_of(patients.with_columns(**{FIRST_EVENT: kind}))["table-s1"].tables[0])
    assert ours["Kind not known"] == ("5",)
    assert ours["First event: second primary"][0].startswith("2 (")


def test_nobody_followed_is_a_reason(patients):
    never = np.full(len(patients), np.nan)
    items = items_of(patients.with_columns(**{RFS_MONTHS: never, OS_MONTHS: never}))
    assert items["table-s1"].reason == items["follow-up"].reason == "nobody's follow-up is known"
    assert items["figure-1"].is_made


def test_an_empty_cohort_gives_every_item_a_reason(patients):
    items = items_of(patients.where(np.zeros(len(patients), dtype=bool)))
    assert {item.reason for item in items.values()} == {"nobody is in the cohort"}


def test_patients_without_a_score_are_counted(patients):
    score = np.linspace(0, 1, len(patients))
    score[:3] = np.nan
    ours = rows_of(items_of(patients.with_columns(**{SCORE: score}))["figure-1"].tables[0])
    assert ours["Not scored"][0].startswith("3 (")


def test_the_numbers_of_table_one_are_all_in_its_csv(patients):
    item = items_of(patients)["table-1"]
    values = item.data["values"]
    ages = [row for row in values.rows if row[0] == "Age, years"]
    assert [row[2] for row in ages] == ["none", "T", "T+P", "all"]
    assert float(ages[3][6]) == np.median(patients["age_years"])


def test_no_item_directs_a_treatment(patients):
    for item in patient_items(patients):
        text = " ".join([*item.notes, *item.beside.notes, *(table.note for table in item.tables)]).lower()
        assert "no benefit" not in text
        assert not any(word in text for word in ("should be given", "omit "))


def test_a_written_cohort_reads_the_same(patients, tmp_path):
    write_cohort(with_unknown(patients, 20), tmp_path / "cohort.parquet")
    there, back = (
        items_of(each) for each in (with_unknown(patients, 20), read_cohort(tmp_path / "cohort.parquet"))
    )
    assert {key: item.tables for key, item in back.items()} == {key: item.tables for key, item in there.items()}
