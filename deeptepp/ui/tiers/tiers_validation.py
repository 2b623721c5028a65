"""A visitor's own cohort: taken in, then what it can answer and how the score does in it."""

from __future__ import annotations

import streamlit as st

from deeptepp.model.bundle import ModelBundle
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.tiers.tiers_own import show_cohort
from deeptepp.ui.tiers.tiers_state import Bench
from deeptepp.ui.tiers.tiers_upload import upload_part


@fragment()
def validation_part(bench: Bench, bundle: ModelBundle) -> None:
    """Take a cohort, say what is wrong with it, and measure the score in it.

    ``bench``: the laboratory, remembers the cohort.
    """
    was_real = bench.has_real_patients
    upload_part(bench)
    if bench.has_real_patients != was_real:
        # The masthead says of whom the page speaks, and stands outside of this fragment.
        st.rerun()
    if bench.uploaded is not None:
        show_cohort(bench, bundle, bench.uploaded)
