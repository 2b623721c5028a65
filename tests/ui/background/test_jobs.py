"""Jobs belong to one session, end in one of five ways, and leave nothing behind."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from deeptepp.domain.progress import Step, StepReport
from deeptepp.errors import JobCancelled, NotAnArchive, TooManyJobs
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
