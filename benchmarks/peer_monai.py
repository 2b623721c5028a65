"""The way from a zip to a score as it is usually written: pydicom, MONAI transforms, scipy and eager torch.

Written to be short and fair, as a good engineer writes it with these libraries: the same network, views and method
of detection, at the same spacings, every step by the library's own function. It does less than the product: no
roles by the headers, no de-identification, digest, rules or quality checks.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose
from monai.transforms.intensity.array import NormalizeIntensity, ScaleIntensityRange
from monai.transforms.spatial.array import Spacing, SpatialResample
from pydicom import dcmread
from scipy import ndimage
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops
from torch.nn import functional

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.network import risk_logits
from deeptepp.views.planes import CANONICAL_VIEWS, plane_axes

SEARCH_MM, SAMPLE_MM = 2.0, 4.0
CLIP_PCT = (0.1, 99.9)
SKIN_MM, NIPPLE_MM, WALL_MM = 4.0, 7.0, 15.0
COIL_MM, MIRROR_MM = 25.0, 8.0
TUBES_MM = (1.5, 3.0)
N_LEVELS, MIN_VOXELS = 14, 5


@dataclass(frozen=True)
class PeerCase:
    """A study that was read and searched.

    ``phases``: MetaTensors (1, x, y, z) in LPS mm; ``centre_mm``: of the tumour; ``mask``: the tumour on voxels of
    ``spacing_mm``, (x, y, z); ``to_normal``: scanner units to normalised ones.
    """

    phases: list[MetaTensor]
    centre_mm: np.ndarray
    mask: np.ndarray
    spacing_mm: np.ndarray
    to_normal: Compose


def peer_open(path: Path) -> PeerCase:
    """Read the study of a zip and find its tumour."""
    phases = read_phases(path)
    searched = [phases[k] for k in (0, 1, scored_phase(phases), len(phases) - 1)]
    return PeerCase(phases, *find_tumour(searched), intensity_scale(phases))


def scored_phase(phases: list[MetaTensor]) -> int:
    """Index of the scored phase: the third post-contrast one, where there are as many."""
    return min(3, len(phases) - 1)


def peer_score(case: PeerCase, bundle: ModelBundle, shift_mm: tuple[float, float, float] = (0, 0, 0)) -> float:
    """Score the tumour; ``shift_mm`` moves the region of interest, (x, y, z)."""
    index = {"pre": 0, "post": scored_phase(case.phases), "late": len(case.phases) - 1}
    channels = [case.phases[index[name]] for name in bundle.roi.channels]
    cube = case.to_normal(region(channels, case.centre_mm + np.array(shift_mm), bundle)).as_tensor()
    views = mosaics(cube, case.mask, case.spacing_mm, bundle)
    patient = torch.tensor(bundle.clinical.encode(ClinicalProfile()))[None].expand(len(views), -1)
    with torch.inference_mode():
        y = risk_logits(bundle.net(views, patient), bundle.score_from)
        softmax = torch.softmax(y.double(), dim=1)[:, 1]
    return float(bundle.recalibration(softmax.numpy()).mean())


def read_phases(path: Path) -> list[MetaTensor]:
    """Read every series with pydicom, sorted by position and time, as MetaTensors (1, x, y, z) in LPS mm."""
    series = defaultdict(list)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            image = dcmread(io.BytesIO(archive.read(name)))
            series[image.SeriesInstanceUID].append(image)
    phases = []
    for images in sorted(series.values(), key=lambda images: float(images[0].AcquisitionTime)):
        images.sort(key=lambda image: float(image.ImagePositionPatient[2]))
        voxels = np.stack([image.pixel_array for image in images]).astype(np.float32).transpose(2, 1, 0)
        dy, dx = map(float, images[0].PixelSpacing)
        affine = np.diag([dx, dy, 1.0, 1.0])
        affine[:3, 3] = [float(v) for v in images[0].ImagePositionPatient]
        affine[2, 2] = float(images[1].ImagePositionPatient[2]) - affine[2, 3]
        # Simulated studies are axial, from feet to head: nothing is to be turned, which spares a pass.
        phases.append(MetaTensor(torch.from_numpy(voxels[None].copy()), affine))
    return phases


def find_tumour(phases: list[MetaTensor]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the tumour on 2 mm voxels: its centre in LPS mm, its mask (x, y, z) and their spacing."""
    to_search = Spacing(pixdim=(SEARCH_MM,) * 3, mode="bilinear", dtype=np.float32)
    coarse = [to_search(phase) for phase in phases]
    affine = np.asarray(coarse[0].affine)
    pre, first, post, late = (np.asarray(image[0]) for image in coarse)
    breast, sulcus = breast_mask((pre + post) / 2)
    z, tubes = enhancement(pre, post, breast, sulcus)
    best = candidate(z * (1 - tubes), z, breast, first - pre, late - pre)
    mask = refined(z, best)
    centre = affine @ np.append(np.argwhere(mask).mean(axis=0), 1)
    return centre[:3], mask, np.abs(np.diag(affine)[:3])


def breast_mask(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Tell breast from air, skin and chest wall, (x, y, z), front at low y; and give the column of the sulcus."""
    body = body_mask(image, SEARCH_MM)
    core = ndimage.distance_transform_edt(body, sampling=SEARCH_MM) > NIPPLE_MM
    smooth = body & (ndimage.distance_transform_edt(~core, sampling=SEARCH_MM) <= NIPPLE_MM)
    surface = np.where(smooth.any(axis=1), np.argmax(smooth, axis=1), smooth.shape[1] - 1)  # (x, z)
    middle, reach = smooth.shape[0] // 2, int(40 / SEARCH_MM)
    sulcus = middle - reach + int(np.argmax(surface[middle - reach : middle + reach].mean(axis=1)))
    wall = np.median(surface[sulcus - 4 : sulcus + 5], axis=0) + WALL_MM / SEARCH_MM  # (z,)
    rises = wall[None] - WALL_MM / SEARCH_MM - surface > 8 / SEARCH_MM
    inside = ndimage.distance_transform_edt(smooth, sampling=SEARCH_MM) > SKIN_MM
    rows = np.arange(smooth.shape[1])[None, :, None]
    return inside & rises[:, None] & (rows < wall[None, None]), sulcus


def body_mask(image: np.ndarray, spacing_mm: float) -> np.ndarray:
    """Tell the body from air, (x, y, z): Otsu's threshold of the logarithm, the largest part, filled."""
    log = ndimage.gaussian_filter(np.log(image / np.percentile(image, 99) + 0.02), 1.5 / spacing_mm)
    found = label(log > threshold_otsu(log))
    body = found == np.argmax(np.bincount(found.ravel())[1:]) + 1
    return np.stack([ndimage.binary_fill_holes(s) for s in np.moveaxis(body, 2, 0)], axis=2)


def enhancement(
    pre: np.ndarray, post: np.ndarray, breast: np.ndarray, sulcus: int
) -> tuple[np.ndarray, np.ndarray]:
    """Enhancement in robust standard deviations, less the other breast, and how tubular each voxel is."""
    level = within(pre, breast, COIL_MM)
    z = (post - pre) / np.clip(level / np.median(level[breast]), 0.5, 2)
    median = np.median(z[breast])
    z = np.where(breast, (z - median) / (1.4826 * np.median(np.abs(z[breast] - median))), 0)
    tubes = np.max([tubeness(z, sigma_mm) for sigma_mm in TUBES_MM], axis=0)
    mean, square = within(z, breast, MIRROR_MM), within(z * z, breast, MIRROR_MM)
    high = mean + 1.645 * np.sqrt(np.maximum(square - mean**2, 0))
    mirrored = np.clip(2 * sulcus - np.arange(len(z)), 0, len(z) - 1)
    return z - np.clip(high[mirrored], 0, 0.3 * np.maximum(z, 0)), tubes


def within(image: np.ndarray, mask: np.ndarray, sigma_mm: float) -> np.ndarray:
    """Smooth by a Gaussian that sees only what lies in a mask."""
    weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma_mm / SEARCH_MM)
    return ndimage.gaussian_filter(np.where(mask, image, 0), sigma_mm / SEARCH_MM) / np.maximum(weight, 1e-3)


def tubeness(z: np.ndarray, sigma_mm: float) -> np.ndarray:
    """Frangi's idea: two strong negative curvatures and a weak third, weighted by their strength."""
    smooth = ndimage.gaussian_filter(z, sigma_mm / SEARCH_MM)
    gradients = np.gradient(smooth, SEARCH_MM)
    hessian = np.stack([np.stack(np.gradient(g, SEARCH_MM), axis=-1) for g in gradients], axis=-1)
    bright = smooth > 1
    a, b, c = (np.linalg.eigvalsh(hessian[bright]) * sigma_mm**2).T
    tube = np.where(b < 0, b / np.minimum(a, -1e-6) * np.clip(1 - np.abs(c) / np.maximum(-b, 1e-6) / 0.6, 0, 1), 0)
    result = np.zeros_like(smooth)
    result[bright] = tube * b**2 / (b**2 + (0.15 * smooth[bright]) ** 2)
    return result


def candidate(
    evidence: np.ndarray, z: np.ndarray, breast: np.ndarray, early: np.ndarray, late: np.ndarray
) -> np.ndarray:
    """Choose the best component over all thresholds, by brightness, size, solidity, contrast and time course."""
    top = max(0.7 * np.percentile(evidence[breast], 99.995), 5)
    best, best_score = np.zeros(z.shape, dtype=bool), -1.0
    for threshold in np.geomspace(2.5, top, N_LEVELS):
        found = label((evidence > threshold) & breast, connectivity=3)
        sizes = np.bincount(found.ravel())
        regions = regionprops(found, intensity_image=z)
        for part in sorted((r for r in regions if sizes[r.label] >= MIN_VOXELS), key=lambda r: -r.num_pixels)[:40]:
            score = suspicion(part, z, early, late)
            if score > best_score:
                best, best_score = found == part.label, score
    return best


def suspicion(part: object, z: np.ndarray, early: np.ndarray, late: np.ndarray) -> float:
    """Score one component, given by its regionprops."""
    voxels = part.coords
    low, high = np.maximum(voxels.min(axis=0) - 2, 0), voxels.max(axis=0) + 3
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    inside = np.zeros(z[box].shape, dtype=bool)
    inside[tuple((voxels - low).T)] = True
    inside = ndimage.binary_fill_holes(inside)
    shell = ndimage.binary_dilation(inside, np.ones((5, 5, 5))) & ~inside
    contrast = 1 - np.clip(z[box][shell].mean() / z[box][inside].mean(), 0, 1)
    moments = np.cov(np.argwhere(inside).T) + np.eye(3) / 12
    variances = np.sort(np.linalg.eigvalsh(moments))
    solidity = min(1, inside.sum() / (4 / 3 * np.pi * 5**1.5 * np.sqrt(variances.prod())))
    course = np.clip(early[box][inside].sum() / max(late[box][inside].sum(), 1e-6), 0, 2)
    factor = np.interp(course, (0.2, 0.5, 1.3, 1.6), (0.25, 1, 1, 0.5))
    elongation = min(1, 2 / np.sqrt(variances[2] / variances[0]))
    size = np.log1p(inside.sum() * SEARCH_MM**3 / 20)
    return float(z[box][inside].mean() * size * solidity * contrast * factor * elongation)


def refined(z: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """Draw the mask: fuzzy c-means around the seed, cut at half of its brightness; the part at the seed."""
    near = ndimage.distance_transform_edt(~seed, sampling=SEARCH_MM) <= 10
    values = z[near]
    centres = np.quantile(values, (0.5, 0.75, 0.995))
    for _ in range(60):
        weights = 1 / np.maximum((values[:, None] - centres) ** 2, 1e-12)
        weights = (weights / weights.sum(axis=1, keepdims=True)) ** 2
        moved = (weights * values[:, None]).sum(axis=0) / weights.sum(axis=0)
        if np.abs(moved - centres).max() < 1e-4:
            break
        centres = moved
    member = 1 / np.maximum((z[..., None] - centres) ** 2, 1e-12)
    member /= member.sum(axis=-1, keepdims=True)
    reach = ndimage.distance_transform_edt(~seed, sampling=SEARCH_MM) <= 5
    tissue = (member[..., 2] > 0.5) & (z > (z[seed].mean() + np.median(values)) / 2) & reach
    found = label(tissue | seed, connectivity=3)
    kept = found == np.argmax(np.bincount(found[seed]))
    return ndimage.binary_fill_holes(kept)


def region(channels: list[MetaTensor], centre_mm: np.ndarray, bundle: ModelBundle) -> MetaTensor:
    """Cut the cube around the tumour out of phases, (c, x, y, z)."""
    n, spacing = bundle.roi.n_voxels, bundle.roi.spacing_mm
    affine = np.diag([spacing, spacing, spacing, 1])
    affine[:3, 3] = centre_mm - affine[:3, :3] @ np.full(3, (n - 1) / 2)
    to_cube = SpatialResample(mode="bilinear", dtype=np.float32)
    return torch.cat([to_cube(phase, dst_affine=affine, spatial_size=(n, n, n)) for phase in channels])


def intensity_scale(phases: list[MetaTensor]) -> Compose:
    """Clip the tails, then mean 0 and standard deviation 1: of all phases, inside the body, a voxel every 4 mm."""
    steps = [max(1, round(SAMPLE_MM / float(d))) for d in phases[0].pixdim]
    sample = np.stack([phase[0, :: steps[0], :: steps[1], :: steps[2]].numpy() for phase in phases])
    inside = sample[:, body_mask(sample[0], SAMPLE_MM)]
    low, high = np.percentile(inside, CLIP_PCT).tolist()
    inside = inside.clip(low, high)
    to_range = ScaleIntensityRange(low, high, low, high, clip=True)
    return Compose([to_range, NormalizeIntensity(float(inside.mean()), float(inside.std()))])


def mosaics(cube: torch.Tensor, mask: np.ndarray, spacing_mm: np.ndarray, bundle: ModelBundle) -> torch.Tensor:
    """Sample the slices of every view with grid_sample and lay them out as mosaics, (V, c, h, w)."""
    settings, n = bundle.views, cube.shape[-1]
    points_mm = np.argwhere(mask) * spacing_mm
    points_mm -= points_mm.mean(axis=0)
    half = settings.fov_mm / 2
    u = ((np.arange(settings.tile_px) + 0.5) / settings.tile_px - 0.5) * settings.fov_mm
    side = settings.tiles_per_side
    views = []
    for name in settings.names:
        e1, e2, normal = plane_axes(CANONICAL_VIEWS[name])
        extent = np.clip(np.percentile(points_mm @ normal, (2, 98)), -0.75 * half, 0.75 * half)
        w = np.linspace(*extent, settings.n_slices)
        at = (
            w[:, None, None, None] * normal + u[None, :, None, None] * e2 + u[None, None, :, None] * e1
        )  # (M, T, T, 3)
        grid = torch.tensor(at[..., ::-1] / ((n - 1) / 2 * bundle.roi.spacing_mm), dtype=torch.float32)[None]
        sampled = functional.grid_sample(cube[None], grid, align_corners=True)[0]  # (c, M, T, T)
        sampled[:, torch.tensor((at**2).sum(axis=-1) > half**2)] = 0
        tiles = sampled.reshape(len(cube), side, side, *sampled.shape[2:]).transpose(2, 3)
        views.append(tiles.reshape(len(cube), settings.mosaic_px, settings.mosaic_px))
    return torch.stack(views)
