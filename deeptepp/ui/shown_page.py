"""What every page of the list does: who may see it, the banner, then its own content."""

from __future__ import annotations

from deeptepp.ui.background.visitors import keep_apart
from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead
from deeptepp.ui.words.page_list import PAGES, function_of


def show_page(name: str) -> None:
    """Draw a page for those who may see it, below the banner that all pages have."""
    page = PAGES[name]
    person = guard(page.action)
    keep_apart(person.subject)
    has_real_patients = bool(page.real_patients) and bool(function_of(page.real_patients)())
    masthead(person, screens=page.has_screens, has_real_patients=has_real_patients)
    function_of(page.draws)()
