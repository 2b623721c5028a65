"""What every page of the list does: who may see it, the banner, then its own content."""

from __future__ import annotations

from collections.abc import Callable

from deeptepp.ui.background.visitors import keep_apart
from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead
from deeptepp.ui.words.page_list import PAGES


def show_page(
    name: str, draw: Callable[[], object], *, has_real_patients: Callable[[], bool] = lambda: False
) -> None:
    """Draw a page for those who may see it, below the banner that all pages have.

    ``has_real_patients``: tells whether a table of real patients is looked at.
    """
    page = PAGES[name]
    person = guard(page.action)
    keep_apart(person.subject)
    masthead(person, page, has_real_patients=has_real_patients())
    draw()
