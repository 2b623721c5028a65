"""The language that a file is written in: reports know English, and are handed what says it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.risk import TierName
from deeptepp.report.names import CATEGORIES, name_of
from deeptepp.wording.catalogue import Language, fill_in, translate
from deeptepp.wording.sentence import joined


@dataclass(frozen=True, slots=True)
class Speech:
    """Says sentences in one language, wherever and whenever it is asked."""

    language: Language = Language.ENGLISH

    def t(self, template: str, /, **facts: object) -> str:
        """Say a template of the package with its facts."""
        return fill_in(template, self.language, **facts)

    def say(self, text: str) -> str:
        """Say a sentence, or a plain text that the catalogue holds whole."""
        return translate(text, self.language)

    def name(self, value: object) -> str:
        """Name a category, a truth or a number, see ``report.names.name_of``."""
        if isinstance(value, StrEnum):
            return self.t(CATEGORIES.get(value, str(value)))
        return self.t(name_of(value)) if value is None or isinstance(value, bool) else name_of(value)

    def fact(self, field: str, value: object) -> str:
        """Say a clinical fact: receptors are positive or negative, not yes or no."""
        return self.t(CLINICAL_FACTS[field].answer(value)) if isinstance(value, bool) else self.name(value)

    def tier_words(self, name: TierName, *, is_alone: bool = False) -> str:
        """Say the tier of a case: ``TierName.text``, or ``TierName.risk_text`` where it stands alone."""
        if not name.tiers:
            return ""
        tiers = joined("/", (self.name(tier) for tier in name.tiers))
        if name.is_stable is False:
            return self.t("{tiers}, unstable", tiers=tiers)
        said = self.t("{tier} risk tier", tier=tiers) if is_alone else tiers
        return said if name.is_stable else self.t("{tier}, stability not measured", tier=said)


ENGLISH = Speech()
"""What reports speak where nothing else is asked for."""
