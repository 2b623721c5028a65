import re
from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest
from skimage.color import rgb2lab

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier
from deeptepp.report.look import theme

# Machado, Oliveira, Fernandes, IEEE Trans Vis Comput Graph 2009;15:1291, severity 1, linear RGB.
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
GROUPS = [*theme.TIER_COLOURS.values(), *theme.ARM_COLOURS.values()]


def rgb(colour):
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def linear(value):
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def displayed(value):
    value = np.clip(value, 0, 1)
    return np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)


def lab(colour, seen_by=None):
    value = rgb(colour) if seen_by is None else displayed(seen_by @ linear(rgb(colour)))
    return rgb2lab(value.reshape(1, 1, 3)).ravel()


def contrast(first, second):
    light, dark = sorted((float(linear(rgb(c)) @ [0.2126, 0.7152, 0.0722]) for c in (first, second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("seen_by", [None, DEUTERANOPIA, PROTANOPIA])
@pytest.mark.parametrize("colours", [theme.TIER_COLOURS, theme.ARM_COLOURS])
def test_groups_keep_apart_with_and_without_colour_blindness(colours, seen_by):
    for first, second in combinations(colours.values(), 2):
        assert np.linalg.norm(lab(first, seen_by) - lab(second, seen_by)) > 25, (first, second)


def test_tiers_keep_apart_in_grey():
    for first, second in combinations(theme.TIER_COLOURS.values(), 2):
        assert abs(lab(first)[0] - lab(second)[0]) > 8, (first, second)


def test_arms_have_other_colours_than_tiers():
    for tier in theme.TIER_COLOURS.values():
        for arm in theme.ARM_COLOURS.values():
            assert np.linalg.norm(lab(tier) - lab(arm)) > 35, (tier, arm)


@pytest.mark.parametrize("template", [theme.TEMPLATE, theme.DARK_TEMPLATE])
def test_lines_and_text_stand_out_from_the_page(template):
    page = template.layout.paper_bgcolor
    for colour in GROUPS:
        assert contrast(colour, page) > 2.6, colour
    assert contrast(template.layout.font.color, page) > 7


def test_each_group_has_its_own_shape_and_colours_are_none_of_plotly():
    assert len(set(theme.TIER_SHAPES.values())) == len(set(theme.TIER_GLYPHS.values())) == len(Tier)
    assert len(set(theme.ARM_GLYPHS.values())) == len(set(theme.ARM_DASHES.values())) == len(Arm)
    plotly = {colour.lower() for colour in go.Figure().layout.template.layout.colorway or ()}
    assert not plotly & {colour.lower() for colour in (*GROUPS, *theme.OTHER_COLOURS)}


def test_a_dark_page_gets_a_copy():
    figure = go.Figure(layout={"template": theme.TEMPLATE})
    dark = theme.for_dark_page(figure)
    assert dark.layout.template.layout.paper_bgcolor != figure.layout.template.layout.paper_bgcolor
    assert figure.layout.template.layout.paper_bgcolor == "#ffffff"


def test_every_font_family_is_one_that_a_browser_accepts():
    """One bare word that begins with a digit, and a browser drops the whole list."""
    for family in theme.FONT_FAMILY.split(", "):
        words = family.split()
        assert family.startswith("'") or all(re.fullmatch(r"-?[A-Za-z_][\w-]*", word) for word in words), family
