"""Counts with their word, for the sentences of the statistics."""

from __future__ import annotations

from deeptepp.wording.sentence import sentence


def counted(n: int, noun: str) -> str:
    """Write a number of things.

    >>> counted(1, "event"), counted(0, "event")
    ('1 event', '0 events')
    """
    return sentence(f"{{n}} {noun}" if n == 1 else f"{{n}} {noun}s", n=n)
