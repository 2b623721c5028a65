"""How the simulated scanners measure: geometry, timing, contrast and noise of a few breast DCE protocols.

Pixel pitch and timing follow what centres publish; signal levels are those of a spoiled gradient echo, given
relative to fat without fat suppression. No protocol copies a vendor's product.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        """Give the facts that a study of this protocol carries, marked as simulated."""
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


RUIJIN = Protocol(
    name="ruijin",
    manufacturer="Siemens",
    model_name="Aera",
    field_strength_t=1.5,
    repetition_time_ms=4.5,
    echo_time_ms=1.6,
    flip_angle_deg=10.0,
    fov_mm=340.0,
    matrix=384,
    n_slices=104,
    slice_mm=1.0,
    phase_times_s=(0.0, 90.0, 165.0, 240.0, 315.0, 390.0),
    injection_s=75.0,
    scan_s=75.0,
    is_fat_suppressed=True,
    noise_pct=2.2,
    gain=620.0,
)
"""Five contiguous post-contrast scans of 75 s (METHOD section 3); fat suppression is assumed, not printed."""

AURORA = Protocol(
    name="aurora",
    manufacturer="Aurora Imaging Technology",
    model_name="Aurora 1.5T Dedicated Breast",
    field_strength_t=1.5,
    repetition_time_ms=29.0,
    echo_time_ms=4.8,
    flip_angle_deg=45.0,
    fov_mm=360.0,
    matrix=360,
    n_slices=96,
    slice_mm=1.1,
    phase_times_s=(0.0, 90.0, 180.0, 270.0, 360.0),
    injection_s=80.0,
    scan_s=90.0,
    is_fat_suppressed=True,
    noise_pct=2.6,
    gain=900.0,
)
"""Dedicated breast scanner, fat suppressed, four post-contrast scans of 90 s."""

GE = Protocol(
    name="ge",
    manufacturer="GE MEDICAL SYSTEMS",
    model_name="Signa HDxt",
    field_strength_t=1.5,
    repetition_time_ms=5.6,
    echo_time_ms=2.7,
    flip_angle_deg=10.0,
    fov_mm=340.0,
    matrix=288,
    n_slices=80,
    slice_mm=1.4,
    phase_times_s=(0.0, 110.0, 210.0, 310.0, 410.0),
    injection_s=90.0,
    scan_s=100.0,
    is_fat_suppressed=True,
    noise_pct=2.0,
    gain=1400.0,
)
"""Fat suppressed, 1.4 mm slices, four post-contrast scans of 100 s."""

PHILIPS = Protocol(
    name="philips",
    manufacturer="Philips Medical Systems",
    model_name="Ingenia",
    field_strength_t=3.0,
    repetition_time_ms=4.9,
    echo_time_ms=2.4,
    flip_angle_deg=10.0,
    fov_mm=340.0,
    matrix=352,
    n_slices=56,
    slice_mm=2.0,
    phase_times_s=(0.0, 85.0, 155.0, 225.0, 295.0, 365.0),
    injection_s=70.0,
    scan_s=70.0,
    is_fat_suppressed=False,
    noise_pct=1.8,
    gain=760.0,
)
"""Without fat suppression, 2 mm slices, five post-contrast scans of 70 s."""

PROTOCOLS = {protocol.name: protocol for protocol in (RUIJIN, AURORA, GE, PHILIPS)}
"""Protocols by name."""

SHARES = {"ruijin": 0.72, "aurora": 0.15, "ge": 0.10, "philips": 0.03}
"""Share of each protocol in a simulated cohort; fixed, sums to 1."""
