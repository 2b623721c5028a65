"""Shape and dash of a curve follow from whose it is, never from the value of its colour."""

import numpy as np

from deeptepp.domain.cohort import Arm, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.report.look.curve_styles import styles_of
from deeptepp.report.look.theme import ARM_GLYPHS, TIER_GLYPHS, GroupColour
from deeptepp.stats.survival.kaplan_meier import kaplan_meier


def test_groups_of_one_colour_keep_their_shapes():
    curve = kaplan_meier(FollowUp(np.array([1.0, 2.0]), np.array([True, False])), label="x")
    groups = (Arm.T, Arm.TP, Tier.HIGH)
    styles = styles_of([curve] * 3, [GroupColour("#111111", group) for group in groups], few=0)
    assert [style.glyph for style in styles] == [ARM_GLYPHS[Arm.T], ARM_GLYPHS[Arm.TP], TIER_GLYPHS[Tier.HIGH]]
    assert styles[0].dash != styles[1].dash
