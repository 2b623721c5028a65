"""A cohort to and from a data frame and Parquet: columns as they are, and whether the patients are simulated."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import ARM, SCORE_MODEL, SUBJECT, Cohort, Endpoint
from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import TableTooLarge, UnreadableCohort
from deeptepp.wording.sentence import sentence

if TYPE_CHECKING:
    import pandas as pd

ASSESSED = {
    "receipt.bundle_sha256": SCORE_MODEL,
    "key": SUBJECT,
    **{f"profile.{each}": each for each in CLINICAL_FACTS},
}
"""Columns of a table of assessments, by what they are called in a cohort."""

_BYTES_A_CELL = 240
"""Bytes of a visitor's table in memory for each cell that it may have; a number has 8, a short text about 20."""

_PIECE_BYTES = 256 * 1024**2
"""Most bytes that a piece of a visitor's table may become."""

_SIMULATED = b"deeptepp.is_simulated"
"""Key in the Parquet metadata; absent means that the patients are real."""


def to_frame(cohort: Cohort) -> pd.DataFrame:
    """Cohort as a data frame of pandas, a column for each of its own; the patients are its rows."""
    import pandas as pd

    return pd.DataFrame(dict(cohort.columns))


def from_frame(frame: pd.DataFrame, *, is_simulated: bool) -> Cohort:
    """Make a cohort of a data frame; MissingColumn and DuplicateSubject as ``Cohort`` raises them."""
    return Cohort({str(name): frame[name].to_numpy() for name in frame.columns}, is_simulated=is_simulated)


def write_cohort(cohort: Cohort, path: Path) -> None:
    """Write a cohort as one Parquet file, which replaces another of its name."""
    table = pa.Table.from_pandas(to_frame(cohort), preserve_index=False)
    metadata = {_SIMULATED: b"true" if cohort.is_simulated else b"false"}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def read_cohort(path: Path) -> Cohort:
    """Read a cohort written by ``write_cohort``.

    Parameters
    ----------
    path : Path
        Parquet file.

    Returns
    -------
    Cohort
        The validated cohort.

    Raises
    ------
    UnreadableCohort
        The file is absent or no Parquet table.
    TableTooLarge
        There are more cells than the work at hand may take.
    MissingColumn
        A required column is absent.
    DuplicateSubject
        A subject occurs twice.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from deeptepp import simulate_cohort
    >>> with TemporaryDirectory() as folder:
    ...     write_cohort(simulate_cohort(seed=1), Path(folder) / "cohort.parquet")
    ...     cohort = read_cohort(Path(folder) / "cohort.parquet")
    >>> len(cohort), cohort.is_simulated
    (726, True)
    >>> to_frame(cohort)["arm"].value_counts()["T+P"]
    np.int64(119)
    """
    table = _read_table(path)
    # pandas keeps no metadata of a Parquet file, in which it stands whether the patients are simulated.
    return from_frame(table.to_pandas(ignore_metadata=True), is_simulated=_is_simulated(table))


def read_scored(path: Path) -> Cohort:
    """Read a Parquet table of scores; follow-up, treatment and subjects may be absent, and are unknown then.

    Refuses what ``read_cohort`` refuses, but for absent columns; columns of ``ASSESSED`` are renamed.
    """
    import pandas as pd

    table = _read_table(path)
    plain = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    frame = table.select(plain).to_pandas(ignore_metadata=True)
    frame = frame.rename(columns={old: new for old, new in ASSESSED.items() if new not in frame})
    if SUBJECT not in frame:
        frame[SUBJECT] = [f"row-{i}" for i in range(1, len(frame) + 1)]
    if ARM not in frame:
        frame[ARM] = ""
    for endpoint in Endpoint:
        both = [pd.to_numeric(frame[n], errors="coerce") if n in frame else np.nan for n in endpoint.columns]
        months, event = (pd.Series(each, index=frame.index, dtype=float) for each in both)
        frame[endpoint.months] = months.where(event.notna())
        frame[endpoint.event] = (event == 1) & months.notna()
    said = "is_simulated" in frame and bool((frame["is_simulated"] == True).any())  # noqa: E712  of a column
    return from_frame(frame, is_simulated=said or _is_simulated(table))


def _is_simulated(table: pa.Table) -> bool:
    """Whether a table says that its patients are simulated."""
    return (table.schema.metadata or {}).get(_SIMULATED) == b"true"


def _read_table(path: Path) -> pa.Table:
    """Read a Parquet file that is not too large."""
    try:
        if bounds().n_cells == inf:
            return pq.read_table(path)
        with pq.ParquetFile(path) as file:
            return _read_within(file, int(bounds().n_cells))
    except (OSError, pa.ArrowException) as error:
        raise UnreadableCohort(
            reason=sentence("{name} is absent or not a Parquet table", name=path.name)
        ) from error


def _read_within(file: pq.ParquetFile, most_cells: int) -> pa.Table:
    """Read a table piece by piece: what it says of its size and what it becomes may be worlds apart."""
    # 1. Cells, each number of a list counted, and bytes of text, by what the file says of itself.
    about, most = file.metadata, most_cells * _BYTES_A_CELL
    groups = [about.row_group(i) for i in range(about.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    n_cells = max(about.num_rows * len(file.schema_arrow), sum(chunk.num_values for chunk in chunks))
    if n_cells > most_cells:
        raise TableTooLarge(value=sentence("{n} cells", n=n_cells), limit=sentence("{n} cells", n=most_cells))
    n_text = sum(chunk.total_uncompressed_size for chunk in chunks if chunk.physical_type.endswith("BYTE_ARRAY"))
    _check_bytes(n_text, most)
    # 2. A text is stored once however often it stands in a column: where it is long, a piece has few rows.
    pieces, n_bytes = [], 0
    for piece in file.iter_batches(batch_size=max(1, _PIECE_BYTES // max(1, n_text))):
        checkpoint()
        n_bytes += piece.nbytes
        _check_bytes(n_bytes, most)
        pieces.append(piece)
    return pa.Table.from_batches(pieces, file.schema_arrow)


def _check_bytes(n_bytes: int, most: int) -> None:
    """Refuse more bytes than a visitor's table may have: TableTooLarge."""
    if n_bytes > most:
        raise TableTooLarge(value=f"{n_bytes / 1024**2:.0f} MiB", limit=f"{most / 1024**2:.0f} MiB")
