"""The model of this server, read and checked once."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.model.bundle import ARTIFACTS_VARIABLE, ModelBundle, default_bundle_path, load_bundle


def loaded_bundle() -> ModelBundle:
    """Bundle of this installation; every session shares it.

    The result is with its net in eval mode. Raises BundleError: a file is absent, differs from its checksum, or
    has an unknown schema. Asked again, it is tried again.
    """
    return _read(str(bundle_folder()))


def bundle_folder() -> Path:
    """Folder of the bundle of this installation.

    The result is from the environment, the settings, or the one that is shipped.
    """
    named = None if os.environ.get(ARTIFACTS_VARIABLE) else load_settings().artifacts
    return named or default_bundle_path()


@st.cache_resource(max_entries=2, show_spinner=False)
def _read(folder: str) -> ModelBundle:
    """Read and verify one bundle."""
    return load_bundle(Path(folder))
