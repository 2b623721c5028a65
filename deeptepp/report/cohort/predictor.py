"""Whose risks a validation measures: those of the score, or of a model beside it that bears its own name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deeptepp.domain.cohort import SCORE
from deeptepp.report.report_item import ReportItem
from deeptepp.wording.sentence import glued


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """Predicted risks, and what every figure and table made of them must say.

    ``column``: of the cohort: risks in [0, 1], NaN where there is none; ``unpredicted``: why nothing can be
    measured where nobody has a risk; ``key``: begins the names of files, empty for the score; ``caption``: ends
    every title, empty for the score, which the titles are about; ``imputation``: what is done where a clinical
    fact is unknown.
    """

    column: str
    label: str
    meaning: str
    unpredicted: str
    key: str = ""
    caption: str = ""
    remark: str = ""
    imputation: str

    def title(self, title: str) -> str:
        """Say in a title whose risks are meant."""
        return glued("{}: {}", title, self.caption) if self.caption else title

    def name(self, item: ReportItem) -> ReportItem:
        """Say in an item's name, tables and notes whose risks it was made from; its title says so already."""
        if not self.caption:
            return item
        tables = tuple(
            replace(each, title=self.title(each.title), note=glued("{} {}", self.remark, each.note).strip())
            for each in item.tables
        )
        data = {name: replace(each, title=self.title(each.title)) for name, each in item.data.items()}
        notes = item.notes if item.tables else (self.remark, *item.notes)
        return replace(item, key=f"{self.key}-{item.key}", tables=tables, notes=notes, data=data)


THE_SCORE = Predictor(
    column=SCORE,
    label="score",
    meaning="The score is the probability of an event during the follow-up that the model learnt from, not by a "
    "set time; read as the risk at five years it is too high or too low by what the two lengths of follow-up "
    "differ.",
    unpredicted="the cohort has no scores",
    imputation="nothing: the score was computed before",
)
"""The score of the bundle."""
