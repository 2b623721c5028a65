"""Every screen says who outlined a lesion, and how sure of the detector's alone."""

from dataclasses import replace

import pytest
import scored_phantom

from deeptepp.domain.lesion import LesionOrigin
from deeptepp.store.frames import Outline
from deeptepp.ui.case import case_images
from deeptepp.ui.viewer import slice_viewer


@pytest.mark.parametrize("origin", LesionOrigin)
def test_the_list_of_lesions_says_who_outlined_each(origin):
    said = case_images._origin(replace(scored_phantom.ball(), origin=origin))
    words = {
        "detector": "detector confidence 90\u00a0%",
        "reader": "the box you drew",
        "expert": "outlined by an expert",
    }
    assert [word for word in words if words[word] in said] == [origin.value]


@pytest.mark.parametrize("origin", LesionOrigin)
def test_the_viewer_names_an_outline_by_its_maker_and_numbers_those_of_the_detector(origin):
    lesion = replace(scored_phantom.ball(), origin=origin)
    drawn = slice_viewer._described(2, Outline(lesion, (0, 0, 0), lesion.mask, 0.9, 12.0))
    assert drawn["short"] == {"detector": "2", "reader": "Reader", "expert": "Expert"}[origin]
    assert drawn["label"].startswith(f"{drawn['short']} · 12 mm")
