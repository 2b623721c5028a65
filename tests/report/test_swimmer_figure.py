import numpy as np
import pytest

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import SIMULATED_COHORT, Tier
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.report.swimmer_figure import swimmer_figure
from deeptepp.report.theme import FADED, TIER_COLOURS

MONTHS = [10.0, 40.0, 25.0, 60.0, 5.0]
EVENTS = [True, False, True, False, True]
KINDS = ["distant", "none", "death", "locoregional", "unheard of"]
TIERS = [Tier.HIGH, Tier.LOW, Tier.MODERATE, Tier.LOW, ""]


def drawn(months=MONTHS, events=EVENTS, kinds=KINDS, groups=TIERS, **options):
    options = {"title": "Follow-up", "simulated": False, **options}
    return swimmer_figure(months, events, first_event=kinds, groups=groups, **options)


def marks(figure, name):
    return [(x, y) for t in figure.data if t.name == name for x, y in zip(t.x, t.y, strict=True)]


def bars(figure):
    return {t.name: (t.marker.color, list(zip(t.x, t.y, strict=True))) for t in figure.data if t.type == "bar"}


def test_bars_are_ranked_by_time_longest_first_in_the_colour_of_their_group():
    assert bars(drawn()) == {
        "Low": (TIER_COLOURS[Tier.LOW], [(60.0, 1), (40.0, 2)]),
        "Moderate": (TIER_COLOURS[Tier.MODERATE], [(25.0, 3)]),
        "High": (TIER_COLOURS[Tier.HIGH], [(10.0, 4)]),
        "group not known": (FADED, [(5.0, 5)]),
    }


def test_marks_stand_where_bars_end():
    figure = drawn()
    assert marks(figure, "distant") == [(10.0, 4)]
    assert marks(figure, "death") == [(25.0, 3)]
    assert marks(figure, "event, kind not recorded") == [(5.0, 5)]


def test_the_kind_of_an_event_is_not_read_where_there_is_none():
    figure = drawn()
    assert marks(figure, "locoregional") == []
    assert marks(figure, "still followed (censored)") == [(60.0, 1), (40.0, 2)]


def test_of_many_a_sample_is_drawn_evenly_by_time_and_said_so():
    months = np.random.default_rng(0).permutation(np.arange(100.0))
    figure = drawn(months, months < 50, ["distant"] * 100, ["Low"] * 100, at_most=10)
    (_, found) = bars(figure)["Low"]
    assert [y for _, y in found] == list(range(1, 11))
    assert set(np.diff([x for x, _ in found])) == {-10.0}
    assert figure.layout.title.subtitle.text.replace("\u00a0", " ").startswith("10 of 100 patients, evenly spaced")
    assert "5 of 50 events" in figure.layout.meta["alt"].replace("\u00a0", " ")


def test_as_many_as_allowed_are_all_drawn():
    assert drawn(at_most=5).layout.title.subtitle.text.replace("\u00a0", " ").startswith("5 patients, 3 events")


def test_the_sample_does_not_depend_on_the_order_of_patients():
    rng = np.random.default_rng(1)
    months, order = rng.exponential(30, 90), rng.permutation(90)
    events = months < 20
    one, other = (
        drawn(months[rows], events[rows], ["death"] * 90, ["Low"] * 90, at_most=20)
        for rows in (slice(None), order)
    )
    assert bars(one) == bars(other)


def test_arms_come_in_their_order_and_the_one_without_treatment_is_named():
    figure = drawn(groups=[Arm.TP, Arm.NONE, Arm.T, Arm.T, Arm.T])
    assert list(bars(figure)) == ["none", "T", "T+P"]
    legend = " ".join(a.text for a in figure.layout.annotations if a.name == "legend")
    assert "no anti-HER2 treatment 1" in legend


def test_other_groups_are_escaped_and_keep_apart():
    figure = drawn(groups=["<b>", "c", "d", "e", "f"])
    looks = {(t.marker.color, t.marker.symbol) for t in figure.data if t.name.endswith(" shape")}
    assert len(looks) == 5
    assert "&lt;b&gt; 1" in figure.layout.annotations[0].text


def test_words_hold_groups_times_and_ends():
    alt = drawn(simulated=True).layout.meta["alt"].replace("\u00a0", " ")
    assert alt.startswith(SIMULATED_COHORT)
    assert "Low: 2 patients, 40 months to 60 months; 2 still followed (censored)." in alt


def test_nobody_is_refused():
    with pytest.raises(NotEstimable):
        drawn([], [], [], [])


def test_a_time_that_is_missing_is_refused():
    with pytest.raises(OutOfRange):
        drawn([np.nan, *MONTHS[1:]])


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one per patient"):
        drawn(kinds=KINDS[:3])
