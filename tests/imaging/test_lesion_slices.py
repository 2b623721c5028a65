"""Slices for the projector show the tumour after contrast, not before, and stay small."""

import io

import numpy as np
import pytest
from PIL import Image
from tiny_bundle import tiny_cohort

from deeptepp.imaging import lesion_slices as module
from deeptepp.simulate.demo_board import demo_pictures


@pytest.fixture(scope="module")
def slices():
    _, found = demo_pictures(tiny_cohort(), 4)
    return {each.name: Image.open(io.BytesIO(each.png)) for each in found}


def middle(image) -> float:
    """Mean grey of the middle fifth."""
    grey = np.asarray(image, dtype=float)
    low, high = (round(share * grey.shape[0]) for share in (0.44, 0.56))
    return float(grey[low:high, low:high].mean())


def test_each_height_shows_contrast_arriving(slices):
    assert set(slices) == {f"{kind} {i}" for kind in module.KINDS for i in range(module.N_HEIGHTS)}
    for i in range(module.N_HEIGHTS):
        assert middle(slices[f"post {i}"]) > middle(slices[f"pre {i}"]) + 40
        assert middle(slices[f"subtraction {i}"]) > np.asarray(slices[f"subtraction {i}"]).mean() + 40
    assert {(image.size, image.mode) for image in slices.values()} == {((320, 320), "L")}
    assert [image.info for image in slices.values() if image.info] == []


def test_a_picture_that_would_be_too_large_gets_smaller(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    noise = np.random.default_rng(1).random((320, 320)).astype(np.float32)
    png = module._png(noise, 0.0, 1.0)
    assert len(png) <= 20_000
    assert Image.open(io.BytesIO(png)).width < 320
