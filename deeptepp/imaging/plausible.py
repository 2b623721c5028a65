"""Lengths that an image of a breast cannot have, whatever file it comes in."""

from __future__ import annotations

from collections.abc import Iterable

PLAUSIBLE_SPACING_MM = (0.05, 50.0)
"""Closed interval of slice intervals and pixel spacings in mm, wide of any protocol; a survey has 20 mm slices."""

FARTHEST_MM = 10_000.0
"""Largest coordinate of a position in mm: no scanner is longer; beyond 1e12, a voxel is lost in rounding."""


def implausible_length(edges_mm: Iterable[tuple[str, float]], place: str, farthest_mm: float) -> dict[str, object]:
    """Find the first voxel edge, or else the place, that cannot be.

    ``edges_mm``: what each is called, and its length; ``place``: what the place is called; ``farthest_mm``: its
    largest coordinate. Gives the facts of a refusal (keyword, value, limit); empty where everything can be.
    """
    low, high = PLAUSIBLE_SPACING_MM
    for keyword, mm in edges_mm:
        if not low <= mm <= high:
            return {"keyword": keyword, "value": float(f"{mm:.3g}"), "limit": f"{low:g} to {high:g}"}
    if farthest_mm > FARTHEST_MM:
        limit = f"-{FARTHEST_MM:g} to {FARTHEST_MM:g}"
        return {"keyword": place, "value": float(f"{farthest_mm:.3g}"), "limit": limit}
    return {}
