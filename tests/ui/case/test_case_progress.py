"""The progress bar never promises more than was done."""

from __future__ import annotations

import pytest

from deeptepp.domain.progress import Step, StepReport
from deeptepp.ui.background.jobs import JobState, JobView
from deeptepp.ui.case.case_progress import _steps_html, overall_fraction, where_it_stands
from deeptepp.ui.words.screen_words import OPENING_STEPS, STEPS


def _view(*reports: StepReport) -> JobView:
    return JobView(JobState.RUNNING, reports, 1.0)


@pytest.mark.parametrize(
    ("reports", "fraction"),
    [
        ((), 0.0),
        ((StepReport(Step.READ, 0.5),), 0.125),
        ((StepReport(Step.READ, 0.4), StepReport(Step.PHASES, 1.0)), 0.5),
        (tuple(StepReport(step, 7.0) for step in OPENING_STEPS), 1.0),
    ],
)
def test_every_step_counts_the_same_and_earlier_ones_are_done(reports, fraction):
    assert overall_fraction(_view(*reports), OPENING_STEPS) == pytest.approx(fraction)


def test_what_was_found_is_shown_as_text_never_as_markup():
    page = _steps_html(_view(StepReport(Step.READ, 1.0, "<b>5</b> series")), OPENING_STEPS)
    assert "&lt;b&gt;5&lt;/b&gt; series" in page
    assert all(STEPS[step] in page for step in OPENING_STEPS)
    assert page.count("step done") == 1
    assert page.count("step now") == 1


@pytest.mark.parametrize(
    ("n_ahead", "said"), [(0, "its turn"), (1, "One case is ahead of yours"), (7, "7 cases are ahead of yours")]
)
def test_one_who_waits_reads_her_place(n_ahead, said):
    assert said in where_it_stands(JobView(JobState.WAITING, (), 3.0, n_ahead=n_ahead))
    assert where_it_stands(JobView(JobState.RUNNING, (), 3.2, n_ahead=n_ahead)) == "3 s"
