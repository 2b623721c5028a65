"""The documentation site: every page is reached, Chinese pages match the English ones, it builds strictly."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po

import deeptepp

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CATALOGUE = ROOT / "deeptepp" / "wording" / "locale" / "zh" / "LC_MESSAGES" / "deeptepp.po"
CHINESE = sorted(DOCS.glob("*.zh.md"))


def _pages(nav):
    """Files of a navigation, from the top down."""
    if isinstance(nav, str):
        return [nav]
    return [page for each in (nav.values() if isinstance(nav, dict) else nav) for page in _pages(each)]


def test_every_page_of_the_documentation_is_in_the_navigation_and_there():
    nav = _pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert set(nav) == written - {path.name for path in CHINESE}
    assert [page for page in nav if nav.count(page) > 1] == []


def _screen_words(path):
    """What stands in bold: words of the screens."""
    return [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", path.read_text("utf-8"), flags=re.S)]


@pytest.mark.parametrize(
    "page", [path for path in CHINESE if path.name != "index.zh.md"], ids=lambda path: path.name
)
def test_words_of_the_screens_stand_on_the_pages_as_on_the_screens_in_both_languages(page):
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    english = [words.rstrip(".") for words in _screen_words(page.with_name(page.name.replace(".zh", "")))]
    ours = [words for words in english if catalogue.get(words)]
    assert len(english) > 15
    # A heading of this page alone.
    assert set(english) - set(ours) <= {"Score and tier", "Curves of the tier"}
    assert sorted(_screen_words(page)) == sorted(catalogue.get(words).string for words in ours)


@pytest.mark.parametrize("page", CHINESE, ids=lambda path: path.name)
def test_a_chinese_page_has_the_parts_of_the_english_one(page):
    english, chinese = (path.read_text("utf-8") for path in (page.with_name(page.name.replace(".zh", "")), page))
    for part in (r"^#+ ", r"^- ", r"^\d+\. ", r"^\| ", r"!\[", r"\]\(([\w/.-]+)\)"):
        assert re.findall(part, chinese, flags=re.M) == re.findall(part, english, flags=re.M), part


def test_the_reference_documents_every_name_of_the_door():
    told = re.findall(r"^::: deeptepp\.(\w+)$", (DOCS / "reference.md").read_text("utf-8"), flags=re.M)
    assert told == [name for name in deeptepp.__all__ if name != "__version__"]


@pytest.mark.long
def test_the_site_builds_strictly_with_its_mark_on_every_page_and_loads_nothing_from_elsewhere(tmp_path):
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path: path.read_text("utf-8") for path in (tmp_path / "site").rglob("*.html")}
    assert len(pages) > 40
    assert [path for path, page in pages.items() if "RESEARCH USE ONLY" not in page] == []
    outside = r"<(?:link|script|img|iframe|source)[^>]+(?:href|src)=[\"']?(?:https?:)?//"
    assert [path for path, page in pages.items() if re.search(outside, page)] == []
    # The theme fetches what draws such a diagram.
    assert [path for path, page in pages.items() if 'class="mermaid"' in page] == []
    reference = pages[tmp_path / "site" / "reference.html"]
    assert [
        name for name in deeptepp.__all__ if name != "__version__" and f'id="deeptepp.{name}"' not in reference
    ] == []
