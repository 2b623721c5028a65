"""The frame around every page: title, navigation, pages by absolute path."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from deeptepp.ui.background.seeds import whole_run
from deeptepp.ui.own_model.own_model_page import URL_PATH
from deeptepp.ui.words.language import read_language, t

# Not beside this file on purpose: Streamlit would serve a neighbouring folder without asking the router.
_PAGES = Path(__file__).parents[2] / "pages"
_MARK = str(Path(__file__).parent / "mark.svg")
_WORDMARK = str(Path(__file__).parent / "wordmark.svg")

read_language()
st.set_page_config(page_title="DeepTEPP", page_icon=_MARK, layout="wide")
st.logo(_WORDMARK, size="large")
st.navigation(
    [
        st.Page(_PAGES / "case.py", title=t("Score a case"), default=True),
        st.Page(_PAGES / "tiers.py", title=t("Tiers laboratory"), url_path="tiers"),
        st.Page(_PAGES / "board.py", title=t("Tumour board"), url_path="board"),
        st.Page(_PAGES / "evidence.py", title=t("Evidence"), url_path="evidence"),
        st.Page(_PAGES / "own_model.py", title=t("Make it yours"), url_path=URL_PATH, visibility="hidden"),
    ],
    position="top",
).run()
whole_run()
