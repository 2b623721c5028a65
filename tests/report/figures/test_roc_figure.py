import numpy as np
import pytest

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.look.theme import ARM_COLOURS, FADED
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.prediction.roc_band import roc_band


def line(label, *, n=200, share=0.3, shift=1.0, seed=0, arm=None):
    rng = np.random.default_rng(seed)
    event = np.arange(n) < share * n
    return RocLine.of_curve(label, roc_auc(rng.normal(size=n) + shift * event, event), arm=arm)


def texts(figure, name):
    return [a.text for a in figure.layout.annotations if a.name == name]


def test_the_legend_gives_area_interval_patients_and_events_of_every_model():
    lines = [line("MRI", seed=1), line("MRI + CP", seed=2)]
    legend = texts(roc_figure(lines, title="Models", simulated=True), "legend")
    for each, text in zip(lines, legend, strict=True):
        assert f"{each.label}: AUC {each.auc:.2f} ({each.low:.2f}–{each.high:.2f})" in text
        assert "200\u00a0patients, 60\u00a0events" in text


def test_a_curve_runs_from_corner_to_corner_and_never_falls():
    figure = roc_figure([line("MRI")], title="Models", simulated=False)
    (curve,) = [trace for trace in figure.data if trace.name == "MRI"]
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert (np.diff(curve.x) >= 0).all()
    assert (np.diff(curve.y) >= 0).all()


def test_the_area_under_the_drawn_curve_is_the_printed_one():
    each = line("MRI")
    (curve,) = [t for t in roc_figure([each], title="Models", simulated=False).data if t.name == "MRI"]
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(each.auc)


def test_five_models_differ_in_colour_or_dash():
    figure = roc_figure([line(f"model {k}", seed=k) for k in range(5)], title="Models", simulated=True)
    signs = {(t.line.color, t.line.dash) for t in figure.data if t.name.startswith("model")}
    assert len(signs) == 5


def test_an_arm_keeps_its_colour_and_a_curve_of_few_events_is_grey():
    lines = [line("Trastuzumab", arm=Arm.T), line("None", n=30, share=0.2, arm=Arm.NONE)]
    figure = roc_figure(lines, title="By trastuzumab", simulated=True)
    colours = {trace.name: trace.line.color for trace in figure.data}
    assert colours["Trastuzumab"] == ARM_COLOURS[Arm.T]
    assert colours["None"] == FADED
    assert "too\u00a0few\u00a0to\u00a0read" in texts(figure, "legend")[1].replace("<br>", " ")


def test_the_operating_point_lies_where_its_numbers_say():
    figure = roc_figure([line("MRI")], title="Models", operating_point=(0.9, 0.6), simulated=False)
    (point,) = [trace for trace in figure.data if trace.name == "cut-off"]
    assert (point.x[0], point.y[0]) == (pytest.approx(0.4), 0.9)
    assert "Cut-off: sensitivity 0.900, specificity 0.600" in figure.layout.meta["alt"]


def test_simulated_patients_are_marked_and_real_ones_are_not():
    assert texts(roc_figure([line("MRI")], title="M", simulated=True), "simulated") == [
        f"<b>{SIMULATED_COHORT}</b>"
    ]
    assert texts(roc_figure([line("MRI")], title="M", simulated=False), "simulated") == []


def test_a_band_lies_under_its_curve_and_is_named():
    rng = np.random.default_rng(1)
    event = np.arange(60) < 20
    scores = rng.normal(size=60) + event
    banded = RocLine.of_curve("MRI", roc_auc(scores, event), band=roc_band(scores, event, n_draws=50))
    figure = roc_figure([banded, line("other")], title="Models", simulated=False)
    names = [trace.name for trace in figure.data]
    assert names.index("MRI band") < names.index("MRI")
    (band,) = [trace for trace in figure.data if trace.name == "MRI band"]
    assert list(band.y) == [*banded.band.high, *banded.band.low[::-1]]
    assert "band: pointwise 95\u00a0% CI" in figure.layout.title.subtitle.text
    assert "band" not in roc_figure([line("MRI")], title="Models", simulated=False).layout.title.subtitle.text


def test_no_curve_is_refused():
    with pytest.raises(NotEstimable):
        roc_figure([], title="Models", simulated=True)


def test_a_missing_interval_is_said():
    points = np.array([0.0, 0.5, 1.0])
    figure = roc_figure([RocLine("MRI", points, points, 0.5, None, None)], title="Models", simulated=False)
    assert "CI not estimable" in texts(figure, "legend")[0]
