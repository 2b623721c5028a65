"""The demo meeting shows every tier and treatment, the same patients each time, and a picture of each."""

import io

import numpy as np
from PIL import Image
from tiny_bundle import TIERS, tiny_cohort

from deeptepp.domain.cohort import ARM, SCORE, TIER
from deeptepp.simulate.demo_board import demo_indices, demo_pictures


def test_the_chosen_are_spread_over_tiers_and_treatments():
    cohort = tiny_cohort()
    rows = demo_indices(cohort)
    assert len(set(rows)) == 8
    cells = {(cohort[TIER][row], cohort[ARM][row]) for row in rows}
    assert len(cells) == 8
    assert rows == demo_indices(cohort)


def test_the_order_does_not_give_the_score_away():
    cohort = tiny_cohort()
    tiers = [TIERS.tier_of(score).value for score in cohort[SCORE][demo_indices(cohort)]]
    assert tiers not in (sorted(tiers), sorted(tiers, reverse=True))


def test_fewer_patients_give_fewer_cases():
    cohort = tiny_cohort()
    few = cohort.where(np.arange(len(cohort)) < 3)
    assert sorted(demo_indices(few)) == [0, 1, 2]
    assert len(demo_indices(cohort, 12)) == 12


def test_the_picture_shows_an_enhancing_tumour_in_its_middle_and_says_nothing_else():
    png, _ = demo_pictures(tiny_cohort(), 4)
    image = Image.open(io.BytesIO(png))
    assert (image.size, image.mode, image.info) == ((160, 160), "L", {})
    grey = np.asarray(image, dtype=float)
    assert grey[70:90, 70:90].mean() > grey.mean() + 20
    assert png == demo_pictures(tiny_cohort(), 4)[0]
