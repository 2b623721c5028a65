"""Opens pages of the dashboard in process and gives everything that stands on them as plain values."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from output_values import canonical
from streamlit.testing.v1 import AppTest

_LONGEST_S = 300.0
_WITHOUT_MEANING = ("id", "formId", "jsContent", "cssContent", "htmlContent", "deferredFileId")
"""What an element has besides that which a reader sees."""

_WITHOUT_WORDS = ("flex_container", "tab_container", "vertical", "horizontal", "column", "container")
"""Elements that lay out others."""

_KEY = {"tiers": "tiers-tab", "evidence": "evidence-tab"}
"""What a page remembers its open tab under."""


class Screens:
    """Pages of one checkout.

    Parameters
    ----------
    pages : Path
        Folder of the pages.
    """

    def __init__(self, pages: Path) -> None:
        self._pages = pages

    def open(
        self, page: str, *, lang: str = "en", query: Mapping[str, str] | None = None, **state: str
    ) -> AppTest:
        """Open a page at an address."""
        at = AppTest.from_file(str(self._pages / f"{page}.py"), default_timeout=_LONGEST_S)
        for name, text in ({"lang": lang} | dict(query or {})).items():
            at.query_params[name] = text
        for name, text in state.items():
            at.session_state[name] = text
        return at.run()

    def tabs(self, page: str, *, lang: str, query: Mapping[str, str] | None = None) -> Iterator[tuple[int, Any]]:
        """Open every tab of a page one after the other; gives its place and what stands on the page."""
        at = self.open(page, lang=lang, query=query)
        yield 0, page_value(at)
        names = [tab.label for tab in at.tabs]
        states = [{_KEY[page]: name} for name in names[1:]]
        if page == "tiers":
            # The tabs of its first part stand between the names of its two parts.
            states = [{_KEY[page]: name} for name in names[2:-1]] + [{"tiers-part": names[-1]}]
        for i, state in enumerate(states, start=1):
            yield i, page_value(self.open(page, lang=lang, query=query, **state))

    def demo_result(self) -> AppTest:
        """Score the demo study as a visitor does."""
        at = self.open("case")
        at.button(key="case-demo").click().run()
        _wait_for(at, "case-submit-").click().run()
        _wait_for(at, "result-back")
        return at.run()


def _wait_for(at: AppTest, key: str) -> Any:  # noqa: ANN401  a button of the page
    """Run a page until it has a button; whose key begins so."""
    end = time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        for button in at.button:
            if (button.key or "").startswith(key):
                return button
        time.sleep(0.2)
        at.run()
    raise TimeoutError(key)


def page_value(at: AppTest) -> list[Any]:
    """Give every element of a page in reading order: its kind and all that it says."""
    if at.exception:
        raise RuntimeError(at.exception[0].value)
    shown = (each for each in _elements(at.main) if each.type not in _WITHOUT_WORDS)
    return [canonical([each.type, _said(each)]) for each in shown]


def _elements(block: Any) -> Iterator[Any]:  # noqa: ANN401  a block of the page
    """Walk over the elements of a block."""
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _elements(child)


def _said(element: Any) -> Any:  # noqa: ANN401  an element of the page
    """Give what an element says: a table as its rows, a figure as its parts, else its message."""
    if element.type in ("table", "dataframe", "arrow_data_frame"):
        return json.loads(element.value.to_json(orient="split", double_precision=15))
    message = MessageToDict(element.proto) if element.proto is not None else {}
    said = {name: value for name, value in message.items() if name not in _WITHOUT_MEANING}
    if "spec" in said:
        said["spec"] = json.loads(said["spec"])
    if element.type == "bidi_component":
        said = _component(said)
    if element.type in ("download_button", "image", "imgs"):
        said.pop("url", None)
        said.pop("imgs", None)
    return said


def _component(said: dict[str, Any]) -> dict[str, Any]:
    """Give what a component of the page's own was told, without what the memory of a browser tab holds."""
    name = said.get("componentName", "")
    told = {} if name == "deeptepp_tab_memory" else json.loads(said.get("json", "{}"))
    told.pop("token", None)
    return {"componentName": name, "told": told}
