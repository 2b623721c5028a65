"""What the tiers laboratory remembers of one visitor: recipe, cut-offs tried, and an uploaded cohort."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.provenance import Model, Provenance, patients_are_simulated, provenance_of
from deeptepp.errors import DeepTeppError, RecipeError
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.ui.background.visitors import remember_visitor

_KEY = "deeptepp-tiers"
_OTHER_PARAMETERS = ("lang",)
"""Parameters of the address that belong to other parts of the screen."""

_MOST_TRIED = 5_000
"""Beyond this many pairs the count no longer rises."""


@dataclass(frozen=True, slots=True, eq=False)
class Uploaded:
    """A cohort that the visitor handed in; lives in the session's memory only.

    ``digest``: of the file and how it was read, SHA-256, tells whether it is the one at hand; ``table``: name of a
    file that stands for it in a command line, never the visitor's own, which may name somebody; ``options``: what
    a command line says of its columns, such as ``--mapping deeptepp-mapping.toml``; ``before``: command line that
    makes ``table`` of the visitor's file, empty where it is that file.
    """

    cohort: Cohort
    digest: str
    table: str = "YOUR-TABLE.csv"
    options: str = ""
    before: str = ""
    patients: str = field(init=False)
    """Digest of the cohort, made once: it is asked for in every run of the page."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "patients", self.cohort.digest)


@dataclass(slots=True)
class Bench:
    """One visitor's laboratory.

    ``refusal``: why the address could not be followed; ``uploaded``: the visitor's own cohort; ``tried``: cohort
    and cut-offs looked at; ``is_sent_to_cut_offs``: the next drawing of the page opens the cut-offs;
    ``asked_sha256``: digest of the table that the address was made with, empty where it names none.
    """

    recipe: Recipe
    refusal: DeepTeppError | None = None
    uploaded: Uploaded | None = None
    tried: set[tuple[str, float, float]] = field(default_factory=set)
    is_sent_to_cut_offs: bool = False
    asked_sha256: str = ""

    @property
    def is_of_another_table(self) -> bool:
        """Whether the address was made with another table than the one that was handed in."""
        if not self.asked_sha256 or self.uploaded is None:
            return False
        return self.uploaded.patients != self.asked_sha256

    @property
    def is_own(self) -> bool:
        """Whether the visitor's own patients are looked at."""
        return self.recipe.cohort is CohortChoice.UPLOADED and self.uploaded is not None

    @property
    def has_real_patients(self) -> bool:
        """Whether the visitor handed in patients who are not simulated."""
        return self.uploaded is not None and not patients_are_simulated(self.uploaded.cohort)

    @property
    def n_tried(self) -> int:
        """Pairs of cut-offs looked at in the cohort at hand."""
        return sum(name == self.recipe.cohort.value for name, _, _ in self.tried)

    def take(self, recipe: Recipe) -> None:
        """Show another recipe, and count its cut-offs."""
        self.recipe = recipe
        if len(self.tried) < _MOST_TRIED:
            self.tried.add((recipe.cohort.value, recipe.low_below, recipe.high_from))

    def erase(self) -> None:
        """Forget the patients that the visitor handed in."""
        self.uploaded = None

    def cohort(self, bundle: ModelBundle) -> tuple[Cohort, str]:
        """Patients at hand, and the digest that names them."""
        if self.is_own and self.uploaded is not None:
            return self.uploaded.cohort, self.uploaded.digest
        return bundle.reference, bundle.sha256

    def provenance(self, bundle: ModelBundle) -> Provenance:
        """Where the patients at hand and their scores come from."""
        cohort, _ = self.cohort(bundle)
        model = Model(bundle.sha256, bundle.is_simulated)
        return provenance_of(cohort, model, is_reference=not self.is_own)


def current_bench(bundle: ModelBundle) -> Bench:
    """Laboratory of this visitor, at first as the address of the page says.

    ``bundle``: brings the published cut-offs. Returns kept over reruns and pages.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _from_address(bundle)
        remember_visitor(st.session_state[_KEY].erase, key=_KEY)
    bench: Bench = st.session_state[_KEY]
    return bench


def has_real_patients() -> bool:
    """Whether this visitor handed in patients who are not simulated.

    Returns False before the laboratory was opened.
    """
    bench: Bench | None = st.session_state.get(_KEY)
    return bench is not None and bench.has_real_patients


def write_address(recipe: Recipe, bundle: ModelBundle) -> None:
    """Keep the recipe in the address of the page; nothing where it is the first one.

    ``bundle``: brings the published cut-offs.
    """
    shown = st.query_params.to_dict()
    kept = {name: text for name, text in shown.items() if name in _OTHER_PARAMETERS}
    wanted = kept | ({} if recipe == Recipe.as_published(bundle.tiers) else recipe.to_query())
    if shown != wanted:
        st.query_params.from_dict(wanted)


def _from_address(bundle: ModelBundle) -> Bench:
    """Read the recipe in the address; the published one where it cannot be followed, and why."""
    published = Recipe.as_published(bundle.tiers)
    asked = {name: text for name, text in st.query_params.items() if name not in _OTHER_PARAMETERS}
    try:
        recipe = Recipe.from_query(asked, otherwise=published)
    except RecipeError as error:
        return Bench(published, refusal=error)
    return Bench(recipe, asked_sha256=recipe.cohort_sha256)
