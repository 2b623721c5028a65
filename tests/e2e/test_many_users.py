"""Twenty users at once: nobody sees an error or another's case, and their memory is given back when they leave."""

import re
import time

import pytest
from browser import LONG_MS, expect_tier, hand_in, open_start, score_case, viewer_of
from dashboard_server import ROOT, serve
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long]

N_USERS = 20
SIDES = ("Left breast", "Right breast")
SETTINGS = "visitor_max_away_s = 1\nsweep_every_s = 1\n"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory, bundle_folder):
    """A server that forgets soon."""
    folder = tmp_path_factory.mktemp("clinic")
    with serve(ROOT / "app.py", folder, settings=SETTINGS, DEEPTEPP_ARTIFACTS=str(bundle_folder)) as server:
        yield server
    log = (folder / "server.log").read_text()
    assert "incident" not in log
    assert "Traceback" not in log


def memory_at_rest(clinic) -> float:
    """Wait until the sweeper has been here and the memory no longer falls, MB."""
    least, deadline = clinic.memory_mb, time.monotonic() + 40
    settled = 0
    while settled < 6 and time.monotonic() < deadline:
        time.sleep(1)
        settled = settled + 1 if clinic.memory_mb > least - 2 else 0
        least = min(least, clinic.memory_mb)
    return least


def memory_given_back(clinic, limit_mb) -> float:
    """Wait until the sweeper has been here and the memory has fallen below a limit, MB; what stays is too much."""
    deadline = time.monotonic() + LONG_MS / 1000
    while clinic.memory_mb >= limit_mb and time.monotonic() < deadline:
        time.sleep(0.5)
    return clinic.memory_mb


def hand_in_and_close(context, clinic, path):
    with context.new_page() as page:
        open_start(page, clinic)
        hand_in(page, path)
        viewer_of(page)
        score_case(page)
        expect_tier(page)


def test_twenty_users_each_see_their_own_case_and_leave_nothing(context, clinic, study_zip, right_study_zip):
    hand_in_and_close(context, clinic, study_zip)
    before_mb = memory_at_rest(clinic)
    pages = [context.new_page() for _ in range(N_USERS)]
    errors = []
    for number, page in enumerate(pages):
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_start(page, clinic)
        hand_in(page, (study_zip, right_study_zip)[number % 2])
    for number, page in enumerate(pages):
        viewer_of(page)
        expect(page.get_by_text(re.compile(SIDES[number % 2])).first).to_be_visible()
        expect(page.get_by_text(re.compile(SIDES[1 - number % 2]))).to_have_count(0)
        score_case(page)
    scores = []
    for page in pages:
        expect_tier(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        scores.append(page.locator(".dt-score .number").inner_text(timeout=LONG_MS))
    during_mb = clinic.memory_mb
    assert errors == []
    assert len(set(scores[0::2])) == len(set(scores[1::2])) == 1, "the same study has one score"
    assert scores[0] != scores[1], "the studies differ, or a mix would not be seen"
    for page in pages:
        page.close()
    # The allocator keeps a little; of the studies of twenty users, some 400 MB, nothing else may stay.
    after_mb = memory_given_back(clinic, 1.2 * before_mb)
    print(f"memory: {before_mb:.0f} MB before, {during_mb:.0f} with {N_USERS} users, {after_mb:.0f} after")  # noqa: T201
    assert after_mb < 1.2 * before_mb
    assert clinic.uploads == []
