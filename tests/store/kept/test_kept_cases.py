"""Cases that last: kept with every score and their images, and changed by one person at a time."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import coarse_study
import numpy as np
import pytest
from kept_samples import scored
from sqlalchemy import text, update

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.kept_case import CaseChoices
from deeptepp.domain.people import LOCAL, Person, Role
from deeptepp.domain.risk import Tier
from deeptepp.errors import (
    CaseChanged,
    CaseGone,
    ImagesGone,
    KeyMissing,
    LabelNamesSomebody,
    SealDamaged,
    WrongKey,
)
from deeptepp.scoring.receipt import lesion_digest
from deeptepp.store.kept.kept_schema import KEPT
from deeptepp.wording.catalogue import Language, translate

ANNA = Person("idp|anna", "A. Reader", frozenset({Role.CLINICIAN}))


@pytest.fixture(scope="module")
def images():
    return coarse_study.opened()


def folder_of(board) -> Path:
    return board.kept._images.folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DEEPTEPP_KEY", "DEEPTEPP_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_case_opens_again_as_it_was_left_with_images_facts_and_every_score(board, images):
    kept, trouble = board.kept.keep(scored(images), ANNA, images=images)
    assert trouble is None
    again, _ = board.kept.keep(scored(images, 0.42), LOCAL, case_id=kept.row.id, seen=1, images=images)
    found = board.kept.open(kept.row.id)
    assert found.row == again.row
    assert [each.assessment.score.probability for each in found.scores] == [0.31, 0.42]
    assert [each.by for each in found.scores] == ["idp|anna", "local"]
    assert (found.row.version, found.row.score, found.row.tier, found.row.owner) == (
        2,
        0.42,
        Tier.HIGH,
        "idp|anna",
    )
    assert found.row.tier_name == found.scores[-1].assessment.tier_name
    assert found.profile == scored(images).assessment.profile
    assert found.choices == CaseChoices(selected=1, is_confirmed=True, overridden=frozenset({"eligibility.x"}))
    answer = found.scores[-1].assessment
    assert lesion_digest(answer.lesion) == lesion_digest(images.candidates[0])
    assert replace(answer, lesion=None) == replace(scored(images, 0.42).assessment, lesion=None)
    message = answer.findings[0].message
    assert translate(message, Language.CHINESE) != message
    back = board.kept.images(kept.row.id)
    for old, new in zip(images.study.phases, back.study.phases, strict=True):
        assert np.array_equal(old.volume.voxels, new.volume.voxels)
        assert old.time_s == new.time_s
    assert back.study.digest == images.study.digest
    assert board.kept.reference(kept.row.id) == images.source
    assert len(list(folder_of(board).iterdir())) == 1, "the same images are written once"


def test_images_and_their_uids_are_encrypted_and_private(board, images, tmp_path):
    kept, _ = board.kept.keep(scored(images), LOCAL, images=images)
    (file,) = folder_of(board).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder_of(board).stat().st_mode) == 0o700
    key = folder_of(board).parent / "case_images.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    uid = images.source.study_uid.encode()
    with board._engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM cases")).mappings().one()
        held = "".join(str(bytes(value) if isinstance(value, memoryview) else value) for value in row.values())
    assert uid.decode() not in held
    content = file.read_bytes()
    assert uid not in content
    assert images.study.phases[1].volume.voxels[20].tobytes()[:64] not in content
    # Another key, and a file that was cut, exchanged or changed, are named and never half read.
    secret = key.read_bytes()
    key.write_text("ab" * 32)
    with pytest.raises(WrongKey):
        board.kept.images(kept.row.id)
    key.unlink()
    with pytest.raises(KeyMissing):
        board.kept.images(kept.row.id)
    key.write_bytes(secret)
    for damaged in (
        content[:-1],
        content[: len(content) // 2],
        content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        content + b"x" * 9,
    ):
        file.write_bytes(damaged)
        with pytest.raises(SealDamaged):
            board.kept.images(kept.row.id)
    file.write_bytes(content)
    other, _ = board.kept.keep(scored(images), LOCAL, images=images)
    with board._engine.begin() as connection:
        name = connection.execute(
            text("SELECT images_id FROM cases WHERE id = :id"), {"id": other.row.id}
        ).scalar()
    board.kept._images.path_of(name).write_bytes(content)
    with pytest.raises(SealDamaged):
        board.kept.images(other.row.id)


def test_of_two_people_on_one_case_the_second_sees_the_first_ones_score_and_writes_nothing(board, images):
    kept, _ = board.kept.keep(scored(images), ANNA)
    board.kept.keep(scored(images, 0.42), ANNA, case_id=kept.row.id, seen=1)
    with pytest.raises(CaseChanged) as refused:
        board.kept.keep(scored(images, 0.5, label="Blue river"), LOCAL, case_id=kept.row.id, seen=1, images=images)
    now = refused.value.facts["kept"]
    assert (now.row.version, now.row.score) == (2, 0.42)
    assert not list(folder_of(board).glob("*")), "the images of what was refused are not left behind"
    for change in (
        lambda: board.kept.relabel(kept.row.id, "Blue river", seen=1),
        lambda: board.kept.enter(kept.row.id, ClinicalProfile(), seen=1),
    ):
        with pytest.raises(CaseChanged):
            change()
    assert board.kept.open(kept.row.id).row == now.row
    # With the newer version in sight, both scores are kept.
    both, _ = board.kept.keep(scored(images, 0.5), LOCAL, case_id=kept.row.id, seen=2)
    assert [each.assessment.score.probability for each in both.scores] == [0.31, 0.42, 0.5]


def test_labels_are_given_by_day_and_number_kept_when_chosen_and_never_identify(board, images):
    first, _ = board.kept.keep(scored(images), LOCAL)
    second, _ = board.kept.keep(scored(images), LOCAL)
    start = first.row.label.removesuffix("-1")
    assert second.row.label == f"{start}-2"
    assert first.row.is_label_given
    named = board.kept.relabel(first.row.id, "  Blue   river ", seen=1)
    assert (named.label, named.is_label_given, named.version) == ("Blue river", False, 2)
    again, _ = board.kept.keep(scored(images), LOCAL, case_id=named.id, seen=2)
    assert again.row.label == "Blue river"
    with pytest.raises(LabelNamesSomebody):
        board.kept.keep(scored(images, label="born 12.03.1971"), LOCAL)
    with pytest.raises(LabelNamesSomebody):
        board.kept.relabel(first.row.id, "MRN 12345678", seen=3)
    assert [row.label for row in board.kept.rows()] == ["Blue river", f"{start}-2"]


def test_a_deleted_case_leaves_nothing(board, images):
    new = scored(images, label="Violet meadow")
    kept, _ = board.kept.keep(new, LOCAL, images=images)
    receipt = new.assessment.receipt
    board.ledger.keep(receipt)
    board.kept.delete(kept.row.id)
    assert board.ledger.receipt(receipt.id) is None, "what the receipt held goes with the case"
    assert [entry.kind for entry in board.ledger.entries()] == ["case deleted", "case scored"]
    assert board.ledger.check().is_whole
    assert board.kept.rows() == []
    assert list(folder_of(board).iterdir()) == []
    for ask in (board.kept.open, board.kept.images, board.kept.reference, board.kept.delete):
        with pytest.raises(CaseGone):
            ask(kept.row.id)
    with pytest.raises(CaseGone):
        board.kept.keep(scored(images), LOCAL, case_id=kept.row.id, seen=1, images=images)
    assert list(folder_of(board).iterdir()) == []
    if board._engine.dialect.name == "sqlite":
        held = b"".join(file.read_bytes() for file in folder_of(board).parent.glob("board.sqlite*"))
        assert b"Violet meadow" not in held


def test_what_is_too_old_goes_images_first_and_the_rest_still_opens(board, images):
    ids = [board.kept.keep(scored(images), LOCAL, images=images)[0].row.id for _ in range(3)]
    now = datetime.now(UTC)
    with board._engine.begin() as connection:
        for case_id, days in zip(ids, (0, 40, 400), strict=True):
            then = now - timedelta(days=days)
            values = {"images_utc": then, "changed_utc": then}
            connection.execute(update(KEPT).where(KEPT.c.id == case_id).values(values))
    old, late = board.kept.due(365, 30)
    assert ([row.id for row in old], [row.id for row in late]) == ([ids[2]], [ids[1]])
    assert board.kept.sweep(365, 30) == (1, 1)
    assert {row.id for row in board.kept.rows()} == set(ids[:2])
    assert len(list(folder_of(board).iterdir())) == 1
    assert board.kept.images(ids[0]).study.digest == images.study.digest
    with pytest.raises(ImagesGone):
        board.kept.images(ids[1])
    assert board.kept.open(ids[1]).row.images_utc is None
    assert board.kept.open(ids[1]).scores[0].assessment.score.probability == 0.31
    assert board.kept.sweep(365, 30) == (0, 0)


def test_images_of_another_study_replace_those_before_and_are_never_mixed(board, images, monkeypatch):
    kept, _ = board.kept.keep(scored(images), LOCAL, images=images)
    moved = replace(images, study=replace(images.study, digest="d" * 64))
    again, _ = board.kept.keep(scored(moved), LOCAL, case_id=kept.row.id, seen=1, images=moved)
    assert board.kept.images(again.row.id).study.digest == "d" * 64
    assert len(list(folder_of(board).iterdir())) == 1

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deeptepp.store.kept.image_folder.write_sealed", full)
    third, trouble = board.kept.keep(scored(images), LOCAL, case_id=kept.row.id, seen=2, images=images)
    assert "No space left" in str(trouble)
    assert third.row.images_utc is None
    assert list(folder_of(board).iterdir()) == []
