"""Jobs belong to one session, end in one of five ways, and leave nothing behind."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from math import inf

import pytest

from deeptepp.domain.progress import Bounds, Step, StepReport, bounds, checkpoint
from deeptepp.errors import JobCancelled, NotAnArchive, TooManyJobs, TooManyOwnJobs
from deeptepp.ui.background.jobs import JobRunner, JobState


@pytest.fixture
def runner():
    runner = JobRunner(n_workers=1, n_waiting=1)
    yield runner
    runner.close()


def _wait(runner: JobRunner, job_id: str, owner: str = "me"):
    for _ in range(500):
        view = runner.look(job_id, owner)
        if view is None or view.is_over:
            return view
        time.sleep(0.01)
    pytest.fail("the job never ended")


def _blocked(runner: JobRunner, owner: str = "me", **kwargs):
    """A job that runs until its event is set, telling its progress all the time."""
    started, release = threading.Event(), threading.Event()

    def work(progress):
        started.set()
        while not release.wait(0.005):
            progress(StepReport(Step.READ, 0.5, "half"))
        return "done"

    job_id = runner.submit(owner, work, **kwargs)
    return job_id, started, release


def test_a_job_gives_its_result_and_its_steps(runner):
    def work(progress):
        progress(StepReport(Step.READ, 0.2))
        progress(StepReport(Step.READ, 1.0, "5 phases"))
        return 42

    job_id = runner.submit("me", work)
    view = _wait(runner, job_id)
    assert (view.state, view.result) == (JobState.DONE, 42)
    assert view.steps == (StepReport(Step.READ, 1.0, "5 phases"),)


def test_a_result_is_taken_once(runner):
    job_id = runner.submit("me", lambda _progress: 1)
    _wait(runner, job_id)
    assert runner.take(job_id, "me").result == 1
    assert runner.take(job_id, "me") is None


def test_another_session_sees_takes_and_stops_nothing(runner):
    job_id, started, release = _blocked(runner)
    started.wait(5)
    runner.cancel(job_id, "other")
    release.set()
    assert runner.look(job_id, "other") is None
    assert _wait(runner, job_id).state is JobState.DONE
    assert runner.take(job_id, "other") is None


def test_a_refusal_is_an_answer(runner):
    def work(_progress):
        raise NotAnArchive

    view = _wait(runner, runner.submit("me", work))
    assert view.state is JobState.REFUSED
    assert view.refusal.rule == "archive.not-a-zip"
    assert view.incident == ""


def test_a_fault_is_logged_by_place_and_never_by_text(runner, caplog):
    def work(_progress):
        raise RuntimeError("Anna Example, born 1961")

    view = _wait(runner, runner.submit("me", work))
    assert view.state is JobState.BROKEN
    assert view.incident in caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "Anna" not in caplog.text


def test_a_running_job_stops_at_its_next_report(runner):
    job_id, started, _release = _blocked(runner)
    started.wait(5)
    runner.cancel(job_id, "me")
    assert _wait(runner, job_id).state is JobState.CANCELLED


def test_a_waiting_job_that_is_stopped_never_begins_but_is_cleaned_up(runner):
    _first, started, release = _blocked(runner)
    started.wait(5)
    begun, cleaned = [], []
    waiting = runner.submit("me", begun.append, on_end=lambda: cleaned.append(True))
    assert runner.look(waiting, "me").state is JobState.WAITING
    runner.cancel(waiting, "me")
    release.set()
    assert _wait(runner, waiting).state is JobState.CANCELLED
    assert (begun, cleaned) == ([], [True])


def test_a_full_queue_refuses_and_cleans_up(runner):
    _first, started, release = _blocked(runner)
    started.wait(5)
    runner.submit("me", lambda _progress: None)
    cleaned = []
    with pytest.raises(TooManyJobs, match="2 cases"):
        runner.submit("me", lambda _progress: None, on_end=lambda: cleaned.append(True))
    release.set()
    assert cleaned == [True]


def test_cleaning_up_follows_a_fault_too(runner):
    cleaned = []

    def work(_progress):
        raise ZeroDivisionError

    _wait(runner, runner.submit("me", work, on_end=lambda: cleaned.append(True)))
    assert cleaned == [True]


def test_old_results_are_swept_and_open_jobs_are_not(runner):
    done = runner.submit("me", lambda _progress: 1)
    _wait(runner, done)
    running, started, release = _blocked(runner)
    started.wait(5)
    assert runner.sweep(3600) == 0
    assert runner.sweep(-1) == 1
    assert runner.look(done, "me") is None
    assert runner.look(running, "me") is not None
    release.set()


def test_a_refusal_does_not_keep_the_images_in_memory(runner):
    class Images:
        pass

    seen = []

    def work(_progress):
        images = Images()
        seen.append(weakref.ref(images))
        raise NotAnArchive

    job_id = runner.submit("me", work)
    view = _wait(runner, job_id)
    gc.collect()
    assert view.state is JobState.REFUSED
    assert seen[0]() is None


def test_closing_stops_what_runs():
    runner = JobRunner()
    job_id, started, _release = _blocked(runner)
    started.wait(5)
    runner.close()
    assert _wait(runner, job_id).state is JobState.CANCELLED
    with pytest.raises(JobCancelled):
        runner._hear(job_id, StepReport(Step.READ, 1.0))


def test_one_who_waits_is_told_how_many_come_first():
    runner = JobRunner(n_workers=1, n_waiting=3)
    first, started, release = _blocked(runner)
    assert started.wait(5)
    waiting = [runner.submit("me", lambda _progress: 1) for _ in range(3)]
    assert [runner.look(job, "me").n_ahead for job in (first, *waiting)] == [0, 1, 2, 3]
    release.set()
    assert _wait(runner, waiting[-1]).state is JobState.DONE
    runner.close()


def test_the_jobs_of_a_session_that_is_gone_are_stopped_and_dropped(runner):
    done = runner.submit("gone", lambda _progress: "images of a patient")
    _wait(runner, done, "gone")
    running, started, _ = _blocked(runner, "gone")
    assert started.wait(5)
    other = runner.submit("me", lambda _progress: 1)
    runner.forget("gone")
    assert runner.look(done, "gone") is None
    assert _wait(runner, running, "gone").state is JobState.CANCELLED
    assert _wait(runner, other).state is JobState.DONE


def test_visitors_take_turns_and_nobody_is_told_of_a_wrong_place():
    runner = JobRunner(n_workers=1, n_waiting=9)
    _first, started, release = _blocked(runner, "a")
    assert started.wait(5)
    order = []
    named = [(owner, i) for owner, n in (("a", 3), ("b", 2), ("c", 1)) for i in range(n)]
    jobs = {each: runner.submit(each[0], lambda _progress, each=each: order.append(each)) for each in named}
    told = {each: runner.look(job, each[0]).n_ahead for each, job in jobs.items()}
    release.set()
    for (owner, _), job in jobs.items():
        assert _wait(runner, job, owner).state is JobState.DONE
    assert order == [("b", 0), ("c", 0), ("a", 0), ("b", 1), ("a", 1), ("a", 2)]
    assert [told[each] for each in order] == [1, 2, 3, 4, 5, 6]
    runner.close()


def test_one_visitor_cannot_fill_the_queue():
    runner = JobRunner(n_workers=1, n_waiting=8, n_each=2)
    _first, started, release = _blocked(runner, "a")
    assert started.wait(5)
    runner.submit("a", lambda _progress: None)
    with pytest.raises(TooManyOwnJobs):
        runner.submit("a", lambda _progress: None)
    other = runner.submit("b", lambda _progress: 1)
    release.set()
    assert _wait(runner, other, "b").result == 1
    runner.close()


def test_work_ends_at_a_checkpoint_below_it_where_it_is_stopped_or_takes_too_long(runner):
    started = threading.Event()

    def work(_progress):
        while True:
            started.set()
            checkpoint()
            time.sleep(0.002)

    stopped = runner.submit("me", work)
    assert started.wait(5)
    runner.cancel(stopped, "me")
    assert _wait(runner, stopped).state is JobState.CANCELLED
    long = _wait(runner, runner.submit("me", work, most_s=0.05))
    assert (long.state, long.refusal.rule) == (JobState.REFUSED, "job.too-long")


def test_work_knows_its_bounds_and_other_work_has_none():
    runner = JobRunner(bounds=Bounds(n_cells=7))
    assert _wait(runner, runner.submit("me", lambda _progress: bounds().n_cells)).result == 7
    assert bounds().n_cells == inf
    runner.close()


def test_closing_cleans_up_after_work_that_never_began():
    runner = JobRunner()
    _first, started, _release = _blocked(runner)
    assert started.wait(5)
    cleaned = []
    runner.submit("me", lambda _progress: None, on_end=lambda: cleaned.append(True))
    runner.close()
    assert cleaned == [True]
