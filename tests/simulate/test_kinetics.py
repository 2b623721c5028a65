from __future__ import annotations

import numpy as np
import pytest

from deeptepp.simulate.kinetics import ARRIVAL_S, Tissue, Uptake, draw_tissue_kinetics, signals


def test_nothing_enhances_before_contrast_arrives():
    assert Uptake(2.0, 30.0, -0.1).at(-1.0) == 0
    assert Uptake(2.0, 30.0, -0.1).at(ARRIVAL_S) == 0


def test_wash_in_reaches_63_percent_of_the_peak_after_one_time_constant():
    assert Uptake(2.0, 30.0).at(ARRIVAL_S + 30.0) == pytest.approx(2.0 * (1 - np.exp(-1)))


def test_wash_out_takes_its_share_per_minute_from_one_minute_after_arrival():
    flat, falling = Uptake(2.0, 20.0), Uptake(2.0, 20.0, -0.1)
    assert falling.at(ARRIVAL_S + 60) == flat.at(ARRIVAL_S + 60)
    assert falling.at(ARRIVAL_S + 180) == pytest.approx(flat.at(ARRIVAL_S + 180) * 0.8)


def test_fat_suppression_darkens_fat_and_leaves_gland():
    plain, suppressed = signals(is_fat_suppressed=False), signals(is_fat_suppressed=True)
    assert plain[Tissue.FAT] > plain[Tissue.GLAND]
    assert suppressed[Tissue.FAT] < suppressed[Tissue.GLAND]
    assert suppressed[Tissue.GLAND] == plain[Tissue.GLAND]


def test_heart_and_vessels_enhance_early_gland_late_and_fat_not():
    kinetics = draw_tissue_kinetics(np.random.default_rng(0))
    before, early, late = (kinetics.signals_at(t, is_fat_suppressed=True) for t in (-1.0, 50.0, 300.0))
    early_share = (early - before) / np.maximum(late - before, 1e-6)
    assert early_share[Tissue.BLOOD] > 1
    assert early_share[Tissue.HEART] > 1
    assert early_share[Tissue.ENHANCING_GLAND] < 0.5
    assert late[Tissue.ENHANCING_GLAND] > 0 == before[Tissue.ENHANCING_GLAND]
    assert late[Tissue.FAT] == before[Tissue.FAT]


def test_background_enhancement_varies_between_women():
    rng = np.random.default_rng(1)
    late = [
        draw_tissue_kinetics(rng).signals_at(300.0, is_fat_suppressed=True)[Tissue.ENHANCING_GLAND]
        for _ in range(50)
    ]
    assert max(late) > 2 * min(late)
