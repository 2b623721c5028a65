"""The planes of one volume: what everything after sorting speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from deeptepp.dicom.header.clock import Clock
from deeptepp.dicom.header.headers import Frame, SeriesFacts
from deeptepp.domain.geometry import Grid
from deeptepp.errors import DicomError


@dataclass(frozen=True, slots=True)
class Stack:
    """The planes of one volume, in slice order.

    ``series``: what the planes share; ``frames``: in slice order where their places are known, else in no order;
    ``grid``: None where the planes make no regular volume; ``problem``: why not; None also for a single plane;
    ``clock``: earliest sign of each kind over the planes; ``n_copies``: planes that were left out since they are
    there twice.
    """

    series: SeriesFacts
    frames: tuple[Frame, ...]
    grid: Grid | None
    problem: DicomError | None
    clock: Clock
    n_copies: int = 0


def order_of(stack: Stack) -> tuple[object, ...]:
    """What volumes are listed by: time, then what order of files and digits of UIDs leave alone."""
    clock, series = stack.clock, stack.series
    start = clock.acquired_s if clock.acquired_s is not None else clock.content_s
    offset = clock.trigger_s if clock.trigger_s is not None else float(clock.position or 0)
    return (
        float("inf") if start is None else start,
        offset,
        series.series_number,
        clock.content_s or 0.0,
        clock.acquisition_number or 0,
        series.description,
        series.image_type,
        stack.frames[0].position_mm or (),
        clock.instance_number or 0,
        len(stack.frames),
        series.modality,
        series.sop_class,
        series.is_diffusion,
        series.echo_time_ms or 0.0,
        series.flip_angle_deg or 0.0,
    )


def unsorted(frames: Sequence[Frame], problem: DicomError | None) -> Stack:
    """Keep planes that make no volume, with the reason."""
    return Stack(frames[0].series, tuple(frames), None, problem, earliest(frames))


def earliest(frames: Sequence[Frame]) -> Clock:
    """Give the earliest sign of each kind, or the one that most planes share.

    Each sign is None where no plane has it.
    """
    signs = {sign: _shared(getattr(frame.clock, sign) for frame in frames) for sign in Clock.__dataclass_fields__}
    return Clock(**signs)


def _shared(values: Iterable[Any]) -> Any:  # noqa: ANN401  whole numbers stay whole
    """Value that more than half of the planes share, else the least of those that are there."""
    known = Counter(value for value in values if value is not None)
    if not known:
        return None
    # One damaged header of a volume made at one moment must not move its time.
    value, n = known.most_common(1)[0]
    return value if 2 * n > known.total() else min(known)
