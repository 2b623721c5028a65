"""What the API works with, handed over by whoever puts the service together: it is the same that screens use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from deeptepp.domain.progress import Progress, StepReport
from deeptepp.errors import DeepTeppError
from deeptepp.model.bundle import ModelBundle
from deeptepp.store.kept.kept_cases import CaseBook


class WorkView(Protocol):
    """A piece of work as it stands; see ``JobView`` of the screens."""

    @property
    def state(self) -> str:
        """Name of its state."""

    @property
    def steps(self) -> tuple[StepReport, ...]:
        """Last report of every step."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was handed in."""

    @property
    def result(self) -> Any:  # noqa: ANN401  whatever the work returned
        """What it returned, None until then."""

    @property
    def refusal(self) -> DeepTeppError | None:
        """Why it refused."""

    @property
    def incident(self) -> str:
        """Its number in the log, empty unless it broke."""

    @property
    def n_ahead(self) -> int:
        """Pieces of work that come first."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""


class WorkQueue(Protocol):
    """The one queue of all work; see ``JobRunner`` of the screens."""

    @property
    def n_waiting(self) -> int:
        """Pieces of work that wait."""

    def submit(
        self,
        owner: str,
        work: Callable[[Progress], Any],
        *,
        on_end: Callable[[], object] | None = None,
    ) -> str:
        """Queue work and give its identifier; raises TooManyJobs."""

    def look(self, job_id: str, owner: str) -> WorkView | None:
        """Work as it stands, None where this owner has no such."""

    def cancel(self, job_id: str, owner: str) -> None:
        """Stop work at its next report."""


@dataclass(frozen=True, slots=True)
class ScoringEngine:
    """What scores: the queue, the model and the kept cases of this installation, all made on first use.

    ``ask_database``: returns where the database answers, raises where it does not; ``reading_max_s``: seconds in
    which a study must be read; ``kept_s``: seconds for which an answer is kept in memory.
    """

    queue: Callable[[], WorkQueue]
    bundle: Callable[[], ModelBundle]
    kept: Callable[[], CaseBook]
    ask_database: Callable[[], object]
    reading_max_s: float
    kept_s: float
