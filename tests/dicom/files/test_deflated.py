"""A deflated dataset reads as a plain one, and one that inflates without end is stopped early."""

import tracemalloc

import phantoms_dicom as made
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from deeptepp.dicom.files import deflated
from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import ArchiveTooLarge, UnreadablePixels


def deflated_series():
    images = made.dynamic_series(made.truth())
    for image in images:
        image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return images


def test_deflated_datasets_read_as_plain_ones(tmp_path):
    plain = made.dynamic_series(made.truth())
    digest = read_study(made.save(plain, tmp_path / "plain")).study.digest
    assert read_study(made.save(deflated_series(), tmp_path / "deflated")).study.digest == digest


def test_a_dataset_that_inflates_without_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(deflated, "MAX_INFLATED_BYTES", 1024**2)
    bomb = deflated_series()[0]
    bomb.add_new(0x00091001, "UN", bytes(64 * 1024**2))
    path = tmp_path / "bomb"
    path.write_bytes(made.encoded(bomb))
    del bomb
    tracemalloc.start()
    with pytest.raises(ArchiveTooLarge, match="more than 1 MiB in one file"):
        read_study(path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * 1024**2


def test_damaged_deflated_bytes_are_no_damage_of_an_archive(tmp_path):
    raw = made.encoded(deflated_series()[0])
    start = raw.index(b"1.2.840.10008.1.2.1.99") + 200
    path = tmp_path / "file"
    path.write_bytes(raw[:start] + b"\xff" * 200)
    with pytest.raises(UnreadablePixels, match="damaged header"):
        read_study(path)
