"""The recipe of the tiers laboratory: everything that decides what it shows, as a value, an address and a file.

A recipe is strict: a key that is not known, or a value out of its range, is refused and never passed over, because
a recipe that silently loses a choice shows other numbers than those it was saved beside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from deeptepp.domain.cohort import Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.errors import AnotherTable, RecipeOutOfRange, UnknownRecipeKey, UnreadableRecipe
from deeptepp.report.cohort.cohort_curves import CURVE_NAMES
from deeptepp.report.laboratory.recipe_values import (
    each_once,
    in_order,
    quoted,
    read_number,
    read_number_or_none,
    read_text,
    reader_of_one,
    reader_of_several,
    within,
)
from deeptepp.scoring.tiers import TierSource
from deeptepp.stats.patient_groups import FACTS
from deeptepp.stats.treatment.treatment_question import (
    T_VS_NONE,
    TP_VS_T,
    TREATED_VS_NONE,
    Matching,
    TreatmentQuestion,
)
from deeptepp.wording.sentence import sentence

SCHEMA = "deeptepp-recipe-1"
"""First key of the file."""

CALIPER_SD, HORIZON_MONTHS = (0.05, 2.0), (6.0, 120.0)
"""Smallest and largest caliper and horizon."""

_NO_LIMIT = "none"
_SHA256 = re.compile("[0-9a-f]{64}")
_MOST_CHARACTERS = 20_000


class CohortChoice(StrEnum):
    """Whose outcomes are looked at."""

    REFERENCE = "reference"
    UPLOADED = "uploaded"


class Contrast(StrEnum):
    """Which two treatments are compared."""

    TP_T = "tp-t"
    T_NONE = "t-none"
    TREATED_NONE = "treated-none"

    def question(self, horizon_months: float) -> TreatmentQuestion:
        """Ask the treatment question up to a horizon."""
        asked = {"tp-t": TP_VS_T, "t-none": T_VS_NONE, "treated-none": TREATED_VS_NONE}[self.value]
        return replace(asked, horizon_months=horizon_months)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the laboratory looks at.

    ``low_below``, ``high_from``: cut-offs on the score, 0 <= low_below <= high_from <= 1; ``cohort``: reference
    patients of the bundle, or those of the user; ``arms``: patients of these treatments are looked at;
    ``contrast``: treatments compared inside the tiers; ``caliper_sd``: largest distance of a pair, in standard
    deviations of the propensity logit, None for no limit; ``subgroup``: fact of the forest, one of
    ``stats.patient_groups.FACTS``, empty for every fact; ``horizon_months``: time of the decision curve and of the
    differences; ``curves_by``: fact that divides the patients of the curves, as ``cohort_curves.curve_choices``
    names it, empty for no further curves; ``tier_source``: what the tiers of these curves are made of, where the
    table brings tiers, all else has those of the cut-offs; ``cohort_sha256``: digest of the table of an uploaded
    cohort, empty where it is not known. Raises RecipeOutOfRange: a value lies outside of its range.
    """

    low_below: float
    high_from: float
    cohort: CohortChoice = CohortChoice.REFERENCE
    endpoint: Endpoint = Endpoint.RFS
    arms: tuple[Arm, ...] = tuple(Arm)
    contrast: Contrast = Contrast.TP_T
    contrast_tiers: tuple[Tier, ...] = (Tier.MODERATE, Tier.HIGH)
    matching: Matching = Matching.DEFAULT
    caliper_sd: float | None = 0.2
    subgroup: str = ""
    horizon_months: float = 24.0
    curves_by: str = ""
    tier_source: TierSource = TierSource.GIVEN
    cohort_sha256: str = ""

    def __post_init__(self) -> None:
        within("low_below", self.low_below, (0.0, 1.0))
        within("high_from", self.high_from, (self.low_below, 1.0))
        within("horizon_months", self.horizon_months, HORIZON_MONTHS)
        if self.caliper_sd is not None:
            within("caliper_sd", self.caliper_sd, CALIPER_SD)
        if self.subgroup and self.subgroup not in FACTS:
            raise RecipeOutOfRange(
                field="subgroup",
                value=quoted(self.subgroup),
                limit=sentence("one of {facts}", facts=", ".join(FACTS)),
            )
        if self.curves_by and self.curves_by not in CURVE_NAMES:
            raise RecipeOutOfRange(
                field="curves_by",
                value=quoted(self.curves_by),
                limit=sentence("one of {curve_names}", curve_names=", ".join(CURVE_NAMES)),
            )
        if self.cohort_sha256 and not _SHA256.fullmatch(self.cohort_sha256):
            raise RecipeOutOfRange(
                field="cohort_sha256", value=quoted(self.cohort_sha256), limit="64 hexadecimal digits"
            )
        object.__setattr__(self, "arms", in_order("arms", self.arms, Arm))
        object.__setattr__(self, "contrast_tiers", in_order("contrast_tiers", self.contrast_tiers, Tier))

    @classmethod
    def as_published(cls, tiers: TierScheme) -> Recipe:
        """Take the cut-offs of a bundle: highest Youden index, then exact 2-means of the scores above it."""
        return cls(low_below=tiers.low_below, high_from=tiers.high_from)

    @property
    def tiers(self) -> TierScheme:
        """The cut-offs."""
        return TierScheme(self.low_below, self.high_from, "chosen in the tiers laboratory")

    @property
    def question(self) -> TreatmentQuestion:
        """The treatment question, up to the horizon."""
        return self.contrast.question(self.horizon_months)

    @property
    def digest(self) -> str:
        """Names the recipe to a cache."""
        return sha256(self.to_json().encode()).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {"schema": SCHEMA, **plain}

    def to_json(self) -> str:
        """Write the recipe as a file."""
        return json.dumps(self.to_mapping(), indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read a recipe from a file.

        Raises UnreadableRecipe: no JSON, no object, another schema, or no cut-offs; UnknownRecipeKey: a key that
        is not known; RecipeOutOfRange: a value of the wrong kind or out of its range.
        """
        try:
            content = json.loads(text, object_pairs_hook=each_once) if len(text) <= _MOST_CHARACTERS else None
        except UnreadableRecipe:
            raise
        except (ValueError, RecursionError):
            raise UnreadableRecipe(reason="it is not JSON") from None
        if not isinstance(content, dict) or content.pop("schema", None) != SCHEMA:
            raise UnreadableRecipe(reason=sentence("it does not say that it is a {schema}", schema=SCHEMA))
        return cls._of(content)

    def to_query(self) -> dict[str, str]:
        """Write the recipe as the parameters of an address; defaults are left out, cut-offs never."""
        written = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value == each.default:
                continue
            text = ",".join(value) if isinstance(value, tuple) else _NO_LIMIT if value is None else value
            written[each.name.replace("_", "-")] = repr(text) if isinstance(text, float) else str(text)
        return written

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, otherwise: Recipe) -> Recipe:
        """Read a recipe from the parameters of an address.

        ``otherwise``: brings the cut-offs where the address has none. Raises UnknownRecipeKey: a parameter that is
        not known; RecipeOutOfRange: a value of the wrong kind or out of its range.
        """
        content: dict[str, Any] = {"low_below": otherwise.low_below, "high_from": otherwise.high_from}
        for key, text in query.items():
            name = key.replace("-", "_")
            content[name] = text.split(",") if name in ("arms", "contrast_tiers") else _value_of(name, text)
        return cls._of(content)

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> Recipe:
        """Build a recipe from plain values."""
        unknown = sorted(set(content) - set(_READERS))
        if unknown:
            raise UnknownRecipeKey(value=", ".join(quoted(name) for name in unknown), limit=", ".join(_READERS))
        if not {"low_below", "high_from"} <= set(content):
            raise UnreadableRecipe(reason="it lacks the cut-offs low_below and high_from")
        return cls(**{name: _READERS[name](name, value) for name, value in content.items()})


def _value_of(name: str, text: str) -> float | str | None:
    """Turn the text of an address into a plain value."""
    if name == "caliper_sd" and text == _NO_LIMIT:
        return None
    if name not in _NUMBERS:
        return text
    try:
        return float(text)
    except ValueError:
        raise RecipeOutOfRange(field=name, value=quoted(text), limit="a number") from None


_NUMBERS = ("low_below", "high_from", "caliper_sd", "horizon_months")

_READERS: dict[str, Callable[[str, object], Any]] = {
    "low_below": read_number,
    "high_from": read_number,
    "cohort": reader_of_one(CohortChoice),
    "endpoint": reader_of_one(Endpoint),
    "arms": reader_of_several(Arm),
    "contrast": reader_of_one(Contrast),
    "contrast_tiers": reader_of_several(Tier),
    "matching": reader_of_one(Matching),
    "caliper_sd": read_number_or_none,
    "subgroup": read_text,
    "horizon_months": read_number,
    "curves_by": read_text,
    "tier_source": reader_of_one(TierSource),
    "cohort_sha256": read_text,
}
"""How each value is read; the names of all keys."""


def read_recipe(path: Path) -> Recipe:
    """Read the file of a recipe.

    ``path``: JSON in UTF-8. Raises UnreadableRecipe: no text, no JSON, another schema, or no cut-offs;
    UnknownRecipeKey: a key that is not known; RecipeOutOfRange: a value of the wrong kind or out of its range.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableRecipe(reason="it is not text in UTF-8") from None
    return Recipe.from_json(text)


def check_table(recipe: Recipe, cohort: Cohort) -> None:
    """Refuse to follow a recipe in another table than the one that it was saved with.

    Raises AnotherTable: the digests differ.
    """
    digest = cohort.digest
    if recipe.cohort_sha256 and recipe.cohort_sha256 != digest:
        raise AnotherTable(value=digest[:12], limit=recipe.cohort_sha256[:12])
