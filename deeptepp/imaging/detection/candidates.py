"""Candidates on the search grid: connected components at many thresholds, each judged by the same score.

No single threshold decides: a tumour is the bright, compact component that stands out at whichever level shows it
best. METHOD section 4, D7 and D8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import FloatArray
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.blocks import block_between, components, drawn_on, touching
from deeptepp.imaging.detection.maps import EnhancementMaps
from deeptepp.imaging.detection.surroundings import compactness, shape
from deeptepp.imaging.morphology import dilate_cube, fill_holes

N_LEVELS = 14
"""Thresholds tried, evenly spaced in the logarithm."""

LOWEST_LEVEL = 2.5
"""Lowest threshold, in robust standard deviations of the breast."""

TOP_PERCENTILE = 99.995
"""The highest threshold is ``TOP_SHARE`` of this percentile of the evidence in the breasts."""

TOP_SHARE = 0.7
"""Higher thresholds would leave only the brightest voxels of the brightest vessel."""

MIN_VOLUME_MM3 = 40.0
"""Smallest component on the search grid, mm³: the core of a sphere of 6 mm.

METHOD asks 216 mm³, which loses T1a tumours."""

MAX_VOLUME_MM3 = 400_000.0
"""Largest component, mm³: a sphere of 91 mm. Above that it is parenchyma."""

UNIT_VOLUME_MM3 = 20.0
"""Volumes enter the score as the logarithm of their ratio to this, mm³."""

GROWTH_SHARE = 0.6
"""A larger component around a candidate takes its place when it has this share of the score."""

GROWTH_FROM_MM3 = 500.0
"""Smaller candidates, below 10 mm, are not parts of a mottled tumour; growing them only adds surroundings."""

GROWTH_SOLIDITY = 0.6
"""It must also have this share of the solidity: a larger and looser component has leaked into its surroundings."""

N_PRESELECTED = 20
"""Components that are judged a second time, with their surroundings."""

SHELL_VOXELS = 2
"""Thickness of the shell with which a component is compared."""

SKIN_CONTACT = 0.25
"""Share of the shell that may lie outside of the search region before it costs score."""

SER_LIMIT = 2.0
"""Signal enhancement ratio is clipped to this; above it the late phase is noise."""

SER_KNOTS = (0.2, 0.5, 1.3, 1.6)
"""Signal enhancement ratios between which the score changes: background rises slowly, arteries and veins fall."""

SER_FACTORS = (0.25, 1.0, 1.0, 0.5)
"""Factors of the score at ``SER_KNOTS``; none is 0, because the first phase may be early or late."""

RELATIVE_LIMIT = 2.0
"""Relative enhancement, as a multiple of pre-contrast signal, counts no further: in dark fat it is noise."""

N_PER_LEVEL = 40
"""Components examined per threshold, those with the most evidence first."""


ELONGATION_LIMIT = 2.0
"""Longest over shortest axis up to which a component costs no score: a design decision, tumours are rounder than
vessels."""

CONTACT_WEIGHT = 2.0
"""Weight of a share of the shell behind the posterior limit, or in the skin beyond ``SKIN_CONTACT``: a design
decision, where half of the shell lies there the score is 0."""


@dataclass(frozen=True, slots=True)
class CandidateFeatures:
    """What is measured on a component; the factors of its score, each with its unit in its name."""

    enhancement_sd: float
    relative_enhancement_pct: float
    signal_enhancement_ratio: float
    contrast_share: float
    solidity_share: float
    elongation_ratio: float
    tubeness_share: float
    posterior_contact_share: float
    skin_contact_share: float
    search_volume_ml: float
    compactness_share: float = 1.0

    @property
    def score(self) -> float:
        """Mean enhancement, log volume, solidity and what speaks against a tumour, multiplied (METHOD D8).

        Relative enhancement and the time course are factors as well: without them bright background and vessels
        won over tumours below 10 mm.
        """
        # Strong, large, fast and whole scores high; vessel, skin and chest wall score low.
        log_volume = float(np.log1p(1000 * self.search_volume_ml / UNIT_VOLUME_MM3))
        relative = _between(0, self.relative_enhancement_pct / 100, RELATIVE_LIMIT)
        time_course = float(np.interp(self.signal_enhancement_ratio, SER_KNOTS, SER_FACTORS))
        skin = max(0.0, self.skin_contact_share - SKIN_CONTACT)
        score: float = (
            self.enhancement_sd
            * log_volume
            * relative**0.5
            * time_course
            * self.solidity_share
            * self.contrast_share
            * (1 - self.tubeness_share)
            * min(1.0, ELONGATION_LIMIT / self.elongation_ratio)
            * max(0.0, 1 - CONTACT_WEIGHT * self.posterior_contact_share)
            * max(0.0, 1 - CONTACT_WEIGHT * skin)
        )
        return score * self.compactness_share


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A component: its voxels, (n, 3) int64 indices (z, y, x) on the grid of the maps, its score and measures."""

    voxels: npt.NDArray[np.int64]
    score: float
    volume_mm3: float
    features: CandidateFeatures


def find_candidates(maps: EnhancementMaps, region: BreastRegion, *, n_best: int) -> tuple[Candidate, ...]:
    """Find the most suspicious components that do not overlap.

    Best first; empty when nothing enhances.
    """
    # 1. Every component at every threshold, the most suspicious first.
    found = list(_at_levels(maps, region))
    # The position breaks ties, so that the same bytes give the same order.
    found.sort(key=lambda c: (-c.score, tuple(c.voxels[0])))
    # 2. Those that overlap none before them, each with the extent of the whole tumour around it.
    taken = np.zeros(maps.grid.shape, dtype=bool)
    chosen: list[Candidate] = []
    for candidate in found:
        if not taken[tuple(candidate.voxels.T)].any():
            grown = _grown(candidate, found, maps.grid.shape)
            taken[tuple(grown.voxels.T)] = True
            chosen.append(_weighed(candidate, grown, maps, region))
        if len(chosen) == N_PRESELECTED:
            break
    # 3. The best of these once their surroundings count.
    chosen.sort(key=lambda c: (-c.score, tuple(c.voxels[0])))
    return tuple(chosen[:n_best])


def _weighed(core: Candidate, grown: Candidate, maps: EnhancementMaps, region: BreastRegion) -> Candidate:
    """Multiply the score by how compact the surroundings of the brightest part are."""
    share = compactness(core.voxels, maps, region)
    features = replace(grown.features, compactness_share=share)
    return Candidate(grown.voxels, grown.score * share, grown.volume_mm3, features)


def _grown(candidate: Candidate, found: list[Candidate], grid_shape: tuple[int, int, int]) -> Candidate:
    """Give the candidate the extent of the largest component around it that is nearly as suspicious.

    A high threshold shows the brightest part of a mottled tumour best; the part is not the tumour. Components at
    lower thresholds hold those at higher ones, so one voxel tells whether a component lies around the candidate.
    """
    if candidate.volume_mm3 < GROWTH_FROM_MM3:
        return candidate
    # The largest firm component around it that still has most of its score.
    key = int(np.ravel_multi_index(tuple(candidate.voxels[len(candidate.voxels) // 2]), grid_shape))
    firm = GROWTH_SOLIDITY * candidate.features.solidity_share
    largest = candidate
    for other in found:
        if other.score < GROWTH_SHARE * candidate.score:
            break
        is_firm = other.features.solidity_share >= firm
        if (
            is_firm
            and other.volume_mm3 > largest.volume_mm3
            and key in np.ravel_multi_index(tuple(other.voxels.T), grid_shape)
        ):
            largest = other
    return Candidate(largest.voxels, candidate.score, largest.volume_mm3, largest.features)


def _levels(maps: EnhancementMaps, region: BreastRegion) -> FloatArray:
    """Thresholds, ascending."""
    top = TOP_SHARE * float(np.percentile(maps.evidence[region.mask], TOP_PERCENTILE))
    levels: FloatArray = np.geomspace(LOWEST_LEVEL, max(top, 2 * LOWEST_LEVEL), N_LEVELS)
    return levels


def _at_levels(maps: EnhancementMaps, region: BreastRegion) -> Iterator[Candidate]:
    """Judge the components above each threshold; voxels that share a corner belong together."""
    # The voxels of the breasts above the lowest threshold, (n, 3): few of all, and all that count.
    bright = np.argwhere((maps.evidence > LOWEST_LEVEL) & region.mask)
    evidence = maps.evidence[tuple(bright.T)]
    pairs = touching(bright)
    for level in _levels(maps, region):
        is_above = evidence > level
        above = bright[is_above]
        owners = components(is_above, pairs)
        # Of those of a fitting size the ones with the most evidence.
        sizes = np.bincount(owners) * maps.grid.voxel_volume_mm3
        is_fit = (sizes >= MIN_VOLUME_MM3) & (sizes <= MAX_VOLUME_MM3)
        mass = np.bincount(owners, weights=evidence[is_above]) * is_fit
        order = [k for k in np.argsort(-mass, kind="stable")[:N_PER_LEVEL] if is_fit[k]]
        yield from (_judge(maps, region, above[owners == k]) for k in order)


def _judge(maps: EnhancementMaps, region: BreastRegion, core: npt.NDArray[np.int64]) -> Candidate:
    """Measure one component, given by its voxels, and give it its score."""
    # 1. The component without holes in its box, the block around that, and the shell around the component.
    low, high = core.min(axis=0), core.max(axis=0) + 1
    start, stop = np.maximum(low - SHELL_VOXELS, 0), np.minimum(high + SHELL_VOXELS, maps.grid.shape)
    box, block = block_between(low, high), block_between(start, stop)
    component = fill_holes(drawn_on(core, box))
    around = np.zeros(stop - start, dtype=bool)
    around[block_between(low - start, high - start)] = component
    shell = dilate_cube(around, SHELL_VOXELS) & ~around
    # 2. What of the shell lies behind the posterior limit, and in the skin.
    inside = region.mask[block]
    posterior, skin = _contacts(shell, inside, region, block)
    # 3. How far it stands out from the shell.
    mean_sd = float(maps.enhancement_z[box][component].mean())
    beside = maps.enhancement_z[block][shell & inside]
    contrast = 1 - float(_between(0, beside.mean() / mean_sd, 1)) if beside.size else 0.0
    # 4. Its shape, in mm.
    voxels = np.argwhere(component) + (low - start)
    spacing_mm = maps.grid.spacing_mm
    solidity, elongation = shape(voxels * np.asarray(spacing_mm), spacing_mm)
    # 5. Its time course: early over late enhancement.
    late = float(maps.late[box][component].sum())
    ratio = float(_between(0, maps.early[box][component].sum() / max(late, 1e-6), SER_LIMIT))
    # 6. All of it together gives the score.
    volume_mm3 = len(voxels) * maps.grid.voxel_volume_mm3
    features = CandidateFeatures(
        enhancement_sd=mean_sd,
        relative_enhancement_pct=float(maps.relative_pct[box][component].mean()),
        signal_enhancement_ratio=ratio,
        contrast_share=contrast,
        solidity_share=solidity,
        elongation_ratio=elongation,
        tubeness_share=float(maps.tubeness[box][component].mean()),
        posterior_contact_share=posterior,
        skin_contact_share=skin,
        search_volume_ml=volume_mm3 / 1000,
    )
    return Candidate(voxels + start, features.score, volume_mm3, features)


def _contacts(
    shell: BoolImage, inside: BoolImage, region: BreastRegion, block: tuple[slice, ...]
) -> tuple[float, float]:
    """Shares of the shell that lie behind the posterior limit, and elsewhere out of the search region."""
    outside = shell & ~inside
    sz, sy, sx = block
    rows = np.arange(sy.start, sy.stop)[None, :, None]
    behind = outside & (rows >= region.wall_index[sz, sx][:, None, :])
    n_shell, n_outside, n_behind = (int(np.count_nonzero(each)) for each in (shell, outside, behind))
    n = max(1, n_shell)
    return n_behind / n, (n_outside - n_behind) / n


def _between(low: float, value: float, high: float) -> float:
    """Clip one number, a hundred times faster than numpy does."""
    return min(max(value, low), high)
