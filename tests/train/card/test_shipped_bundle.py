from pathlib import Path

import numpy as np
import pytest

from deeptepp.model.bundle import MAX_BUNDLE_BYTES, load_bundle, verify_bundle
from deeptepp.stats.correlation import pearson, spearman
from deeptepp.stats.prediction.binary_calibration import calibration_of
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.train.settings import TrainSettings, read_settings

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "artifacts" / "deeptepp-sim"


@pytest.fixture(scope="module")
def bundle():
    verify_bundle(BUNDLE)
    return load_bundle(BUNDLE)


def test_the_shipped_bundle_is_small_and_says_that_it_is_simulated(bundle):
    assert sum(path.stat().st_size for path in BUNDLE.iterdir()) <= MAX_BUNDLE_BYTES
    assert bundle.is_simulated
    assert "SIMULATED COHORT" in bundle.card


def test_the_shipped_bundle_is_a_product_of_the_settings_in_the_manual(bundle):
    ours = read_settings(ROOT / "docs" / "examples" / "train.toml").to_published()
    assert TrainSettings.from_mapping(bundle.training).to_published() == ours


def test_its_cut_offs_and_auc_follow_from_its_out_of_fold_scores(bundle):
    reference = bundle.reference
    chosen = reference["set"] == "training"
    scores, events = reference["score"][chosen], reference["rfs_event"][chosen]
    found = find_tier_scheme(scores, events)
    assert (found.low_below, found.high_from) == (bundle.tiers.low_below, bundle.tiers.high_from)
    assert roc_auc(scores, events).auc == pytest.approx(bundle.metrics["cross_validation"]["auc"])


def test_its_tiers_rise_with_the_risk_of_those_it_never_saw(bundle):
    reference = bundle.reference
    truth = reference["latent_risk"]
    means = [truth[reference["tier"] == tier].mean() for tier in ("Low", "Moderate", "High")]
    assert means == sorted(means)
    correlation = np.corrcoef(reference["score"], truth)[0, 1]
    assert correlation > 0.4


def test_its_score_follows_the_biology_of_patients_held_out(bundle):
    held = bundle.reference["set"] == "holdout"
    score, truth = bundle.reference["score"][held], bundle.reference["latent_risk"][held]
    assert spearman(score, truth).value > 0.85
    assert pearson(np.log(score / (1 - score)), truth).value > 0.8


def test_its_score_is_a_probability_of_the_event_in_patients_held_out(bundle):
    held = bundle.reference["set"] == "holdout"
    found = calibration_of(bundle.reference["score"][held], bundle.reference["rfs_event"][held])
    assert found.observed_to_expected.low < 1 < found.observed_to_expected.high
    assert 0.75 < found.observed_to_expected.value < 1.33


def test_its_card_and_checklists_travel_with_it(bundle):
    assert sorted(bundle.documents) == ["CLAIM.md", "TRIPOD-AI.md"]
    assert "Held out" in bundle.card
