"""Adapters of public tables, on made-up tables in their layouts and on the real ones if present."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import public_tables
import pytest

from deeptepp.datasets.public.duke import paper_like
from deeptepp.datasets.public.public_table import read_workbook
from deeptepp.datasets.public.registry import ADAPTERS, read_public
from deeptepp.errors import DuplicateSubject, MissingColumn, UnknownPublicCohort, UnreadableCohort
from deeptepp.stats.survival.kaplan_meier import kaplan_meier

REAL = Path(__file__).parents[4] / "shared" / "data" / "clinical"
RECURRED = "Recurrence event(s)"
LOCAL = "Days to local recurrence (from the date of diagnosis) "
DISTANT = "Days to distant recurrence(from the date of diagnosis) "
DIED = "Days to death (from the date of diagnosis) "
FREE_LOCAL = "Days to last local recurrence free assessment (from the date of diagnosis) "
FREE_DISTANT = "Days to last distant recurrence free assemssment(from the date of diagnosis) "
BEFORE, AFTER = "Neoadjuvant Anti-Her2 Neu Therapy", "Adjuvant Anti-Her2 Neu Therapy "


@cache
def real(folder):
    return read_public(folder.replace("_", "-"), REAL / folder)


def read(name, tmp_path, *changes):
    return read_public(name, public_tables.write_public(name, tmp_path, *changes))


def followed_up(imported):
    """The patients whose RFS is known."""
    return imported.cohort.where(np.isfinite(imported.cohort["rfs_months"]))


def rows_of(imported):
    """Rows of each rule, of the first problem where a rule is told twice."""
    return {problem.rule: problem.rows for problem in reversed(imported.problems)}


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_table_becomes_a_cohort_with_licence_citation_and_the_place_of_its_images(name, tmp_path):
    imported = read(name, tmp_path, {}, {})
    source = imported.source
    assert len(imported.cohort) == 2
    assert not imported.cohort.is_simulated
    assert all((source.licence, source.citation, source.images_from, source.table_from, source.rfs, source.arms))
    assert not any(problem.is_refusal for problem in imported.problems)
    assert read_public(name, tmp_path).cohort["subject"].tolist() == imported.cohort["subject"].tolist()


@pytest.mark.parametrize("name", ADAPTERS)
def test_no_finding_holds_a_patient(name, tmp_path):
    imported = read(name, tmp_path, {}, {})
    told = " ".join(problem.found + problem.remedy for problem in imported.problems)
    assert not any(str(subject) in told for subject in imported.cohort["subject"])


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_is_no_such_table_is_refused(name, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Jane Doe")
    with pytest.raises((UnreadableCohort, MissingColumn)) as caught:
        read_public(name, tmp_path / "letter.txt")
    assert "Doe" not in str(caught.value)
    with pytest.raises(UnreadableCohort, match="the folder holds no"):
        read_public(name, tmp_path)
    with pytest.raises(UnreadableCohort, match="absent"):
        read_public(name, tmp_path / "nowhere.xlsx")


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_patient_twice_is_refused(name, tmp_path):
    write, good, _ = public_tables.WRITERS[name]
    with pytest.raises((DuplicateSubject, UnreadableCohort)):
        read_public(name, write(tmp_path, [good, good]))


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_column_that_is_absent_is_named(name, tmp_path):
    write, good, _ = public_tables.WRITERS[name]
    lost = {"duke": RECURRED, "metabric": "HER2 Status", "ispy1": "age", "ispy2": "pCR", "mama-mia": "her2"}[name]
    with pytest.raises(MissingColumn) as caught:
        read_public(name, write(tmp_path, [{k: v for k, v in good.items() if k != lost}]))
    assert lost in str(caught.value)


def test_a_name_that_is_not_known_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(UnknownPublicCohort, match="duke, ispy1, ispy2, mama-mia, metabric"):
        read_public("tcga", tmp_path)


def test_a_workbook_without_the_sheet_is_refused(tmp_path):
    public_tables.write_mama_mia(tmp_path, [public_tables.MAMA_MIA_ROW])
    with pytest.raises(UnreadableCohort, match="no sheet 'Data'"):
        read_public("duke", tmp_path / "clinical_and_imaging_info.xlsx")


def test_duke_facts_are_translated(tmp_path):
    cohort = read("duke", tmp_path, {}).cohort
    expected = {
        "age_years": 50.0,
        "menopause": "pre",
        "tumour_stage": "T2",
        "node_stage": "N1",
        "is_metastatic": 0.0,
        "grade": 3.0,
        "er_positive": 1.0,
        "pr_positive": 0.0,
        "her2_status": "positive",
        "had_neoadjuvant_therapy": 0.0,
        "breast_surgery": "mastectomy",
        "arm": "T",
        "rfs_months": 30.0,
        "os_months": 60.0,
    }
    assert {name: cohort[name].tolist()[0] for name in expected} == pytest.approx(expected)
    assert not cohort["rfs_event"].any()


@pytest.mark.parametrize(
    ("change", "months", "is_event"),
    [
        ({RECURRED: 1, LOCAL: 730.5, DISTANT: 365.25}, 12.0, True),
        ({RECURRED: 1, LOCAL: 730.5}, 24.0, True),
        ({DISTANT: 365.25}, 30.0, False),
        ({FREE_DISTANT: "NC"}, 900 * 12 / 365.25, False),
        ({FREE_LOCAL: "NC", FREE_DISTANT: "NP"}, np.nan, False),
        ({RECURRED: None}, np.nan, False),
        ({DIED: 1000}, 30.0, False),
    ],
)
def test_duke_rfs_is_recurrence_or_the_last_assessment(tmp_path, change, months, is_event):
    cohort = read("duke", tmp_path, change).cohort
    assert cohort["rfs_months"][0] == pytest.approx(months, nan_ok=True)
    assert cohort["rfs_event"][0] == is_event


@pytest.mark.parametrize(
    ("before", "after", "arm"), [(1, 0, "T"), (0, 1, "T"), (0, 0, "none"), (None, 0, "unknown"), (1, None, "T")]
)
def test_duke_arm_is_any_none_or_unknown(tmp_path, before, after, arm):
    assert read("duke", tmp_path, {BEFORE: before, AFTER: after}).cohort["arm"].tolist() == [arm]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({DISTANT: 100}, "duke.recurrence-without-event"),
        ({RECURRED: 1, DISTANT: 1000}, "duke.assessed-before-event"),
        ({RECURRED: 1, DISTANT: 500}, "duke.assessed-after-event"),
        ({FREE_LOCAL: 0, FREE_DISTANT: 0}, "duke.rfs-not-positive"),
        ({FREE_LOCAL: "NC", FREE_DISTANT: "NC"}, "duke.no-rfs-time"),
        ({RECURRED: "NA"}, "duke.event-unknown"),
        ({FREE_LOCAL: "#REF!"}, "public.not-a-number"),
        ({"HER2": 2}, "duke.her2-borderline"),
        ({"HER2": 5}, "public.unknown-code"),
        ({"Staging(Tumor Size)# [T]": None}, "duke.t-empty"),
        ({"Staging(Nodes)#(Nx replaced by -1)[N]": -1}, "duke.n-empty"),
        ({"Staging(Metastasis)#(Mx -replaced by -1)[M]": -1}, "duke.m-unknown"),
        ({"Staging(Metastasis)#(Mx -replaced by -1)[M]": 1}, "duke.m-disagrees"),
        ({"Date of Birth (Days)": -3000}, "public.out-of-range"),
        ({"Menopause (at diagnosis)": 2}, "duke.menopause-code"),
        ({BEFORE: 1, AFTER: 0}, "duke.anti-her2-before-surgery-alone"),
        ({"HER2": 0}, "duke.anti-her2-in-her2-negative"),
        ({AFTER: "NA"}, "duke.anti-her2-unknown"),
        ({DIED: 1000}, "cohort.death-not-counted"),
    ],
)
def test_duke_quirks_are_told_by_the_row_of_the_sheet(tmp_path, change, rule):
    assert rows_of(read("duke", tmp_path, {}, change))[rule] == (5,)
    assert not rows_of(read("duke", tmp_path, {}, {})).get(rule)


def test_duke_counts_words_of_missing_values_in_every_column(tmp_path):
    (problem,) = [p for p in read("duke", tmp_path, {}, {}).problems if p.rule == "duke.missing-codes"]
    assert "NP in 6, NC in 2, NA in 0" in problem.found


def test_the_paper_like_patients_of_duke_are_her2_positive_early_and_operated_first(tmp_path):
    imported = read(
        "duke",
        tmp_path,
        {},
        {"HER2": 0},
        {"Metastatic at Presentation (Outside of Lymph Nodes)": 1},
        {"Received Neoadjuvant Therapy or Not": 1},
        {"Received Neoadjuvant Therapy or Not": "NA"},
        {RECURRED: None},
    )
    assert paper_like(imported).cohort["subject"].tolist() == ["Breast_MRI_900-0", "Breast_MRI_900-4"]


def test_metabric_facts_are_translated(tmp_path):
    cohort = read("metabric", tmp_path, {}).cohort
    expected = {
        "age_years": 61.2,
        "menopause": "post",
        "tumour_size_mm": 22.0,
        "node_stage": "N1",
        "stage": "IIB",
        "grade": 3.0,
        "er_positive": 1.0,
        "her2_status": "positive",
        "breast_surgery": "mastectomy",
        "arm": "none",
        "rfs_months": 30.25,
        "os_months": 90.5,
        "sex": "F",
    }
    assert {name: cohort[name].tolist()[0] for name in expected} == pytest.approx(expected)
    assert cohort["rfs_event"].tolist() == [True]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"Relapse Free Status (Months)": ""}, "metabric.rfs-no-months"),
        ({"Relapse Free Status": ""}, "metabric.rfs-no-status"),
        ({"Relapse Free Status": "", "Relapse Free Status (Months)": ""}, "metabric.rfs-unknown"),
        ({"Overall Survival Status": "", "Overall Survival (Months)": ""}, "metabric.os-unknown"),
        ({"Relapse Free Status (Months)": 0}, "metabric.rfs-zero"),
        ({"ER Status": "Negative"}, "metabric.er-disagrees"),
        ({"HER2 Status": ""}, "metabric.her2-unknown"),
        ({"Tumor Stage": 0}, "metabric.stage-zero"),
        ({"Tumor Stage": 3}, "metabric.stage-disagrees"),
        ({"Tumor Stage": 3, "Tumor Size": ""}, "metabric.stage-without-size"),
        ({"Cancer Type": "Breast Sarcoma"}, "metabric.sarcoma"),
        ({"Relapse Free Status (Months)": 91}, "cohort.rfs-after-os"),
        ({"Tumor Size": 400}, "public.out-of-range"),
    ],
)
def test_metabric_quirks_are_told_by_row(tmp_path, change, rule):
    assert rows_of(read("metabric", tmp_path, {}, change))[rule] == (3,)


@pytest.mark.parametrize(
    ("stage", "size", "nodes", "group"),
    [
        (1, 12, 0, "I"),
        (1, 30, 1, None),
        (1, "", "", "I"),
        (2, 12, 2, "IIA"),
        (2, 30, 1, "IIB"),
        (3, 30, 5, "IIIA"),
        (3, 30, 12, "IIIC"),
        (4, 30, 12, "IV"),
        (0, 12, 0, None),
        ("", 12, 0, None),
    ],
)
def test_metabric_stage_gets_its_letter_where_size_and_nodes_agree(tmp_path, stage, size, nodes, group):
    change = {"Tumor Stage": stage, "Tumor Size": size, "Lymph nodes examined positive": nodes}
    assert read("metabric", tmp_path, change).cohort["stage"].tolist() == [group]


def test_metabric_says_at_which_age_menopause_was_inferred(tmp_path):
    younger = {"Age at Diagnosis": 49.9, "Inferred Menopausal State": "Pre"}
    imported = read("metabric", tmp_path, younger, {"Age at Diagnosis": 50.4})
    (problem,) = [p for p in imported.problems if p.rule == "metabric.menopause-inferred"]
    assert "all below 50 years are pre" in problem.found


def test_ispy1_joins_its_sheets_by_patient(tmp_path):
    cohort = read("ispy1", tmp_path, {"age": 33, "RFS": 365.25}, {"age": 55, "rfs_ind": 0, "sstat": 8}).cohort
    assert cohort["age_years"].tolist() == [33.0, 55.0]
    assert cohort["rfs_months"].tolist() == pytest.approx([12.0, 30.0])
    assert cohort["rfs_event"].tolist() == [True, False]
    assert cohort["os_event"].tolist() == [False, True]
    assert set(cohort["arm"]) == {"unknown"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"RFS": 2000, "rfs_ind": 0}, "cohort.rfs-after-os"),
        ({"sstat": 9}, "ispy1.lost"),
        ({"Her2MostPos": None}, "ispy1.her2-unknown"),
        ({"ERpos": 2}, "ispy1.receptor-unknown"),
        ({"BilateralCa": 1}, "ispy1.bilateral"),
    ],
)
def test_ispy1_quirks_are_told_by_row(tmp_path, change, rule):
    assert rows_of(read("ispy1", tmp_path, {}, change))[rule] == (3,)


def test_ispy2_facts_are_translated_under_the_headings_of_its_workbook(tmp_path):
    changes = [
        {},
        {"HR": 0, "HER2": 0, "menopausal_status": "Postmenopausal (prior bilateral ovariectomy)"},
        {"HER2": "NC", "Age_at_Screening": None, "menopausal_status": "Perimenopausal (6-12 months since LMP)"},
        {"menopausal_status": "Above categories not applicable AND Age > 50"},
    ]
    imported = read("ispy2", tmp_path, *changes)
    cohort, told = imported.cohort, rows_of(imported)
    assert cohort["subject"].tolist() == [f"ISPY2-{9001 + i}" for i in range(4)]
    assert cohort["her2_positive"].tolist() == pytest.approx([1, 0, np.nan, 1], nan_ok=True)
    assert cohort["er_positive"].tolist() == pytest.approx([np.nan, 0, np.nan, np.nan], nan_ok=True)
    assert cohort["age_years"].tolist() == pytest.approx([47, 47, np.nan, 47], nan_ok=True)
    assert cohort["menopause"].tolist() == ["pre", "post", None, None]
    assert (told["ispy2.her2-unknown"], told["public.perimenopausal"], told["public.unknown-code"]) == (
        (4,),
        (4,),
        (5,),
    )


def test_mama_mia_facts_are_translated(tmp_path):
    cohort = read("mama-mia", tmp_path, {}).cohort
    expected = {
        "source": "duke",
        "arm": "T",
        "rfs_months": 60.0,
        "os_months": 60.0,
        "grade": 3.0,
        "menopause": "pre",
        "breast_surgery": "conserving",
    }
    assert {name: cohort[name].tolist()[0] for name in expected} == pytest.approx(expected)
    assert not cohort["rfs_event"].any()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"days_to_recurrence": 2000}, "mama-mia.recurrence-after-last"),
        ({"days_to_death": 2000}, "mama-mia.death-after-last"),
        ({"days_to_metastasis": 100}, "mama-mia.metastasis-without-recurrence"),
        ({"days_to_recurrence": None}, "mama-mia.rfs-unknown"),
        ({"days_to_death": None}, "mama-mia.os-unknown"),
        ({"anti_her2_neu_therapy": None}, "mama-mia.anti-her2-unknown"),
        ({"nac_agent": "Paclitaxel + Trastuzumab"}, "mama-mia.anti-her2-before-surgery"),
        ({"her2": 0}, "mama-mia.anti-her2-in-her2-negative"),
        ({"her2": None}, "mama-mia.her2-unknown"),
        ({"er": None}, "mama-mia.hr-alone"),
        ({"menopause": "peri (6-12 months since LMP)"}, "public.perimenopausal"),
        ({"menopause": "sometimes"}, "public.unknown-code"),
    ],
)
def test_mama_mia_quirks_are_told_by_row(tmp_path, change, rule):
    assert rows_of(read("mama-mia", tmp_path, {}, change))[rule] == (3,)


def test_mama_mia_reads_every_spelling_of_pre_and_counts_zeros_by_study(tmp_path):
    imported = read(
        "mama-mia", tmp_path, {"menopause": "pre (<6 months)"}, {"menopause": "post"}, {"dataset": "NACT"}
    )
    told = {problem.rule: problem.found for problem in imported.problems}
    assert imported.cohort["menopause"].tolist() == ["pre", "post", "pre"]
    assert "2 ways" in told["public.menopause-spellings"]
    assert "(duke 2, nact 1)" in told["mama-mia.zero-means-none"]


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clinical tables are not beside the checkout")
@pytest.mark.parametrize(
    ("folder", "n_all", "n", "n_events", "survival"),
    [
        ("metabric", 2509, 247, 129, 0.579),
        ("ispy1", 221, 67, 21, 0.632),
        ("duke", 922, 158, 16, 0.858),
        ("mama_mia", 1506, 152, 31, 0.753),
    ],
)
def test_the_real_tables_have_their_known_numbers(folder, n_all, n, n_events, survival):
    imported = real(folder)
    followed = followed_up(imported.her2_positive()).follow_up()
    assert (len(imported.cohort), followed.n, followed.n_events) == (n_all, n, n_events)
    assert kaplan_meier(followed).at(60).value == pytest.approx(survival, abs=5e-4)
    assert not any(problem.is_refusal for problem in imported.problems)


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clinical tables are not beside the checkout")
@pytest.mark.parametrize(
    ("folder", "counts"),
    [
        (
            "duke",
            {
                "duke.recurrence-without-event": 3,
                "duke.assessed-before-event": 53,
                "duke.rfs-not-positive": 1,
                "duke.t-empty": 6,
                "duke.n-empty": 24,
                "duke.m-unknown": 203,
                "duke.her2-borderline": 0,
                "duke.negative-age": 922,
            },
        ),
        ("ispy1", {"cohort.rfs-after-os": 17, "ispy1.her2-unknown": 5, "ispy1.lost": 5}),
        ("metabric", {"metabric.rfs-no-months": 108, "metabric.rfs-unknown": 13, "metabric.stage-zero": 24}),
        ("mama_mia", {"mama-mia.zero-means-none": 402, "public.perimenopausal": 35}),
    ],
)
def test_the_real_tables_have_their_known_quirks(folder, counts):
    imported = real(folder)
    assert {rule: len(rows_of(imported)[rule]) for rule in counts} == counts


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clinical tables are not beside the checkout")
def test_the_real_facts_of_ispy2_are_the_same_in_the_layout_of_its_own_archive(tmp_path):
    ours = real("mama_mia").cohort
    ours = ours.where(ours["source"] == "ispy2")
    table = read_workbook(REAL / "mama_mia" / "clinical_and_imaging_info.xlsx", "dataset_info")
    columns = {
        "HR": "hr",
        "HER2": "her2",
        "pCR": "pcr",
        "Age_at_Screening": "age",
        "menopausal_status": "menopause",
    }
    cells = zip(*(table.columns[name] for name in ("patient_id", *columns.values())), strict=True)
    rows = [
        {"Patient_ID": int(who.partition("_")[2])}
        | dict(zip(columns, told, strict=True))
        | {
            "menopausal_status": re.sub(
                r"^(pre|peri|post)", lambda state: state[1].title() + "menopausal", told[-1]
            )
        }
        for who, *told in cells
        if who.startswith("ISPY2")
    ]
    cohort = read_public("ispy2", public_tables.write_ispy2(tmp_path, rows)).cohort
    assert len(cohort) == len(ours) == 980
    for name in ("her2_positive", "age_years", "menopause", "had_neoadjuvant_therapy"):
        assert [str(value) for value in cohort[name]] == [str(value) for value in ours[name]], name


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clinical tables are not beside the checkout")
def test_the_real_duke_table_holds_67_patients_like_those_of_the_paper():
    followed = followed_up(paper_like(real("duke")))
    assert (followed.follow_up().n, followed.follow_up().n_events) == (67, 7)
    assert int((followed["arm"] == "T").sum()) == 54


def documented():
    """Rules and counts of the table of quirks in the documentation."""
    text = (Path(__file__).parents[3] / "docs" / "cohorts.md").read_text("utf-8")
    for line in text[text.index("Quirks, counted") :].splitlines():
        if not line.startswith("| `"):
            continue
        _, first, second, _ = line.split("|", 3)
        rules, counts = re.findall(r"`([\w.-]+)`", first), re.findall(r"\d+", second)
        if rules and len(rules) == len(counts):
            yield from zip(rules, map(int, counts), strict=True)


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real clinical tables are not beside the checkout")
def test_the_counts_of_the_documentation_are_those_of_the_real_tables():
    imported = [real(folder) for folder in ("duke", "ispy1", "metabric", "mama_mia")]
    found = {(p.rule, len(p.rows)) for each in imported for p in each.problems}
    checked = [pair for pair in documented() if pair[0] != "cohort.death-not-counted"]
    assert len(checked) > 30
    assert [pair for pair in checked if pair not in found] == []
