"""A scored case is kept by itself and opens by its link: on another day, another connection, by another person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import coarse_study
import dicomweb_server
import kept_samples
import numpy as np
import phantoms_dicom
import pytest
from screens import run_until, session_of, words_on
from sqlalchemy import update

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import LOCAL, Person, Role
from deeptepp.errors import BoardBusy
from deeptepp.store import own_ledger
from deeptepp.store.cases import Board, board_address
from deeptepp.store.kept.kept_cases import CaseBook
from deeptepp.store.kept.kept_schema import KEPT
from deeptepp.ui import guard
from deeptepp.ui.background.session import Screen
from deeptepp.ui.case import case_reading, case_start, keep_case


@pytest.fixture(scope="module")
def small_case():
    return coarse_study.opened()


@pytest.fixture
def dropped(open_page, small_case, hand_in, monkeypatch):
    """A study of the visitor's own, opened as far as the images."""
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_kwargs: small_case)
    waiting = [hand_in(b"a study")]
    monkeypatch.setattr(case_start, "study_drop", lambda *, key: waiting.pop() if waiting else None)
    return run_until(open_page("case").run(), Screen.IMAGES)


def scored(at):
    at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
    run_until(at, Screen.RESULT)
    if "result-override" in [button.key for button in at.button]:
        at.button(key="result-override").click().run()
        run_until(at, Screen.RESULT)
    return at


def linked(open_page, case_id: str, *screens: Screen):
    at = open_page("case")
    at.query_params["case"] = case_id
    return run_until(at.run(), *(screens or (Screen.RESULT,)))


def book():
    return Board(board_address()).kept


def kept_row(at):
    return session_of(at).case.kept.row


def test_a_scored_case_opens_by_its_link_on_another_connection_with_its_images(dropped, open_page):
    at = scored(dropped)
    row = kept_row(at)
    assert not at.exception
    assert re.fullmatch("[0-9a-f]{32}", row.id)
    assert f"Kept in My cases as {row.label.replace('-', '-')}" in words_on(at).replace("\\", "")
    before = session_of(at).case
    again = linked(open_page, row.id)
    after = session_of(again).case
    assert not again.exception
    assert after.assessment.receipt == before.assessment.receipt
    assert f"{after.assessment.score.probability:.3f}" in words_on(again)
    assert (after.profile, after.selected, after.is_confirmed) == (
        before.profile,
        before.selected,
        before.is_confirmed,
    )
    assert after.images.study.digest == before.images.study.digest
    # It goes on where it was left: the same inputs are known as the same, another fact makes a further score.
    again.button(key="result-back").click().run()
    assert session_of(again).screen is Screen.IMAGES
    again.get_by_key(f"case-tumour_size_mm-{after.id}").set_value("33").run()
    scored(again)
    assert kept_row(again).version == row.version + 1
    assert len(book().open(row.id).scores) == 2


def test_when_the_images_are_gone_result_and_picture_open_and_the_screen_says_how_to_go_on(dropped, open_page):
    row = kept_row(scored(dropped))
    board = Board(board_address())
    with board._engine.begin() as connection:
        connection.execute(update(KEPT).values(images_utc=datetime.now(UTC) - timedelta(days=40)))
    board.kept.sweep(365, 30)
    at = linked(open_page, row.id)
    assert not at.exception
    text = words_on(at)
    assert "images of this case are no longer on this server" in text
    assert "data:image/png" in text
    assert f"{session_of(at).case.assessment.score.probability:.3f}" in text
    at.button(key=f"kept-again-{row.id}").click().run()
    assert session_of(at).screen is Screen.START
    assert kept_row(at).id == row.id
    assert session_of(at).case.profile == board.kept.open(row.id).profile


def test_two_people_on_one_case_see_both_and_choose(dropped, open_page):
    mine = scored(dropped)
    row = kept_row(mine)
    theirs = linked(open_page, row.id)
    theirs.button(key="result-back").click().run()
    theirs.get_by_key(f"case-tumour_size_mm-{session_of(theirs).case.id}").set_value("41").run()
    scored(theirs)
    mine.button(key="result-back").click().run()
    mine.get_by_key(f"case-tumour_size_mm-{session_of(mine).case.id}").set_value("18").run()
    scored(mine)
    text = words_on(mine)
    assert "Somebody else changed this case meanwhile" in text
    assert "| 41 | 18 |" in text
    assert len(book().open(row.id).scores) == 2, "nothing of mine was written"
    mine.button(key="kept-mine").click().run()
    sizes = [each.assessment.profile.tumour_size_mm for each in book().open(row.id).scores]
    assert sizes[1:] == [41.0, 18.0]
    assert "Somebody else changed" not in words_on(mine)


def test_a_deleted_case_is_gone_from_list_and_link(dropped, open_page):
    at = scored(dropped)
    row = kept_row(at)
    listed = open_page("cases").run()
    assert row.label in words_on(listed)
    at.button(key=f"kept-delete-go-{row.id}").click().run()
    assert session_of(at).screen is Screen.START
    assert "case" not in at.query_params
    assert "The case is deleted." in words_on(at)
    assert "No case is kept yet" in words_on(open_page("cases").run())
    gone = linked(open_page, row.id, Screen.START)
    assert "This case is not kept here" in words_on(gone)


def test_work_that_is_kept_nowhere_is_not_replaced_by_a_link_without_a_question(dropped, open_page):
    row = kept_row(scored(dropped))
    session_of(dropped).erase()
    at = open_page("case").run()
    session_of(at).case.images = coarse_study.opened()
    session_of(at).screen = Screen.IMAGES
    at.query_params["case"] = row.id
    at.run()
    assert session_of(at).screen is Screen.IMAGES
    assert "The link leads to another case" in words_on(at)
    at.button(key="kept-follow").click().run()
    run_until(at, Screen.RESULT)
    assert kept_row(at).id == row.id


def test_a_score_of_another_model_is_shown_without_cut_offs_and_curves_of_this_one(dropped, open_page):
    at = scored(dropped)
    case = session_of(at).case
    receipt = replace(case.assessment.receipt, bundle_sha256="f" * 64)
    case.assessment = replace(case.assessment, receipt=receipt)
    at.run()
    text = words_on(at)
    assert "Scored by another model than the one of this server" in text
    assert "What happened to" not in text


@pytest.mark.parametrize("setting", ["case_kept_days = 0", "images_kept_days = 0"])
def test_an_installation_may_keep_nothing_or_no_images(setting, dropped, installation, open_page):
    (installation / "deeptepp.toml").write_text(setting)
    at = scored(dropped)
    if setting.startswith("case"):
        assert kept_row(at) is None
        assert book().rows() == []
        assert "this installation keeps no cases" in words_on(open_page("case").run())
    else:
        assert kept_row(at).images_utc is None
        assert "no longer on this server" not in words_on(at)


def test_who_may_not_read_cases_opens_none(dropped, open_page, monkeypatch):
    row = kept_row(scored(dropped))
    monkeypatch.setattr(guard, "current_person", lambda: Person("x", "X", frozenset({Role.ADMIN})))
    at = open_page("case")
    at.query_params["case"] = row.id
    at.run()
    assert "Not for your role" in words_on(at)
    assert row.label not in words_on(at)


def test_a_label_that_is_markup_is_shown_as_text_everywhere(dropped, open_page):
    at = scored(dropped)
    row = kept_row(at)
    book().relabel(row.id, "![x](http://a.b/c.png)", seen=row.version)
    pages = (linked(open_page, row.id), open_page("cases").run())
    for page in pages:
        for kind in (page.title, page.header, page.markdown, page.caption, page.warning, page.info):
            for element in kind:
                assert "![x](" not in str(element.value), element
        for button in page.button:
            assert "![x](" not in button.label


def test_a_score_that_could_not_be_kept_is_shown_and_can_be_kept_again(dropped, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(CaseBook, "keep", _busy)
        at = scored(dropped)
        text = words_on(at)
        assert "This result is not kept." in text
        assert "it is starting up" in text
        assert f"{session_of(at).case.assessment.score.probability:.3f}" in text
        at.button(key="kept-try-again").click().run()
        assert "This result is not kept." in words_on(at)
    at.button(key="kept-try-again").click().run()
    assert not at.exception
    assert "Kept in My cases as" in words_on(at)
    assert len(book().open(kept_row(at).id).scores) == 1


def _busy(*_args, **_facts):
    raise BoardBusy(kind="PostgreSQL", reason="it is starting up or shutting down")


def test_label_and_estimates_are_kept_and_the_same_score_shown_again_is_kept_once(dropped, open_page):
    at = scored(dropped)
    at.text_input(key=f"result-label-text-{session_of(at).case.id}").set_value("Blue river")
    at.button(key="result-label-use").click().run()
    assert kept_row(at).label == "Blue river"
    at.button(key="result-back").click().run()
    scored(at)
    kept = book().open(kept_row(at).id)
    assert (len(kept.scores), kept.row.label) == (1, "Blue river")
    again = linked(open_page, kept.row.id)
    assert "Blue river" in [title.value for title in again.title]


def test_a_case_goes_to_the_board_with_its_picture_also_without_its_images(dropped, open_page):
    row = kept_row(scored(dropped))
    board = Board(board_address())
    with board._engine.begin() as connection:
        connection.execute(update(KEPT).values(images_id=None, images_utc=None))
    at = linked(open_page, row.id)
    at.button(key="board-add-go").click().run()
    (case,) = board.cases()
    assert case.thumbnail_png == board.kept.open(row.id).picture_png != b""
    board.close()


@pytest.fixture
def without_images(dropped, small_case, installation):
    """A kept case whose images are gone, and a PACS that has a study under its UID."""
    row = kept_row(scored(dropped))
    images_utc = {"images_utc": datetime.now(UTC) - timedelta(days=40)}
    board = Board(board_address())
    with board._engine.begin() as connection:
        connection.execute(update(KEPT).values(images_utc))
    board.kept.sweep(365, 30)
    uid = small_case.source.study_uid
    files = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), StudyInstanceUID=uid)
    with dicomweb_server.answering(objects=files) as archive:
        (installation / "deeptepp.toml").write_text(f'pacs_url = "{archive.url}"\npacs_name = "Archive"\n')
        yield row
    board.close()


def fetched_again(open_page, row):
    at = linked(open_page, row.id)
    at.button(key=f"kept-fetch-{row.id}").click().run()
    return run_until(at, Screen.RESULT)


def test_images_that_are_gone_are_fetched_again_and_the_case_goes_on_as_it_was(
    without_images, open_page, small_case, monkeypatch
):
    row, asked = without_images, []
    monkeypatch.setattr(keep_case, "open_again", lambda source, *rest, **_: asked.append(rest) or small_case)
    at = fetched_again(open_page, row)
    assert not at.exception
    assert asked == [(small_case.source, row.study_digest)]
    case = session_of(at).case
    assert case.kept.row.id == row.id
    assert np.array_equal(case.lesion.mask, case.assessment.lesion.mask)
    assert "no longer on this server" not in words_on(at)
    told = own_ledger.own_ledger().entries(kinds=[LedgerKind.PULLED])
    assert [(entry.about, entry.facts) for entry in told] == [(row.study_digest, {"files": 18})]
    at.button(key="result-back").click().run()
    assert session_of(at).screen is Screen.IMAGES


def test_other_images_under_its_uid_are_refused_by_name_and_the_result_stays(without_images, open_page):
    row = without_images
    at = fetched_again(open_page, row)
    assert not at.exception
    assert "no longer those that were scored" in words_on(at)
    assert session_of(at).case.images is None
    assert f"{row.score:.3f}" in words_on(at)
    # That a study was fetched is told although nothing of it is shown.
    told = own_ledger.own_ledger().entries(kinds=[LedgerKind.PULLED])
    assert [(entry.about, entry.facts) for entry in told] == [("", {"files": 18})]


def test_whoever_may_only_read_opens_a_kept_case_with_its_images(open_page, sign_in, small_case):
    kept, _ = book().keep(kept_samples.scored(small_case), LOCAL, images=small_case)
    sign_in(Role.VIEWER)
    at = linked(open_page, kept.row.id)
    assert not at.exception
    assert session_of(at).case.images is not None
    (told,) = own_ledger.own_ledger().entries(kinds=[LedgerKind.CASE_OPENED])
    assert (told.who, told.about) == ("s-1", kept.row.id)
    session_of(at).screen = Screen.IMAGES
    at.run().button(key=f"case-submit-{session_of(at).case.id}").click().run()
    assert not at.exception
    assert "Your role does not include this: score a case" in words_on(at)
