"""The validation of a score: what is unknown, calibration before and after an update, and honest absences."""

import numpy as np
import pytest
from scipy.special import expit, logit

from deeptepp.domain.cohort import Cohort
from deeptepp.report.cohort.cohort_validation import validation_items


def scored(n, *, seed, distort=lambda p: p):
    """Patients with the event by five years at a known risk; the score is a distortion of it."""
    rng = np.random.default_rng(seed)
    risk = expit(rng.normal(-1.2, 1.1, n))
    event = rng.random(n) < risk
    return Cohort(
        {
            "subject": np.array([f"p{i}" for i in range(n)], dtype=object),
            "arm": np.full(n, "T", dtype=object),
            "rfs_months": np.where(event, rng.uniform(1, 59, n), 80.0),
            "rfs_event": event,
            "os_months": np.full(n, 80.0),
            "os_event": np.zeros(n, dtype=bool),
            "score": distort(risk),
        },
        is_simulated=False,
    )


def made(cohort):
    return {item.key: item for item in validation_items(cohort)}


def test_a_scored_cohort_tells_its_gaps_and_is_recalibrated():
    cohort = scored(1500, seed=1, distort=lambda p: expit(-1.0 + 0.8 * logit(p)))
    score = cohort["score"].copy()
    score[:20] = np.nan
    items = made(cohort.with_columns(score=score))
    assert list(items)[:4] == ["missing", "discrimination", "calibration", "recalibration"]
    rows = {row[0]: row for row in items["missing"].tables[0].rows}
    assert rows["Risk (score)"][1].startswith("20 (")
    assert rows["Lymph nodes"][1].startswith("1500 (")
    assert "computed before" in rows["Lymph nodes"][4]
    values = {row[0]: row[1] for row in items["calibration"].tables[0].rows}
    assert float(values["Slope (log odds, weighted for censoring)"].split()[0]) == pytest.approx(1.25, abs=0.2)
    update = items["recalibration"].tables[0].note
    intercept, slope = (
        float(each) for each in (update.split("= ")[1].split(" +")[0], update.split("+ ")[1].split()[0])
    )
    assert (intercept, slope) == (pytest.approx(1.25, abs=0.3), pytest.approx(1.25, abs=0.2))
    assert any("no evidence" in note for note in items["recalibration"].notes)
    assert "O/E\u00a01.0" in items["recalibration"].figures[0].layout.meta["alt"]


def test_a_score_that_tells_nothing_is_not_recalibrated():
    cohort = scored(300, seed=2)
    shuffled = cohort.with_columns(score=np.random.default_rng(3).permutation(cohort["score"]))
    item = made(shuffled)["recalibration"]
    assert not item.is_made
    assert "cannot be told" in item.reason


def test_a_slope_below_zero_has_a_sign_and_no_dash_for_a_range():
    cohort = scored(300, seed=4, distort=lambda p: 1 - p)
    cell = {row[0]: row[1] for row in made(cohort)["calibration"].tables[0].rows}["Slope (Cox model)"]
    assert cell.startswith("\N{MINUS SIGN}")
    assert " to " in cell


def test_nothing_is_measured_where_nobody_has_a_score():
    cohort = scored(30, seed=5)
    (item,) = validation_items(cohort.with_columns(score=np.full(30, np.nan)))
    assert not item.is_made
    assert "no scores" in item.reason


@pytest.mark.parametrize("n_events", [1, 9])
def test_a_cohort_of_few_events_prints_no_accuracy_and_says_of_how_many(n_events):
    cohort = scored(200, seed=6)
    first = np.cumsum(cohort["rfs_event"]) <= n_events
    quiet = cohort.with_columns(rfs_event=cohort["rfs_event"] & first)
    items = made(quiet)
    counted = f"{n_events} event{'s' if n_events > 1 else ''} in "
    for key in ("calibration", "recalibration", "decision-curve"):
        assert not items[key].is_made
        assert items[key].reason.startswith(counted)
    rows = items["discrimination"].tables[0].rows
    assert {row[1] for row in rows} == {"not estimable"}
    assert all("fewer than 10" in row[4] for row in rows)
    assert "Brier" not in items["discrimination"].tables[0].note


def test_follow_up_cut_at_the_horizon_is_validated_like_follow_up_cut_after_it():
    cohort = scored(300, seed=7)
    tables = [made(cohort.with_columns(rfs_months=np.minimum(cohort["rfs_months"], end))) for end in (60.0, 60.1)]
    for key in ("discrimination", "calibration", "recalibration"):
        assert tables[0][key].tables[0].rows == tables[1][key].tables[0].rows
    assert tables[0]["discrimination"].tables[0].note == tables[1]["discrimination"].tables[0].note
