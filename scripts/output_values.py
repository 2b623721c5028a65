"""Turns what the product writes into plain values that two versions of it can be compared by.

Times, random names, unique identifiers and the version are the same on every run; pictures become their digest.
"""

from __future__ import annotations

import base64
import csv
import json
import re
import zlib
from hashlib import sha256
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom

Value = Any
"""A value of JSON."""

_ALWAYS_THE_SAME = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "<day>"),
    (re.compile(r"\d\d:\d\d(?= UTC)"), "<time>"),
    (re.compile(r"(?<=loss \d\.\d{3}, )[\d.]+ s|(?<=wall time \| )\d+ s"), "<seconds>"),
    (re.compile(r"\b\d(\.\d+){5,}\b"), "<uid>"),
    (re.compile(r"(?:\$\$ID-)?\b[0-9a-f]{32}-"), "<id>-"),
    (re.compile(r"(?<![\w.])(?=\d*[a-f])[0-9a-f]{16}\b"), "<id>"),
    (re.compile(r"/tmp/[\w./-]+"), "<path>"),  # noqa: S108  a pattern, no file
)
"""What differs between two runs of one version, and what is written in its place."""

_TIMES_AND_NAMES = frozenset(("UI", "DA", "TM", "DT"))
"""Value representations of DICOM elements that hold times and unique identifiers."""

_OF_A_RUN = frozenset(("deferredFileId", "token"))
"""Keys of a screen that hold random names."""

_UNSEEN = frozenset(("name", "borderpad"))
"""Keys of a text of a figure that are not drawn: none has a border."""

_PLOT = "Plotly.newPlot("


def canonical(value: Value) -> Value:
    """Put what changes with every run out of a value, and binary arrays of figures as numbers into it."""
    if isinstance(value, dict):
        if set(value) >= {"dtype", "bdata"}:
            return np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"]).tolist()
        plain = {str(key): canonical(each) for key, each in value.items() if key not in _OF_A_RUN}
        return _drawn(plain) if isinstance(plain.get("annotations"), list) else plain
    if isinstance(value, (list, tuple)):
        return [canonical(each) for each in value]
    if isinstance(value, str):
        for pattern, said in _ALWAYS_THE_SAME:
            value = pattern.sub(said, value)
        return value.replace("\u00a0", " ")
    return value


def _drawn(layout: Value) -> Value:
    """Give the layout of a figure as it is seen: its texts in order, without what is not drawn."""
    layout = dict(layout)
    texts = [
        {key: each for key, each in note.items() if key not in _UNSEEN and each not in (0, None)}
        for note in layout["annotations"]
    ]
    for note in texts:
        if "<br>" not in str(note.get("text")):
            note.pop("align", None)
    layout["annotations"] = sorted(texts, key=lambda note: json.dumps(note, sort_keys=True, ensure_ascii=False))
    title = layout.get("title")
    if isinstance(title, dict) and title.get("subtitle") == {"text": ""}:
        layout["title"] = {key: each for key, each in title.items() if key != "subtitle"}
    return layout


def value_of(path: Path) -> Value:
    """Read one file by its ending; what is not known becomes a digest."""
    read = _READERS.get(path.suffix, _digest)
    return canonical(read(path))


def _digest(path: Path) -> Value:
    return f"sha256 {sha256(path.read_bytes()).hexdigest()}"


def _json(path: Path) -> Value:
    return json.loads(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> Value:
    return path.read_text(encoding="utf-8").splitlines()


def _csv(path: Path) -> Value:
    return list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"))))


def _parquet(path: Path) -> Value:
    frame = pd.read_parquet(path)
    return {
        name: json.loads(column.to_json(orient="values", double_precision=15)) for name, column in frame.items()
    }


def _html(path: Path) -> Value:
    return page_value(path.read_text(encoding="utf-8"))


def page_value(text: str) -> Value:
    """Give the texts and the figures of a page, by the article that they stand in."""
    reader = _Page()
    reader.feed(text)
    return reader.parts


class _Page(HTMLParser):
    """Collects the texts and figures of every article."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, dict[str, list[Value]]] = {}
        self._part, self._tag = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "article":
            self._part = known.get("id") or f"article {len(self.parts)}"
        self._tag = tag
        for name in ("alt", "aria-label", "title"):
            if known.get(name):
                self._add("texts", known[name])

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._part = ""
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag == "script":
            for at in [match.end() for match in re.finditer(re.escape(_PLOT), data)]:
                self._add("figures", _arguments(data[at:])[1:3])
        elif self._tag != "style" and data.strip():
            self._add("texts", " ".join(data.split()))

    def _add(self, kind: str, value: Value) -> None:
        self.parts.setdefault(self._part, {}).setdefault(kind, []).append(value)


def _arguments(script: str) -> list[Value]:
    """Read the first three arguments of a call, each JSON."""
    found, at = [], 0
    for _ in range(3):
        at += len(script[at:]) - len(script[at:].lstrip(" \n,"))
        value, at = json.JSONDecoder().raw_decode(script, at)
        found.append(value)
    return found


def _pdf(path: Path) -> Value:
    return pdf_value(path.read_bytes())


def pdf_value(content: bytes) -> Value:
    """Give the drawing commands of each page: words, lines and where they stand."""
    filtered = rb"/Filter \[ /ASCII85Decode /FlateDecode \][^>]*>>\s*stream\r?\n(.*?)endstream"
    pages = []
    for body in re.findall(filtered, content, re.DOTALL):
        drawn = zlib.decompress(base64.a85decode(body.strip().removesuffix(b"~>")))
        if b" Tj" in drawn or b" TJ" in drawn:
            pages.append([_set(line) for line in drawn.decode("latin-1").splitlines()])
    return pages


def _set(line: str) -> str:
    """Resolve the escapes of a line of drawing commands."""
    plain = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), line)
    return re.sub(r"\\(.)", r"\1", plain)


def _dicom(path: Path) -> Value:
    return _elements(pydicom.dcmread(path))


def _elements(dataset: pydicom.Dataset) -> Value:
    """Give every element but times and unique identifiers by its keyword; long bytes as their digest."""
    found: dict[str, Value] = {}
    for element in dataset:
        name = element.keyword or str(element.tag)
        if element.VR == "SQ":
            found[name] = [_elements(item) for item in element.value]
        elif element.keyword == "EncapsulatedDocumentLength":
            continue  # with the time, the packed size of the pages changes
        elif element.keyword == "EncapsulatedDocument":
            found[name] = pdf_value(element.value)
        elif isinstance(element.value, bytes):
            found[name] = f"sha256 {sha256(element.value).hexdigest()}"
        elif element.VR not in _TIMES_AND_NAMES:
            found[name] = str(element.value)
    return found


_READERS = {
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
    ".html": _html,
    ".pdf": _pdf,
    ".dcm": _dicom,
    ".md": _lines,
    ".txt": _lines,
    ".toml": _lines,
}
