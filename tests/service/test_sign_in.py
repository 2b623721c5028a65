"""People sign in and out with a real provider over real connections, and nobody else gets in."""

from __future__ import annotations

import time

import httpx2
import pytest
from oidc_provider import STAFF
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from deeptepp.domain.people import PERMISSIONS, Role
from deeptepp.service import open_line
from deeptepp.store import own_ledger
from deeptepp.ui.words.page_list import PAGES

FLAWS = ("issuer", "audience", "nonce", "expired", "key", "unsigned", "state", "configuration", "subject")


@pytest.fixture
def line_to():
    """Open the line of a page as a browser does, with its cookies and its origin."""

    def line_(behind, browser=None, origin=None, joins=""):
        cookies = "; ".join(f"{name}={value}" for name, value in (browser.cookies.items() if browser else ()))
        headers = {"Cookie": cookies} if cookies else {}
        url = behind.url.replace("http", "ws") + "/_stcore/stream"
        return connect(
            url,
            additional_headers=headers,
            origin=origin or behind.url,
            proxy=None,
            subprotocols=["streamlit", "x", joins] if joins else None,
        )

    return line_


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_each_role_signs_in_and_gets_its_pages_and_no_other(hospital, sign_in, role, page):
    behind = hospital()
    browser = sign_in(behind, role.value)
    answer = browser.get(f"/{page.url_path}")
    if role in PERMISSIONS[page.action]:
        assert answer.json() == {"path": f"/{page.url_path}", "who": f"id-{role.value}", "n": 0}
    elif page.url_path:
        assert answer.status_code == 403
        assert "Not for your role" in answer.text
    else:
        assert answer.json()["path"] == "/evidence"  # the first page leads those on who may not see it


def test_the_audit_trail_tells_who_signed_in_and_out_and_who_was_refused(hospital, sign_in, provider):
    behind = hospital()
    sign_in(behind, Role.BOARD.value).get("/sign-out")
    sign_in(behind, "stranger")
    told = [(entry.kind, entry.who) for entry in reversed(own_ledger.own_ledger().entries())]
    assert told == [("signed in", "id-board"), ("signed out", "id-board"), ("refused", "id-stranger")]


def test_who_signs_in_arrives_where_she_wanted_to_go(hospital, provider):
    behind, provider.user = hospital(), "clinician"
    assert behind.browser().get("/board?case=abc&lang=zh").url.raw_path == b"/board?case=abc&lang=zh"


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_a_way_back_leads_to_no_other_site(hospital, provider, to):
    behind, provider.user = hospital(), "clinician"
    assert str(behind.browser().get("/sign-in", params={"to": to}).url) == f"{behind.url}/"


def test_who_is_in_no_group_is_told_so_and_gets_nowhere(hospital, sign_in):
    behind = hospital()
    browser = sign_in(behind, "stranger")
    for path in ("/", "/board", "/evidence", "/api/v1/info", "/static/x.js"):
        assert browser.get(path).status_code == 403
    assert "No role yet" in browser.get("/").text
    assert "尚无角色" in browser.get("/", headers={"Accept-Language": "zh-CN"}).text
    assert behind.n_through == 0


def test_groups_are_asked_for_where_the_token_has_none(hospital, sign_in, provider):
    behind, provider.are_groups_in_token = hospital(), False
    assert sign_in(behind, "board").get("/board").json()["who"] == "id-board"


def test_groups_of_somebody_else_do_not_count(hospital, sign_in, provider):
    provider.are_groups_in_token, provider.flaw = False, "userinfo"
    assert "did not work" in sign_in(hospital(), "board", "/board").get("/sign-in").text


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_token_that_does_not_hold_together_signs_nobody_in(hospital, provider, flaw):
    behind, provider.user, provider.flaw = hospital(), "clinician", flaw
    browser = behind.browser()
    answer = browser.get("/board")
    assert answer.status_code == 400
    assert "did not work" in answer.text
    assert "deeptepp" not in browser.cookies
    assert behind.n_through == 0


def test_coming_back_without_having_begun_signs_nobody_in(hospital, provider):
    behind, provider.user = hospital(), "clinician"
    begun = behind.browser()
    to_provider = begun.get("/sign-in", follow_redirects=False).headers["location"]
    back = httpx2.get(to_provider, follow_redirects=False, trust_env=False).headers["location"]
    assert "begun elsewhere" in behind.browser().get(back).text
    assert begun.get(back).json()["who"] == "id-clinician"
    assert "begun elsewhere" in begun.get(back).text  # once, and no more


def test_the_name_of_a_sign_in_is_new_each_time_and_the_old_one_ends(hospital, sign_in):
    behind = hospital()
    browser = sign_in(behind, "clinician")
    before = browser.cookies["deeptepp"]
    assert len(before) >= 43
    browser.get("/sign-out")
    browser.get("/sign-in")
    assert browser.cookies["deeptepp"] != before
    stolen = behind.browser(Cookie=f"deeptepp={before}")
    assert stolen.get("/api/v1/info", headers={"Accept": "*/*"}).status_code == 401


@pytest.mark.parametrize("name", ["x", "", "A" * 43, "../../etc/passwd", "%00"])
def test_a_forged_cookie_is_nobody(hospital, name):
    browser = hospital().browser(Cookie=f"deeptepp={name}", Accept="*/*")
    assert browser.get("/board").status_code == 401


def test_signing_out_ends_it_here_and_at_the_provider(hospital, sign_in, provider):
    behind = hospital()
    browser = sign_in(behind, "clinician")
    kept = browser.cookies["deeptepp"]
    answer = browser.get("/sign-out")
    assert "You are signed out" in answer.text
    assert len(provider.ended) == 1
    again = behind.browser(Cookie=f"deeptepp={kept}", Accept="*/*")
    assert again.get("/board").status_code == 401


def test_another_site_cannot_sign_anybody_out(hospital, sign_in):
    browser = sign_in(hospital(), "clinician")
    asked = browser.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert "Another site sent you here" in asked.text
    assert browser.get("/board").json()["who"] == "id-clinician"


def test_a_sign_in_ends_after_idle_time_and_after_its_longest_time(hospital, sign_in):
    behind = hospital("session_idle_s = 10\nsession_max_s = 10")
    browser = sign_in(behind, "clinician")
    assert browser.get("/board", headers={"Accept": "*/*"}).status_code == 200
    time.sleep(10.5)
    assert browser.get("/board", headers={"Accept": "*/*"}).status_code == 401


def test_a_page_is_cut_when_its_sign_in_ends(hospital, sign_in, line_to, monkeypatch):
    monkeypatch.setattr(open_line, "LOOK_EVERY_S", 0.2)
    behind = hospital()
    browser = sign_in(behind, "clinician")
    with line_to(behind, browser) as line:
        line.send(b"hello")
        assert line.recv().endswith(b"hello")
        browser.get("/sign-out")
        with pytest.raises(ConnectionClosed) as closed:
            line.recv(timeout=5)
        assert closed.value.rcvd.code == open_line.SIGN_IN_ENDED


def test_what_a_page_says_after_the_end_is_not_heard(hospital, sign_in, line_to, monkeypatch):
    monkeypatch.setattr(open_line, "LOOK_EVERY_S", 60)
    behind = hospital()
    browser = sign_in(behind, "clinician")
    with line_to(behind, browser) as line:
        browser.get("/sign-out")
        line.send(b"decide")
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=5)


def test_no_page_opens_its_line_without_a_sign_in_or_from_another_site(hospital, sign_in, line_to):
    behind = hospital()
    with pytest.raises(InvalidStatus):
        line_to(behind)
    browser = sign_in(behind, "clinician")
    with pytest.raises(InvalidStatus):
        line_to(behind, browser, origin="http://evil.example")
    with pytest.raises(InvalidStatus):
        line_to(behind, sign_in(behind, "stranger"))
    assert behind.n_through == 1  # the page on which the clinician arrived


def test_a_page_joins_no_connection_of_another_sign_in(hospital, sign_in, line_to):
    behind, name = hospital(), "6f1c0f2e-3f0a-4c1d-9f3e-0a1b2c3d4e5f"

    def joined(browser):
        with line_to(behind, browser, joins=name) as line:
            line.send(b"hello")
            return name in line.recv().decode().split(" ", 4)[-1]

    hers, his = sign_in(behind, "clinician"), sign_in(behind, "board")
    assert [joined(hers), joined(hers), joined(his), joined(his)] == [False, True, False, True]


def test_a_file_is_fetched_by_those_alone_whose_page_it_was_sent_to(hospital, sign_in, line_to):
    behind = hospital()
    hers, his = sign_in(behind, "clinician"), sign_in(behind, "viewer")
    assert hers.get("/media/abc123.png").status_code == 404
    with line_to(behind, hers) as line:
        line.send(b"show")
        line.recv()
    assert hers.get("/media/abc123.png").status_code == 200
    assert his.get("/media/abc123.png").status_code == 404
    assert hers.get("/media/abc1234.png").status_code == 404


def test_over_https_the_cookie_is_secure_and_a_weaker_one_does_not_count(hospital, sign_in, certificate):
    behind = hospital(certificate=certificate)
    browser = sign_in(behind, "clinician")
    (cookie,) = [each for each in browser.cookies.jar if each.name == "__Host-deeptepp"]
    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    answer = browser.get("/board")
    assert answer.json()["who"] == "id-clinician"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    weaker = behind.browser(Cookie=f"deeptepp={cookie.value}", Accept="*/*")
    assert weaker.get("/board").status_code == 401


def test_a_provider_that_is_down_is_said_kindly(serve_gate, provider):
    behind = serve_gate('oidc_issuer = "http://localhost:9"\noidc_client_id = "x"')
    answer = behind.browser().get("/board")
    assert answer.status_code == 400
    assert "did not work" in answer.text


def test_without_a_secret_every_page_stays_closed(hospital, monkeypatch):
    monkeypatch.delenv("DEEPTEPP_OIDC_SECRET")
    behind = hospital()
    assert "not set up completely" in behind.browser().get("/board").text
    assert behind.n_through == 0


def test_a_secret_may_stand_in_a_file(hospital, provider, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("s3cret-of-the-client\n")
    monkeypatch.delenv("DEEPTEPP_OIDC_SECRET")
    monkeypatch.setenv("DEEPTEPP_OIDC_SECRET_FILE", str(tmp_path / "secret"))
    behind, provider.user = hospital(), "viewer"
    assert behind.browser().get("/evidence").json()["who"] == "id-viewer"


def test_the_people_of_the_provider_have_every_role_and_one_has_none():
    assert set(STAFF) == {role.value for role in Role} | {"stranger"}
