"""Figures of how sure a score is: every row with its words, tiers behind, and a picture that shows the heat."""

import io

import numpy as np
import pytest
from PIL import Image

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.domain.risk import SIMULATED_COHORT, Stability, Tier, TierScheme
from deeptepp.report.figures.heat_picture import heat_picture, heat_shares, heat_words
from deeptepp.report.figures.why_figures import (
    Bar,
    contributions_figure,
    score_bars_figure,
    stability_figure,
)
from deeptepp.report.look.theme import LOWERS, RAISES, TIER_COLOURS
from deeptepp.scoring.explain import Explanation

TIERS = TierScheme(0.1, 0.27)
SCORES = {(0.0, 0.0, 0.0): 0.25, (3.0, 0.0, 0.0): 0.3, (0.0, -3.0, 0.0): 0.2, (0.0, 0.0, -3.0): 0.09}


def explained(heat):
    n = 24
    mask = np.zeros((n, n, n), dtype=bool)
    mask[6:18, 8:16, 8:16] = True
    voxels = np.random.default_rng(0).normal(size=(1, n, n, n))
    return Explanation(heat, Roi(voxels, mask, Grid.axial((n, n, n), (1, 1, 1))), 1.0, 0.0, (), "", 1.0)


@pytest.fixture
def warm():
    heat = np.zeros((24, 24, 24))
    heat[10:14, 9:12, 9:12] = 1.0
    return explained(heat)


def test_every_shift_is_named_by_where_it_leads():
    figure = stability_figure(Stability(SCORES, tuple(Tier)), TIERS, simulated=True)
    alt = figure.layout.meta["alt"]
    for words in (
        "As outlined 0.250",
        "3 mm to the left 0.300",
        "3 mm to the front 0.200",
        "3 mm to the feet 0.090",
    ):
        assert words in alt
    assert alt.startswith(SIMULATED_COHORT)
    drawn = {trace.name: list(trace.x) for trace in figure.data}
    assert drawn == {"Low": [0.09], "Moderate": [0.25, 0.2], "High": [0.3]}
    assert {trace.marker.color for trace in figure.data} == set(TIER_COLOURS.values())


def test_the_tiers_lie_behind_up_to_the_end_of_the_axis():
    figure = stability_figure(Stability(SCORES, tuple(Tier)), TIERS, simulated=False)
    edges = [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"]
    top = figure.layout.xaxis.range[1]
    assert edges == [(0.0, 0.1), (0.1, 0.27), (0.27, top)]
    assert 0.3 < top <= 1
    assert SIMULATED_COHORT not in figure.layout.meta["alt"]


def test_bars_reach_from_one_score_to_the_other():
    bars = [Bar("Nodes", 0.1, 0.3, "+0.200"), Bar("ER", 0.35, 0.3, "-0.050"), Bar("PR", 0.3, 0.3, "no change")]
    figure = score_bars_figure(bars, 0.3, TIERS, title="What facts do", simulated=True)
    assert [(t.base[0], round(t.base[0] + t.x[0], 3)) for t in figure.data] == [
        (0.1, 0.3),
        (0.35, 0.3),
        (0.3, 0.3),
    ]
    assert len({t.marker.color for t in figure.data}) == 1
    assert "Nodes: +0.200; ER: -0.050; PR: no change." in figure.layout.meta["alt"]


def test_what_raises_a_score_lies_to_the_right_in_no_colour_of_a_tier_and_has_a_legend():
    bars = [Bar("Nodes", 0.1, 0.3, "+0.200"), Bar("ER", 0.35, 0.3, "-0.050"), Bar("PR", 0.3, 0.3, "no change")]
    figure = contributions_figure(bars, title="What each known fact contributes", simulated=True)
    raises, lowers = figure.data
    assert (list(raises.y), [round(x, 3) for x in raises.x]) == (["Nodes"], [0.2])
    assert (list(lowers.y), [round(x, 3) for x in lowers.x]) == (["ER"], [-0.05])
    assert [trace.name for trace in figure.data] == ["raises the score", "lowers the score"]
    assert figure.layout.showlegend
    assert raises.marker.color != lowers.marker.color
    tiers = {tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in TIER_COLOURS.values()}
    for colour in (RAISES, LOWERS):
        assert min(sum(abs(a - b) for a, b in zip(colour, tier, strict=True)) for tier in tiers) > 90
    assert contributions_figure([], title="Nothing", simulated=False).layout.height > 0


def test_no_bars_still_draw():
    assert score_bars_figure([], 0.3, TIERS, title="Nothing", simulated=False).layout.height > 0


def test_the_picture_is_violet_where_the_score_is_raised_and_green_where_lowered(warm):
    def colours(found):
        pixels = np.asarray(Image.open(io.BytesIO(heat_picture(found, channel=0, fov_mm=20.0)))).astype(int)
        violet, green = pixels[..., 0] - pixels[..., 1], pixels[..., 1] - pixels[..., 0]
        return (violet > 60).sum(), (green > 60).sum()

    violet, green = colours(warm)
    assert violet > 100
    assert green == 0
    violet, green = colours(explained(-warm.heat))
    assert green > 100
    assert violet == 0


def test_the_picture_holds_five_slices_twice_and_no_metadata(warm):
    picture = Image.open(io.BytesIO(heat_picture(warm, channel=0, fov_mm=20.0)))
    assert picture.size == (5 * 80 + 4 * 6, 2 * 80 + 6)
    assert picture.info == {}


def test_a_tumour_of_one_layer_and_no_heat_is_drawn():
    found = explained(np.zeros((24, 24, 24)))
    assert heat_picture(found, channel=0, fov_mm=20.0)
    assert heat_shares(found) == {"inside": 0.0, "raises": 0.0}
    assert "0 % raises" in heat_words(found)


def test_shares_count_inside_and_raising(warm):
    heat = warm.heat.copy()
    heat[0, 0, 0] = -float(warm.heat.sum())
    assert heat_shares(explained(heat)) == pytest.approx({"inside": 0.5, "raises": 0.5})
