"""The pages of the dashboard: one list for the navigation, the warm-up, the readme and the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    ``url_path``: end of its address, empty for the first page; ``is_in_menu``: the navigation shows it, others are
    reached by a link; ``has_screens``: its screens are steps in the history of the browser; ``real_patients``:
    ``module:function`` that tells whether a table of real patients is looked at, empty where there is none;
    ``needs``: ``module:function`` that tells whether the installation has what the page is for, and so whether the
    navigation shows it, empty where it needs nothing.
    """

    title: str
    draws: str
    url_path: str = ""
    is_in_menu: bool = True
    has_screens: bool = False
    real_patients: str = ""
    needs: str = ""

    @property
    def is_offered(self) -> bool:
        """Whether the navigation of this installation shows it."""
        return self.is_in_menu and (not self.needs or bool(function_of(self.needs)()))


PAGES: dict[str, Page] = {
    "case": Page(title="Score a case", draws="deeptepp.ui.case.case_page:case_page", has_screens=True),
    "worklist": Page(
        title="Worklist",
        draws="deeptepp.ui.worklist.worklist_page:worklist_page",
        url_path="worklist",
        needs="deeptepp.dicom.archive.pacs:has_studies",
    ),
    "tiers": Page(
        title="Tiers laboratory",
        draws="deeptepp.ui.tiers.tiers_page:tiers_page",
        url_path="tiers",
        real_patients="deeptepp.ui.tiers.tiers_state:has_real_patients",
    ),
    "board": Page(title="Tumour board", draws="deeptepp.ui.board.board_page:board_page", url_path="board"),
    "evidence": Page(
        title="Evidence", draws="deeptepp.ui.evidence.evidence_page:evidence_page", url_path="evidence"
    ),
    "own_model": Page(
        title="Make it yours",
        draws="deeptepp.ui.own_model.own_model_page:own_model_page",
        url_path="make-it-yours",
        is_in_menu=False,
    ),
}
"""By the name of the file in ``pages/``, in the order of the navigation."""


def function_of(name: str) -> Callable[[], Any]:
    """Import what ``module:function`` names; only now, since the screens import torch and plotly."""
    module, _, function = name.partition(":")
    found: Callable[[], Any] = getattr(import_module(module), function)
    return found
