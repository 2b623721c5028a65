"""What the worklist of one visitor holds: the answer of the PACS, in memory alone, until she leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from deeptepp.dicom.archive.query import Worklist
from deeptepp.errors import DeepTeppError
from deeptepp.ui.background.visitors import own_of_visitor

_KEY = "deeptepp-worklist"


@dataclass(slots=True)
class WorklistState:
    """Last answer, or why there is none; neither before the first search."""

    found: Worklist | None = field(default=None, repr=False)
    refusal: DeepTeppError | None = None

    def erase(self) -> None:
        """Let go of what names patients."""
        self.found = self.refusal = None


def worklist_state() -> WorklistState:
    """State of this visitor, new on the first visit, erased some time after she has left."""
    return own_of_visitor(_KEY, WorklistState)
