"""Standard errors that the oracle calls informational, because other definitions are as good: ours are R's."""

from pathlib import Path

import pytest
from golden.check_prediction import just_after
from golden.oracle import follow_up, read_cases

from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.concordance import harrell_c, uno_c
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"


@pytest.fixture
def cases():
    """Each case of prediction: what R found, who was followed, the table and its columns."""
    if not (ORACLE / "expected").is_dir():
        pytest.skip("the numbers computed by R are not beside the checkout (../shared/oracle)")
    found = [case for case in read_cases(ORACLE) if case.kind == "prediction"]
    tables = [case.table(case.columns["lp"]) for case in found]
    return [
        (case.expected, follow_up(table, case.columns), table, case.columns)
        for case, table in zip(found, tables, strict=True)
    ]


def test_the_jackknife_errors_of_c_are_those_of_survival(cases):
    for expected, who, table, columns in cases:
        marker = table[columns["lp"]].to_numpy(float)
        assert harrell_c(who, marker).standard_error == pytest.approx(expected["harrell"]["se"])
        uno = uno_c(who, marker, horizon_months=expected["uno"]["tau"])
        assert uno.standard_error == pytest.approx(expected["uno"]["se"])


def test_the_errors_of_the_auc_are_those_of_riskregression(cases):
    for expected, who, table, columns in cases:
        auc = expected["td_auc"]
        for months, error, low, high in zip(auc["times"], auc["se"], auc["lower"], auc["upper"], strict=True):
            found = dynamic_auc(who, table[columns["lp"]], just_after(months, who))
            assert found.standard_error == pytest.approx(error, rel=1e-5)
            assert (found.auc.low, found.auc.high) == pytest.approx((low, high), abs=1e-6)


def test_the_errors_of_the_brier_score_are_those_of_riskregression(cases):
    for expected, who, table, columns in cases:
        brier = expected.get("brier") or {"times": [], "se": []}
        for name, months, error in zip(columns["risk"] or [], brier["times"], brier["se"], strict=True):
            assert brier_score(who, table[name], just_after(months, who)).standard_error == pytest.approx(
                error, rel=3e-4
            )
