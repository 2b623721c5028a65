"""The app of the component tests."""

from pathlib import Path

import streamlit as st

from deeptepp import api

app = st.App(Path(__file__).parent / "harness_page.py", routes=api.routes())
