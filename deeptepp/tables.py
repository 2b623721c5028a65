"""A cohort to and from Parquet: columns as they are, and whether the patients are simulated."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import UnreadableCohort

_SIMULATED = b"deeptepp.is_simulated"
"""Key in the Parquet metadata; absent means that the patients are real."""


def write_cohort(cohort: Cohort, path: Path) -> None:
    """Write a cohort as one Parquet file.

    Parameters
    ----------
    cohort : Cohort
        The cohort.
    path : Path
        File to write; replaced when it exists.
    """
    table = pa.table({name: pa.array(column) for name, column in cohort.columns.items()})
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
    MissingColumn
        A required column is absent.
    DuplicateSubject
        A subject occurs twice.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UnreadableCohort(reason=f"{path.name} is absent or not a Parquet table") from error
    columns = {name: table[name].to_numpy() for name in table.column_names}
    metadata = table.schema.metadata or {}
    return Cohort(columns, is_simulated=metadata.get(_SIMULATED) == b"true")
