"""What is right to read from a layout, and the table of layouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from layouts.images import new_uids
from layouts.phantom import AXIAL, LEFT, RIGHT, TIMES_S, Place


@dataclass(frozen=True)
class Phases:
    """These phases, with exactly these voxels."""

    times_s: tuple[float, ...] | None
    """None where the order is known and the times are not."""
    volumes: tuple[int, ...]
    """Indices into the true volumes."""
    of: str = "breast"
    """Which set of true volumes."""
    place: Place = AXIAL
    first_slice: int = 0
    end_slice: int | None = None
    side: str | None = None
    """The breast to ask for, where each has volumes of its own."""
    says: str | None = None
    """``warning``: a finding must warn; ``finding``: a finding must at least tell."""
    any_unit: bool = False
    """The voxels may be in another unit, one for all phases."""


@dataclass(frozen=True)
class Refusal:
    """A named refusal; with proposals, a question."""

    rules: tuple[str, ...] | None = None
    """Rules that may refuse; None for any."""
    way_on: tuple[Phases, ...] = ()
    """What some proposal must give when its keys are handed in."""


@dataclass(frozen=True)
class Either:
    """Several behaviours are right."""

    ways: tuple[Phases | Refusal, ...]


Expectation = Phases | Refusal | Either


@dataclass(frozen=True)
class Layout:
    """One way to write an examination."""

    name: str
    vendor: str
    what: str
    make: Callable[[], list[Dataset]]
    expect: Expectation
    by_images: bool = False
    """The headers are in order; what is wrong can be seen in the images alone."""


LAYOUTS: list[Layout] = []


def layout(vendor: str, expect: Expectation, *, by_images: bool = False) -> Callable:
    """Put a function that makes images into the table; its docstring says in words what it writes."""

    def put(make: Callable[[], list[Dataset]]) -> Callable[[], list[Dataset]]:
        add(make.__name__, vendor, " ".join(make.__doc__.split()), make, expect, by_images=by_images)
        return make

    return put


def add(
    name: str, vendor: str, what: str, make: Callable, expect: Expectation, *, by_images: bool = False
) -> None:
    """Put one layout into the table."""

    def fresh() -> list[Dataset]:
        new_uids()
        return make()

    LAYOUTS.append(Layout(name, vendor, what, fresh, expect, by_images))


def phases(*volumes: int, **more) -> Phases:
    """Give phases at their true times."""
    return Phases(tuple(TIMES_S[i] - TIMES_S[volumes[0]] for i in volumes), volumes, **more)


READ = phases(0, 1, 2, 3)
"""Four phases at their true times."""

ORDER = Phases(None, (0, 1, 2, 3))
"""Four phases in their order, without times."""

ASK = Refusal(way_on=(READ,))
"""A question, one answer to which gives all phases."""

SECOND = phases(0, 1, 2, 3, of="second")
ONE_OF_TWO = Either((READ, SECOND))
"""One reconstruction throughout, whichever."""

TWO_SIDES = Refusal(
    ("dicom.two-sides",),
    (phases(0, 1, 2, 3, place=LEFT, of="left", side="left"), phases(0, 1, 2, 3, place=RIGHT, side="right")),
)
"""A question with one answer for each breast."""
