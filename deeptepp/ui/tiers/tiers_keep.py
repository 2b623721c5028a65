"""What the tiers laboratory says of its patients, and the ways to keep a state: address, recipe, command line."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.provenance import Provenance
from deeptepp.report.laboratory.recipe import Recipe
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.tiers.tiers_state import Uploaded
from deeptepp.ui.words.language import t

RECIPE_NAME = "deeptepp-recipe.json"
"""Name of the recipe as it is saved from the screen."""


def keep_state(recipe: Recipe, uploaded: Uploaded | None, *, key: str) -> None:
    """Show how a state of the laboratory is kept and made again.

    ``uploaded``: the visitor's table that it rests on, None for the reference patients.
    """
    with st.container(key=f"{key}-keep"):
        st.header(t("Keep this state"))
        if uploaded is None:
            words = t(
                "The address of this page holds every choice. The recipe holds the same for the command line:"
            )
        else:
            words = t(
                "Save the recipe beside your table; this command line makes the same figures and tables again:"
            )
        st.markdown(words, width=860)
        st.code(recipe_command(uploaded), language="bash")
        if uploaded is not None:
            st.caption(
                t(
                    "Put the name of your table in place of {name}. The recipe holds a SHA-256 of its "
                    "patients, so that it is not followed in another table by mistake.",
                    name="YOUR-TABLE" if uploaded.before else uploaded.table,
                )
            )
        with st.container(horizontal=True):
            save_button(t("Save recipe"), recipe.to_json(), RECIPE_NAME, key=f"{key}-save-recipe")
            with st.popover(t("Copy recipe"), key=f"{key}-copy-recipe"):
                st.code(recipe.to_json(), language="json")


def said_origin(origin: Provenance) -> str:
    """Where patients and scores come from, with the mark that follows from it."""
    mark = f"**{t(origin.mark)}** " if origin.mark else ""
    return mark + t(origin.sentence)


def recipe_command(uploaded: Uploaded | None) -> str:
    """Write the command line that follows a recipe of the screen.

    ``uploaded``: the visitor's table, None for the reference patients. Returns runs as it is beside the saved
    recipe and, for own patients, a table of the name that it holds.
    """
    if uploaded is None:
        return f"deeptepp report recipe {RECIPE_NAME} --out report"
    options = " ".join(part for part in (f"--cohort {uploaded.table}", uploaded.options) if part)
    command = f"deeptepp report recipe {RECIPE_NAME} {options} --out report"
    return f"{uploaded.before}\n{command}" if uploaded.before else command
