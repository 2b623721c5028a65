"""Tumour slices in place of volumes."""

import json

import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import BadSetting, UnreadableCohort
from deeptepp.tables import write_cohort
from deeptepp.train.data.dataset import label_patients, read_dataset
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.data.slice_cohort import ORIENTATIONS, SliceDataset, TumourSlices
from deeptepp.train.runs.run import run_trial
from deeptepp.views.planes import PADDING, Jitter, ViewSettings

VIEWS = ViewSettings(fov_mm=72.0, n_slices=4, tile_px=24)


def make_cohort(event):
    """Follow-up that says nothing, from two studies."""
    n = len(event)
    columns = {
        "subject": np.array([f"S{i:03d}" for i in range(n)]),
        "key": np.array([f"k{i:03d}" for i in range(n)]),
        "source": np.where(np.arange(n) % 4 == 0, "b", "a").astype(object),
        "arm": np.full(n, "T"),
        "rfs_months": np.full(n, 30.0),
        "rfs_event": event,
        "os_months": np.full(n, np.nan),
        "os_event": np.zeros(n, dtype=bool),
        "her2_positive": event.astype(float),
    }
    return Cohort(columns, is_simulated=True)


def write_slices(folder, n=24, n_slices=3, seed=0):
    """Patients whose tumour is a bright square off the centre, brighter where the event will come."""
    rng = np.random.default_rng(seed)
    event = np.arange(n) % 3 == 0
    cohort = make_cohort(event)
    (folder / "slices").mkdir(parents=True)
    for key, is_event in zip(cohort["key"], event, strict=True):
        pixels = rng.integers(0, 20, (n_slices, 3, 80, 80), dtype=np.uint8)
        pixels[:, :, 36:60, 36:60] += np.uint8(60)
        if is_event:
            pixels[:, :, 42:54, 42:54] += np.uint8(120)
        np.savez_compressed(folder / "slices" / f"{key}.npz", slices=pixels)
    write_cohort(cohort, folder / "cohort.parquet")
    description = {"kind": "slices", "slice_settings": {"window_mm": 80.0}}
    (folder / "dataset.json").write_text(json.dumps(description))
    return folder


def one_patient(pixels):
    return SliceDataset(make_cohort(np.array([True])), (TumourSlices.measure(pixels),), 80.0, "0" * 64, {})


def ramp(n_slices=3):
    """Slices that are brighter to the right and from slice to slice."""
    across = np.broadcast_to(np.arange(80, dtype=np.uint8), (80, 80))
    return np.stack([np.stack([across + np.uint8(40 * k)] * 3) for k in range(n_slices)])


def test_a_dataset_of_slices_is_read_by_its_kind(tmp_path):
    seen = []
    found = read_dataset(write_slices(tmp_path / "data", 4), on_patient=lambda k, n: seen.append((k, n)))
    assert isinstance(found, SliceDataset)
    assert (len(found), found.n_channels, seen[-1]) == (4, 3, (4, 4))
    assert found.view_names(VIEWS) == tuple(ORIENTATIONS)
    assert len(ORIENTATIONS) == 8


def test_slices_fill_the_mosaic_in_order_and_the_middle_one_is_repeated():
    mosaic = one_patient(ramp()).mosaic(0, "upright-0", VIEWS)
    assert mosaic.shape == (3, 48, 48)
    tiles = mosaic.reshape(3, 2, 24, 2, 24).transpose(1, 3, 0, 2, 4).reshape(4, 3, 24, 24)
    assert np.array_equal(tiles[1], tiles[2])
    brightness = tiles[:, 0, 12, 12]
    assert brightness[0] < brightness[1] < brightness[3]


def test_nothing_shows_outside_of_the_disc_from_any_side():
    source = one_patient(ramp())
    for view in ORIENTATIONS:
        mosaic = source.mosaic(0, view, VIEWS, Jitter(rotation_deg=30.0, offset_mm=(2.0, 1.0, 0.0)))
        assert (mosaic[:, 0, 0] == PADDING).all()


def test_a_view_turns_and_mirrors_the_same_slice():
    source = one_patient(ramp())
    upright = source.mosaic(0, "upright-0", VIEWS)[0, :24, :24]
    turned = source.mosaic(0, "upright-180", VIEWS)[0, :24, :24]
    mirrored = source.mosaic(0, "mirrored-0", VIEWS)[0, :24, :24]
    np.testing.assert_allclose(turned, upright[::-1, ::-1], atol=1e-4)
    np.testing.assert_allclose(mirrored, upright[:, ::-1], atol=1e-4)
    assert upright[12, 4] < upright[12, 20]


def test_a_shift_is_measured_in_millimetres():
    source, views = one_patient(ramp()), ViewSettings(fov_mm=48.0, n_slices=4, tile_px=24)
    still = source.mosaic(0, "upright-0", views)
    shifted = source.mosaic(0, "upright-0", views, Jitter(offset_mm=(4.0, 0.0, 0.0)))
    # 4 mm are two of the 24 pixels of 48 mm.
    np.testing.assert_allclose(shifted[:, 8:16, 6:14], still[:, 8:16, 8:16], atol=1e-4)


def test_intensities_are_standardised_over_all_slices_and_channels_of_the_patient():
    source = one_patient(ramp())
    wide = source.mosaic(0, "upright-0", ViewSettings(fov_mm=72.0, n_slices=4, tile_px=80))
    assert abs(float(wide.mean())) < 0.2
    brighter = one_patient(ramp() * np.uint8(1) + np.uint8(30))
    np.testing.assert_allclose(
        brighter.mosaic(0, "upright-0", VIEWS), source.mosaic(0, "upright-0", VIEWS), atol=1e-4
    )


def test_a_field_of_view_wider_than_the_slices_is_refused():
    wide = ViewSettings(fov_mm=79.0, n_slices=4, tile_px=24)
    source = one_patient(ramp())
    source.mosaic(0, "upright-0", wide)
    with pytest.raises(BadSetting, match="at most 74"):
        source.mosaic(0, "upright-0", wide, Jitter(offset_mm=(3.0, 0.0, 0.0)))


def test_missing_follow_up_leaves_the_label_unknown(tmp_path, quick_settings):
    source = read_dataset(write_slices(tmp_path / "data", 6))
    months = np.array(source.cohort["rfs_months"])
    months[[0, 1]] = np.nan
    cohort = source.cohort.with_columns(rfs_months=months)
    changed = SliceDataset(cohort, source.patients, 80.0, "0" * 64, {})
    for label in ("rfs_event", "rfs_event_by_tau"):
        labels = label_patients(changed, quick_settings(label=label, tau_months=1.0))
        assert labels.is_known.tolist() == [False, False, True, True, True, True]
        assert not labels.event[0]


def test_no_hold_out_puts_everyone_into_the_folds_evenly_by_source(tmp_path, quick_settings):
    source = read_dataset(write_slices(tmp_path / "data", 24))
    settings = quick_settings(holdout_fraction=0.0, label="her2_positive")
    labels = label_patients(source, settings)
    split = split_patients(labels, np.zeros(24, dtype=bool), settings, source=source.cohort["source"])
    assert split.in_folds.all()
    for name in ("a", "b"):
        for event in (True, False):
            folds = split.fold[(source.cohort["source"] == name) & (labels.event == event)]
            assert abs(int((folds == 0).sum()) - int((folds == 1).sum())) <= 1


def test_a_network_learns_a_bright_core_from_slices(tmp_path, quick_settings):
    folder = write_slices(tmp_path / "data", 36)
    settings = quick_settings(
        dataset=folder, label="her2_positive", inputs="mri", holdout_fraction=0.0, epochs=4, fov_mm=72.0
    )
    run = run_trial(settings, folder=tmp_path / "state", with_refit=False)
    assert run.view_scores.shape == (36, 8)
    for fold in range(2):
        event, scores = run.labels.event[run.split.fold == fold], run.scores[run.split.fold == fold]
        assert scores[event].min() > scores[~event].max()


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("slices/k001.npz", None, "absent or damaged"),
        ("slices/k001.npz", "no archive", "absent or damaged"),
        ("dataset.json", '{"kind": "slices"}', "no slice_settings"),
        ("dataset.json", '{"kind": "films"}', "unknown kind films"),
    ],
)
def test_a_damaged_folder_of_slices_is_refused_without_naming_a_patient(tmp_path, name, text, reason):
    folder = write_slices(tmp_path / "data", 3)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    with pytest.raises(UnreadableCohort, match=reason) as caught:
        read_dataset(folder)
    assert "k001" not in str(caught.value)
