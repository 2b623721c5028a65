"""A dynamic contrast-enhanced study: phases on one grid, in order of time, with no patient identifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.wording.sentence import sentence


class Side(StrEnum):
    """A side of the patient."""

    LEFT = "left"
    RIGHT = "right"


def clock_time(seconds: float) -> str:
    r"""Write a time of a phase as workstations do.

    Parameters
    ----------
    seconds : float
        After the first acquisition of the study; before it below 0.

    Returns
    -------
    str
        Minutes and seconds, from one hour on hours too, with a no-break space before the unit.

    Examples
    --------
    >>> clock_time(1371.4), clock_time(59.6), clock_time(3600), clock_time(-30)
    ('22:51\xa0min', '1:00\xa0min', '1:00:00\xa0h', '\u22120:30\xa0min')
    """
    whole = round(abs(seconds))
    sign = "\N{MINUS SIGN}" if seconds < 0 and whole else ""
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{sign}{minutes}:{rest:02d}\u00a0min"
    return f"{sign}{minutes // 60}:{minutes % 60:02d}:{rest:02d}\u00a0h"


def phase_name(index: int) -> str:
    """Name a phase as radiographers do.

    Returns ``pre-contrast``, ``post-contrast 1``, ``post-contrast 2``.

    >>> phase_name(0), phase_name(3)
    ('pre-contrast', 'post-contrast 3')
    """
    return sentence("pre-contrast") if index == 0 else sentence("post-contrast {k}", k=index)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What is known of the way the images were made; every field may be unknown.

    Sex and age are the only facts of the person; both are needed by the eligibility rules.
    """

    manufacturer: str | None = None
    model_name: str | None = None
    field_strength_t: float | None = None
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    flip_angle_deg: float | None = None
    patient_sex: str | None = None
    """DICOM PatientSex: F, M or O."""
    patient_age_years: float | None = None
    is_simulated: bool = False
    """True for a study written by ``deeptepp simulate``."""


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """One acquisition of the dynamic series.

    ``volume``: intensities in scanner units; ``time_s``: seconds after the pre-contrast acquisition began, 0 for
    the pre-contrast phase.
    """

    volume: Volume
    time_s: float

    def __post_init__(self) -> None:
        if not self.time_s >= 0:
            msg = f"Phase time_s must be >= 0, got {self.time_s}"
            raise ValueError(msg)


KEY_DIGITS = 16
"""Hexadecimal digits of the digest of a study that make its pseudonymous key."""


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A dynamic series, pre-contrast first.

    Parameters
    ----------
    phases : tuple of Phase
        At least two, ascending in time, on one grid.
    key : str
        Pseudonymous key: a digest of the content, never a name or a PatientID.
    acquisition : Acquisition
        Scanner and sequence facts.
    digest : str
        SHA-256 over voxels, grids and times; the same whatever the order or the container of the files.
    has_times : bool
        False where the order of the phases is known but not their times; ``time_s`` then counts phases.

    Raises
    ------
    ValueError
        Fewer than two phases, times out of order, or grids that differ.
    """

    phases: tuple[Phase, ...]
    key: str
    acquisition: Acquisition = field(default_factory=Acquisition)
    digest: str = ""
    has_times: bool = True

    def __post_init__(self) -> None:
        if len(self.phases) < 2:
            msg = f"A study needs at least 2 phases, got {len(self.phases)}"
            raise ValueError(msg)
        times = [phase.time_s for phase in self.phases]
        if times != sorted(times) or times[0] != 0:
            msg = f"Phases must ascend in time from 0 s, got {times}"
            raise ValueError(msg)
        if not all(phase.volume.grid.is_close(self.grid) for phase in self.phases[1:]):
            msg = "All phases of a study must share one grid"
            raise ValueError(msg)

    @property
    def grid(self) -> Grid:
        """The grid that all phases share."""
        return self.phases[0].volume.grid

    @property
    def n_post(self) -> int:
        """Number of post-contrast phases."""
        return len(self.phases) - 1


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """One row of the series table shown to the user."""

    key: str
    """Pseudonymous key of the row, stable for the same files; what an override names."""
    description: str
    """SeriesDescription cleaned of everything that could identify."""
    modality: str
    n_images: int
    rows: int | None
    columns: int | None
    spacing_mm: tuple[float, float, float] | None
    """(dz, dy, dx), None when the images make no volume."""
    acquisition_time_s: float | None
    """Seconds after the first acquisition of the study, None when unknown."""
    role: str
    """``pre-contrast``, ``post-contrast 1`` ..., or ``not used``."""
    reason: str
    """One sentence: why this role was proposed."""


@dataclass(frozen=True, slots=True)
class PhaseProposal:
    """One way to take the rows of the series table as phases, for a reader to choose."""

    keys: tuple[str, ...]
    """Keys of the rows, pre-contrast first."""
    reason: str
    """One sentence: what speaks for it, or what makes it doubtful."""
    side: Side | None = None
    """The breast that it shows, where each breast has volumes of its own."""


@dataclass(frozen=True, slots=True)
class PhaseChoice:
    """Which phase is scored and by what rule (METHOD section 3)."""

    index: int
    """Index into ``Study.phases``."""
    rule: str
    """``third-post``, ``nearest-195-s``, ``nearest-150-s``, ``peak-enhancement`` or ``reader``."""
    reason: str
