"""How the simulated scanners measure: geometry, timing, contrast and noise of a few breast DCE protocols.

Pixel pitch and timing follow what centres publish; signal levels are those of a spoiled gradient echo, given
relative to fat without fat suppression. No protocol copies a vendor's product.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from deeptepp.domain.geometry import Grid
from deeptepp.domain.study import Acquisition

ANTERIOR_MARGIN_MM = 128.0
"""Distance from the front of the sternum to the anterior edge of the field of view, in mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One scanner with one dynamic protocol."""

    name: str
    manufacturer: str
    model_name: str
    field_strength_t: float
    repetition_time_ms: float
    echo_time_ms: float
    flip_angle_deg: float
    fov_mm: float
    """Edge of the square in-plane field of view."""
    matrix: int
    """Pixels along each in-plane axis."""
    n_slices: int
    slice_mm: float
    """Distance between slice centres."""
    phase_times_s: tuple[float, ...]
    """Start of each phase after the start of the pre-contrast one, which is the first (0)."""
    injection_s: float
    """Start of the contrast injection on the same clock."""
    scan_s: float
    """Duration of one phase; contrast is that of its middle."""
    is_fat_suppressed: bool
    noise_pct: float
    """Standard deviation of the Gaussian noise of each receiver channel, in percent of unsuppressed fat."""
    gain: float
    """Stored value of unsuppressed fat at coil sensitivity 1."""

    @property
    def grid(self) -> Grid:
        """The axial grid of every phase: midline at x = 0, front of the sternum at y = 0, mid slab at z = 0."""
        pixel = self.fov_mm / self.matrix
        start = -(self.matrix - 1) / 2 * pixel
        z0 = -(self.n_slices - 1) / 2 * self.slice_mm
        shape = (self.n_slices, self.matrix, self.matrix)
        return Grid.axial(shape, (self.slice_mm, pixel, pixel), (start, -ANTERIOR_MARGIN_MM, z0))

    @property
    def n_phases(self) -> int:
        """Number of phases, the pre-contrast one included."""
        return len(self.phase_times_s)

    def since_injection_s(self, index: int) -> float:
        """Give the time from injection to the middle of a phase, in s; negative before the injection.

        ``index``: index into ``phase_times_s``; the pre-contrast phase is before the injection by definition.
        """
        return -1.0 if index == 0 else self.phase_times_s[index] + self.scan_s / 2 - self.injection_s

    def acquisition(self, *, age_years: float | None = None) -> Acquisition:
        """Facts that a study of this protocol carries, marked as simulated."""
        return Acquisition(
            manufacturer=self.manufacturer,
            model_name=self.model_name,
            field_strength_t=self.field_strength_t,
            repetition_time_ms=self.repetition_time_ms,
            echo_time_ms=self.echo_time_ms,
            flip_angle_deg=self.flip_angle_deg,
            patient_sex="F",
            patient_age_years=age_years,
            is_simulated=True,
        )


_TABLE = tomllib.loads(Path(__file__).with_name("protocols.toml").read_text(encoding="utf-8"))

SHARES = {name: facts.pop("share") for name, facts in _TABLE.items()}
"""Share of each protocol in a simulated cohort; fixed, sums to 1."""

PROTOCOLS = {
    name: Protocol(name=name, **facts | {"phase_times_s": tuple(facts["phase_times_s"])})
    for name, facts in _TABLE.items()
}
"""Protocols by name."""

RUIJIN, AURORA, GE, PHILIPS = (PROTOCOLS[name] for name in ("ruijin", "aurora", "ge", "philips"))
