from pathlib import Path

import numpy as np
import pytest

from deeptepp.dicom.read_dicom import read_study
from deeptepp.imaging.detection.detect import detect_lesions
from deeptepp.imaging.phase import choose_phase

STUDY = Path(__file__).parents[3] / "shared" / "data" / "duke_mri_153" / "Breast_MRI_153.zip"


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not STUDY.exists(), reason="the real Duke study is not beside the checkout")
def test_first_candidate_of_the_real_study_lies_in_the_annotated_box():
    study = read_study(STUDY).study
    phase = choose_phase(study)
    assert (phase.index, phase.rule) == (2, "nearest-195-s")
    found = detect_lesions(study, phase)
    # Rows 47-82, columns 90-124, slices 83-100, counted from 1 and from the head.
    n = study.grid.shape[0]
    corners = study.grid.to_mm([(n - 100, 46, 89), (n - 83, 81, 123)])
    centre = found.candidates[0].centroid_mm
    assert (centre > corners.min(axis=0)).all()
    assert (centre < corners.max(axis=0)).all()
    assert found.breasts.sides == ("right", "left")
    assert np.isfinite(found.candidates[0].runner_up_ratio)
