"""The pages of the dashboard: one list for the navigation, the warm-up, the readme and the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deeptepp.config import top_folder
from deeptepp.dicom.archive.pacs import has_studies
from deeptepp.domain.people import Action

PAGES_FOLDER = top_folder() / "pages"
"""Not beside the router on purpose: Streamlit would serve a neighbouring folder without asking it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; what it shows stands in its file, or is called there.

    ``action``: what somebody must be allowed to do to see it; ``url_path``: end of its address, empty for the
    first page; ``is_in_menu``: the navigation shows it, others are reached by a link; ``has_screens``: its screens
    are steps in the history of the browser; ``style``: style sheet of its own, by its path in ``deeptepp/ui``;
    ``needs``: tells whether the installation has what the page is for, and so whether the navigation shows it.
    """

    title: str
    action: Action
    url_path: str = ""
    is_in_menu: bool = True
    has_screens: bool = False
    style: str = ""
    needs: Callable[[], bool] = lambda: True

    @property
    def is_offered(self) -> bool:
        """Whether the navigation of this installation shows it."""
        return self.is_in_menu and self.needs()


PAGES: dict[str, Page] = {
    "case": Page(title="Score a case", action=Action.READ_CASES, has_screens=True),
    "worklist": Page(title="Worklist", action=Action.SCORE_CASES, url_path="worklist", needs=has_studies),
    "cases": Page(title="My cases", action=Action.READ_CASES, url_path="cases"),
    "tiers": Page(
        title="Tiers laboratory", action=Action.USE_LABORATORY, url_path="tiers", style="tiers/tiers.css"
    ),
    "board": Page(title="Tumour board", action=Action.READ_CASES, url_path="board", style="board/board.css"),
    "evidence": Page(title="Evidence", action=Action.READ_EVIDENCE, url_path="evidence"),
    "own_model": Page(
        title="Make it yours", action=Action.READ_EVIDENCE, url_path="make-it-yours", is_in_menu=False
    ),
    "audit": Page(title="Audit trail", action=Action.READ_AUDIT, url_path="audit"),
}
"""By the name of the file in ``pages/``, in the order of the navigation."""
