from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from deeptepp.model.bundle import as_served
from deeptepp.train.fit.crossval import score_patient


def test_training_scores_from_the_logits_that_the_settings_name(make_dataset, quick_settings):
    dataset, net = make_dataset(4), as_served(tiny_bundle.tiny_net())
    settings, clinical = quick_settings(), np.linspace(-1, 1, 10, dtype=np.float32)
    concat, combined = (
        score_patient(net, dataset, 0, clinical=clinical, settings=replace(settings, score_from=each))
        for each in ("concat", "combined")
    )
    assert concat.shape == combined.shape == (len(settings.view_names),)
    assert combined != pytest.approx(concat, abs=1e-4)
