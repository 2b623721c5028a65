"""Text that somebody wrote, as Markdown that shows it as it was written: no markup, no picture from elsewhere."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"[\\`*_\[\]<>$~:!|#&{}]")
"""What begins markup inside of a line, for Markdown and for Streamlit's colours and icons."""

_START = re.compile(r"^(\s*\d*)([-+=.)])", re.MULTILINE)
"""What begins a list or a heading at the start of a line."""


def verbatim(text: str) -> str:
    r"""Write a text so that Markdown shows it unchanged.

    Parameters
    ----------
    text : str
        A label, role, title or note.

    Returns
    -------
    str
        For widgets, headings, tables and captions, which all read Markdown.

    Examples
    --------
    >>> verbatim("![x](http://a/b.png) is 0.31")
    '\\!\\[x\\](http\\://a/b.png) is 0.31'
    """
    return _START.sub(r"\1\\\2", _SIGNS.sub(r"\\\g<0>", text))
