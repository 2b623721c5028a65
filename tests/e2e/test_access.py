"""The whole dashboard with a sign-in: every address cold and in the wrong role, people who come, work and go."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys

import httpx2
import oidc_provider
import orthanc_server
import pytest
from browser import (
    LONG_MS,
    choose,
    expect_accessible,
    expect_no_upload_left,
    expect_tier,
    score_case,
    search_worklist,
    viewer_of,
    wait_until_drawn,
)
from dashboard_server import ROOT, serve
from playwright.sync_api import expect
from pydicom import dcmread

from deeptepp.domain.people import PERMISSIONS, Action, Role
from deeptepp.store.ledger import ledger_of
from deeptepp.ui.words.page_list import PAGES

LIST_ROUTES = """
import json, sys
sys.path.insert(0, sys.argv[1])
import app
found = []
for route in app.app._build_starlette_app().routes:
    kind = type(route).__name__
    found.append([kind, route.path, sorted(getattr(route, "methods", None) or [])])
print(json.dumps(found))
"""

PUBLIC = {"/healthz", "/readyz", "/sign-in", "/sign-in/back", "/sign-out", "/sign-out/done"}
"""Answers of the gate itself, which everybody gets; all other addresses come from the application."""

SHELL = [
    "/",
    *(f"/{page.url_path}" for page in PAGES.values() if page.url_path),
    "/static/js/x.js",
    "/favicon.png",
]
"""Addresses that Streamlit's last route answers."""

ACTIONS = {
    "/_stcore/upload_file/x/x": Action.USE_LABORATORY,
    "/_stcore/metrics": Action.MANAGE,
    "/api/v1/uploads/x": Action.SCORE_CASES,
    "/api/v1/frames/x": Action.READ_CASES,
    "/api/v1/frames/x/x": Action.READ_CASES,
    "/api/v1/score": Action.SCORE_CASES,
    "/api/v1/cases/x": Action.READ_CASES,
    "/api/v1/cases/x/score": Action.SCORE_CASES,
    "/api/v1/jobs/x": Action.SCORE_CASES,
    "/metrics": Action.READ_METRICS,
    **{f"/{page.url_path}": page.action for page in PAGES.values()},
}
"""What an address asks for; the others ask for any role."""

TO_DELETE = {"/api/v1/cases/x": Action.SCORE_CASES}
"""The same of whoever deletes, where that is something else."""


UNUSED = ("/_stcore/agent/", "/auth/", "/oauth2callback")
"""What Streamlit brings and the product does not use: closed for everybody."""


@pytest.fixture(scope="module")
def provider():
    with oidc_provider.running() as running:
        yield running


@pytest.fixture(scope="module")
def hospital(provider, tmp_path_factory, bundle_folder, pacs_port):
    settings = f'oidc_issuer = "{provider.url}"\n{oidc_provider.SETTINGS}'
    own = {"DEEPTEPP_ARTIFACTS": str(bundle_folder), "DEEPTEPP_OIDC_SECRET": oidc_provider.SECRET}
    own["DEEPTEPP_PACS_URL"] = f"http://127.0.0.1:{pacs_port}/dicom-web"
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("hospital"), settings=settings, **own) as server:
        yield server


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """Every method and path of the application, also of Streamlit, with something in place of parameters."""
    folder = tmp_path_factory.mktemp("routes")
    command = [sys.executable, "-c", LIST_ROUTES, str(ROOT)]
    routes = json.loads(subprocess.check_output(command, cwd=folder).splitlines()[-1])
    found = []
    for kind, path, methods in routes:
        if kind == "Mount":
            found += [("GET", each) for each in SHELL]
            continue
        filled = re.sub(r"{\w+:int}", "0", re.sub(r"{\w+(:path)?}", "x", path))
        found += [(method, filled) for method in methods or ["WEBSOCKET"]]
    return found


def ask(server, method, path, cookie=""):
    """Status of one request, as a page of ours would send it, and whether the gate refused it."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    headers = {"Cookie": cookie, "Origin": server.url} if cookie else {"Origin": server.url}
    if method == "WEBSOCKET":
        headers |= {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    try:
        connection.request("GET" if method == "WEBSOCKET" else method, path, headers=headers)
        answer = connection.getresponse()
        # What a page is upgraded to has no end.
        text = (
            "" if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS else answer.read().decode(errors="replace")
        )
        is_bodyless = method in ("HEAD", "WEBSOCKET") and answer.status in (401, 403, 404, 405)
        return answer.status, is_bodyless or re.fullmatch(
            r'{"rule":"(access|service)\.[a-z-]+"}', text
        ) is not None
    finally:
        connection.close()


def cookie_of(server, provider, name):
    provider.user = name
    with httpx2.Client(base_url=server.url, follow_redirects=True, trust_env=False) as browser:
        browser.get("/sign-in", params={"to": "/healthz"})
        return f"deeptepp={browser.cookies['deeptepp']}"


def test_no_address_is_open_to_somebody_who_is_not_signed_in(hospital, addresses):
    assert len(addresses) > 40
    assert not {path for _, path in addresses} & PUBLIC
    answers = {(method, path): ask(hospital, method, path) for method, path in addresses}
    assert {key: answer for key, answer in answers.items() if not answer[1] or answer[0] < 400} == {}


@pytest.mark.parametrize("name", [*Role, "stranger"])
def test_no_address_is_open_to_the_wrong_role(hospital, provider, addresses, name):
    cookie, roles = cookie_of(hospital, provider, str(name)), {str(name)}
    open_, closed = {}, {}
    for method, path in addresses:
        status = ask(hospital, method, path, cookie)
        action = (TO_DELETE if method == "DELETE" else {}).get(path) or ACTIONS.get(path, Action.READ_EVIDENCE)
        may = (
            not path.startswith((*UNUSED, "/media/")) and method != "OPTIONS" and bool(PERMISSIONS[action] & roles)
        )
        (open_ if may else closed)[method, path] = status
    assert {key: answer for key, answer in closed.items() if not answer[1] or answer[0] < 400} == {}
    # And what is for the role is not closed to it.
    assert {key for key, answer in open_.items() if answer[1] and key[0] not in ("HEAD", "WEBSOCKET")} == set()


def test_what_streamlit_brings_and_the_product_does_not_use_is_closed_for_all(hospital, provider):
    cookie = cookie_of(hospital, provider, "admin")
    for path in ("/_stcore/agent/mcp", "/_stcore/agent/openapi.json", "/auth/login", "/oauth2callback"):
        assert ask(hospital, "GET", path, cookie) == (404, True)


def test_nobody_leaves_a_file_without_a_sign_in(hospital, provider):
    path = "/_stcore/upload_file/session/file"
    assert ask(hospital, "PUT", path) == (401, True)
    assert ask(hospital, "PUT", path, cookie_of(hospital, provider, "admin")) == (403, True)


@pytest.fixture
def visitor(browser):
    """A browser of its own, as a person has one."""
    refused = []
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context, context.new_page() as page:
        page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
        yield page
    assert refused == []


def sign_in(page, provider, server, name, path="/"):
    provider.user = ""
    page.goto(f"{server.url}{path}")
    page.get_by_role("link", name=name, exact=True).click()


@pytest.mark.browser
@pytest.mark.parametrize("role", Role)
def test_each_role_signs_in_sees_its_pages_and_signs_out(hospital, provider, visitor, role):
    sign_in(visitor, provider, hospital, role.value)
    expect(visitor.get_by_text(f"Dr. {role.value.title()}")).to_be_visible()
    wait_until_drawn(visitor)
    # The hospital has a PACS, so that every page of the menu is offered.
    menu = [page.title for page in PAGES.values() if page.is_in_menu and role in PERMISSIONS[page.action]]
    # One page alone needs no menu.
    expect(visitor.get_by_test_id("stTopNavLink")).to_have_text(menu if len(menu) > 1 else [])
    if role is Role.VIEWER:
        expect(visitor.get_by_text("Not offered to your role: score a case.")).to_be_visible()
    if role is Role.CLINICIAN:
        expect(visitor.get_by_role("button", name="Open the demo study")).to_be_visible()
    if role is Role.ADMIN:
        visitor.goto(f"{hospital.url}/board")
        expect(visitor.get_by_role("heading", name="Not for your role")).to_be_visible()
        visitor.get_by_role("link", name="Evidence").click()
        wait_until_drawn(visitor)
    visitor.get_by_role("link", name="Sign out").click()
    expect(visitor.get_by_role("heading", name="Signed out")).to_be_visible()
    visitor.goto(hospital.url)
    expect(visitor.get_by_role("heading", name="Who are you?")).to_be_visible()


@pytest.mark.browser
def test_a_tab_that_was_left_open_asks_again_when_somebody_signs_out_elsewhere(hospital, provider, visitor):
    sign_in(visitor, provider, hospital, "board", "/board")
    expect(visitor.get_by_text("No case is on the board yet")).to_be_visible()
    wait_until_drawn(visitor)
    with visitor.context.new_page() as other:
        other.goto(f"{hospital.url}/sign-out")
        expect(other.get_by_role("heading", name="Signed out")).to_be_visible()
    expect(visitor.get_by_role("heading", name="Who are you?")).to_be_visible(timeout=60_000)
    visitor.get_by_role("link", name="clinician", exact=True).click()
    expect(visitor.get_by_text("Dr. Clinician")).to_be_visible()
    assert visitor.url.startswith(f"{hospital.url}/board")


ACCESSION, PATIENT, NAME = "ACC-5521", "MRN-88123", "PLANTED^IDENTIFIER"


@pytest.fixture
def images(study_folder):
    """The study as a hospital has it: with a patient."""
    made = [dcmread(path) for path in sorted(study_folder.rglob("*.dcm"))]
    for each in made:
        each.PatientID, each.PatientName, each.AccessionNumber = PATIENT, NAME, ACCESSION
        each.PatientBirthDate = "19630214"
    return made


@pytest.fixture
def orthanc(tmp_path, pacs_port, images):
    with orthanc_server.running(tmp_path, port=pacs_port) as url:
        orthanc_server.put(url, images)
        yield url


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(orthanc_server.binary() is None, reason="Orthanc is not installed (apt-get install orthanc)")
def test_a_clinician_signs_in_fetches_a_study_scores_it_files_the_result_in_it_and_signs_out(
    hospital, provider, visitor, images, orthanc
):
    page, ledger = visitor, ledger_of(str(hospital.temporary / "board.sqlite"))
    before = len(ledger.entries(limit=None))
    sign_in(page, provider, hospital, "clinician", "/worklist")
    expect(page.get_by_role("heading", name="Worklist", exact=True)).to_be_visible()
    wait_until_drawn(page)
    search_worklist(page, "ACC-NONE")
    expect(page.get_by_text("PACS finds no such study")).to_be_visible()
    search_worklist(page, ACCESSION)
    expect(page.get_by_text(PATIENT)).to_be_visible()
    expect_accessible(page, "worklist")
    page.get_by_role("button", name="Fetch and open").click()
    viewer_of(page)
    choose(page, re.compile("HER2"), "Positive")
    score_case(page)
    expect_tier(page)
    expect_no_upload_left(page, hospital)
    page.get_by_role("button", name="Save or send").click()
    page.get_by_role("button", name="Send to PACS").click()
    expect(page.get_by_text("filed in it, under its patient")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("PACS stored 4 objects")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Checked: all of them are in PACS")).to_be_visible()
    studies = orthanc_server.get_json(f"{orthanc}/dicom-web/studies")
    assert [row["0020000D"]["Value"] for row in studies] == [[images[0].StudyInstanceUID]]
    results = [each for each in orthanc_server.every_object(orthanc) if each.Modality != "MR"]
    assert {(each.PatientID, str(each.PatientName)) for each in results} == {(PATIENT, NAME)}
    # Nothing of the patient is in the page of the case, on the server or in the trail.
    assert not [text for text in (PATIENT, NAME, ACCESSION) if text in page.content()]
    link = page.url
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    told = [entry for entry in reversed(ledger.entries()) if entry.number > before]
    assert [entry.kind for entry in told] == [
        "signed in",
        "pulled",
        "case opened",
        "case scored",
        "sent",
        "signed out",
    ]
    assert {entry.name for entry in told} == {"Dr. Clinician"}
    log = (hospital.temporary / "server.log").read_text() + "".join(entry.content for entry in told)
    assert not [text for text in (PATIENT, NAME.replace("^", " "), NAME, ACCESSION) if text in log]
