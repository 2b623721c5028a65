import json

import numpy as np
import pytest

from deeptepp.errors import UnreadableCohort
from deeptepp.train.data.dataset import PackedRoi, read_dataset


def test_a_folder_is_read_back_as_it_was(make_dataset, write_folder, tmp_path):
    dataset = make_dataset(5, scored_only_every=4)
    seen = []
    found = read_dataset(write_folder(dataset, tmp_path / "data"), on_patient=lambda k, n: seen.append((k, n)))
    assert seen == [(k, 5) for k in range(1, 6)]
    assert found.roi_settings == dataset.roi_settings
    assert found.cohort.is_simulated
    assert found.is_scored_only.tolist() == [False, True, False, False, False]
    for patient in range(5):
        before, after = dataset.roi(patient), found.roi(patient)
        assert np.array_equal(before.voxels, after.voxels)
        assert np.array_equal(before.mask, after.mask)
        assert before.grid.is_close(after.grid)


def test_a_packed_roi_takes_a_third_of_its_memory(make_dataset):
    roi = make_dataset(1).roi(0)
    packed = PackedRoi.pack(roi)
    assert packed.voxels.nbytes + packed.bits.nbytes < (roi.voxels.nbytes + roi.mask.nbytes) / 2.3


def damage_nothing_but(name: str, folder, text: str | None) -> None:
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("rois/S0001.npz", None, "1 of 3 patients have no region"),
        ("rois/S0001.npz", "no archive", "damaged"),
        ("cohort.parquet", None, "cohort.parquet is absent"),
        ("dataset.json", None, "dataset.json is absent"),
        ("dataset.json", "{", "dataset.json is absent or not JSON"),
        ("dataset.json", "{}", "has no roi_settings"),
        ("dataset.json", '{"kind": "films"}', "unknown kind films"),
        ("dataset.json", '{"roi_settings": {"size_mm": 72}}', "damaged"),
    ],
)
def test_a_damaged_folder_is_refused_without_naming_a_patient(
    make_dataset, write_folder, tmp_path, name, text, reason
):
    folder = write_folder(make_dataset(3), tmp_path / "data")
    damage_nothing_but(name, folder, text)
    with pytest.raises(UnreadableCohort, match=reason) as caught:
        read_dataset(folder)
    assert "S0001" not in str(caught.value)


def test_the_digest_follows_the_description(make_dataset, write_folder, tmp_path):
    folder = write_folder(make_dataset(2), tmp_path / "data")
    before = read_dataset(folder).sha256
    description = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(description | {"seed": 9}))
    assert read_dataset(folder).sha256 != before
