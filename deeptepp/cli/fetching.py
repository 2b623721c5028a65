"""Studies from the PACS: ``pull`` fetches one, ``listen`` receives those that are sent."""

from __future__ import annotations

import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.config import load_settings
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.progress import StepReport

if TYPE_CHECKING:
    from deeptepp.dicom.archive.query import Worklist

_MAX_BYTES, _MAX_FILES = 4_000_000_000, 20_000
"""Largest study that is fetched, as for an upload."""

_SWEEP_S = 60.0


def pull(
    out: Annotated[Path, typer.Argument(file_okay=False, metavar="FOLDER", help="Is made; must hold nothing.")],
    accession: Annotated[str, typer.Option(help="Accession number of the study.")] = "",
    patient_id: Annotated[str, typer.Option(help="Number of the patient.")] = "",
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the study.")] = None,
    number: Annotated[
        int, typer.Option(min=0, help="Which of the studies that were listed; 0 for the only one.")
    ] = 0,
    pacs: Annotated[
        str | None, typer.Option(help="DICOMweb address; that of deeptepp.toml if absent.", metavar="URL")
    ] = None,
) -> None:
    """Fetch the MR images of a study from the PACS, with the patient's name in them; delete them after use."""
    from deeptepp.dicom.archive.fetch import fetch_study
    from deeptepp.dicom.archive.pacs import configured_pacs, pacs_at
    from deeptepp.dicom.archive.query import StudyQuery, find_studies
    from deeptepp.store import own_ledger

    if not (accession or patient_id or day):
        raise typer.BadParameter("name an accession number, a patient or a day")
    if out.exists() and any(out.iterdir()):
        raise typer.BadParameter("must be empty", param_hint="FOLDER")
    on: date | None = day.date() if day else None
    query = StudyQuery(accession=accession, patient_id=patient_id, first_day=on, last_day=on)
    settings = load_settings()
    target = configured_pacs(settings) if pacs is None else pacs_at(pacs, settings.pacs_name)
    found = find_studies(query, target)
    n = len(found.rows)
    if not n or number > n or (n > 1 and not number):
        typer.echo("\n".join(_listed(found)), err=True)
        raise typer.Exit(code=1)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    uid = found.rows[max(number, 1) - 1].study_uid
    n_files = fetch_study(uid, target, out, max_bytes=_MAX_BYTES, max_files=_MAX_FILES, progress=_tell)
    if own_ledger.has_store():
        own_ledger.record(LedgerKind.PULLED, files=n_files)
    typer.echo(f"\nImages in {out}: {n_files}; they name the patient", err=True)


def listen() -> None:
    """Receive studies by C-STORE, as deeptepp.toml says, until stopped."""
    from deeptepp.dicom.archive.arrived import arrived_studies
    from deeptepp.dicom.archive.listener import start_listener

    settings = load_settings()
    try:
        studies = arrived_studies(settings)
        # Where the library writes an image while it arrives: beside its study, on the same disk.
        tempfile.tempdir = None if settings.dicom_folder is None else str(settings.dicom_folder)
        server = start_listener(settings)
    except OSError as error:
        typer.echo(f"Cannot listen on port {settings.dicom_port}: {error.strerror}", err=True)
        raise typer.Exit(code=1) from None
    typer.echo(
        f"Listening as {settings.dicom_ae_title} on {settings.dicom_address}:{settings.dicom_port}", err=True
    )
    try:
        while studies is not None:
            time.sleep(_SWEEP_S)
            studies.sweep()
    except KeyboardInterrupt:
        server.shutdown()


def _listed(found: Worklist) -> list[str]:
    """Studies by number, without a word of the patient: standard error ends in logs."""
    if not found.rows:
        return ["The PACS finds no such study"]
    lines = ["Several studies were found; choose one by --number, or narrow the search:"]
    lines += [
        f"{k}. {row.day or '-'}  {row.modalities or '-'}  images: {row.n_images or '?'}"
        for k, row in enumerate(found.rows, 1)
    ]
    return lines + (["... and more"] if found.has_more else [])


def _tell(report: StepReport) -> None:
    """Say on one line of standard error how far it is."""
    typer.echo(f"\r{report.found}", nl=False, err=True)
