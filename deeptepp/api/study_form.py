"""A form with a study in it, written to disk while it arrives; nothing but the short parts is held in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deeptepp.errors import BadRequestBody

STUDY, FACTS, OPTIONS = "study", "facts", "options"
"""Parts that a form may have."""

_TEXT_BYTES = 64_000
"""Longest part that is no study."""


class FormReader:
    """Takes a form in pieces.

    ``content_type``: of the request, with its boundary; ``feed``: takes the bytes of the study. Raises
    BadRequestBody: it is no such form.
    """

    def __init__(self, content_type: str, feed: Callable[[bytes], object]) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if not re.fullmatch(rb"[ -~]{1,70}", boundary):
            raise BadRequestBody(reason="the form names no boundary")
        self._feed_study = feed
        self.texts: dict[str, bytearray] = {}
        self._seen: set[str] = set()
        self._name, self._header, self._value = "", bytearray(), bytearray()
        self._is_over = False
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_part_data": lambda data, start, end: self._take(data[start:end]),
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; raises what ``feed`` of the study raises, and BadRequestBody."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise BadRequestBody(reason="it is no form with several parts") from None

    def finish(self) -> None:
        """End the form; raises BadRequestBody where it ended early or holds no study."""
        if not self._is_over:
            raise BadRequestBody(reason="the form ended early")
        if STUDY not in self._seen:
            raise BadRequestBody(reason="the form has no part named study")

    def _begin(self) -> None:
        self._name = ""
        self._header.clear()
        self._value.clear()

    def _end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("ascii", "replace")
        self._header.clear()
        self._value.clear()

    def _open_part(self) -> None:
        if self._name not in (STUDY, FACTS, OPTIONS) or self._name in self._seen:
            raise BadRequestBody(reason="a form has one part each of study, facts and options, and no other")
        self._seen.add(self._name)

    def _take(self, data: bytes) -> None:
        if self._name == STUDY:
            self._feed_study(data)
            return
        text = self.texts.setdefault(self._name, bytearray())
        text += data
        if len(text) > _TEXT_BYTES:
            raise BadRequestBody(reason=f"facts and options have at most {_TEXT_BYTES} bytes each")

    def _end(self) -> None:
        self._is_over = True
