"""What was entered outlives its page, in Chromium: reload, Back, a cut line, a restarted server, a second tab."""

import contextlib
import re

import pytest
from browser import LONG_MS, choose, expect_tier, hand_in, score_case, viewer_of, wait_until_drawn
from cut_line import CutLine
from dashboard_server import ROOT, free_port, serve
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FORGETS_AFTER_S = 1
"""Streamlit forgets a closed connection so soon here that a cut of seconds is one of minutes."""

BANNER = "#deeptepp-connection"
STORE = "deeptepp-tab"


class Installation:
    """One server at one port that can be killed and started again, behind a line that can be cut."""

    def __init__(self, temporary, bundle_folder):
        self.temporary, self.bundle_folder = temporary, bundle_folder
        self.stack, self.port = contextlib.ExitStack(), free_port()
        self.start()
        self.line = CutLine(self.port)
        self.url = f"http://127.0.0.1:{self.line.port}"

    def start(self):
        served = serve(
            ROOT / "app.py",
            self.temporary,
            port=self.port,
            options=("--server.disconnectedSessionTTL", str(FORGETS_AFTER_S)),
            DEEPTEPP_ARTIFACTS=str(self.bundle_folder),
        )
        self.server = self.stack.enter_context(served)

    def restart(self):
        self.stack.close()
        self.start()


@pytest.fixture(scope="module")
def installation(tmp_path_factory, bundle_folder):
    installation = Installation(tmp_path_factory.mktemp("memory"), bundle_folder)
    yield installation
    installation.stack.close()
    installation.line.cut()


def size_of(page):
    return page.get_by_label("Tumour size (mm)", exact=True)


def enter(page, url, study_zip):
    page.goto(url)
    expect(page.get_by_role("heading", name="Score a case")).to_be_visible(timeout=60_000)
    hand_in(page, study_zip)
    viewer_of(page)
    wait_until_drawn(page)
    size_of(page).fill("31")
    choose(page, re.compile("Oestrogen"), "Positive")


def expect_entered(page, size, receptor):
    wait_until_drawn(page)
    expect(size_of(page)).to_have_value(size)
    expect(page.get_by_role("combobox", name=re.compile("Oestrogen"))).to_have_value(receptor)


def expect_result_alive(page):
    expect_tier(page)
    wait_until_drawn(page)
    page.get_by_role("radio", name="Table", exact=True).first.click()
    expect(page.get_by_test_id("stMain")).to_contain_text("95 % CI")


def ask_and_keep(page):
    expect(page.get_by_role("heading", name="Leave this case?")).to_be_visible()
    page.get_by_role("button", name="Keep the case").click()
    expect(page.get_by_role("heading", name="Leave this case?")).to_have_count(0)


def expect_refused_as_a_copy(page, context, url):
    """A duplicated tab has the memory of the first one; it gets a case of its own and says so."""
    kept = page.evaluate(f"sessionStorage.getItem('{STORE}')")
    with context.new_page() as copy:
        copy.add_init_script(f"sessionStorage.getItem('{STORE}') ?? sessionStorage.setItem('{STORE}', {kept!r})")
        copy.goto(url)
        expect(copy.get_by_text("This tab is a copy of another one")).to_be_visible(timeout=60_000)
        expect(copy.get_by_role("heading", name="Score a case")).to_be_visible()
        copy.wait_for_function(f"() => sessionStorage.getItem('{STORE}') !== {kept!r}")


def test_nothing_entered_is_lost_by_reload_back_a_cut_line_or_a_new_server(page, context, installation, study_zip):
    enter(page, installation.url, study_zip)
    # Told a moment after typing has ended; nothing of it is in the address.
    page.wait_for_function(f"() => sessionStorage.getItem('{STORE}').includes('Positive')")
    # Reload in the middle of the form.
    page.reload()
    viewer_of(page)
    expect_entered(page, "31", "Positive")
    expect(page.get_by_text("Restored what you had entered.")).to_be_visible()
    expect_refused_as_a_copy(page, context, installation.url)
    # Reload on the result, and Back and Forward between the screens.
    score_case(page)
    expect_tier(page)
    wait_until_drawn(page)
    page.reload()
    expect_result_alive(page)
    page.go_back()
    viewer_of(page)
    expect_entered(page, "31", "Positive")
    page.go_back()
    ask_and_keep(page)
    page.go_forward()
    expect_result_alive(page)
    # The line is cut for longer than Streamlit remembers it.
    installation.line.cut()
    expect(page.locator(BANNER)).to_contain_text("Connection lost, trying again")
    page.wait_for_timeout(1000 * (FORGETS_AFTER_S + 1))
    installation.line.mend()
    expect(page.locator(BANNER)).to_have_count(0, timeout=LONG_MS)
    expect_result_alive(page)
    # The server is killed and comes back at the same port: the case that was scored is open again.
    installation.restart()
    expect(page.get_by_role("heading", name=re.compile("^Case "))).to_be_visible(timeout=LONG_MS)
    expect(page.locator(BANNER)).to_have_count(0)
    wait_until_drawn(page)
    page.get_by_role("button", name="Change tumour or facts").click()
    viewer_of(page)
    expect_entered(page, "31", "Positive")
    assert "Positive" not in page.url
    # Start over asks, and then erases what the tab kept.
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Leave it and start over").click()
    expect(page.get_by_role("heading", name="Score a case")).to_be_visible()
    page.wait_for_function(f"() => Object.keys(JSON.parse(sessionStorage.getItem('{STORE}')).drafts).length === 0")
    assert not re.search(
        page.evaluate(f"JSON.parse(sessionStorage.getItem('{STORE}')).token"), log_of(installation)
    )


def test_a_page_whose_browser_gave_up_for_good_begins_anew_with_what_was_entered(context, installation, study_zip):
    lines = []
    with context.new_page() as page:
        page.route_web_socket(
            re.compile("_stcore/stream"), lambda line: lines.append((line, line.connect_to_server()))
        )
        enter(page, installation.url, study_zip)
        wait_until_drawn(page)
        # Streamlit ends a line for good on a message of text.
        lines[-1][0].send("not a message")
        expect(page.locator(BANNER)).to_contain_text("Connection lost, trying again")
        expect(page.locator(BANNER)).to_have_count(0, timeout=LONG_MS)
        viewer_of(page)
        expect_entered(page, "31", "Positive")
        assert len(lines) > 1


def log_of(installation):
    return (installation.temporary / "server.log").read_text()


def test_a_browser_that_asks_for_chinese_begins_in_chinese_and_one_that_keeps_nothing_says_so(
    browser, installation
):
    with browser.new_context(locale="zh-CN") as chinese, chinese.new_page() as page:
        page.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })"
        )
        page.goto(f"{installation.url}/evidence")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans", timeout=60_000)
        page.goto(f"{installation.url}/?lang=en")
        expect(page.get_by_text("This browser keeps nothing for its tabs")).to_be_visible(timeout=60_000)
        expect(page.locator("html")).to_have_attribute("lang", "en")
