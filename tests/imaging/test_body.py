"""Whether there is a body is told by the medians of tissue and air, however they are found."""

import numpy as np
import pytest

from deeptepp.imaging.body import DARK_SHARE, MIN_CONTRAST, _is_noise


@pytest.mark.parametrize("n", [4, 5])
def test_counts_beside_a_level_say_what_the_medians_say(n):
    rng, answers = np.random.default_rng(7), []
    for _ in range(300):
        # Few values, so that medians lie on the level and on its double too.
        image = (rng.integers(0, 6, (n, 3, 3)) * DARK_SHARE).astype(np.float32)
        tissue = rng.random(image.shape) < image
        if tissue.any() and not tissue.all():
            medians = np.median(image[tissue]), np.median(image[~tissue])
            answers.append(_is_noise(image, tissue, 1.0))
            assert answers[-1] == (medians[0] < MIN_CONTRAST * medians[1])
    assert 20 < sum(answers) < len(answers) - 20
