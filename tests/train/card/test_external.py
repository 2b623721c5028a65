import json
from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.errors import BadSetting
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.bundle import EXTERNAL, load_bundle, save_bundle
from deeptepp.model.predict import score_views
from deeptepp.train.card.external import (
    HEADING,
    validate_bundle,
    validation_text,
    with_external,
)
from deeptepp.views.mosaic import build_views
from deeptepp.views.planes import ViewSettings


@pytest.fixture
def dataset(make_dataset):
    return make_dataset(24, scored_only_every=6)


@pytest.fixture
def bundle(dataset, tmp_path):
    """The tiny bundle on mosaics of the made-up patients."""
    views = ViewSettings(names=("axial", "sagittal"), fov_mm=56.0, n_slices=4, tile_px=8)
    return replace(
        load_bundle(tiny_bundle.make_tiny_bundle(tmp_path / "bundle")), roi=dataset.roi_settings, views=views
    )


def test_patients_are_scored_as_serving_scores_them(bundle, dataset):
    found = validate_bundle(bundle, dataset)
    names = ("tumour_size_mm", "node_stage", "er_positive", "pr_positive")
    for patient in (0, 7):
        facts = {name: dataset.cohort[name].tolist()[patient] for name in names}
        stack = build_views(dataset.roi(patient), bundle.views)
        served = score_views(bundle, stack, ClinicalProfile.from_mapping(facts)).probability
        assert found["patients"]["scores"][patient] == pytest.approx(served, abs=1e-6)


def test_everybody_and_each_treatment_is_measured_at_the_frozen_cut_off(bundle, dataset):
    found = validate_bundle(bundle, dataset)
    groups = found["groups"]
    assert set(groups) == {"all", "T", "T+P"}
    assert groups["T"]["n"] + groups["T+P"]["n"] == groups["all"]["n"] == 24
    assert groups["all"]["at_cut_off"]["threshold"] == bundle.tiers.low_below
    assert sum(groups["all"]["tiers"].values()) == 24
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert "calibration_balancing_undone" not in groups["all"]  # nobody knows who trained the tiny bundle


def test_balancing_is_undone_where_the_reference_names_the_training_patients(bundle, dataset):
    part = np.full(len(bundle.reference), "training", dtype=object)
    known = replace(bundle, reference=bundle.reference.with_columns(set=part))
    assert "calibration_balancing_undone" in validate_bundle(known, dataset)["groups"]["all"]


def test_the_text_has_every_group_and_says_simulated(bundle, dataset):
    text = validation_text(validate_bundle(bundle, dataset))
    assert "SIMULATED COHORT" in text
    assert "RESEARCH USE ONLY" in text
    assert "| all | 24 | 8 |" in text
    assert "| T+P | 4 |" in text


def test_the_patients_of_the_training_are_no_external_validation(bundle, dataset):
    own = replace(bundle, provenance={"dataset_sha256": dataset.sha256})
    assert "trained on" in validation_text(validate_bundle(own, dataset))
    assert "trained on" not in validation_text(validate_bundle(bundle, dataset))


def test_regions_cut_in_another_way_are_refused(bundle, dataset):
    other = replace(bundle, roi=RoiSettings(size_mm=90.0, spacing_mm=1.5, channels=("post",)))
    with pytest.raises(BadSetting, match="roi_settings"):
        validate_bundle(other, dataset)


@pytest.fixture
def scanned(dataset):
    """The patients, half of whom were scanned elsewhere."""
    protocol = np.where(np.arange(len(dataset)) % 2 == 0, "ge", "philips").astype(object)
    return replace(dataset, cohort=dataset.cohort.with_columns(protocol=protocol))


def test_every_scanner_is_measured_by_itself_with_calibration_and_tiers(bundle, scanned):
    found = validate_bundle(bundle, scanned)
    by_scanner = {name: group for name, group in found["groups"].items() if group["column"] == "protocol"}
    assert {group["factor"] for group in by_scanner.values()} == {"Scan protocol"}
    assert set(by_scanner) == {"ge", "philips"}
    assert sum(group["n"] for group in by_scanner.values()) == 24
    assert sum(row["n"] for row in found["tier_outcomes"]) == 24
    assert all("calibration" in group and sum(group["tiers"].values()) == 12 for group in by_scanner.values())


def test_a_bundle_keeps_what_other_patients_came_to_and_none_of_the_patients(bundle, scanned, tmp_path):
    found = validate_bundle(bundle, scanned)
    saved = save_bundle(replace(with_external(bundle, found), name="kept"), tmp_path / "kept")
    kept = load_bundle(tmp_path / "kept")
    assert kept.sha256 == saved.sha256 != bundle.sha256
    (evidence,) = kept.metrics[EXTERNAL]
    assert evidence["groups"] == found["groups"]
    assert "patients" not in evidence
    assert kept.card.count(HEADING) == 1
    assert "24 other simulated patients" in kept.card


def test_the_section_stands_before_the_limits_and_is_written_once_per_dataset(bundle, scanned, dataset):
    carded = replace(bundle, card="# name\n\n## Tiers\n\ntext\n\n## Limits\n\nmore\n")
    once = with_external(carded, validate_bundle(carded, scanned))
    twice = with_external(once, validate_bundle(once, scanned))
    assert twice.card == once.card
    assert len(twice.metrics[EXTERNAL]) == 1
    order = [twice.card.index(heading) for heading in ("## Tiers", HEADING, "## Limits")]
    assert order == sorted(order)
    other = with_external(twice, validate_bundle(twice, replace(scanned, sha256="other")))
    assert len(other.metrics[EXTERNAL]) == 2
    assert (other.card.count(HEADING), other.card.count("## Limits")) == (1, 1)


def test_the_patients_of_the_training_never_enter_the_card_as_others(bundle, dataset):
    own = replace(bundle, provenance={"dataset_sha256": dataset.sha256})
    with pytest.raises(BadSetting, match="trained on"):
        with_external(own, validate_bundle(own, dataset))
