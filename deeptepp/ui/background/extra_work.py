"""Work asked for after a result: it runs beside the screen, its answers are kept by the digest of its inputs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from deeptepp.errors import TooManyJobs
from deeptepp.ui.background.jobs import JobState, JobView, Work, default_runner

_N_ANSWERS = 12
"""Answers remembered for one case."""


@dataclass(slots=True)
class ExtraWork:
    """Jobs and answers of one case beyond its score.

    ``jobs``: work under way: identifier of the job by the digest of its inputs; ``answers``: what it gave, by the
    same digest, newest last.
    """

    jobs: dict[str, str] = field(default_factory=dict)
    answers: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    notes: dict[str, str] = field(default_factory=dict)

    def start(self, owner: str, key: str, work: Work, *, most_s: float = inf) -> None:
        """Queue work for a session unless it is under way, answered, or the queue is full.

        ``most_s``: seconds that it may run.
        """
        if key in self.jobs or key in self.answers:
            return
        self.notes.pop(key, None)
        try:
            self.jobs[key] = default_runner().submit(owner, work, most_s=most_s)
        except TooManyJobs as error:
            self.notes[key] = str(error)

    def look(self, owner: str, key: str) -> JobView | None:
        """Work under way as it stands; None where there is none."""
        return default_runner().look(self.jobs[key], owner) if key in self.jobs else None

    def settle(self, owner: str, on_answer: Callable[[str, Any], None], *, only: str = "") -> None:
        """Take over the answers of all work that has ended, or of that whose key begins so, and tell of each."""
        runner = default_runner()
        for key, job_id in list(self.jobs.items()):
            if not key.startswith(only):
                continue
            if runner.look(job_id, owner) is None:
                del self.jobs[key]
                self.notes[key] = "The work was interrupted on the server. Please start it again."
                continue
            view = runner.take(job_id, owner)
            if view is not None:
                del self.jobs[key]
                self._keep(key, view, on_answer)

    def cancel(self, owner: str, key: str) -> None:
        """Stop one piece of work and forget it."""
        job_id = self.jobs.pop(key, None)
        if job_id is not None:
            default_runner().cancel(job_id, owner)

    def _keep(self, key: str, view: JobView, on_answer: Callable[[str, Any], None]) -> None:
        """Keep an answer, or say why there is none."""
        if view.state is JobState.DONE:
            self.answers[key] = view.result
            while len(self.answers) > _N_ANSWERS:
                self.answers.popitem(last=False)
            on_answer(key, view.result)
        elif view.state is JobState.REFUSED:
            self.notes[key] = str(view.refusal)
        elif view.state is JobState.BROKEN:
            self.notes[key] = f"This could not be computed. The log names it as incident {view.incident}."
