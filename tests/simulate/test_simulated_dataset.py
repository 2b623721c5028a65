from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.cohort import ARM, LATENT_RISK, RFS_EVENT, SUBJECT
from deeptepp.errors import BadSetting, JobCancelled
from deeptepp.imaging.roi import RoiSettings, read_roi
from deeptepp.simulate.protocols import PROTOCOLS, SHARES
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.simulate.simulated_dataset import _choose_rows, _deal_protocols, _draw, _patients, write_dataset
from deeptepp.tables import read_cohort

_ROI = RoiSettings(size_mm=48.0, spacing_mm=2.0)


def _write(folder, coarse, **options):
    tiny = replace(coarse, matrix=88, n_slices=28, slice_mm=3.8)
    protocols = dict.fromkeys(PROTOCOLS, tiny)
    recipe = {"n_patients": 3, "seed": 3, "roi_settings": _ROI} | options
    return write_dataset(folder, protocols=protocols, **recipe)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, coarse):
    reports = []
    folder = _write(tmp_path_factory.mktemp("dataset"), coarse, progress=reports.append)
    return folder, reports


def test_every_patient_has_a_region_of_interest_and_a_record(dataset):
    folder, _ = dataset
    cohort = read_cohort(folder / "cohort.parquet")
    assert len(cohort) == 3
    for subject in cohort["subject"]:
        roi = read_roi(folder / "rois" / f"{subject}.npz")
        record = json.loads((folder / "records" / f"{subject}.json").read_text())
        assert roi.grid.shape == (24, 24, 24)
        assert record["is_simulated"] is True
        assert np.linalg.norm(roi.grid.centre_mm - record["centroid_mm"]) < 15


def test_the_dataset_says_simulated_and_how_often_the_tumour_was_detected(dataset):
    folder, _ = dataset
    described = json.loads((folder / "dataset.json").read_text())
    cohort = read_cohort(folder / "cohort.parquet")
    assert described["is_simulated"] is True
    assert described["is_complete"] is True
    assert described["hit_rate"] == described["n_detected"] / 3 == cohort["is_detected"].mean()
    assert cohort.is_simulated


def test_progress_counts_patients_up_to_all(dataset):
    _, reports = dataset
    assert [r.fraction for r in reports] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert reports[-1].found.startswith("3 of 3")


def test_a_killed_run_resumes_and_gives_the_same_files(dataset, coarse, tmp_path):
    folder, _ = dataset
    seen = []

    def stop(report):
        seen.append(report)
        if len(seen) == 1:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        _write(tmp_path, coarse, progress=stop)
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "rois").glob("*.npz")}
    assert 1 <= len(kept) < 3
    assert json.loads((tmp_path / "dataset.json").read_text())["is_complete"] is False
    _write(tmp_path, coarse)
    for path in (folder / "rois").glob("*.npz"):
        again = tmp_path / "rois" / path.name
        np.testing.assert_array_equal(read_roi(again).voxels, read_roi(path).voxels)
        assert again.stat().st_mtime_ns == kept.get(path.name, again.stat().st_mtime_ns)
    assert (tmp_path / "dataset.json").read_text() == (folder / "dataset.json").read_text()


@pytest.mark.parametrize("other", [{"seed": 4}, {"image_correlation": 0.5}, {"n_patients": 5}])
def test_a_folder_of_another_recipe_is_refused(dataset, coarse, other):
    with pytest.raises(BadSetting, match=next(iter(other))):
        _write(dataset[0], coarse, **other)


@pytest.mark.parametrize(
    "bad", [{"n_patients": 0}, {"n_patients": 7261}, {"image_correlation": 1.2}, {"scanners": ["ct"]}]
)
def test_an_impossible_recipe_is_refused_before_anything_is_written(coarse, tmp_path, bad):
    with pytest.raises(BadSetting, match=next(iter(bad))):
        _write(tmp_path / "new", coarse, **bad)
    assert not (tmp_path / "new").exists()


def test_more_patients_than_one_draw_come_from_the_draws_of_the_next_seeds():
    both = _draw("paper", 4, 1000)
    first, second = simulate_cohort(seed=4), simulate_cohort(seed=5)
    assert np.array_equal(both[LATENT_RISK], np.concatenate([first[LATENT_RISK], second[LATENT_RISK]]))
    assert (both[SUBJECT][0], both[SUBJECT][-1]) == ("SIM-0001", "SIM-1452")
    assert len(np.unique(_choose_rows(both, 1000, 4))) == 1000


def test_a_subset_keeps_the_proportions_of_arm_and_event():
    cohort = simulate_cohort(seed=0)
    subset = cohort.where(np.isin(np.arange(len(cohort)), _choose_rows(cohort, 200, 0)))
    assert len(subset) == 200
    for arm in np.unique(cohort[ARM]):
        for event in (True, False):
            all_of_it = np.mean((cohort[ARM] == arm) & (cohort[RFS_EVENT] == event)) * 200
            assert np.sum((subset[ARM] == arm) & (subset[RFS_EVENT] == event)) == pytest.approx(all_of_it, abs=1)


@pytest.mark.parametrize("shares", [SHARES, {"ge": 0.5, "philips": 0.5}], ids=["reference", "other centres"])
def test_protocols_are_dealt_in_their_shares_and_belong_to_the_patient_not_to_the_subset(shares):
    cohort = simulate_cohort(seed=0)
    dealt = _deal_protocols(len(cohort), shares, 0)
    some = _patients(cohort, np.array([5, 300, 700]), dealt, PROTOCOLS)
    assert [p.protocol.name for p in some] == [dealt[i] for i in (5, 300, 700)]
    for name, share in shares.items():
        assert np.mean([each == name for each in dealt]) == pytest.approx(share, abs=0.002)
