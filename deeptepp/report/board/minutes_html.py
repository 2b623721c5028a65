"""The minutes of a tumour board as one HTML page that needs no network: to read, to print, to paste from."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from html import escape

from deeptepp.domain.board import BoardCase
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.risk import NOT_A_DEVICE, RESEARCH_USE, SIMULATED_COHORT
from deeptepp.report.board.minutes import attendance_of, influence_of, minutes_table, minutes_title
from deeptepp.wording.catalogue import Language, translate
from deeptepp.wording.sentence import Say, glued, joined, sentence

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 "Source Sans 3", "Segoe UI", "Liberation Sans", Arial, "Noto Sans CJK SC", sans-serif;
  color: #1c2b33; max-width: 60rem; margin: 0 auto; padding: 1rem 1.2rem 3rem; }
.marks { font-weight: 600; border-bottom: 2px solid #0b5e70; padding-bottom: 0.4rem; }
article { border-top: 1px solid #c9d2d7; padding: 0.8rem 0; display: grid; grid-template-columns: 7rem 1fr;
  gap: 0.2rem 1.2rem; break-inside: avoid; }
article h2 { margin: 0; font-size: 1.2rem; grid-column: 2; }
article img { width: 7rem; height: 7rem; grid-row: 1 / span 2; border-radius: 4px; background: #000; }
dl { display: grid; grid-template-columns: 14rem 1fr; gap: 0.15rem 1rem; margin: 0; grid-column: 2; }
dt { color: #5b666d; } dd { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
@media (max-width: 40rem) { article, dl { display: block; } dd { margin-bottom: 0.4rem; } }
"""

_SHOWN_AS_HEADING = ("Case", "Marks", "Order", "Meeting", "Attendees (roles)")


def minutes_page(
    cases: Sequence[BoardCase],
    meeting: Meeting | None = None,
    *,
    written_utc: datetime,
    language: Language = Language.ENGLISH,
) -> str:
    """Write minutes.

    ``meeting``: whose minutes, without it, of everything; ``written_utc``: time zone UTC. Returns HTML, all text
    escaped, pictures inside.
    """
    say = partial(translate, language=language)
    title, table = escape(say(minutes_title(meeting))), minutes_table(cases, meeting)
    simulated = [SIMULATED_COHORT] if any(case.is_simulated for case in cases) else []
    marks = joined("  ·  ", (*simulated, glued("{}. {}", RESEARCH_USE, NOT_A_DEVICE)))
    sentences = (*((attendance_of(meeting),) if meeting else ()), *influence_of(cases).sentences())
    articles = "".join(
        _article(case, dict(zip(table.header, row, strict=True)), say)
        for case, row in zip(cases, table.rows, strict=True)
    )
    return (
        f'<!doctype html>\n<html lang="{language.html_code}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<p class="marks" role="note">{escape(say(marks))}</p>\n<h1>{title}</h1>\n'
        f"{''.join(f'<p>{escape(say(each))}</p>' for each in sentences)}\n{articles}\n"
        f"<p>{say(sentence('Written {written:%Y-%m-%d %H:%M} UTC', written=written_utc))}</p>\n</body>\n</html>\n"
    )


def _article(case: BoardCase, row: dict[str, str], say: Say) -> str:
    """Write one case, empty cells left out."""
    picture = ""
    if case.thumbnail_png:
        data = base64.b64encode(case.thumbnail_png).decode("ascii")
        kind = (
            sentence("Simulated MR of the tumour, one slice")
            if case.is_simulated
            else sentence("MR of the tumour, one slice")
        )
        picture = f'<img src="data:image/png;base64,{data}" alt="{escape(say(kind))}">'
    order = f"{row['Order']}. " if "Order" in row else ""
    cells = "".join(
        f"<dt>{escape(say(name))}</dt><dd>{escape(say(cell))}</dd>"
        for name, cell in row.items()
        if cell and name not in _SHOWN_AS_HEADING
    )
    return f"<article>{picture}<h2>{escape(order + row['Case'])}</h2><dl>{cells}</dl></article>\n"
