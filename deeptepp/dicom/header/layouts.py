"""Remembers the layouts of headers: the images of a series have a few between them.

A header whose bytes outside its values are those of an earlier one has its layout, to the last element: these
bytes are all that finding a layout looks at. To compare them takes an eighth of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from deeptepp.dicom.header.elements import FIRST_BYTE, Layout, layout_of

_N_REMEMBERED = 8
"""Layouts that are compared with, the last used first; a study of 841 files had 20, and 810 files had one of the
last 8."""

_Fixed = tuple[Callable[[bytes], Any], Any, Layout]
"""What takes the bytes outside the values, these bytes, and the layout that goes with them."""


class Layouts:
    """The layouts last met."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: list[_Fixed] = []

    @property
    def reach_bytes(self) -> int:
        """First bytes of a file that hold a header of any layout remembered; 0 where none is."""
        return max((layout.pixels_at for *_, layout in self._known), default=0)

    def find(self, content: bytes, size_bytes: int) -> Layout | None:
        """Find the elements of a plain header, as ``layout_of`` does.

        None where the header is not plain. Raises EOFError where the header is longer than these bytes.
        """
        for i, known in enumerate(self._known):
            take, fixed, layout = known
            if take(content) == fixed:
                if i:
                    self._known.insert(0, self._known.pop(i))
                return layout
        found = layout_of(content, size_bytes)
        if found is not None and found.pixel_tag:
            take = itemgetter(*_outside_values(found))
            self._known.insert(0, (take, take(content), found))
            del self._known[_N_REMEMBERED:]
        return found


def _outside_values(layout: Layout) -> list[slice]:
    """List the parts of a header that decide where its elements lie."""
    values = [*layout.meta_values, *_free_values(layout), (layout.pixels_at, layout.pixels_at)]
    parts, at = [], FIRST_BYTE
    for start, stop in values:
        parts.append(slice(at, start))
        at = stop
    return parts


def _free_values(layout: Layout) -> list[tuple[int, int]]:
    """List where the values of the dataset lie that may differ."""
    return [(start, start + n) for tag, (_, start, n) in layout.places.items() if layout.is_free(tag)]
