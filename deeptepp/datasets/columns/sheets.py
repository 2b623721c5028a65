"""Tables as other people write them: any encoding, any delimiter, titles above the header, several sheets.

Nothing is understood here; cells become text by column, and each row keeps the number that a spreadsheet gives it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.datasets.columns.column_names import is_known_name
from deeptepp.datasets.columns.identifiers import is_identifier, names_a_person
from deeptepp.datasets.raw_cells import Lines, n_filled, split_lines, workbook_lines
from deeptepp.domain.progress import checkpoint
from deeptepp.errors import TableTooLarge, UnreadableCohort
from deeptepp.wording.sentence import joined, sentence

_DELIMITERS = ",;\t|"
_HEADER_WITHIN = 30
"""Lines among which the header is looked for: titles and remarks stand above it."""

_FEWEST_NAMED = 2
"""Cells that make a header: names of known columns, or names above columns of numbers and dates."""

_VALUE = re.compile(r"[<>=≥≤~]*\s*[+-]?\d+([.,]\d+)?\s*%?|\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}日?([ T].*)?")
"""A number, a share or a date: what stands below a header and never in it."""

_WIDE = 4
"""Columns from which a row of a single cell is a remark and no patient."""

_NOT_NAMES = frozenset(("", "na", "n/a", "unknown", "unbekannt", "nein", "ja", "yes", "no", "0", "1"))
"""Cells, small, that stand below a header and never in it."""

_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")


_TOTAL = re.compile(
    r"(grand )?(totals?|sum|summe|gesamt|mean|median|average|mittelwert|anzahl|合计|总计|总数|小计|平均值?|均值)"
    r"[\s:=]*+[\d.,%]*+\s*+(patients?|cases|patientinnen|例)?|[nN]\s*=\s*\d+",
    re.IGNORECASE,
)
"""First cell of a row below the patients: a sum, a mean, a number of patients."""

_FOOT = 5
"""Last lines among which sums are looked for."""

_FEWEST_EXPLAINED = 2
"""Columns of numbers or days with a word below their name that make the first row one of units or labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One table of text.

    ``columns``: cells by column, n each. Identifiers are not among them. ``rows``: row numbers of the patients, n
    of them; the first line of the file is row 1; ``dropped``: names of columns that were dropped as identifiers;
    ``ragged``: rows that have more cells than the header; they are left out; ``name``: of the sheet; empty for
    CSV; ``others``: the other sheets of the workbook; ``has_names``: False where no header was found: the columns
    are then numbered; ``remarks``: rows of one cell in a wide table, sums at the foot, and units or labels below
    the header; they are left out.
    """

    columns: dict[str, tuple[str, ...]]
    rows: tuple[int, ...]
    dropped: tuple[str, ...] = ()
    ragged: tuple[int, ...] = ()
    name: str = ""
    others: tuple[str, ...] = ()
    has_names: bool = True
    remarks: tuple[int, ...] = ()

    def cells(self, column: str) -> tuple[str, ...]:
        """One column, empty cells where it is absent."""
        return self.columns.get(column, ("",) * len(self.rows))


def read_sheet(content: bytes, *, is_workbook: bool, sheet: str = "") -> Sheet:
    """Read one table of patients.

    ``is_workbook``: whether it is an Excel workbook; else text with delimiters, in whatever encoding; ``sheet``:
    name of the sheet; where it is empty, the one that looks most like a table of patients. Without the columns of
    identifiers, which it only names. Raises UnreadableCohort where the file is no table, has no such sheet, or no
    row below its header.
    """
    if not is_workbook:
        return _sheet(_text_lines(content), "", ())
    book = workbook_lines(content)
    if sheet and sheet not in book:
        raise UnreadableCohort(reason=sentence("there is no such sheet; there is {book}", book=joined(", ", book)))
    name = sheet or max(book, key=lambda each: _looks_like_patients(book[each]))
    return _sheet(book[name], name, tuple(each for each in book if each != name))


def decoded(content: bytes) -> str:
    """Decode text of an unknown encoding.

    By its byte order mark, else as UTF-8, else as GB 18030 where that shows Chinese names of columns, else as
    Windows 1252.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        chinese = content.decode("gb18030", errors="replace")
        head = "\n".join(chinese.splitlines()[:_HEADER_WITHIN])
        is_chinese = any(is_known_name(word) for word in re.split(r"[,;\t|\r\n]", head) if _CHINESE.search(word))
        return chinese if is_chinese else content.decode("cp1252", errors="replace")


def _text_lines(content: bytes) -> Lines:
    """Split text into lines of cells, by the delimiter that it names or that gives the most even table."""
    text = decoded(content)
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=(.)"?\s*', first.strip(), re.IGNORECASE)
    if named:
        # The line is kept as an empty one, so that rows keep their numbers.
        return [[""], *split_lines(rest, named.group(1))]
    return max(_ways(text), key=_evenness)


def _ways(text: str) -> list[Lines]:
    """Split text by each delimiter; TableTooLarge where it has too many cells by all of them."""
    ways: list[Lines] = []
    for mark in _DELIMITERS:
        try:
            ways.append(split_lines(text, mark))
        except TableTooLarge as error:
            too_large = error
    if not ways:
        raise too_large
    return ways


def _evenness(lines: Lines) -> tuple[int, int]:
    """Rate a delimiter: lines of the commonest width above one, then the width."""
    widths = Counter(len(line) for line in lines if len(line) > 1)
    width, n = widths.most_common(1)[0] if widths else (0, 0)
    return n, width


def _looks_like_patients(lines: Lines) -> tuple[int, int]:
    """Rate a sheet: known names in its header, then its rows."""
    header = _header_at(lines)
    return 0 if header is None else _n_known(lines[header]), len(lines)


def _n_known(line: Sequence[str]) -> int:
    """Count the names of known columns in a line, those of identifiers among them."""
    return sum(not _VALUE.fullmatch(cell) and (is_known_name(cell) or names_a_person(cell)) for cell in line)


def _header_at(lines: Sequence[Sequence[str]]) -> int | None:
    """Find the header: the first line of known names, else of names above numbers and dates."""
    # The line with most known names; else the first line of words above a line of values.
    head = [(i, line) for i, line in enumerate(lines[:_HEADER_WITHIN]) if not _is_remark(line)]
    known = [(_n_known(line), -i) for i, line in head]
    if known and max(known)[0] >= _FEWEST_NAMED:
        return -max(known)[1]
    for i, line in head:
        below = next((each for each in lines[i + 1 :] if any(each)), [])
        contrast = sum(
            name.lower() not in _NOT_NAMES and not _VALUE.fullmatch(name) and bool(_VALUE.fullmatch(value))
            for name, value in zip(line, below, strict=False)
        )
        if contrast >= _FEWEST_NAMED:
            return i
    return None


def _is_remark(line: Sequence[str]) -> bool:
    """Whether a line is empty or a remark."""
    text = "".join(line).strip()
    return not text or text.startswith("#")


def _sheet(lines: Lines, name: str, others: tuple[str, ...]) -> Sheet:
    """Sort the cells below the header into columns, and drop identifiers."""
    checkpoint()
    # 1. The lines below the header; without one, all of them.
    at = _header_at(lines)
    has_names = at is not None
    filled = [(i, line) for i, line in enumerate(lines) if not _is_remark(line)]
    body = [(i + 1, line) for i, line in filled if at is None or i > at]
    if not body or max(len(line) for _, line in body) < _FEWEST_NAMED:
        raise UnreadableCohort(reason="the file is absent, empty, without patients, or no table")
    # 2. How wide the table is, and which lines are too long or no patients.
    header = list(lines[at]) if at is not None else []
    width = max(n_filled(header), *(0,) if has_names else (n_filled(line) for _, line in body))
    ragged = tuple(number for number, line in body if n_filled(line) > width) if has_names else ()
    is_wide = width >= _WIDE
    remarks = tuple(number for number, line in body if is_wide and sum(map(bool, line)) == 1)
    remarks += _no_patients(body) if has_names else ()
    left_out = {*ragged, *remarks}
    whole = [(number, line + [""] * (width - len(line))) for number, line in body if number not in left_out]
    if not whole:
        raise UnreadableCohort(reason="every row has more cells than the header")
    # 3. Columns, without those that say who a patient is.
    columns, dropped = {}, []
    for i, column in enumerate(_unique(header, width)):
        cells = tuple(line[i] for _, line in whole)
        if is_identifier(column, cells):
            dropped.append(column)
        elif any(cells) or (i < len(header) and header[i]):
            columns[column] = cells
    rows = tuple(number for number, _ in whole)
    return Sheet(columns, rows, tuple(dropped), ragged, name, others, has_names, remarks)


def _no_patients(body: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, ...]:
    """Find sums at the foot, and a first row that explains the names above it."""
    sums = [
        number
        for number, line in body[1:][-_FOOT:]
        if _TOTAL.fullmatch(next((cell for cell in line if cell), "")) and sum(map(bool, line)) > 1
    ]
    (first, line), others = body[0], body[1:]
    n_explained = n_values = 0
    for i, cell in enumerate(line):
        below = [each[i] for _, each in others if i < len(each) and each[i]]
        if not below or sum(bool(_VALUE.fullmatch(each)) for each in below) < 0.8 * len(below):
            continue
        # In a column of numbers or days, a word in the first row is the unit or the label of the column.
        n_values += bool(_VALUE.fullmatch(cell))
        n_explained += bool(cell) and not _VALUE.fullmatch(cell) and cell.lower() not in _NOT_NAMES
    if n_explained >= _FEWEST_EXPLAINED and n_explained > 2 * n_values:
        sums.insert(0, first)
    return tuple(sums)


def _unique(header: Sequence[str], width: int) -> list[str]:
    """Name every column once; a column without a name has its place for one."""
    names: list[str] = []
    for i in range(width):
        plain = " ".join(header[i].split()) if i < len(header) else ""
        name = plain or f"Column {i + 1}"
        names.append(f"{name} [{i + 1}]" if name in names else name)
    return names
