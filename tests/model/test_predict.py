from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle
import torch

from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi, ViewStack
from deeptepp.domain.risk import Recalibration
from deeptepp.model.bundle import load_bundle
from deeptepp.model.predict import score_profiles, score_views, view_probabilities
from deeptepp.views.mosaic import build_views

GOLDEN = 0.4518512
"""Score of the phantom below with the tiny bundle; a change of it is a change of every score."""

PROFILE = ClinicalProfile(tumour_size_mm=24.0, node_stage=NodeStage.N1, er_positive=False, pr_positive=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def stack(bundle):
    z, y, x = np.indices((72, 72, 72)) - 35.5
    mask = (z / 9) ** 2 + (y / 13) ** 2 + (x / 11) ** 2 <= 1
    voxels = (2 * mask + np.sin(z / 3) * np.cos(y / 4) * np.sin(x / 5)).astype(np.float32)
    return build_views(Roi(voxels[None], mask, Grid.axial((72, 72, 72), (1, 1, 1))), bundle.views)


def test_the_score_is_the_mean_over_views_of_the_softmax_of_the_last_layer(bundle, stack):
    score = score_views(bundle, stack, PROFILE)
    assert tuple(score.per_view) == bundle.views.names
    assert score.probability == pytest.approx(np.mean(list(score.per_view.values())))
    clinical = torch.tensor(bundle.clinical.encode(PROFILE))[None]
    for view, (_, probability) in zip(stack.views, score.per_view.items(), strict=True):
        no, yes = bundle.net(torch.tensor(view)[None], clinical)[3][0].tolist()
        assert probability == pytest.approx(1 / (1 + np.exp(no - yes)), abs=1e-5)
    assert len(set(score.per_view.values())) > 1


def test_cross_validation_and_serving_compute_the_same_probabilities(bundle, stack):
    probability = view_probabilities(bundle.net, stack, bundle.clinical.encode(PROFILE))
    score = score_views(bundle, stack, PROFILE)
    assert list(score.per_view.values()) == probability.tolist()
    assert score.probability == probability.mean()


def test_a_bundle_may_score_from_the_sum_of_all_logits(bundle, stack):
    combined = score_views(replace(bundle, score_from="combined"), stack, PROFILE)
    views = torch.tensor(stack.views.copy())
    clinical = torch.tensor(bundle.clinical.encode(PROFILE)).expand(len(views), -1)
    expected = torch.softmax(sum(bundle.net(views, clinical)), dim=1)[:, 1]
    assert list(combined.per_view.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert combined.probability != pytest.approx(score_views(bundle, stack, PROFILE).probability, abs=1e-4)


def test_a_bundle_recalibrates_every_view_before_the_mean(bundle, stack):
    plain = score_views(bundle, stack, PROFILE)
    moved = score_views(replace(bundle, recalibration=Recalibration(-1.0, 0.5)), stack, PROFILE)
    softmax = np.array(list(plain.per_view.values()))
    expected = 1 / (1 + np.exp(1.0) * ((1 - softmax) / softmax) ** 0.5)
    assert list(moved.per_view.values()) == pytest.approx(expected.tolist(), abs=1e-12)
    assert moved.probability == pytest.approx(expected.mean(), abs=1e-12)


def test_the_score_of_the_tiny_bundle_never_moves(bundle, stack):
    assert score_views(bundle, stack, PROFILE).probability == pytest.approx(GOLDEN, abs=1e-6)


def test_scoring_again_and_in_threads_gives_the_same_number(bundle, stack):
    expected = score_views(bundle, stack, PROFILE)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: score_views(bundle, stack, PROFILE), range(12)))
    for score in again:
        assert score.probability == pytest.approx(expected.probability, abs=1e-6)
    assert not bundle.net.training


def test_scoring_changes_nothing_in_the_bundle(bundle, stack):
    before = {k: v.clone() for k, v in bundle.net.state_dict().items()}
    score_views(bundle, stack, PROFILE)
    assert all(torch.equal(v, before[k]) for k, v in bundle.net.state_dict().items())


def test_images_and_cp_both_move_the_score(bundle, stack):
    score = score_views(bundle, stack, PROFILE).probability
    assert score_views(bundle, stack, ClinicalProfile()).probability != pytest.approx(score, abs=1e-5)
    other = ViewStack(np.flip(stack.views, axis=-1), stack.names)
    assert score_views(bundle, other, PROFILE).probability != pytest.approx(score, abs=1e-5)


def test_the_order_of_the_views_does_not_matter(bundle, stack):
    turned = ViewStack(stack.views[::-1], stack.names[::-1])
    expected = score_views(bundle, stack, PROFILE).probability
    assert score_views(bundle, turned, PROFILE).probability == pytest.approx(expected, abs=1e-6)


def test_many_profiles_are_scored_as_each_by_itself(bundle, stack):
    profiles = [PROFILE, ClinicalProfile(), ClinicalProfile(er_positive=True)]
    expected = [score_views(bundle, stack, profile).probability for profile in profiles]
    assert score_profiles(bundle, stack, profiles) == pytest.approx(expected, abs=1e-6)


def test_a_recalibration_on_site_acts_on_the_score_of_a_patient_as_a_whole(bundle, stack):
    here = Recalibration(-0.7, 1.3)
    site = replace(bundle, on_site=here)
    before, after = score_views(bundle, stack, PROFILE), score_views(site, stack, PROFILE)
    assert after.probability == float(here(before.probability))
    assert list(after.per_view.values()) == here(list(before.per_view.values())).tolist()
    profiles = [PROFILE, replace(PROFILE, er_positive=True)]
    assert score_profiles(site, stack, profiles).tolist() == here(score_profiles(bundle, stack, profiles)).tolist()
