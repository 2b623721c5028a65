"""Both components on one page: a phantom with two balls of known place, and what came back in words."""

import numpy as np
import streamlit as st

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Phase, PhaseChoice, Study
from deeptepp.store.frames import build_frames, default_frames
from deeptepp.store.uploads import default_store
from deeptepp.ui.viewer.slice_viewer import slice_viewer
from deeptepp.ui.viewer.study_drop import study_drop
from deeptepp.ui.words.language import read_language

SHAPE, SPACING_MM, ORIGIN_MM = (40, 160, 200), (2.0, 1.0, 1.0), (-100.0, -80.0, -40.0)
BALLS_MM = ((-50.0, -10.0, 0.0), (40.0, 10.0, 20.0))

st.set_page_config(layout="wide")
read_language()


@st.cache_resource
def phantom():
    """A warm block of tissue with two balls that light up after contrast."""
    grid = Grid.axial(SHAPE, SPACING_MM, ORIGIN_MM)
    points = grid.to_mm(np.moveaxis(np.indices(SHAPE), 0, -1))
    masks = [np.linalg.norm(points - centre, axis=-1) < 10 for centre in BALLS_MM]
    rng = np.random.default_rng(0)
    tissue = rng.normal(100, 4, SHAPE)
    phases = tuple(
        Phase(Volume((tissue + (masks[0] * 90 + masks[1] * 60) * gain).astype(np.float32), grid), 90.0 * n)
        for n, gain in enumerate((0.0, 0.6, 1.0, 0.9))
    )
    study, lesions = Study(phases, "phantom"), tuple(Lesion(mask, grid) for mask in masks)
    frames = build_frames(study, PhaseChoice(2, "third-post", "phantom"), lesions)
    return default_frames().put("phantom", frames), lesions


st.session_state.runs = st.session_state.get("runs", 0) + 1
st.write(f"run {st.session_state.runs}")
if st.query_params.get("show") == "drop":
    arrived = study_drop(key="drop")
    if arrived:
        st.session_state.setdefault("arrived", []).append(arrived)
    for number, upload_id in enumerate(st.session_state.get("arrived", [])):
        path = default_store().path_of(upload_id)
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        st.write(f"upload {number}: {len(files)} files, {sum(file.stat().st_size for file in files)} bytes")
else:
    token, lesions = phantom()
    selected = st.radio(
        "Scored", (0, 1), horizontal=True, format_func=("first lesion", "second lesion").__getitem__
    )
    box = slice_viewer(token, key="viewer", candidates=lesions, selected=selected)
    if box is not None:
        st.session_state.box = box
    if "box" in st.session_state:
        st.write("box " + " ".join(f"{mm:.2f}" for mm in (*st.session_state.box.low, *st.session_state.box.high)))
