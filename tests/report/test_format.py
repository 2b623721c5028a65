import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.report import format as written

SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0481, "p = 0.048"),
        (0.0005, "p = 0.001"),
        (0.00049, "p < 0.001"),
        (1e-30, "p < 0.001"),
        (0.0, "p < 0.001"),
        (0.746, "p = 0.746"),
        (0.9994, "p = 0.999"),
        (1.0, "p > 0.999"),
        (None, "p not estimable"),
    ],
)
def test_p_values_have_three_decimals_and_are_never_zero_or_one(p, text):
    assert written.p_value(p) == text


def test_percent_with_interval_names_its_level_on_request():
    assert written.percent_ci(0.98, 0.9612, 0.9899) == "98.0\u00a0% (96.1\u201399.0)"
    assert written.percent_ci(0.98, 0.961, 0.99, level=0.95) == "98.0\u00a0% (95\u00a0% CI 96.1\u201399.0)"


def test_what_cannot_be_estimated_is_said():
    assert written.percent_ci(1.0, None, None) == "100.0\u00a0% (CI not estimable)"
    assert written.percent_ci(None, None, None) == "not estimable"
    assert written.hazard_ratio(None, None, None) == "HR\u00a0not estimable"
    assert written.hazard_ratio(0.4, None, None) == "HR\u00a00.40 (CI not estimable)"
    assert written.months(None) == "not reached"
    assert written.score(None) == "not scored"
    assert written.percentile(None) == "not estimable"


def test_ratios_are_written_with_two_decimals():
    assert written.hazard_ratio(0.42, 0.2, 0.884) == "HR\u00a00.42 (0.20\u20130.88)"
    assert written.auc_ci(0.8712, 0.83, 0.91, level=0.95) == "0.87 (95\u00a0% CI 0.83\u20130.91)"
    assert written.hazard_ratio(151.2, 0.0001, float("inf")) == "HR\u00a0151 (< 0.01\u2013infinity)"
    assert written.hazard_ratio(20000.0, 1.0, 30000.0) == "HR\u00a0> 1000 (1.00\u2013> 1000)"


@pytest.mark.parametrize(
    ("value", "text"), [(24.0, "24\u00a0months"), (64.23, "64.2\u00a0months"), (23.96, "24\u00a0months")]
)
def test_whole_months_have_no_decimal(value, text):
    assert written.months(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (0.0004, "< 0.001"), (0.63051, "0.631"), (0.9996, "> 0.999"), (1.0, "1.000")],
)
def test_scores_are_not_rounded_into_certainty(value, text):
    assert written.score(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (86.7, "higher than 87\u00a0%"),
        (99.93, "higher than more than 99\u00a0%"),
        (0.07, "higher than less than 1\u00a0%"),
        (0.0, "higher than 0\u00a0%"),
        (100.0, "higher than 100\u00a0%"),
    ],
)
def test_places_are_not_rounded_to_the_ends(value, text):
    assert written.percentile(value) == text


def test_counts_agree_with_their_noun():
    assert written.count(1, "event") == "1\u00a0event"
    assert written.count(0, "event") == "0\u00a0events"
    assert written.count(2, "biopsy", "biopsies") == "2\u00a0biopsies"
    assert written.count_of(439, 726) == "439 (60.5\u00a0%)"
    assert written.count_of(0, 0) == "0"


@given(SHARES)
def test_percent_reads_back_to_the_share(share):
    assert float(written.percent(share).split("\u00a0")[0]) / 100 == pytest.approx(share, abs=0.00051)


@given(st.floats(0, 1), st.floats(0, 1))
def test_smaller_p_values_never_read_larger(p, q):
    def rank(text):
        relation, number = text.split(" ")[1:]
        return float(number) + {"<": -1e-4, "=": 0.0, ">": 1e-4}[relation]

    low, high = sorted((p, q))
    assert rank(written.p_value(low)) <= rank(written.p_value(high))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00 min"), (90, "1:30 min"), (1371.4, "22:51 min"), (59.6, "1:00 min"), (3599.6, "1:00:00 h")],
)
def test_a_time_of_a_phase_is_minutes_and_seconds(seconds, said):
    assert written.clock_time(seconds).replace("\N{NO-BREAK SPACE}", " ") == said
