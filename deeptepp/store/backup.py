"""Backups of everything that an installation keeps, in a form of its own: the same for SQLite and PostgreSQL.

A zip archive with one file of JSON lines a table, all of one moment, the encrypted images as they lie, and last
a manifest with the digest of every part. The key of the images is not in it. A backup of one database can be
restored into the other, and one of an earlier version is brought up to this one.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from sqlalchemy import Connection, Engine, MetaData, Table, func, insert, select, text

from deeptepp.errors import BackupDamaged, BackupTooNew, NotABackup, TargetExists, TargetNotEmpty
from deeptepp.store.case_rows import utc
from deeptepp.store.cases import images_folder
from deeptepp.store.database import engine_of, reading, scrub, writing
from deeptepp.store.kept.image_folder import SEALED, ImageFolder
from deeptepp.store.kept.kept_schema import KEPT
from deeptepp.store.private_files import private_folder, written_aside
from deeptepp.store.schema import VERSIONS
from deeptepp.store.upgrade import REVISION_TABLE, SCHEMA_VERSION, ensure_schema
from deeptepp.wording.sentence import sentence

_FORMAT = "deeptepp.backup/1"
_MANIFEST = "manifest.json"
_PART = re.compile(r"tables/[a-z_]{1,63}\.jsonl|images/[0-9a-f]{32}\.sealed")
_PIECE_BYTES = 1024 * 1024
_ROWS_AT_ONCE = 200
_MOST_MANIFEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What a backup holds; ``n_missing``: images that the tables name and that were not there."""

    created_utc: str
    schema: int
    rows: dict[str, int]
    n_images: int
    n_missing: int


def write_backup(address: str, file: Path) -> BackupSummary:
    """Write everything that is kept at one moment, while others go on working.

    Raises TargetExists: the file is there; BadSetting, BoardStoreError: the database cannot be read.
    """
    if file.exists():
        raise TargetExists(value=file.name)
    with _opened(address) as engine, written_aside(file) as stream, zipfile.ZipFile(stream, "w") as archive:
        # One moment for all tables: SQLite's readers have that anyway.
        options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        digests: dict[str, str] = {}
        with reading(engine.execution_options(**options)) as connection:
            tables = _tables(connection)
            rows = {table.name: _dump(connection, table, archive, digests) for table in tables.sorted_tables}
            names = _image_names(connection, tables)
            schema = connection.execute(select(VERSIONS.c.version)).scalar_one()
        missing = [
            name for name in names if not _copy_in(ImageFolder(images_folder(address)), name, archive, digests)
        ]
        summary = BackupSummary(
            datetime.now(UTC).isoformat(timespec="seconds"), schema, rows, len(names) - len(missing), len(missing)
        )
        archive.writestr(_MANIFEST, json.dumps(_manifest(summary, digests), indent=1), zipfile.ZIP_DEFLATED)
    return summary


def restore_backup(file: Path, address: str, *, replace: bool = False) -> tuple[BackupSummary, Path | None]:
    """Put a backup into an installation that holds nothing, all of it or nothing.

    ``replace``: into one that holds something, which is backed up beside the file first. Gives what was restored,
    and where what it replaced lies. Raises NotABackup, BackupDamaged, BackupTooNew: the file cannot be used, and
    nothing was changed; TargetNotEmpty: the installation holds something; BadSetting, BoardStoreError.
    """
    with _read(file) as (archive, manifest), _opened(address) as engine:
        before = _counted(engine)
        kept = None
        if sum(before.values()):
            if not replace:
                raise TargetNotEmpty(value=sentence("{n} rows", n=sum(before.values())))
            # Two within a second, or after the clock was set back, have names of their own.
            moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"
            kept = file.with_name(f"{file.stem}.replaced-{moment}.zip")
            write_backup(address, kept)
        _restore_images(archive, manifest, private_folder(images_folder(address)))
        with writing(engine, alone=True) as connection:
            _empty(connection)
            ensure_schema(connection, manifest["schema"])
            for table in _tables(connection).sorted_tables:
                _load(connection, table, archive, manifest)
            ensure_schema(connection)
        scrub(engine)
        fields = ("created_utc", "schema", "rows", "n_images", "n_missing")
        return BackupSummary(*(manifest[name] for name in fields)), kept


@contextmanager
def _opened(address: str) -> Iterator[Engine]:
    """Open the database for as long as a backup takes."""
    engine = engine_of(address)
    try:
        with writing(engine, alone=True) as connection:
            ensure_schema(connection)
        yield engine
    finally:
        engine.dispose()


def _tables(connection: Connection) -> MetaData:
    """Find the tables as they are, less those that say which version they have."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name not in (VERSIONS.name, REVISION_TABLE))
    return found


def _counted(engine: Engine) -> dict[str, int]:
    """Count the rows of each table."""
    with reading(engine) as connection:
        tables = _tables(connection).sorted_tables
        return {
            each.name: connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables
        }


def _dump(connection: Connection, table: Table, archive: zipfile.ZipFile, digests: dict[str, str]) -> int:
    """Write one table; gives the number of its rows."""
    order = list(table.primary_key.columns) or list(table.columns)
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table).order_by(*order)).mappings()
    n = 0

    def lines() -> Iterator[bytes]:
        nonlocal n
        for row in rows:
            n += 1
            yield (
                json.dumps({name: _plain(value) for name, value in row.items()}, allow_nan=False).encode() + b"\n"
            )

    _put(archive, f"tables/{table.name}.jsonl", lines(), zipfile.ZIP_DEFLATED, digests)
    return n


def _image_names(connection: Connection, tables: MetaData) -> list[str]:
    """Name the files that the cases of this moment have."""
    if KEPT.name not in tables.tables:
        return []
    return list(connection.execute(select(KEPT.c.images_id).where(KEPT.c.images_id.is_not(None))).scalars())


def _copy_in(images: ImageFolder, name: str, archive: zipfile.ZipFile, digests: dict[str, str]) -> bool:
    """Copy an encrypted file as it is; False where it is gone, since retention goes on meanwhile."""
    try:
        stream = images.path_of(name).open("rb")
    except FileNotFoundError:
        return False
    with stream:
        pieces = iter(lambda: stream.read(_PIECE_BYTES), b"")
        _put(archive, f"images/{name}{SEALED}", pieces, zipfile.ZIP_STORED, digests)
    return True


def _put(
    archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes], method: int, digests: dict[str, str]
) -> None:
    """Write one part and note its digest."""
    info, digest = zipfile.ZipInfo(name), sha256()
    info.compress_type = method
    with archive.open(info, "w", force_zip64=True) as part:
        for piece in pieces:
            digest.update(piece)
            part.write(piece)
    digests[name] = digest.hexdigest()


def _manifest(summary: BackupSummary, digests: dict[str, str]) -> dict[str, Any]:
    """Say what the archive holds."""
    return {
        "format": _FORMAT,
        "note": "The key of the images is not in this file.",
        "created_utc": summary.created_utc,
        "schema": summary.schema,
        "rows": summary.rows,
        "n_images": summary.n_images,
        "n_missing": summary.n_missing,
        "sha256": digests,
    }


@contextmanager
def _read(file: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Open a backup and check every part of it before anything is done with it."""
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile):
        raise NotABackup() from None
    with archive:
        manifest = _checked_manifest(archive)
        names = archive.namelist()
        if sorted(names) != sorted({*manifest["sha256"], _MANIFEST}):
            raise BackupDamaged(value=sentence("its parts are not those of its manifest"))
        for name, expected in manifest["sha256"].items():
            if not _PART.fullmatch(name) or _digest(archive, name) != expected:
                raise BackupDamaged(value=sentence("a part does not match its digest"))
        yield archive, manifest


def _checked_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest."""
    try:
        if archive.getinfo(_MANIFEST).file_size > _MOST_MANIFEST_BYTES:
            raise NotABackup()
        manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        is_ours = manifest["format"] == _FORMAT and isinstance(manifest["sha256"], dict)
        schema = int(manifest["schema"])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile):
        raise NotABackup() from None
    if not is_ours:
        raise NotABackup()
    if schema > SCHEMA_VERSION:
        raise BackupTooNew(value=schema, limit=SCHEMA_VERSION)
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    """Digest one part as it is read."""
    digest = sha256()
    try:
        with archive.open(name) as part:
            while piece := part.read(_PIECE_BYTES):
                digest.update(piece)
    except (OSError, zipfile.BadZipFile, EOFError):
        return ""
    return digest.hexdigest()


def _restore_images(archive: zipfile.ZipFile, manifest: dict[str, Any], folder: Path) -> None:
    """Write the encrypted files, with the age that they had."""
    ages = {
        row["images_id"]: row["images_utc"]["utc"]
        for row in _rows(archive, manifest, KEPT.name)
        if row.get("images_id")
    }
    for name in manifest["sha256"]:
        if not name.startswith("images/"):
            continue
        file = folder / Path(name).name
        with archive.open(name) as part, written_aside(file) as stream:
            while piece := part.read(_PIECE_BYTES):
                stream.write(piece)
        if age := ages.get(file.name.removesuffix(SEALED)):
            seconds = datetime.fromisoformat(age).timestamp()
            os.utime(file, (seconds, seconds))


def _empty(connection: Connection) -> None:
    """Drop every table, in the transaction in which they are made anew."""
    _tables(connection).drop_all(connection)
    for name in (VERSIONS.name, REVISION_TABLE):
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))


def _load(connection: Connection, table: Table, archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Fill one table, and let its numbers go on behind the last one."""
    rows = ({name: _value(value) for name, value in row.items()} for row in _rows(archive, manifest, table.name))
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        connection.execute(insert(table), some)
    key = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    sequence = text("SELECT pg_get_serial_sequence(:table, :column)")
    if name := connection.execute(sequence, {"table": table.name, "column": key[0].name}).scalar():
        last = connection.execute(select(func.max(key[0]))).scalar()
        if last is not None:
            connection.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last})


def _rows(archive: zipfile.ZipFile, manifest: dict[str, Any], table: str) -> Iterator[dict[str, Any]]:
    """Read the rows of a table; none where the backup is older than it."""
    name = f"tables/{table}.jsonl"
    if name not in manifest["sha256"]:
        return
    part: IO[bytes]
    with archive.open(name) as part:
        for line in part:
            yield json.loads(line)


def _plain(value: object) -> object:
    """Write a value of a column as JSON."""
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, datetime):
        return {"utc": utc(value).isoformat()}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _value(plain: Any) -> object:  # noqa: ANN401  what JSON holds
    """Read a value of a column."""
    if not isinstance(plain, dict):
        return plain
    ((kind, held),) = plain.items()
    if kind == "base64":
        return base64.b64decode(held)
    return datetime.fromisoformat(held) if kind == "utc" else date.fromisoformat(held)
