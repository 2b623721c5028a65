"""The frame around every page: title, navigation, pages by absolute path."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from deeptepp.ui.background.seeds import whole_run
from deeptepp.ui.guard import may
from deeptepp.ui.words.language import read_language, t
from deeptepp.ui.words.page_list import PAGES, PAGES_FOLDER

_MARK = str(Path(__file__).parent / "mark.svg")
_WORDMARK = str(Path(__file__).parent / "wordmark.svg")

read_language()
st.set_page_config(page_title="DeepTEPP", page_icon=_MARK, layout="wide")
st.logo(_WORDMARK, size="large")
st.navigation(
    [
        st.Page(
            PAGES_FOLDER / f"{name}.py",
            title=t(page.title),
            url_path=page.url_path or None,
            default=not page.url_path,
            visibility="visible" if page.is_offered and may(page.action) else "hidden",
        )
        for name, page in PAGES.items()
    ],
    position="top",
).run()
whole_run()
