"""Figures as files: vectors with text, 300 dpi at 180 mm, marks and words inside, one browser and no network."""

import csv
import io
import re
import zipfile

import pytest
import tiny_bundle
from PIL import Image

from deeptepp.domain.cohort import Endpoint
from deeptepp.errors import NoBrowser
from deeptepp.report.cohort.cohort_curves import curve_choices, curves_item
from deeptepp.report.figures import figure_files
from deeptepp.report.figures.figure_files import (
    FORMATS,
    LIST_NAME,
    drawn_figures,
    figures_of,
    find_browser,
    zipped,
)
from deeptepp.report.figures.image_facts import with_png_facts
from deeptepp.report.look.stamps import stamp_item


def figures(n=1):
    cohort = tiny_bundle.tiny_cohort()
    by = curve_choices(cohort)["ER"]
    items = [curves_item(cohort, by, endpoint) for endpoint in Endpoint]
    return figures_of([stamp_item(item, "SIMULATED COHORT") for item in items])[:n]


@pytest.fixture(scope="module")
def drawn():
    told = []
    files = drawn_figures(figures(), FORMATS, told.append)
    assert told == [0, 1 / 3, 2 / 3]
    return files


def test_an_svg_is_text_and_lines_180_mm_wide_with_its_mark_and_counts(drawn):
    svg = drawn["curves-rfs-er.svg"].decode()
    assert re.search(r'<svg [^>]*width="180mm" height="[\d.]+mm"[^>]*role="img"><title>Recurrence-free', svg)
    assert "<image" not in svg
    texts = re.sub("<[^>]+>", " ", " ".join(re.findall(r"<text.*?</text>", svg, re.DOTALL)))
    assert "SIMULATED COHORT" in texts
    assert re.search(r"\d+.patients, \d+.events", texts)
    assert "Number at risk" in texts
    assert "<desc>SIMULATED COHORT. Kaplan-Meier" in svg


def test_a_pdf_has_fonts_and_no_picture(drawn):
    pdf = drawn["curves-rfs-er.pdf"]
    assert pdf.startswith(b"%PDF")
    assert b"/Font" in pdf
    assert b"/Subtype /Image" not in pdf
    assert b"/Title (DeepTEPP figure)" in pdf
    assert not re.search(rb"/CreationDate \(D:2000", pdf)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+)", pdf)
    assert float(box.group(1)) == pytest.approx(180 / 25.4 * 72, abs=2)


def test_a_png_is_300_dpi_at_180_mm_and_brings_its_words(drawn):
    picture = Image.open(io.BytesIO(drawn["curves-rfs-er.png"]))
    picture.load()
    assert picture.width == 2126
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert picture.info["Description"].startswith("SIMULATED COHORT. Kaplan-Meier")


def test_the_list_holds_the_words_of_every_figure_and_the_archive_all(drawn):
    rows = list(csv.DictReader(io.StringIO(drawn[LIST_NAME].decode("utf-8-sig"))))
    assert rows[0]["figure"] == "curves-rfs-er"
    assert "events" in rows[0]["in words"]
    with zipfile.ZipFile(io.BytesIO(zipped(drawn))) as archive:
        assert set(archive.namelist()) == set(drawn)
        assert all(each.date_time[0] > 2020 for each in archive.infolist())


def test_without_a_browser_the_refusal_names_it_and_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    with pytest.raises(NoBrowser, match="Chromium"):
        find_browser()
    with pytest.raises(NoBrowser):
        drawn_figures(figures(), FORMATS)


def test_the_browser_is_given_a_proxy_that_leads_nowhere(monkeypatch):
    asked = {}

    class Spy:
        def __init__(self, **options):
            asked.update(options)

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return None

        async def calc_fig(self, *_):
            return b"%PDF"

    monkeypatch.setattr("kaleido.Kaleido", Spy)
    assert drawn_figures(figures(2), ("pdf",))["curves-os-er.pdf"] == b"%PDF"
    assert asked["proxy_server"] == figure_files._NOWHERE
    page = asked["page_generator"].generate_index()
    assert not re.search(r'src="https?:', page)


def test_facts_of_a_png_leave_its_pixels_alone():
    plain = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(plain, "png")
    with_facts = with_png_facts(plain.getvalue(), dpi=300, title="t", alt="α – β")
    again = Image.open(io.BytesIO(with_facts))
    assert again.tobytes() == Image.new("RGB", (4, 3), "red").tobytes()
    assert again.info["Description"] == "α – β"
