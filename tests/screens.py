"""What tests of screens share: where the pages are, what they say, and waiting as a browser does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from deeptepp.ui.background.session import Screen, Session

ROOT = Path(__file__).parents[1]


def session_of(at: AppTest) -> Session:
    """The state of the visitor."""
    return at.session_state["deeptepp"]


def run_until(at: AppTest, *screens: Screen, limit_s: float = 240) -> AppTest:
    """Poll as the browser does until one of the screens is reached."""
    end = time.monotonic() + limit_s
    while session_of(at).screen not in screens:
        assert not at.exception, at.exception[0].value
        if time.monotonic() > end:
            pytest.fail(f"still at {session_of(at).screen}")
        time.sleep(0.1)
        at.run()
    return at.run()


def words_on(at: AppTest) -> str:
    """Everything that the page says, with spaces that break."""
    kinds = (at.title, at.header, at.markdown, at.caption, at.error, at.warning, at.info, at.html)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\u00a0", " ")
