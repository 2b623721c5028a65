"""The adapter of the public tumour slices, on made-up images in their layout and on the real ones if present."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.datasets.public.breastdcedl import prepare_breastdcedl
from deeptepp.errors import MissingColumn, UnreadableCohort
from deeptepp.train.data.dataset import read_dataset

REAL = Path(__file__).parents[4] / "shared" / "data" / "breast_slices"


@pytest.fixture
def collection(tmp_path):
    """Two patients, the second with all that may be unknown unknown."""
    folder = tmp_path / "collection"
    known = {
        "pid": "Breast_MRI_900",
        "cohort": "duke",
        "tum_vol": "4.18879",
        "age": "38.0",
        "menopause": "0.0",
        "HER2": "1.0",
        "rfs_days": "913.125",
        "rfs_event": "1.0",
        "adj_antiher2": "1.0",
        "n_stage": "2.0",
        "nottingham_grade": "3.0",
        "er": "1.0",
        "pr": "0.0",
    }
    unknown = dict.fromkeys(known, "") | {"pid": "ISPY1_9000", "cohort": "spy1"}
    folder.mkdir()
    with (folder / "patients.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(known))
        writer.writeheader()
        writer.writerows([known, unknown])
    for i, pid in enumerate((known["pid"], unknown["pid"])):
        (folder / "images" / pid).mkdir(parents=True)
        for k in range(3 - i):
            colour = (10 * (k + 1), 100, 200)
            Image.new("RGB", (32, 32), colour).save(folder / "images" / pid / f"slice_{k:03d}.webp", lossless=True)
    return folder


def test_the_table_is_translated_and_what_is_unknown_stays_unknown(collection, tmp_path):
    made = CliRunner().invoke(app, ["prepare-breastdcedl", str(collection), "--out", str(tmp_path / "out")])
    assert made.exit_code == 0, made.output
    cohort = read_dataset(tmp_path / "out").cohort
    expected = {
        "source": ["duke", "ispy1"],
        "arm": ["T", "unknown"],
        "rfs_event": [True, False],
        "menopause": ["pre", None],
        "node_stage": ["N2", None],
    }
    for name, values in expected.items():
        assert cohort[name].tolist() == values
    assert cohort["rfs_months"][0] == pytest.approx(30.0)
    assert cohort["tumour_size_mm"][0] == pytest.approx(20.0, abs=1e-3)
    for name in ("rfs_months", "her2_positive", "tumour_size_mm", "age_years", "grade", "er_positive"):
        assert np.isnan(cohort[name][1])
    assert np.isnan(cohort["os_months"]).all()
    assert not cohort.is_simulated


def test_slices_are_kept_whole_in_their_order_with_the_phases_as_channels(collection, tmp_path):
    dataset = read_dataset(prepare_breastdcedl(collection, tmp_path / "out"))
    pixels = dataset.patients[0].pixels
    assert pixels.shape == (3, 3, 32, 32)
    assert pixels[:, 0, 5, 5].tolist() == [10, 20, 30]
    assert pixels[0, :, 5, 5].tolist() == [10, 100, 200]
    assert len(dataset.patients[1].pixels) == 2


def test_the_folder_names_licences_and_no_file_is_named_after_a_patient(collection, tmp_path):
    out = prepare_breastdcedl(collection, tmp_path / "out")
    description = read_dataset(out).description
    assert set(description["licences"]) == {"duke", "ispy1"}
    assert "10.7937/TCIA.e3sv-re93" in description["licences"]["duke"]
    assert not any("MRI" in path.name or "ISPY" in path.name for path in out.rglob("*"))


def test_what_cannot_be_read_is_told_by_row(collection, tmp_path):
    (collection / "images" / "ISPY1_9000" / "slice_000.webp").write_bytes(b"RIFF")
    with pytest.raises(UnreadableCohort, match="row 3 is damaged") as caught:
        prepare_breastdcedl(collection, tmp_path / "out")
    assert "9000" not in str(caught.value)
    for path in (collection / "images" / "ISPY1_9000").iterdir():
        path.unlink()
    with pytest.raises(UnreadableCohort, match="row 3 has no images"):
        prepare_breastdcedl(collection, tmp_path / "out")


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        ("rfs_days", "days", MissingColumn, "rfs_days"),
        ("spy1", "spy9", UnreadableCohort, "1 unknown source"),
        ("913.125", "long", UnreadableCohort, "rfs_days"),
    ],
)
def test_another_table_is_refused(collection, tmp_path, old, new, error, reason):
    path = collection / "patients.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(error, match=reason):
        prepare_breastdcedl(collection, tmp_path / "out")


@pytest.mark.real
@pytest.mark.skipif(not REAL.is_dir(), reason="the real tumour slices are not beside the checkout")
def test_the_real_collection_has_its_known_counts(tmp_path):
    dataset = read_dataset(prepare_breastdcedl(REAL, tmp_path / "out"))
    cohort = dataset.cohort
    assert (len(dataset), int(cohort["rfs_event"].sum()), int((cohort["her2_positive"] == 1).sum())) == (
        166,
        22,
        35,
    )
    assert dataset.description["n_by_source"] == {"duke": 133, "ispy1": 33}
    assert {len(patient.pixels) for patient in dataset.patients} == {3}
