"""Data, formulas and cases as R writes them, where a file alone does not say what R held."""

import json

import numpy as np
import pytest
from golden.check_oracle import check, main
from golden.formula import formula, references, with_parts
from golden.oracle import Case, by_group, chosen, in_data, read_cases, read_table

from deeptepp.domain.cohort import FollowUp

DATA = (
    "pt.id,time,status,stage,code,has.node,arm\n"
    "a,1,1,10,01,TRUE,T\n"
    "b,2,0,2,02,FALSE,T+P\n"
    "c,2,1,-1,01,,T\n"
    "d,4,1,2,02,TRUE,t\n"
)


@pytest.fixture
def folder(tmp_path):
    for name in ("data", "expected"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "four.csv").write_text(DATA, encoding="utf-8-sig")
    return tmp_path


@pytest.fixture
def frame(folder):
    return read_table(folder / "data" / "four.csv")


def written(folder, name, content):
    (folder / "expected" / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_digits_with_a_leading_zero_stay_text(frame):
    assert list(by_group(frame, "code")) == ["01", "02"]


def test_groups_of_numbers_ascend_and_those_of_text_are_in_byte_order(frame):
    assert list(by_group(frame, "stage")) == ["-1", "2", "10"]
    assert list(by_group(frame, "arm")) == ["T", "T+P", "t"]


def test_digits_that_r_held_as_text_are_in_its_order(frame):
    assert list(by_group(frame, "stage", ["-1", "10", "2"])) == ["-1", "10", "2"]


def test_truth_values_are_levels_as_r_writes_them_even_among_missing_ones(folder):
    used = Case("km", "four", folder, {"data": "data/four.csv"}).table("has.node")
    assert list(by_group(used, "has.node")) == ["FALSE", "TRUE"]
    assert used["has.node"].to_numpy(float).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("text", "patients"),
    [
        ("stage == 2", "bd"),
        ("time <= 2 & arm == 'T'", "ac"),
        ("status==1 and stage>2", "a"),
        ("has.node == TRUE", "ad"),
        ("missing stage are dropped", "abcd"),
    ],
)
def test_conditions_choose_rows(frame, text, patients):
    assert "".join(chosen(frame, text)["pt.id"]) == patients


def test_names_with_points_are_columns(frame):
    model = formula("log1p(time) + I(stage^2) + has.node + factor(stage) + strata(pt.id)")
    assert model.columns == ["time", "stage", "has.node", "pt.id"]
    parts = with_parts(frame.rename(columns={"stage": "st.age"}), formula("I(st.age / 2) + as.numeric(st.age)"))
    assert parts["I(st.age/2)"].tolist() == [5, 1, -0.5, 1]


def test_the_terms_of_r_tell_which_numbers_are_categories(frame):
    columns = with_parts(frame, formula("stage + time"))
    assert references(columns, ["stage", "time"], {}, ["stage2", "stage10", "time"]) == {"stage": "-1"}
    assert references(columns, ["stage", "time"], {}, ["stage", "time"]) == {}
    columns = with_parts(frame, formula("factor(stage)"))
    assert references(columns, ["factor(stage)"], {}, []) == {"factor(stage)": "-1"}


def test_a_time_written_with_15_digits_is_the_one_in_the_data():
    month = 13.141683778234086
    times = FollowUp(np.array([1.0, month]), np.array([True, True]))
    assert in_data(float(f"{month:.15g}"), times) == month
    assert in_data(13.14168, times) == 13.14168


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{not json", "no JSON"),
        ({"cases": ["lung"]}, "no case"),
        ({"cases": [{"case": "lung", "expected": None}]}, "'expected' is empty"),
        ({"cases": [{"case": "lung"}]}, "neither 'expected' nor a reason"),
        ({"cases": [{"case": "lung", "data": "data/four.csv", "expected": {}}]}, "Error"),
    ],
)
def test_what_is_no_case_fails_and_the_others_are_run(folder, capsys, content, said):
    written(folder, "logrank", content)
    written(folder, "firth", {"cases": [{"case": "none", "skipped": "package not installed"}]})
    assert main([f"{folder}/"]) == 1
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("pass  firth: none")
    assert second.startswith("FAIL  logrank: ")
    assert said in second
    assert last == "1 passed, 1 failed"


def test_what_tells_how_the_file_was_made_is_no_case(folder):
    written(folder, "km", {"packages": ["survival", "pROC"], "seeds": [1, 2], "note": "by hand", "cases": []})
    (folder / "expected" / "README.txt").write_text("not a case")
    assert list(read_cases(folder)) == []


def test_one_case_without_its_list_is_a_case(folder):
    written(folder, "km", {"cases": {"case": "alone", "expected": {}}})
    assert [case.name for case in read_cases(folder)] == ["alone"]


def test_a_risk_at_a_threshold_lies_on_the_side_where_r_had_it(folder):
    # In R seq(.05, .95, .1)[2] is 0.15000000000000002, which the file gives as 0.15: 0.15 is not above it.
    (folder / "data" / "risks.csv").write_text("y,p\n1,0.15\n0,0.15\n1,0.5\n0,0.05\n")
    at = 0.15 / 0.85
    benefits = {"none": 1 / 4, "both": 2 / 4 - at / 4, "neither": 0.3}
    for named, net in benefits.items():
        everybody = 0.5 - 0.5 * at
        content = {
            "data": "data/risks.csv",
            "columns": {"y": "y", "risk": ["p"]},
            "expected": {
                "thresholds": [0.15],
                "treat_all": [everybody],
                "models": {"p": [net]},
                "net_interventions_avoided_per_100": {"p": [100 * (net - everybody) / at]},
            },
        }
        passed, line = check(Case("dca", named, folder, content))
        assert passed is (named != "neither"), line
