"""``deeptepp prepare``: from a manifest to the folder that ``deeptepp train`` reads.

First everything that can be known to be wrong is found, at the price of reading headers. Then the regions of
interest are made, each kept as soon as it is there, so that a stopped run goes on where it was. The cohort is
written last: a folder with a cohort is whole.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from deeptepp import __version__
from deeptepp.dataset_folder import COHORT_FILE, DATASET_FILE, RECORD_FOLDER, ROI_FOLDER, write_json, write_whole
from deeptepp.datasets.checks import Demands, problems_of
from deeptepp.datasets.cohort_values import floats
from deeptepp.datasets.columns.mapping import check_units
from deeptepp.datasets.columns.unit_checks import in_units, with_units
from deeptepp.datasets.image_columns import ImageChoice, Images
from deeptepp.datasets.manifest import Manifest, read_manifest
from deeptepp.datasets.problems import Problem, refuse
from deeptepp.datasets.regions import LOST, Fault, Region, RegionMaker, fault_of_images, maker_version
from deeptepp.domain.cohort import KEY, SUBJECT, Cohort
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Severity
from deeptepp.errors import BadSetting
from deeptepp.imaging.roi import RoiSettings
from deeptepp.processes import Workers, done_by
from deeptepp.tables import write_cohort

MADE_BY = "deeptepp prepare"
HERE = Workers()
"""This process alone does the work."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A manifest and all that is wrong with it, its facts and its images.

    ``manifest``: what it says; ``problems``: refusals and warnings.
    """

    manifest: Manifest
    problems: tuple[Problem, ...]


def check_manifest(
    source: Path | Manifest,
    *,
    demands: Demands | None = None,
    settings: RoiSettings | None = None,
    choice: ImageChoice | None = None,
    units: Mapping[str, str] | None = None,
    workers: Workers = HERE,
    skip_failed: bool = False,
    progress: Progress = silent,
) -> Checked:
    """Find everything that is wrong with a manifest before anything is computed.

    ``source``: the table, or what was read of it; ``demands``: what the training run will ask; five folds after a
    hold-out of a fifth when left out;
    ``settings``: how regions of interest are cut; the defaults when left out; ``choice``: Phases, side and box of
    the studies whose rows name none; ``units``: units that a person said, by column; where numbers speak against
    the others, they are asked; ``workers``: who looks at the images; ``skip_failed``: leave out the patients whose
    images are refused.
    """
    # 1. The table, in the units and with the choices that a person said.
    manifest = source if isinstance(source, Manifest) else read_manifest(source)
    settings, units = settings or RoiSettings(), units or {}
    check_units(units)
    manifest = replace(manifest, cohort=in_units(manifest.cohort, units))
    if choice is not None:
        manifest = replace(manifest, images=tuple(choice.of(images) for images in manifest.images))
    problems = list(manifest.problems)
    if len(manifest.cohort):
        rows = [int(row) for row in manifest.cohort[SUBJECT]]
        found = with_units(manifest.cohort, problems_of(manifest.cohort, demands or Demands()), sure=units)
        problems.extend(problem.in_rows(rows) for problem in found)
    faults: dict[Fault, list[int]] = defaultdict(list)
    # 2. The images, by their headers alone.
    looked = done_by(workers, _Looker(settings), manifest.images)
    for done, (images, look) in enumerate(looked, start=1):
        fault = LOST if look is None else look.fault
        if fault is not None:
            faults[fault].append(images.row)
        progress(StepReport(Step.READ, done / len(manifest.images), f"{done} of {len(manifest.images)} looked at"))
    problems.extend(_fault_problems(faults, are_skipped=skip_failed))
    if skip_failed:
        manifest = _without(manifest, {row for rows in faults.values() for row in rows})
    return Checked(manifest, tuple(problems))


def _without(manifest: Manifest, rows: Collection[int]) -> Manifest:
    """Leave patients out by their rows."""
    kept = np.array([row not in rows for row in _rows(manifest)], dtype=bool)
    return replace(
        manifest,
        cohort=manifest.cohort.where(kept),
        subjects=tuple(compress(manifest.subjects, kept)),
        images=tuple(images for images in manifest.images if images.row not in rows),
    )


def prepare_dataset(
    checked: Checked,
    out: Path,
    *,
    demands: Demands | None = None,
    settings: RoiSettings | None = None,
    kept: Path | None = None,
    workers: Workers = HERE,
    skip_failed: bool = False,
    progress: Progress = silent,
) -> tuple[Problem, ...]:
    """Make the dataset folder of a manifest that was checked.

    ``settings``: how regions of interest are cut; the defaults when left out; ``kept``: folder that keeps regions
    of interest for other manifests; ``roi-cache`` beside ``out`` when left out; ``skip_failed``: go on without the
    patients of whom no region of interest can be made; ``workers``: who makes them, all of whom see ``kept``;
    ``progress``: hears how many rows are done; may raise ``JobCancelled``, what is done is kept. Gives what was
    found on the way; only warnings. Raises CohortRefused where the manifest has problems, or some studies have,
    and they are not skipped; BadSetting where ``out`` is a dataset that was made in another way.
    """
    refuse(checked.problems)
    manifest, settings = checked.manifest, settings or RoiSettings()
    _check_out(out)
    maker = RegionMaker(out.resolve().parent / "roi-cache" if kept is None else kept, settings)
    regions = _make_all(maker, manifest.images, workers, progress)
    problems = list(_region_problems(regions, skip_failed=skip_failed))
    has_region = np.array([bool(regions[row].key) for row in _rows(manifest)])
    if not has_region.all():
        problems.extend(
            p for p in problems_of(manifest.cohort.where(has_region), demands or Demands()) if p.is_refusal
        )
    refuse(problems)
    _write(out, manifest, regions, maker)
    return tuple(problems)


@dataclass(frozen=True, slots=True)
class _Looker:
    """Looks at the images of one row; travels to other processes."""

    settings: RoiSettings

    def __call__(self, images: Images) -> Region:
        """Tell what is wrong with the images of a row, of which no region is made yet."""
        return Region(images.row, fault=fault_of_images(images, self.settings))


def _rows(manifest: Manifest) -> list[int]:
    """Row of every patient."""
    return [int(row) for row in manifest.cohort[SUBJECT]]


def _fault_problems(faults: dict[Fault, list[int]], *, are_skipped: bool = False) -> Iterator[Problem]:
    """Tell the faults of images, those of a kind together."""
    severity = Severity.WARNING if are_skipped else Severity.REFUSAL
    for (rule, found, remedy), rows in sorted(faults.items()):
        yield Problem(rule, severity, found, "Left out." if are_skipped else remedy, tuple(sorted(rows)))


def _check_out(out: Path) -> None:
    """Refuse to write over a dataset that was made in another way."""
    path = out / DATASET_FILE
    if not path.is_file():
        return
    try:
        made_by = json.loads(path.read_text("utf-8")).get("made_by")
    except (ValueError, AttributeError):
        made_by = None
    if made_by != MADE_BY:
        raise BadSetting(
            key="out", value="a dataset made in another way", limit="a new folder, or one of this command"
        )


def _make_all(
    maker: RegionMaker, images: Sequence[Images], workers: Workers, progress: Progress
) -> dict[int, Region]:
    """Make the regions of interest of all rows and tell of each."""
    regions: dict[int, Region] = {}
    for each, made in done_by(workers, maker, images):
        region = made or Region(each.row, fault=LOST)
        regions[region.row] = region
        n_kept = sum(one.was_kept for one in regions.values())
        n_failed = sum(one.fault is not None for one in regions.values())
        found = f"{len(regions)} of {len(images)} regions of interest, {n_kept} from before, {n_failed} failed"
        if region.fault is not None:
            found += f"; row {region.row}: {region.fault[0]}"
        progress(StepReport(Step.ROI, len(regions) / len(images), found))
    return regions


def _region_problems(regions: dict[int, Region], *, skip_failed: bool) -> Iterator[Problem]:
    """What failed, and which patients have the same images."""
    faults: dict[Fault, list[int]] = defaultdict(list)
    by_content: dict[str, list[int]] = defaultdict(list)
    for region in regions.values():
        if region.fault is not None:
            faults[region.fault].append(region.row)
        else:
            by_content[region.content].append(region.row)
    yield from _fault_problems(faults, are_skipped=skip_failed)
    twice = [row for rows in by_content.values() if len(rows) > 1 for row in rows]
    if twice:
        yield Problem.of("manifest.shared-images/content", twice)


def _write(out: Path, manifest: Manifest, regions: dict[int, Region], maker: RegionMaker) -> None:
    """Write the folder: regions and records first, the cohort last; then remove what no patient has any more."""
    for name in (ROI_FOLDER, RECORD_FOLDER):
        (out / name).mkdir(parents=True, exist_ok=True)
    keys = [regions[row].key for row in _rows(manifest)]
    records = {}
    for key in filter(None, keys):
        records[key] = json.loads(maker.record_path(key).read_text("utf-8"))
        target = out / ROI_FOLDER / f"{key}.npz"
        write_whole(target, lambda path, key=key: shutil.copyfile(maker.roi_path(key), path))  # type: ignore[misc]
        write_json(out / RECORD_FOLDER / f"{key}.json", records[key])
    cohort = _cohort(manifest, keys, records)
    write_json(out / DATASET_FILE, _description(manifest, cohort, records, maker.settings))
    write_whole(out / COHORT_FILE, lambda path: write_cohort(cohort, path))
    for path in [*(out / ROI_FOLDER).iterdir(), *(out / RECORD_FOLDER).iterdir()]:
        if path.stem not in records:
            path.unlink()


def _cohort(manifest: Manifest, keys: Sequence[str], records: dict[str, Any]) -> Cohort:
    """Cohort of the patients who have a region of interest."""
    chosen = np.array([bool(key) for key in keys])
    columns = dict(manifest.cohort.columns)
    for endpoint in manifest.cohort.endpoints:
        columns[endpoint.event] = floats(columns[endpoint.event]) == 1
    columns[SUBJECT] = np.array(manifest.subjects, dtype=object)
    columns[KEY] = np.array(keys, dtype=object)
    is_simulated = any(record["is_simulated"] for record in records.values())
    return Cohort(columns, is_simulated=is_simulated).where(chosen)


def _description(
    manifest: Manifest, cohort: Cohort, records: dict[str, Any], settings: RoiSettings
) -> dict[str, Any]:
    """How the folder was made."""
    return dict(manifest.about) | {
        "kind": "rois",
        "made_by": MADE_BY,
        "is_simulated": cohort.is_simulated,
        "roi_settings": asdict(settings) | {"channels": list(settings.channels)},
        "code_version": __version__,
        "roi_code": maker_version(),
        "manifest_sha256": manifest.sha256,
        "n_patients": len(cohort),
        "n_left_out": len(manifest.cohort) - len(cohort),
        "n_by_origin": dict(sorted(Counter(record["origin"] for record in records.values()).items())),
        "n_ambiguous": sum(record.get("is_ambiguous", False) for record in records.values()),
        "is_complete": True,
    }
