"""Every case of the oracle beside the checkout, and what the runner does with folders that are wrong."""

import json
from pathlib import Path

import pytest
from golden.check_oracle import check, checks, main
from golden.oracle import Case, read_cases

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"
CASES = list(read_cases(ORACLE)) if (ORACLE / "expected").is_dir() else []

DATA = "time,status,arm\n1,1,a\n2,0,a\n2,1,b\n4,1,b\n,1,b\n"
"""Five patients; one time is missing."""
CURVE = {
    "n": 2,
    "events": 1,
    "max_time": 2,
    "times": [1],
    "n_risk": [2],
    "cum_events": [1],
    "surv": [0.5],
    "se_greenwood": [0.5 * 0.5**0.5],
    "ci_loglog": {"lower": [0.00598], "upper": [0.91041]},
    "ci_log": {"lower": [0.12506], "upper": [1]},
    "ci_plain": {"lower": [0], "upper": [1]},
    "median": {scale: {"estimate": 1, "lower": None, "upper": None} for scale in ("log-log", "log", "plain")},
}
LOG_RANK = {
    # Four at risk and one event at 1 (two in a), three and one at 2 (one in a), one at 4 (none in a).
    "groups": ["a", "b"],
    "n": [2, 2],
    "observed": [1, 2],
    "expected": [1 / 2 + 1 / 3, 1 / 2 + 2 / 3 + 1],
    "var": [[1 / 4 + 2 / 9, -1 / 4 - 2 / 9], [-1 / 4 - 2 / 9, 1 / 4 + 2 / 9]],
    "chisq": (1 / 6) ** 2 / (17 / 36),
    "df": 1,
    "p": 0.8083651559240,
}


@pytest.mark.real
@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind}-{case.name}" for case in CASES])
def test_every_number_agrees_with_r(case):
    passed, line = check(case)
    assert passed, line


@pytest.mark.real
def test_the_oracle_lies_beside_the_checkout():
    if not CASES:
        pytest.skip("the numbers computed by R are not beside the checkout (../shared/oracle)")
    assert {case.kind for case in CASES} <= set(checks())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "expected").mkdir()
    (tmp_path / "data" / "five.csv").write_text(DATA)
    return tmp_path


def write_cases(folder, name, *expected, key="cases"):
    columns = {"time": "time", "status": "status", "group": "arm"}
    cases = [
        {
            "case": f"{name}_{i}",
            "data": "data/five.csv",
            "columns": columns,
            "params": {"rho": 0},
            "expected": numbers,
        }
        for i, numbers in enumerate(expected)
    ]
    (folder / "expected" / f"{name}.json").write_text(json.dumps({"made_with": {"R": "by hand"}, key: cases}))


def run(folder, capsys):
    status = main([str(folder)])
    return status, capsys.readouterr().out.splitlines()


def test_right_numbers_pass(folder, capsys):
    write_cases(folder, "logrank", LOG_RANK)
    status, lines = run(folder, capsys)
    assert status == 0, lines
    assert lines[-1] == "1 passed, 0 failed"


@pytest.mark.parametrize("name", ["observed", "expected", "chisq", "p", "df", "n", "groups"])
def test_one_wrong_number_fails(folder, capsys, name):
    value = LOG_RANK[name]
    change = {
        "groups": ["a", "c"],
        "df": 2,
        "chisq": LOG_RANK["chisq"] * (1 + 1e-6) + 1e-8,
        "p": LOG_RANK["p"] + 1e-8,
    }
    wrong = change.get(name) or [value[0], value[1] + 1]
    write_cases(folder, "logrank", LOG_RANK, {**LOG_RANK, name: wrong})
    status, lines = run(folder, capsys)
    assert status == 1
    assert lines[-1] == "1 passed, 1 failed"
    assert name in lines[1]


def test_a_number_that_is_absent_from_the_case_fails(folder, capsys):
    write_cases(folder, "logrank", {name: value for name, value in LOG_RANK.items() if name != "p"})
    status, lines = run(folder, capsys)
    assert (status, lines[-1]) == (1, "0 passed, 1 failed")
    assert "KeyError" in lines[0]


def test_an_unknown_kind_fails(folder, capsys):
    write_cases(folder, "logrank", LOG_RANK)
    write_cases(folder, "horoscope", LOG_RANK)
    status, lines = run(folder, capsys)
    assert status == 1
    assert lines[-1] == "1 passed, 1 failed"
    assert "no check for this kind of case" in lines[0]


def test_an_unknown_list_of_a_known_file_fails(folder, capsys):
    write_cases(folder, "km", {}, key="tea_leaves")
    status, lines = run(folder, capsys)
    assert (status, lines[-1]) == (1, "0 passed, 1 failed")


def test_a_folder_without_cases_fails(folder, capsys):
    status, lines = run(folder, capsys)
    assert (status, lines) == (1, ["0 passed, 0 failed"])


def test_a_folder_without_numbers_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path)])
    assert stopped.value.code == 2
    assert "expected" in capsys.readouterr().err


def test_a_missing_data_file_fails_its_case_and_the_next_is_run(folder, capsys):
    write_cases(folder, "logrank", LOG_RANK)
    content = json.loads((folder / "expected" / "logrank.json").read_text())
    content["cases"].insert(0, {**content["cases"][0], "data": "data/none.csv"})
    (folder / "expected" / "logrank.json").write_text(json.dumps(content))
    status, lines = run(folder, capsys)
    assert (status, lines[-1]) == (1, "1 passed, 1 failed")


def test_a_case_that_r_did_not_compute_passes_with_its_reason(folder, capsys):
    content = {"cases": [{"case": "none", "skipped": "package not installed"}]}
    (folder / "expected" / "firth.json").write_text(json.dumps(content))
    status, lines = run(folder, capsys)
    assert (status, lines[-1]) == (0, "1 passed, 0 failed")
    assert "package not installed" in lines[0]


def test_rows_with_a_missing_value_are_dropped_only_where_the_column_is_used(folder):
    case = Case("km", "five", folder, {"data": "data/five.csv"})
    assert len(case.table("time", "status")) == 4
    assert len(case.table("status", "arm")) == 5


def test_notes_choose_and_round_rows(folder):
    note = "rows with time<=2 only; half := round(time/ 4,1)"
    case = Case("km", "five", folder, {"data": "data/five.csv", "note": note})
    assert case.table()["half"].tolist() == [0.2, 0.5, 0.5]


def test_a_curve_is_compared_number_by_number(folder, capsys):
    write_cases(folder, "km", {"a": CURVE, "b": CURVE})
    status, lines = run(folder, capsys)
    assert status == 1
    assert "of" in lines[0]
    assert "differ" in lines[0]
