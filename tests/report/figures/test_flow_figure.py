from itertools import pairwise

import pytest

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.report.figures.flow_figure import flow_figure
from deeptepp.report.figures.flow_steps import FlowStep

STEPS = (FlowStep("Screened", 30, (("No <MRI>", 12), ("Not treated", 8))), FlowStep("Analysed", 10))
ARMS = (("None", 2), ("T", 5), ("T+P", 3))


def drawn(steps=STEPS, arms=ARMS, **options):
    return flow_figure(steps, arms, title="Patients", **{"simulated": False, **options})


def texts(figure, name):
    return [a.text.replace("\u00a0", " ") for a in figure.layout.annotations if a.name == name]


def boxes(figure, name):
    return [s for s in figure.layout.shapes if s.name == name and s.type == "rect"]


def test_every_step_reason_and_arm_has_its_count():
    figure = drawn()
    assert texts(figure, "step") == ["Screened<br>n = 30", "Analysed<br>n = 10"]
    assert texts(figure, "excluded") == ["Excluded (n = 20)<br>• No &lt;MRI&gt; (n = 12)<br>• Not treated (n = 8)"]
    assert texts(figure, "arm") == ["None<br>n = 2", "T<br>n = 5", "T+P<br>n = 3"]


def test_boxes_stand_below_one_another_and_arms_on_one_level():
    figure = drawn()
    first, second = boxes(figure, "step")
    (side,) = boxes(figure, "excluded")
    assert first.y1 < side.y0 < side.y1 < second.y0
    assert side.x0 > first.x1
    arms = boxes(figure, "arm")
    assert len({(arm.y0, arm.y1) for arm in arms}) == 1
    assert arms[0].y0 > second.y1
    assert all(left.x1 < right.x0 for left, right in pairwise(arms))


def test_a_reason_without_a_count_says_so():
    (text,) = texts(drawn((FlowStep("A", 30, (("No MRI", None), ("Other", 1))), FlowStep("B", 10))), "excluded")
    assert "No MRI (n not stated)" in text
    assert "add up" not in text


@pytest.mark.parametrize(("reasons", "total"), [((("a", 3), ("b", 4)), 7), ((("a", 30), ("b", None)), 30)])
def test_reasons_that_do_not_add_up_are_shown(reasons, total):
    (text,) = texts(drawn((FlowStep("A", 30, reasons), FlowStep("B", 10))), "excluded")
    assert f"(reasons add up to {total})" in text


def test_patients_who_left_without_a_reason_are_not_lost():
    (text,) = texts(drawn((FlowStep("A", 12), FlowStep("B", 10))), "excluded")
    assert text == "Excluded (n = 2)<br>• reason not stated"
    assert texts(drawn((FlowStep("A", 10),)), "excluded") == []


def test_arms_that_are_fewer_than_the_last_step_leave_somebody_out():
    assert texts(drawn(arms=ARMS[:2]), "excluded")[1].startswith("Excluded (n = 3)")


@pytest.mark.parametrize(("n_arms", "n_boxes"), [(0, 0), (1, 1), (4, 4), (6, 1)])
def test_many_arms_share_one_box(n_arms, n_boxes):
    figure = drawn((FlowStep("A", n_arms or 5),), [(f"Arm {i}", 1) for i in range(n_arms)])
    assert len(boxes(figure, "arm")) == n_boxes
    assert sum(f"Arm {i}" in text for text in texts(figure, "arm") for i in range(n_arms)) == n_arms


def test_words_hold_every_count_and_the_mark():
    alt = drawn(simulated=True).layout.meta["alt"].replace("\u00a0", " ")
    assert alt.startswith(SIMULATED_COHORT)
    assert "Screened: n = 30. Excluded (n = 20): No <MRI> (n = 12), Not treated (n = 8)." in alt
    assert alt.endswith("Arms: None (n = 2), T (n = 5), T+P (n = 3).")


@pytest.mark.parametrize("sizes", [(10, 12), (10, -1)])
def test_a_step_cannot_have_more_patients_than_the_one_before_nor_fewer_than_none(sizes):
    with pytest.raises(OutOfRange):
        drawn([FlowStep("A", n) for n in sizes], ())


def test_arms_cannot_have_more_patients_than_the_last_step():
    with pytest.raises(OutOfRange):
        drawn(arms=[("T", 11)])


def test_no_step_is_refused():
    with pytest.raises(NotEstimable):
        drawn(())
