import numpy as np
import pytest

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.balance_figure import balance_figure
from deeptepp.stats.treatment.balance import Balance, CovariateBalance, SmdDenominator, balance_of


def covariate(name, before, after):
    nothing = dict.fromkeys(
        [
            "mean_index_before",
            "mean_reference_before",
            "mean_index_after",
            "mean_reference_after",
            "variance_ratio_before",
            "variance_ratio_after",
            "ks_before",
            "ks_after",
        ]
    )
    return CovariateBalance(name=name, is_binary=False, smd_before=before, smd_after=after, **nothing)


def balance(*rows, n_pairs=97):
    return Balance(rows=rows, denominator=SmdDenominator.ATT, n_index=119, n_reference=468, n_pairs=n_pairs)


ROWS = (covariate("age", 0.05, 0.02), covariate("nodes", -0.8, 0.12), covariate("sex", None, None))


def drawn(value, **options):
    return balance_figure(value, title="T+P against T", **{"simulated": False, **options})


def texts(figure, name):
    return [a.text for a in figure.layout.annotations if a.name == name]


def test_rows_fall_by_the_difference_before_whatever_its_sign():
    figure = drawn(balance(*ROWS))
    assert texts(figure, "label") == ["nodes", "age", "sex"]
    assert texts(figure, "number") == ["0.80 → 0.12", "0.05 → 0.02", "not estimable"]


def test_marks_before_are_open_and_after_filled():
    figure = drawn(balance(*ROWS))
    symbols = {(t.name, t.marker.symbol) for t in figure.data if t.name in {"before", "after"}}
    assert symbols == {("before", "circle-open"), ("after", "circle")}
    assert [t.x[0] for t in figure.data if t.name == "before"] == [0.8, 0.05]


def test_without_matching_there_is_no_mark_after():
    rng = np.random.default_rng(1)
    unmatched = balance_of({"age": rng.normal(size=40)}, np.arange(40) < 10, None)
    figure = drawn(unmatched)
    assert not [t for t in figure.data if t.name == "after"]
    assert len(texts(figure, "legend")) == 1
    assert "→" not in texts(figure, "number")[0]


def test_the_line_of_balance_lies_on_the_axis():
    figure = drawn(balance(covariate("age", 0.01, 0.0)))
    (line,) = [s for s in figure.layout.shapes if s.name == "limit"]
    assert line.x0 == 0.1
    assert figure.layout.xaxis.range[1] > 0.1


def test_covariates_can_be_called_otherwise_and_are_escaped():
    figure = drawn(balance(covariate("age", 0.1, 0.1)), names={"age": "<Age>, years"})
    assert texts(figure, "label") == ["&lt;Age&gt;, years"]


def test_words_hold_denominator_pairs_and_every_difference():
    alt = drawn(balance(*ROWS), simulated=True).layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    for words in ("97 pairs", "SD of the index group", "nodes 0.80 → 0.12", "sex not estimable"):
        assert words in alt


def test_no_covariate_is_refused():
    with pytest.raises(NotEstimable):
        drawn(balance())
