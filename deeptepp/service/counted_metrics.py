"""What the service counts, for Prometheus: never who, and every label from a list that cannot grow without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deeptepp.domain.progress import Step
from deeptepp.domain.risk import Assessment, Severity
from deeptepp.errors import DeepTeppError

REGISTRY = CollectorRegistry()
"""The metrics of this service; nothing of the machine, which has its own."""

_OTHER = "other"
_N_TYPES = 50
"""Types of errors that are told apart."""

_SCORED = Counter("deeptepp_cases_scored", "Cases scored.", registry=REGISTRY)
_REFUSED = Counter("deeptepp_refusals", "Refusals of studies, tables and scores.", ["rule"], registry=REGISTRY)
_SCORE = Histogram(
    "deeptepp_score",
    "Risk scores of cases, in twentieths: what drifts shows here first.",
    buckets=tuple(i / 20 for i in range(1, 21)),
    registry=REGISTRY,
)
_TIERS = Counter("deeptepp_tiers", "Cases scored, by tier.", ["tier"], registry=REGISTRY)
_STEP_S = Histogram(
    "deeptepp_step_seconds",
    "Seconds of each step of the work on a case.",
    ["step"],
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 120),
    registry=REGISTRY,
)
_ERRORS = Counter("deeptepp_errors", "Failures by type.", ["type"], registry=REGISTRY)
UPLOADS = Counter("deeptepp_uploads", "Studies that arrived whole.", registry=REGISTRY)
SIGN_INS = Counter("deeptepp_sign_ins", "People who signed in.", registry=REGISTRY)
QUEUE = Gauge("deeptepp_queue_length", "Pieces of work that wait.", registry=REGISTRY)
DATABASE = Gauge("deeptepp_database_reachable", "1 where the database answers.", registry=REGISTRY)


def _rules(kind: type[DeepTeppError] = DeepTeppError) -> Iterator[str]:
    """Rules of all exceptions of the package."""
    yield kind.rule
    for each in kind.__subclasses__():
        yield from _rules(each)


_KNOWN_RULES = frozenset(_rules())
_SEEN: set[str] = set()
_LOCK = threading.Lock()


def note_refusal(error: DeepTeppError) -> None:
    """Count a refusal by its rule."""
    _REFUSED.labels(error.rule if error.rule in _KNOWN_RULES else _OTHER).inc()


def note_result(result: object) -> None:
    """Count what work found: a score or the rules that refused one; anything else counts for nothing."""
    for each in result if isinstance(result, tuple) else (result,):
        if isinstance(each, DeepTeppError):
            note_refusal(each)
        elif isinstance(each, Assessment) and each.score is not None:
            _SCORED.inc()
            _SCORE.observe(each.score.probability)
            if each.tier is not None:
                _TIERS.labels(each.tier.value).inc()
        elif isinstance(each, Assessment):
            # Rules of findings are written in the program, as those of exceptions are.
            for finding in each.findings:
                if finding.severity is Severity.REFUSAL:
                    _REFUSED.labels(finding.rule).inc()


def note_error(error: BaseException) -> None:
    """Count a failure by the name of its type."""
    name = type(error).__name__
    with _LOCK:
        if name not in _SEEN and len(_SEEN) >= _N_TYPES:
            name = _OTHER
        _SEEN.add(name)
    _ERRORS.labels(name).inc()


class StepClock:
    """How long each step of one piece of work takes; used by one thread at a time."""

    def __init__(self) -> None:
        self._step: Step | None = None
        self._began_s = 0.0

    def turn(self, step: Step | None) -> None:
        """Note which step is under way, None at the end."""
        if step is self._step:
            return
        now = time.monotonic()
        if self._step is not None:
            _STEP_S.labels(self._step.value).observe(now - self._began_s)
        self._step, self._began_s = step, now
