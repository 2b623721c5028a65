"""The link to the page that leads from one's own patients to a model of one's own."""

from __future__ import annotations

from deeptepp.ui.words.language import current_language, t
from deeptepp.ui.words.page_list import PAGES


def own_model_link() -> str:
    """Way to the page as Markdown; it opens in a tab of its own, so that the case stays open."""
    url_path = PAGES["own_model"].url_path
    return (
        f"[{t('Make it yours: the steps to a model of your own patients')}]({url_path}?lang={current_language()})"
    )
