"""How far two phases lie apart: the shift that best aligns them, by phase correlation of block means."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.imaging.resample import FloatImage

Spectrum = npt.NDArray[np.complexfloating]
Float64 = npt.NDArray[np.float64]

WHITENING = 0.7
"""Power by which the spectrum is flattened: 0 gives broad peaks of the body's outline, 1 lets noise in."""

TAPER = 3.0
"""Steepness of the window: the outer sixth at each end fades, so that the border is no edge."""

MIN_GAIN = 1.25
"""A shift has to align the images this much better than none; otherwise the peak is sought beside none."""


def shifts_mm(blocks: FloatImage, spacing_mm: tuple[float, float, float]) -> tuple[float, ...]:
    """Measure how far each phase is shifted against the first.

    ``blocks``, (n_phases, z, y, x) float32: block means; ``spacing_mm``, (dz, dy, dx): distance between blocks.
    Gives length of the shift of phases 1, 2 ..., mm; accurate to about a tenth of a block's edge at best.
    """
    window = _window(blocks.shape[1:])
    first = _spectrum(blocks[0], window)
    return tuple(_shift_mm(first, _spectrum(b, window), blocks.shape[1:], spacing_mm) for b in blocks[1:])


def _spectrum(image: FloatImage, window: Float64) -> Spectrum:
    """Transform the logarithm of an image, so that enhancement weighs little beside the anatomy."""
    top = max(float(np.percentile(image, 95)), 1e-6)
    logs = np.log(np.clip(image, 0, None) / top + 0.1)
    return np.fft.rfftn((logs - logs.mean()) * window)


def _shift_mm(
    first: Spectrum, other: Spectrum, shape: tuple[int, ...], spacing_mm: tuple[float, float, float]
) -> float:
    """Find the peak of the phase correlation, to a fraction of a block."""
    product = np.conj(first) * other
    flat = product / np.maximum(np.abs(product), 1e-9) ** WHITENING
    likeness = np.fft.irfftn(flat, shape, axes=(0, 1, 2))
    peak = np.unravel_index(int(np.argmax(likeness)), shape)
    if likeness[peak] < MIN_GAIN * likeness[0, 0, 0]:
        peak = (np.intp(0), np.intp(0), np.intp(0))
    steps = [_refined(likeness, peak, axis) for axis in range(3)]
    return float(np.linalg.norm([s * d for s, d in zip(steps, spacing_mm, strict=True)]))


def _refined(likeness: Float64, peak: tuple[np.intp, ...], axis: int) -> float:
    """Lay a parabola through the peak and its neighbours along one axis; signed, in blocks."""
    n = likeness.shape[axis]
    at = [int(p) for p in peak]
    values = []
    for step in (-1, 0, 1):
        place = at.copy()
        place[axis] = (at[axis] + step) % n
        values.append(float(likeness[tuple(place)]))
    before, top, after = values
    bend = before - 2 * top + after
    position = at[axis] + (float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0)
    return position - n if position > n / 2 else position


def _window(shape: tuple[int, ...]) -> Float64:
    """Fade the outer part along each axis of at least four blocks."""
    window: Float64 = np.ones(shape)
    for axis, n in enumerate(shape):
        if n >= 4:
            edge = np.clip(TAPER * np.hanning(n + 2)[1:-1], 0, 1)
            window *= edge.reshape([-1 if a == axis else 1 for a in range(3)])
    return window
