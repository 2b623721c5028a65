"""Bars and icons: widths and counts are those of the estimates, told by pattern and shape as well as colour."""

import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.bar_figure import BarGroup, survival_bars_figure
from deeptepp.report.figures.icon_figure import icon_array_figure
from deeptepp.report.look.theme import FADED
from deeptepp.stats.survival.kaplan_meier import kaplan_meier


def curve(n_events, n=100, last=100.0):
    months = np.full(n, last)
    months[:n_events] = np.linspace(1, 20, n_events)
    return kaplan_meier(FollowUp(months, np.arange(n) < n_events), label="all")


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def words(figure):
    return plain(" ".join(str(each.text) for each in figure.layout.annotations))


def bars(figure):
    return [trace for trace in figure.data if trace.type == "bar"]


def drawn(*groups, **options):
    return survival_bars_figure(groups, title="High tier", x_title="Alive", simulated=True, **options)


def test_the_three_parts_of_a_bar_meet_at_the_limits_and_fill_the_axis():
    group = BarGroup("All", "▲", "#a4342c", curve(30))
    at = group.curve.at(24.0)
    solid, hatched, rest = bars(drawn(group, times=[24.0]))
    assert solid.x[0] == pytest.approx(100 * at.low)
    assert hatched.base[0] == pytest.approx(100 * at.low)
    assert hatched.base[0] + hatched.x[0] == pytest.approx(100 * at.high)
    assert rest.base[0] + rest.x[0] == pytest.approx(100)
    assert len({part.marker.pattern.shape for part in (solid, hatched, rest)}) == 3


def test_a_group_with_few_events_is_grey_and_another_is_not():
    many, few = BarGroup("A", "●", "#123456", curve(30)), BarGroup("B", "■", "#654321", curve(3))
    figure = drawn(many, few, times=[24.0], grey_below_events=10)
    assert [part.marker.color for part in bars(figure)[::3]] == ["#123456", FADED]
    assert "too few events" in figure.layout.title.subtitle.text


def test_beyond_follow_up_there_are_words_and_no_bar():
    figure = drawn(BarGroup("A", "●", "#123456", curve(3, last=30.0)), times=[60.0])
    assert bars(figure) == []
    assert "100 patients" in words(figure)


def test_bars_are_told_in_words_and_marked_as_simulated():
    figure = drawn(BarGroup("All", "▲", "#a4342c", curve(30)))
    assert "30 events" in plain(figure.layout.meta["alt"])
    assert SIMULATED_COHORT in words(figure)
    with pytest.raises(NotEstimable):
        drawn()


@pytest.mark.parametrize("n_events", [0, 1, 33, 99])
def test_one_hundred_icons_are_drawn_and_counted(n_events):
    figure = icon_array_figure(curve(n_events).at(24.0), title="High", simulated=True)
    free, affected = (trace for trace in figure.data if trace.mode == "markers")
    assert (len(free.x), len(affected.x)) == (100 - n_events, n_events)
    assert free.marker.symbol != affected.marker.symbol
    assert f"Of 100 such patients {100 - n_events} were" in plain(figure.layout.meta["alt"])


def test_icons_are_calm_and_grey_with_words_where_events_are_few():
    from deeptepp.report.figures.icon_figure import FEW_EVENTS
    from deeptepp.report.look.theme import CALM_EVENT, TIER_COLOURS

    many = icon_array_figure(curve(33).at(24.0), title="Tras", simulated=True)
    few = icon_array_figure(curve(3).at(24.0), title="Tras", is_few=True, simulated=True)
    colours = [[trace.marker.color for trace in figure.data] for figure in (many, few)]
    assert not {*colours[0], *colours[1]} & {*TIER_COLOURS.values()}
    assert (colours[0][1], colours[1][1]) == (CALM_EVENT, FADED)
    assert [FEW_EVENTS in words(figure) and FEW_EVENTS in figure.layout.meta["alt"] for figure in (many, few)] == [
        False,
        True,
    ]


def test_no_icons_are_drawn_beyond_follow_up():
    with pytest.raises(NotEstimable):
        icon_array_figure(curve(3, last=20.0).at(60.0), title="High", simulated=False)
