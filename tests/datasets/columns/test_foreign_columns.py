"""Tables in somebody else's columns, words, days and units: guessed, previewed, asked, and never repeated."""

import time
from datetime import date

import foreign_tables
import numpy as np
import pytest

from deeptepp.datasets.columns.cell_words import reader_of
from deeptepp.datasets.columns.column_names import likeness, unit_in
from deeptepp.datasets.columns.dates import DayOrder, days_of
from deeptepp.datasets.columns.guess import guess_mapping
from deeptepp.datasets.columns.mapped import apply_mapping
from deeptepp.datasets.columns.mapping import Mapping, Use, mapping_of
from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.datasets.own import examine_mapped
from deeptepp.errors import BadSetting, UnknownSetting, UnreadableCohort


@pytest.fixture(scope="module")
def known():
    return foreign_tables.simulated(90)


@pytest.fixture(scope="module")
def rows(known):
    return foreign_tables.german_rows(known)


def sheet_of(*lines, encoding="utf-8"):
    return read_sheet("\n".join(lines).encode(encoding), is_workbook=False)


def column(name, cells, *others):
    """A table with one column of interest beside pseudonyms, and the same column under every name."""
    header = ";".join(("PatientID", name, "Alter", *others))
    return sheet_of(header, *(f"K{i};{cell};5{i % 10}{';' * len(others)}" for i, cell in enumerate(cells)))


@pytest.mark.parametrize("written", ["cp1252", "utf-8-sig", "utf-16", "sep", "workbook"])
def test_a_german_table_of_days_becomes_the_cohort_it_was_written_from(written, known, rows, tmp_path):
    if written == "workbook":
        foreign_tables.as_workbook(rows, tmp_path / "t.xlsx")
        content = (tmp_path / "t.xlsx").read_bytes()
    else:
        text = foreign_tables.as_csv(rows)
        content = f"sep=;\r\n{text}".encode() if written == "sep" else text.encode(written)
    sheet = read_sheet(content, is_workbook=written == "workbook")
    assert sheet.dropped == ("Name", "Geburtsdatum")
    examined = examine_mapped(sheet, guess_mapping(sheet))
    assert [each for each in examined.problems if each.is_refusal] == []
    cohort = examined.cohort
    for name in ("rfs_months", "os_months"):
        np.testing.assert_allclose(cohort[name], known[name], atol=1 / 30.4 + 1e-3)
    for name in ("arm", "rfs_event", "os_event", "node_stage"):
        assert cohort[name].tolist() == known[name].tolist()
    np.testing.assert_allclose(cohort["tumour_size_mm"], known["tumour_size_mm"], atol=0.51)
    assert cohort["er_positive"].astype(bool).tolist() == [bool(each) for each in known["er_positive"]]
    told = str(examined.problems) + str(examined.preview)
    assert not any(word in told for word in ("Mustermann", "Erika", "K0001", "2015"))


@pytest.mark.parametrize(
    ("name", "target", "unit"),
    [
        ("PatientID", "subject", ""),
        ("T size (cm)", "tumour_size_mm", "cm"),
        ("pN", "node_stage", ""),
        ("DFS (months)", "rfs_months", "months"),
        ("Relapse", "rfs_event", ""),
        ("Treatment=Herceptin", "arm", ""),
        ("OP-Datum", "surgery_date", ""),
        ("Rezidiv", "rfs_event", ""),
        ("ER%", "er_positive", "percent"),
        ("肿瘤大小", "tumour_size_mm", ""),
        ("总生存期(月)", "os_months", "months"),
        ("末次随访日期", "last_visit_date", ""),
        ("Gesamtüberleben (Jahre)", "os_months", "years"),
        ("Vital Status", "os_event", ""),
        ("recur_dt", "recurrence_date", ""),
        ("RFSDAYS", "rfs_months", "days"),
        ("OSCNSR", "os_event", ""),
        ("her2_tx", "arm", ""),
        ("Operation time (min)", "source", ""),
    ],
)
def test_a_column_is_known_by_what_it_is_called_elsewhere(name, target, unit):
    from deeptepp.datasets.columns.column_names import WANTED

    rated = {each: likeness(name, each) for each in WANTED}
    assert max(rated, key=lambda each: rated[each]) == target if target != "source" else not any(rated.values())
    assert unit_in(name) == unit


@pytest.mark.parametrize(
    "name",
    ["Name", "Name, Vorname der Patientin", "Geb.-Datum", "DOB", "MRN", "住院号", "Vorname", "E-Mail", "Remark"],
)
def test_who_a_patient_is_is_dropped_by_name_or_by_looks(name):
    sheet = column(name, [f"Jane {'abcdefgh'[i]}{'xyz'[i % 3]}o Doe" for i in range(6)])
    assert sheet.dropped == (name,)
    assert name not in sheet.columns
    names = ["Abel", "Bach", "Cohn", "Dorn", "Ernst", "Falk", "Graf", "Haas", "Ibsen", "Jung", "Klee", "Lang"]
    assert column("Fall", names).dropped == ("Fall",)
    assert column("Fall", [f"{each}-{i}" for i, each in enumerate(names)]).dropped == ()
    born = column("Day", [f"{i + 1}.3.1961" for i in range(6)])
    assert born.dropped == ("Day",)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Herceptin", "T"),
        ("trastuzumab (Herzuma)", "T"),
        ("Trastuzumab + Pertuzumab", "T+P"),
        ("Phesgo", "T+P"),
        ("双靶", "T+P"),
        ("keine", "none"),
        ("no trastuzumab", "none"),
        ("Kadcyla", "unknown"),
        ("trastuzumab emtansine", "unknown"),
        ("T-DXd", "unknown"),
        ("Trastuzumab, no pertuzumab", None),
        ("chemotherapy", None),
        ("0", None),
        ("2", None),
        ("Tmab + Pmab", "T+P"),
        ("2=Herceptin", "T"),
    ],
)
def test_a_treatment_is_read_by_its_drugs_and_a_code_is_asked(word, meaning):
    assert reader_of("arm", "Therapie", [word], {})(word) == meaning
    assert reader_of("arm", "Therapie", [word], {word: "T+P"})(word) == "T+P"


@pytest.mark.parametrize(
    ("name", "cells", "flags"),
    [
        ("Rezidiv", ["ja", "nein", ""], ["1", "0", ""]),
        ("复发", ["是", "否", "未知"], ["1", "0", ""]),
        ("Relapse", ["1", "0", "0"], ["1", "0", "0"]),
        ("Relapse", ["Recurred", "Not recurred", "NA"], ["1", "0", ""]),
        ("Relapse", ["1", "2", "1"], None),
        ("Relapse", ["0", "1", "9"], None),
        ("Event (censored=1)", ["0", "1", "1"], None),
        ("RFSCNSR", ["0", "1", "1"], None),
        ("Survived", ["0", "1", "1"], None),
        ("EFS", ["0", "1", "1"], None),
        ("Alive (1=yes, 0=no)", ["0", "1", "1"], None),
        ("Disease-free survival event", ["0", "1", ""], ["0", "1", ""]),
        ("Relapse (0=yes, 1=no)", ["0", "1", "1"], ["1", "0", "0"]),
        ("复发（1：否，2：是）", ["1", "2", ""], ["0", "1", ""]),
        ("Relapse (1=yes, 2=no)", ["1", "2", "3"], None),
        ("Relapse", ["1=no", "2=yes", ""], ["0", "1", ""]),
        ("Status", ["free", "free", "lost to follow-up", "distant metastasis"], ["0", "0", "0", "1"]),
    ],
)
def test_yes_and_no_are_read_and_other_codes_are_asked(name, cells, flags):
    mapping = Mapping(uses={"rfs_event": Use(column=name)}, everyone="T")
    applied = apply_mapping(column(name, cells), mapping)
    asked = [each for each in applied.questions if each.asks == "rfs_event"]
    assert bool(asked) == (flags is None)
    if flags is not None:
        assert applied.table.columns["rfs_event"] == flags


@pytest.mark.parametrize(
    ("name", "cells", "read"),
    [
        ("ER %", ["0", "1", "80", "<1", "neg"], ["0", "1", "1", "0", "0"]),
        ("ER", ["0 %", "0.5 %", "1 %", "95 %", ""], ["0", "0", "1", "1", ""]),
        ("ER", ["pos", "neg", "+", "?", "pos"], ["1", "0", "1", "", "1"]),
        ("ER", ["0", "6", "8", "3", "0"], None),
        ("ER", ["1", "2", "1", "1", "2"], None),
        ("ER", ["+", "-", "+", "-", ""], ["1", "0", "1", "0", ""]),
        ("ER", ["P", "N", "P", "N", ""], ["1", "0", "1", "0", ""]),
    ],
)
def test_receptors_are_positive_from_one_per_cent_and_an_unknown_scale_is_asked(name, cells, read):
    sheet = column(name, cells)
    mapping = guess_mapping(sheet)
    applied = apply_mapping(sheet, mapping)
    if read is None:
        assert {each.asks for each in applied.questions} >= {"er_positive"}
    else:
        assert applied.table.columns["er_positive"] == read


@pytest.mark.parametrize(
    ("name", "cells", "read"),
    [
        ("pN", ["pN0", "pN1a", "ypN2", "pN1(mi)", "pNX"], ["N0", "N1", "N2", "N1", ""]),
        ("pN", ["0", "1", "2", "3", "3"], ["N0", "N1", "N2", "N3", "N3"]),
        ("positive nodes", ["0", "3", "4", "10", "1"], ["N0", "N1", "N2", "N3", "N1"]),
        ("Lymphknoten", ["0/12", "2/14", "5/20", "11/20", "0/3"], ["N0", "N1", "N2", "N3", "N0"]),
        ("Lymph nodes", ["0", "1", "2", "3", "0"], None),
        ("pN", ["1", "2", "3", "4"] * 3, None),
        ("pN", ["1", "1", "2", "3"] * 3, None),
    ],
)
def test_nodes_are_categories_or_counts_and_are_asked_where_they_may_be_either(name, cells, read):
    sheet = column(name, cells)
    applied = apply_mapping(sheet, guess_mapping(sheet))
    if read is None:
        assert "node_stage" in {each.asks for each in applied.questions}
    else:
        assert applied.table.columns["node_stage"] == read


@pytest.mark.parametrize(
    ("cells", "order", "first"),
    [
        (["2015-04-03", "2015-04-25"], None, date(2015, 4, 3)),
        (["3.4.2015", "25.4.15"], None, date(2015, 4, 3)),
        (["03/04/2015", "25/04/2015"], DayOrder.DAY_FIRST, date(2015, 4, 3)),
        (["03/04/2015", "04/25/2015"], DayOrder.MONTH_FIRST, date(2015, 3, 4)),
        (["2015年4月3日", "2015/4/25"], None, date(2015, 4, 3)),
        (["42097", "42119.0"], None, date(2015, 4, 3)),
        (["3-Apr-2015", "25. April 2015"], None, date(2015, 4, 3)),
        (["20150403", "2015-04-25 00:00:00"], None, date(2015, 4, 3)),
        (["03APR2015", "25APR2015:00:00:00"], None, date(2015, 4, 3)),
    ],
)
def test_days_are_read_as_they_are_written(cells, order, first):
    days = days_of(cells)
    assert days.days[0] == first
    assert None not in days.days
    assert days.order is order


def test_days_of_two_readings_are_asked_and_never_guessed():
    lines = (
        "ID;Surgery date;Relapse;Last visit;Arm",
        "a;03/04/2015;no;05/08/2019;T",
        "b;01/02/2015;no;07/08/2019;T",
    )
    sheet = sheet_of(*lines)
    mapping = guess_mapping(sheet)
    applied = apply_mapping(sheet, mapping)
    assert {each.asks for each in applied.questions} == {"surgery_date", "last_visit_date"}
    months = []
    for unit in ("dmy", "mdy"):
        said = mapping.with_unit("surgery_date", unit).with_unit("last_visit_date", unit)
        answered = apply_mapping(sheet, said)
        assert answered.questions == ()
        months.append(answered.table.columns["rfs_months"][0])
    spans = (date(2019, 8, 5) - date(2015, 4, 3), date(2019, 5, 8) - date(2015, 3, 4))
    assert months == [f"{span.days / 30.4375:.3f}" for span in spans]
    # Both orders in one column are no question: those that fit neither are named.
    assert days_of(["25/04/2015", "04/25/2015"]).is_open


_MORE = tuple(f"{name};2015-04-03;no;;2019-01-01;;T" for name in "cd")
DAYS = "ID;Surgery date;Relapse;Relapse date;Last visit;Death date;Arm"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("2015-04-03;yes;2014-01-01;2016-01-01;", "cohort.before-surgery"),
        ("2015-04-03;no;;2015-04-02;", "cohort.before-surgery"),
        ("2015-04-03;yes;2018-01-01;2017-01-01;2017-06-01", "cohort.after-death"),
        ("2015-04-03;no;;2017-01-01;2016-06-01", "cohort.after-death"),
        ("2015-04-03;no;;2999-01-01;", "cohort.future-day"),
        ("2015-04-03;no;2016-01-01;2017-01-01;", "cohort.day-without-event"),
        ("2015-04-03;yes;;2017-01-01;", "cohort.event-without-day"),
        ("", "manifest.remark"),
        ("2015-04-03;yes;2016-05-01;2016-01-01;", "cohort.visit-before-recurrence"),
        ("31.02.2015;no;;2017-01-01;", "cohort.not-understood"),
    ],
)
def test_days_that_cannot_be_are_named_by_row_and_never_repeated(line, rule):
    sheet = sheet_of(DAYS, "a;2015-04-03;no;;2019-01-01;;T", f"b;{line};T" if line else "Sum: 3", *_MORE)
    applied = apply_mapping(sheet, guess_mapping(sheet))
    (problem,) = [each for each in applied.table.problems if each.rule == rule]
    assert problem.rows == (3,)
    assert "20" not in problem.found + problem.remedy
    assert applied.table.columns["rfs_months"][0] == f"{(date(2019, 1, 1) - date(2015, 4, 3)).days / 30.4375:.3f}"


def test_events_without_a_column_of_days_are_refused_and_never_left_out_with_their_patients():
    lines = (f"{name};2015-04-03;{'yes' if name < 'c' else 'no'};2019-01-01;T" for name in "abcdef")
    sheet = sheet_of("ID;Surgery date;Relapse;Last visit;Arm", *lines)
    problems = examine_mapped(sheet, guess_mapping(sheet), allow_gaps=True).problems
    assert [each.rows for each in problems if each.is_refusal] == [(2, 3)]


def test_a_death_counts_as_an_event_and_one_column_may_hold_event_or_last_visit():
    sheet = sheet_of(DAYS, "a;2015-04-03;no;;2017-01-01;2017-06-01;T", "b;2015-04-03;yes;2016-04-03;2017-01-01;;T")
    applied = apply_mapping(sheet, guess_mapping(sheet))
    assert applied.table.columns["rfs_event"] == ["1", "1"]
    assert applied.table.columns["os_event"] == ["1", "0"]
    assert "1 of them by death alone" in str(applied.preview)
    one = sheet_of("ID;OP-Datum;Rezidiv;Enddatum;Arm", "a;3.4.2015;ja;3.4.2016;T", "b;3.4.2015;nein;3.4.2018;T")
    mapping = guess_mapping(one)
    end = Use(column="Enddatum")
    for target in ("recurrence_date", "last_visit_date"):
        mapping = mapping.using(target, end)
    mapping = mapping.using("surgery_date", Use(column="OP-Datum")).using("rfs_event", Use(column="Rezidiv"))
    columns = apply_mapping(one, mapping).table.columns
    assert columns["rfs_event"] == ["1", "0"]
    assert columns["rfs_months"] == ["12.025", "36.008"]


def test_what_cannot_be_told_from_the_cells_is_asked_with_the_likely_answer_first():
    lines = [f"K{i};{2 + i % 5};{i % 4 == 0:d};{(1 + i % 5)}.5" for i in range(20)]
    sheet = sheet_of("PatientID;Follow-up;Relapse;Tumour size", *lines)
    applied = apply_mapping(sheet, guess_mapping(sheet))
    assert {each.asks: each.choices[0] for each in applied.questions} == {
        "rfs_months": "years",
        "tumour_size_mm": "cm",
        "arm": "T",
    }


def test_words_of_single_patients_are_counted_and_never_shown():
    cells = ["ja", "nein", "nein", "ja", "see letter of Jane Doe", "vielleicht", "vielleicht"]
    sheet = column("Rezidiv", cells)
    applied = apply_mapping(sheet, Mapping(uses={"rfs_event": Use(column="Rezidiv")}, everyone="T"))
    told = str(applied.table.problems) + str(applied.preview)
    assert "vielleicht (2)" in told
    assert "3 of 7" in told
    assert "Jane" not in told
    many = column("Rezidiv", [f"word{i}" for i in range(14)])
    applied = apply_mapping(many, Mapping(uses={"rfs_event": Use(column="Rezidiv")}, everyone="T"))
    assert "word1" not in str(applied.table.problems) + str(applied.preview)


def test_a_table_without_a_header_has_numbers_for_names_and_is_not_guessed():
    sheet = sheet_of("Ada X1;12;3", "Eve X2;14;5", "Ida X3;15;9")
    assert not sheet.has_names
    assert list(sheet.columns) == ["Column 1", "Column 2", "Column 3"]
    assert set(guess_mapping(sheet).uses) <= {"subject"}


def test_days_that_a_spreadsheet_exchanged_are_refused():
    cells = [f"2015-{1 + i}-0{1 + i % 7}" for i in range(9)] + ["04/25/2015", "04/13/2015"]
    exchanged = [column("Surgery date", cells), column("Surgery date", ["2015-01-25", *cells])]
    rules = [
        {each.rule for each in apply_mapping(sheet, guess_mapping(sheet)).table.problems} for sheet in exchanged
    ]
    assert ["cohort.days-exchanged" in each for each in rules] == [True, False]


def test_rows_that_are_no_patients_are_left_out_and_named():
    lines = [f"K{i};2015-04-{10 + i};{20 + i};{'ja' if i % 3 else 'nein'};Herceptin;total" for i in range(12)]
    header = "ID;OP-Datum;Tumorgröße;Rezidiv;Therapie;Mastektomie"
    units = ";(TT.MM.JJJJ);(mm);ja/nein;;"
    foot = ("Summe;;;8;12 Patientinnen;", "n = 12;;24,5;;;")
    sheet = sheet_of(header, units, *lines, *foot)
    assert (len(sheet.rows), sheet.remarks) == (12, (2, 15, 16))
    told = {each.rule: each.rows for each in apply_mapping(sheet, guess_mapping(sheet)).table.problems}
    assert told["manifest.remark"] == (2, 15, 16)
    assert sheet_of(header, *lines).remarks == ()


def test_codes_of_a_treatment_are_no_her2_status_and_those_of_her2_are_read_by_what_they_count():
    lines = (f"K{i};{1 + i % 3};{i % 4};{i % 4}" for i in range(12))
    sheet = sheet_of("record_id;her2_tx;HER2 IHC;HER2", *lines)
    assert guess_mapping(sheet).uses["arm"].column == "her2_tx"
    read = {name: reader_of("her2_status", name, list("0123"), {}) for name in ("HER2 IHC", "HER2")}
    assert [read["HER2 IHC"](each) for each in "0123"] == ["negative", "negative", "unknown", "positive"]
    assert [read["HER2"](each) for each in "0123"] == [None] * 4
    # Beside a regimen that is not known, T may be a taxane and TP one with platinum.
    assert [reader_of("arm", "Regimen", ["T", "AC-T"], {})("T"), reader_of("arm", "Arm", ["T"], {})("T")] == [
        None,
        "T",
    ]


def test_a_death_without_a_column_of_its_day_is_asked_for_and_the_last_visit_may_be_its_day():
    patients = (f"{name};2015-04-03;nein;2018-04-03;{'tot' if name == 'a' else 'lebt'};T" for name in "abcd")
    sheet = sheet_of("ID;OP-Datum;Rezidiv;Letzter Kontakt;Status;Arm", *patients)
    mapping = guess_mapping(sheet)
    assert mapping.uses["os_event"].column == "Status"
    refused = [each for each in apply_mapping(sheet, mapping).table.problems if each.is_refusal]
    assert [each.rule for each in refused] == ["cohort.event-without-day"]
    columns = apply_mapping(sheet, mapping.using("death_date", Use(column="Letzter Kontakt"))).table.columns
    assert columns["rfs_event"] == columns["os_event"] == ["1", "0", "0", "0"]
    assert columns["rfs_months"] == ["36.008"] * 4
    follow_up = column("Follow-up (months)", [str(12 + i) for i in range(12)])
    told = apply_mapping(follow_up, guess_mapping(follow_up)).table.problems
    assert "cohort.whole-follow-up" in {each.rule for each in told}


def test_times_of_those_alone_who_had_the_event_are_refused():
    lines = [f"K{i};{int(i < 6)};{10 + i if i < 6 else ''};T" for i in range(30)]
    sheet = sheet_of("ID;Recurrence;Time to recurrence (months);Arm", *lines)
    problems = examine_mapped(sheet, guess_mapping(sheet), allow_gaps=True).problems
    assert [each.rule for each in problems if each.is_refusal] == ["cohort.events-alone"]
    whole = sheet_of(
        "ID;Recurrence;Time to recurrence (months);Arm", *(each.replace(";;", ";60;") for each in lines)
    )
    assert not any(each.is_refusal for each in examine_mapped(whole, guess_mapping(whole)).problems)


def test_points_that_set_thousands_apart_are_no_decimals():
    days = ["845", *(f"{1 + i % 3}.{100 + i}" for i in range(12))]
    sheet = column("DFS (days)", days)
    mapping = Mapping(uses={"rfs_months": Use(column="DFS (days)", unit="days")}, everyone="T")
    (told,) = [
        each for each in apply_mapping(sheet, mapping).table.problems if each.rule == "cohort.not-understood"
    ]
    assert "thousands" in told.remedy
    assert len(told.rows) == 12
    years = column("DFS (years)", [each for each in days if "." in each])
    said = Mapping(uses={"rfs_months": Use(column="DFS (years)", unit="years")}, everyone="T")
    assert apply_mapping(years, said).preview[1].n_strange == 0


def test_a_mapping_survives_its_file_and_a_wrong_one_is_refused_by_its_key(rows):
    sheet = read_sheet(foreign_tables.as_csv(rows).encode(), is_workbook=False)
    mapping = guess_mapping(sheet).with_unit("tumour_size_mm", "cm")
    mapping = mapping.using("arm", Use(column="Antikörpertherapie", words={"H": "T", "0": "none"}))
    assert mapping_of(mapping.to_toml()) == mapping
    for text, error in (
        ("schema = 2", BadSetting),
        ("schema = 1\ncolour = 3", UnknownSetting),
        ('schema = 1\neveryone = "Kadcyla"', BadSetting),
        ('schema = 1\n[columns.size]\ncolumn = "x"', UnknownSetting),
        ('schema = 1\n[columns.tumour_size_mm]\ncolumn = "x"\nunit = "inch"', BadSetting),
        ('schema = 1\n[columns.arm]\ncolumn = "x"\nwords = { a = "b" }', BadSetting),
        ("schema = [", UnreadableCohort),
    ):
        with pytest.raises(error):
            mapping_of(text)


@pytest.mark.parametrize("content", [b"", b"Dear Jane Doe", b"\xff\xfe\x00"])
def test_what_is_no_table_is_refused_without_its_text(content):
    for is_workbook in (True, False):
        with pytest.raises(UnreadableCohort) as refused:
            read_sheet(content, is_workbook=is_workbook)
        assert "Jane" not in str(refused.value)


def test_a_column_of_long_texts_is_dropped_by_name_and_one_of_short_remarks_stays():
    sheet = column("Befund", ["x" * 2001, "ok", "ok"], "Bemerkung")
    assert sheet.dropped == ("Befund",)
    assert "Alter" in sheet.columns


@pytest.mark.parametrize(
    "cell", ["@" * 2000, "n0" + " " * 1990 + "x", "total" + " " * 1990 + "x", "1" + " " * 1990 + "?"]
)
def test_a_cell_that_no_pattern_matches_is_looked_at_in_no_time(cell):
    began = time.process_time()
    sheet = column("pN", [cell] * 12)
    apply_mapping(sheet, guess_mapping(sheet))
    assert time.process_time() - began < 2.0
