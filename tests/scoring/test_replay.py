"""A receipt makes its score again to the last digit, says what differs, and takes no other study."""

from dataclasses import replace

import coarse_study
import numpy as np
import pytest
import torch

from deeptepp.dicom.write import write_study
from deeptepp.domain.lesion import BoxMm
from deeptepp.domain.score_receipt import Receipt, lesion_of, roi_of
from deeptepp.errors import ReceiptAltered, ReceiptOfAnotherStudy, ReceiptUnreadable
from deeptepp.imaging.detection.detect import lesion_from_box
from deeptepp.scoring.case import assess_case
from deeptepp.scoring.images import open_case
from deeptepp.scoring.receipt import lesion_digest
from deeptepp.scoring.replay import replay
from deeptepp.simulate.simulated_study import demo_profile

PROFILE = replace(demo_profile(), her2dx_score=71.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay") / "study"
    write_study(coarse_study.coarse_study().study, folder, description="simulated", patient_key="SIM")
    return folder


@pytest.fixture(scope="module")
def read(files):
    return open_case(files)


@pytest.fixture(scope="module")
def answer(read, bundle):
    box = coarse_study.coarse_study().lesion.box
    moved = BoxMm(tuple(np.add(box.low, 2.0)), tuple(np.add(box.high, 2.0)))
    lesion = lesion_from_box(read.study, read.phase, moved)
    return assess_case(read, PROFILE, bundle, lesion=lesion, measures_stability=False, who="sub-anna")


def test_a_receipt_holds_everything_that_the_score_comes_from(answer, bundle, read):
    receipt = answer.receipt
    assert (receipt.score, receipt.per_view) == (answer.score.probability, answer.score.per_view)
    assert (receipt.tier, receipt.outcome, receipt.who) == (answer.tier.value, answer.outcome.value, "sub-anna")
    assert (receipt.input_sha256, receipt.bundle_sha256) == (read.study.digest, bundle.sha256)
    assert (receipt.phase["index"], len(receipt.phase["keys"])) == (read.phase.index, len(read.study.phases))
    assert receipt.facts["tumour_size_mm"] == PROFILE.tumour_size_mm
    assert "her2dx_score" not in receipt.facts
    assert {"torch", "numpy", "SimpleITK", "pydicom", "python"} <= set(receipt.versions)
    assert receipt.settings["views"]["names"] == list(bundle.views.names)
    assert receipt.roi["sha256"] == lesion_digest(answer.lesion)


def test_an_outline_is_drawn_again_to_the_voxel(answer):
    again = lesion_of(roi_of(answer.lesion, ""))
    assert lesion_digest(again) == lesion_digest(answer.lesion)
    assert (again.side, again.origin) == (answer.lesion.side, answer.lesion.origin)


def test_a_receipt_as_a_file_is_read_back_to_the_last_digit(answer):
    read_back = Receipt.from_json(answer.receipt.to_file())
    assert read_back == answer.receipt
    assert read_back.sha256 == answer.receipt.sha256


def test_the_same_images_give_the_same_score_to_the_last_digit(answer, files, bundle):
    made = replay(Receipt.from_json(answer.receipt.to_file()), files, bundle)
    assert made.now == made.recorded == answer.score.probability
    assert made.is_same
    assert made.differences == ()


def test_phases_that_a_reader_chose_are_chosen_again(files, read, bundle):
    keys = [row.key for row in read.series if row.role != "not used"][:3]
    chosen = open_case(files, phase_keys=keys, phase_index=1)
    assert chosen.study.digest != read.study.digest
    scored = assess_case(chosen, PROFILE, bundle, measures_stability=False)
    made = replay(scored.receipt, files, bundle)
    assert made.is_same
    assert made.now == scored.score.probability


def test_another_bundle_is_named_with_both_scores(answer, files, bundle):
    other = replace(bundle, name="other", sha256="f" * 64, recalibration=type(bundle.recalibration)(-1.0, 1.0))
    made = replay(answer.receipt, files, other)
    assert not made.is_same
    assert made.now != made.recorded
    named = {each.name: each for each in made.differences}
    assert {"score", "bundle", "setting recalibration"} <= set(named)
    assert named["bundle"].now == "other ffffffffffff"
    assert named["score"].recorded == str(answer.score.probability)


def test_another_version_is_named_where_the_score_is_the_same(answer, files, bundle):
    older = replace(answer.receipt, versions={**answer.receipt.versions, "torch": "1.0"})
    made = replay(older, files, bundle)
    assert made.is_same
    assert [(each.name, each.recorded) for each in made.differences] == [("torch", "1.0")]


def test_the_threads_of_then_compute_and_those_of_now_are_left(answer, files, bundle):
    before = torch.get_num_threads()
    other = replace(answer.receipt, settings={**answer.receipt.settings, "threads": before + 1})
    made = replay(other, files, bundle)
    assert "setting threads" not in {each.name for each in made.differences}
    assert torch.get_num_threads() == before
    with pytest.raises(ReceiptUnreadable):
        replay(replace(other, settings={**other.settings, "threads": 0}), files, bundle)


def test_a_refusal_is_refused_again(read, files, bundle):
    refused = assess_case(read, replace(PROFILE, had_neoadjuvant_therapy=True), bundle)
    assert (refused.receipt.score, refused.receipt.outcome) == (None, "refused")
    assert replay(refused.receipt, files, bundle).is_same


def test_images_of_another_study_are_refused_with_both_digests(answer, bundle, tmp_path):
    other = coarse_study.coarse_study().study
    phases = (replace(each, volume=replace(each.volume, voxels=each.volume.voxels + 1)) for each in other.phases)
    brighter = replace(other, phases=tuple(phases))
    write_study(brighter, tmp_path / "other", description="simulated", patient_key="SIM")
    with pytest.raises(ReceiptOfAnotherStudy, match=answer.receipt.input_sha256[:12]):
        replay(answer.receipt, tmp_path / "other", bundle)


def test_a_receipt_that_was_changed_is_refused(answer):
    text = answer.receipt.to_file()
    with pytest.raises(ReceiptAltered):
        Receipt.from_json(text.replace(f'"score": {answer.receipt.score!r}', '"score": 0.01'))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "deeptepp.receipt/1", "more": 1}', "[" * 100_000])
def test_what_is_no_receipt_is_refused(text):
    with pytest.raises(ReceiptUnreadable):
        Receipt.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [2]},
        {"shape": [10**6] * 3},
        {"mask": "AAAA"},
        {"affine": [[1]]},
        {"origin": "nobody"},
        {"side": 3},
    ],
)
def test_an_outline_that_is_none_is_refused(answer, change):
    with pytest.raises(ReceiptUnreadable):
        lesion_of(answer.receipt.roi | change)
