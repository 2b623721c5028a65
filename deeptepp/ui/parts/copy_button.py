"""A button that copies a text in one click, says so, and shows what was copied."""

from __future__ import annotations

from deeptepp.ui.browser_component import browser_component
from deeptepp.ui.words.language import t


def copy_button(name: str, text: str, *, key: str) -> None:
    """Show the button."""
    browser_component("parts", "copy_button")(
        key=key,
        data={
            "button": name,
            "text": text,
            "done": t("Copied. The text holds no identifier of the patient."),
            "failed": t("The browser does not allow copying. Select the text and copy it."),
            "close": t("Hide the text"),
        },
    )
