"""The dashboard with a reader that asks which images are meant until phases are named."""

from pathlib import Path

import streamlit as st

from deeptepp import api
from deeptepp.dicom.read_dicom import read_study
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import NoPreContrast
from deeptepp.scoring import images

WAYS = (PhaseProposal(("s1", "s2", "s3", "s4"), "As acquired."), PhaseProposal(("s1", "s3", "s4"), "Without s2."))


def ask(source, *, phase_keys=None, **more):
    """Read a study whose phases are named, else ask."""
    if phase_keys is None:
        raise NoPreContrast(value=4, proposals=WAYS)
    return read_study(source, phase_keys=phase_keys, **more)


images.read_study = ask

app = st.App(Path(api.__file__).parents[1] / "ui" / "router.py", routes=api.routes())
