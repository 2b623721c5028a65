"""The drop zone in Chromium, against the real route."""

import re

import pytest
from browser import wait_until_drawn
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def zone(page, harness):
    page.goto(f"{harness.url}/?show=drop")
    zone = page.locator('[data-part="zone"]')
    expect(zone).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    return zone


def hand_in(page, *files, kind="files"):
    page.locator(f'[data-part="{kind}-input"]').set_input_files(list(files))


def file(name, content=b"PK\x03\x04 zip"):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_a_zip_arrives(page, zone):
    hand_in(page, file("study.zip", b"PK\x03\x04" + bytes(996)))
    expect(page.get_by_text("upload 0: 1 files, 1000 bytes")).to_be_visible()


def test_a_folder_arrives_without_what_the_system_added(page, zone, tmp_path):
    for name in ("a/IM1", "a/b/IM2", "IM3", "Thumbs.db", ".DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(100))
    (tmp_path / "empty").touch()
    page.locator('[data-part="folder-input"]').set_input_files(tmp_path)
    expect(page.get_by_text("upload 0: 3 files, 300 bytes")).to_be_visible()


def test_a_second_study_follows_the_first(page, zone):
    hand_in(page, file("one.zip"))
    expect(page.get_by_text(re.compile("upload 0"))).to_be_visible()
    expect(zone).to_have_attribute("data-state", "idle")
    hand_in(page, file("two.zip"))
    expect(page.get_by_text(re.compile("upload 1"))).to_be_visible()


def test_files_can_be_dropped(page, zone):
    data = page.evaluate_handle(
        """() => { const t = new DataTransfer();
        for (const name of ['IM1', 'IM2']) t.items.add(new File(['x'.repeat(50)], name)); return t; }"""
    )
    zone.dispatch_event("dragenter", {"dataTransfer": data})
    expect(zone).to_have_class(re.compile("over"))
    zone.dispatch_event("drop", {"dataTransfer": data})
    expect(page.get_by_text("upload 0: 2 files, 100 bytes")).to_be_visible()


def test_no_file_name_leaves_the_computer(page, zone):
    bodies = []
    page.on(
        "request", lambda r: bodies.append((r.url, r.headers, r.post_data_buffer)) if r.method == "POST" else None
    )
    hand_in(page, file("JANE_DOE_1.dcm", b"a" * 99), file("JANE_DOE_2.dcm", b"b" * 99))
    expect(page.get_by_text(re.compile("upload 0"))).to_be_visible()
    assert bodies
    assert not any(b"JANE" in repr(part).encode() for body in bodies for part in body)


def test_nifti_files_arrive_in_the_order_of_their_names_with_numbers_counted(page, zone, harness):
    names = ["p_10.nii.gz", "p_2.nii.gz", "p_1.nii", "a_3.nii"]
    hand_in(page, *[file(name, name.encode()) for name in names])
    expect(page.get_by_text(re.compile("upload 0: 4 files"))).to_be_visible()
    folder = next(path for path in harness.uploads if (path / "000003").is_file())
    arrived = [path.read_bytes().decode() for path in sorted(folder.iterdir())]
    assert arrived == ["a_3.nii", "p_1.nii", "p_2.nii.gz", "p_10.nii.gz"]


def test_what_cannot_be_used_is_told_at_once(page, zone, harness):
    # None is told what the one before was told, so that no old sentence can be taken for a new one.
    for names, said in (
        (("scan.jpg",), "This is a picture"),
        (("study.rar",), "Zip archives can"),
        (("report.pdf",), "This is a document"),
        (("dce.nrrd",), "research volume"),
        (("study.gz",), "Zip archives can"),
        (("a.png", "b.png"), "Each of these 2 files is a picture"),
        (("a.zip", "b.zip"), "one study at a time"),
        (("a.zip", "b.dcm"), "either the zip or the files"),
    ):
        hand_in(page, *[file(name) for name in names])
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        assert not [path for path in harness.uploads if path.name.endswith(".part")]
        expect(zone).to_have_attribute("data-state", "idle")


def test_an_empty_file_is_refused_kindly(page, zone):
    hand_in(page, file("empty.zip", b""))
    expect(page.get_by_role("alert").filter(has_text="There is no file in it")).to_be_visible()


def test_cancel_stops_and_leaves_nothing(page, zone, harness, tmp_path):
    before = set(harness.uploads)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    rate = 200_000
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate},
    )
    path = tmp_path / "large.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(8_000_000))
    page.locator('[data-part="files-input"]').set_input_files(path)
    bar = page.get_by_role("progressbar", name="Upload")
    expect(bar).to_be_visible()
    expect(page.get_by_text(re.compile(r"/ 8\.0 MB · \d+ %"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Upload cancelled. Nothing was kept.")).to_be_visible()
    for _ in range(300):
        if set(harness.uploads) == before:
            break
        page.wait_for_timeout(200)
    assert set(harness.uploads) == before


def test_a_token_that_was_used_elsewhere_is_renewed_by_itself(page, zone):
    seen = []
    page.on("request", lambda r: seen.append(r.url) if "/api/v1/uploads/" in r.url else None)
    refused = []

    def refuse_once(route):
        if route.request.method == "GET" and not refused:
            refused.append(route.request.url)
            # Use the token up, as another tab would.
            page.request.post(route.request.url, data=b"x")
            route.continue_()
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", refuse_once)
    hand_in(page, file("study.zip"))
    expect(page.get_by_text(re.compile("upload 0"))).to_be_visible()
    assert len({url.rsplit("/", 1)[1] for url in seen}) == 2


def test_a_server_that_cannot_be_reached_is_told(page, zone):
    page.route("**/api/v1/uploads/*", lambda route: route.abort())
    hand_in(page, file("study.zip"))
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()


def test_buttons_are_reached_by_keyboard(page, zone):
    button = page.get_by_role("button", name="Choose folder")
    button.focus()
    expect(button).to_be_focused()
    with page.expect_file_chooser() as chooser:
        button.press("Enter")
    assert chooser.value
