"""Compares two folders of outputs, value by value: numbers to the last digit, words apart from numbers."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path
from typing import Any

from output_values import canonical

ROUNDING = 1e-9
"""Relative difference up to which two numbers differ by the order of additions alone."""

_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_SHOWN = 90


class Kind(StrEnum):
    """How two outputs differ, the worst first."""

    NUMBER = "number"
    ROUNDING = "rounding"
    ONLY_IN_A = "only in the first"
    ONLY_IN_B = "only in the second"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two outputs differ."""

    kind: Kind
    where: str
    first: str = ""
    second: str = ""

    def __str__(self) -> str:
        told = " -> ".join(each[:_SHOWN] for each in (self.first, self.second) if each)
        return f"  {self.kind:18} {self.where}: {told}"


def compare_folders(first: Path, second: Path) -> dict[str, list[Difference]]:
    """Compare every output of two folders, by its name."""
    names = sorted(
        {path.relative_to(root).as_posix() for root in (first, second) for path in root.rglob("*.json")}
    )
    found = {}
    for name in names:
        sides = [root / name for root in (first, second)]
        absent = [
            kind for kind, path in zip((Kind.ONLY_IN_B, Kind.ONLY_IN_A), sides, strict=True) if not path.exists()
        ]
        told = [Difference(kind, "the whole output") for kind in absent]
        if not told:
            told = list(differences(*map(_read, sides)))
        if told:
            found[name] = told
    return found


def _read(path: Path) -> Any:  # noqa: ANN401  a value of JSON
    """Read an output; what was written by an earlier version of this script becomes what this one writes."""
    return canonical(json.loads(path.read_text(encoding="utf-8")))


def report(found: dict[str, list[Difference]], n_shown: int) -> str:
    """Write what differs: a line for each output with its first places, then all outputs by kind."""
    lines, outputs = [], defaultdict(list)
    for name, told in found.items():
        kinds = Counter(each.kind for each in told)
        lines.append(f"{name}: " + ", ".join(f"{kinds[kind]} {kind}" for kind in Kind if kinds[kind]))
        for kind in kinds:
            outputs[kind].append(name)
            lines += [str(each) for each in told if each.kind is kind][:n_shown]
    lines.append("" if found else "Nothing differs.")
    lines += [f"{kind}: {len(outputs[kind])} outputs" for kind in Kind if outputs[kind]]
    return "\n".join(lines)


def differences(first: Any, second: Any, where: str = "") -> Iterator[Difference]:  # noqa: ANN401  values of JSON
    """Find where two values differ."""
    if isinstance(first, dict) and isinstance(second, dict):
        for key in first | second:
            if key in first and key in second:
                yield from differences(first[key], second[key], f"{where}/{key}")
            else:
                yield _alone(f"{where}/{key}", first.get(key), second.get(key))
    elif isinstance(first, list) and isinstance(second, list):
        yield from _lists(first, second, where)
    elif isinstance(first, str) and isinstance(second, str):
        yield from _texts(first, second, where)
    elif not _is_same(first, second):
        yield _numbers(first, second, where)


def _alone(where: str, first: Any, second: Any) -> Difference:  # noqa: ANN401  values of JSON
    """Tell of what one side alone has."""
    if second is None:
        return Difference(Kind.ONLY_IN_A, where, json.dumps(first, ensure_ascii=False))
    return Difference(Kind.ONLY_IN_B, where, json.dumps(second, ensure_ascii=False))


def _lists(first: list[Any], second: list[Any], where: str) -> Iterator[Difference]:
    """Compare lists; what was put in or taken out between alike things is told as that."""
    if len(first) == len(second):
        for i, pair in enumerate(zip(first, second, strict=True)):
            yield from differences(*pair, f"{where}/{i}")
        return
    keys = [[_without_numbers(each) for each in side] for side in (first, second)]
    for tag, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal" or b - a == d - c:
            for i, pair in enumerate(zip(first[a:b], second[c:d], strict=True)):
                yield from differences(*pair, f"{where}/{a + i}")
        else:
            yield from (_alone(f"{where}/{a + i}", each, None) for i, each in enumerate(first[a:b]))
            yield from (_alone(f"{where}/{c + i}", None, each) for i, each in enumerate(second[c:d]))


def _texts(first: str, second: str, where: str) -> Iterator[Difference]:
    """Compare texts: first the words, then the numbers in them one by one."""
    if first == second:
        return
    if _without_numbers(first) != _without_numbers(second):
        yield Difference(Kind.WORDS, where, first, second)
        return
    kinds = {
        _numbers(float(a.replace("−", "-")), float(b.replace("−", "-")), "").kind
        for a, b in zip(_NUMBER.findall(first), _NUMBER.findall(second), strict=True)
        if a != b
    }
    yield Difference(Kind.NUMBER if Kind.NUMBER in kinds else Kind.ROUNDING, where, first, second)


def _without_numbers(value: Any) -> str:  # noqa: ANN401  a value of JSON
    """Write a value with a sign in place of each number."""
    return _NUMBER.sub("#", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _is_same(first: object, second: object) -> bool:
    """Tell whether two values of one kind are the same; not a number is."""
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first) and math.isnan(second):
        return True
    return type(first) is type(second) and first == second


def _numbers(first: object, second: object, where: str) -> Difference:
    """Tell how far two numbers lie apart; no value beside one is a number that differs."""
    both = [each for each in (first, second) if isinstance(each, (int, float)) and not isinstance(each, bool)]
    is_close = len(both) == 2 and math.isclose(*both, rel_tol=ROUNDING, abs_tol=1e-15)
    return Difference(Kind.ROUNDING if is_close else Kind.NUMBER, where, repr(first), repr(second))
