"""Results as files and in the PACS: what ``score --out --send`` does, and the command ``send``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deeptepp.config import load_settings
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.risk import Assessment
from deeptepp.errors import NoSourceImages, PacsNotConfigured

if TYPE_CHECKING:
    from deeptepp.dicom.results.objects import ResultObject
    from deeptepp.model.bundle import ModelBundle
    from deeptepp.scoring.images import CaseImages


def send(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, metavar="FOLDER", help="Written by 'score --out'.")
    ],
    pacs: Annotated[
        str | None, typer.Option(help="DICOMweb address; that of deeptepp.toml if absent.", metavar="URL")
    ] = None,
) -> None:
    """Send the DICOM objects of a result to the PACS."""
    from deeptepp.dicom.results.objects import read_objects
    from deeptepp.file_sets import read_set

    found = read_set(folder)
    names = [name for name in found.digests if name.endswith(".dcm")]
    if not names:
        raise NoSourceImages
    deliver(read_objects([found.read(name) for name in names]), pacs)


def deliver(objects: tuple[ResultObject, ...], url: str | None = None, *, receipt_id: str = "") -> None:
    """Send objects and say on standard error what the PACS answered.

    ``url``: where to, the PACS of the settings if absent; ``receipt_id``: of the score, for the audit trail, where
    it is known. Raises PacsError: they did not arrive; BadSetting: the
    address is none.
    """
    from deeptepp.dicom.results.dicomweb import send_objects
    from deeptepp.dicom.results.pacs import configured_pacs, pacs_at
    from deeptepp.store import own_ledger

    settings = load_settings()
    target = configured_pacs(settings) if url is None else pacs_at(url, settings.pacs_name)
    delivery = send_objects(objects, target)
    if own_ledger.has_store():
        own_ledger.record(LedgerKind.SENT, about=receipt_id, objects=delivery.stored)
    warned = f", {delivery.n_warnings} with a warning" if delivery.n_warnings else ""
    typer.echo(f"{delivery.name} stored {len(delivery.stored)} objects{warned}", err=True)


def require_pacs() -> None:
    """Leave before anything is computed where a result could not be sent.

    Raises PacsNotConfigured: no PACS is set; BadSetting: its address is none.
    """
    from deeptepp.dicom.results.pacs import configured_pacs

    if configured_pacs(load_settings()) is None:
        raise PacsNotConfigured


def write_and_send(
    out: Path | None,
    images: CaseImages | None,
    assessment: Assessment,
    model: ModelBundle | None,
    *,
    is_sent: bool,
    label: str = "",
) -> None:
    """Write the files of a result and send its objects, as far as either was asked for.

    ``label``: pseudonym of the case, may be empty. Raises PacsError: there are no objects, or they did not arrive.
    """
    if out is None and not is_sent:
        return
    from deeptepp.report.case.case_files import case_objects, write_case_files

    objects: tuple[ResultObject, ...] = ()
    if out is not None:
        objects = write_case_files(out, images, assessment, model, label=label)
        typer.echo(f"Written to {out}: JSON, PDF, {len(objects)} DICOM objects", err=True)
    elif images is not None and model is not None:
        objects = case_objects(images, assessment, model, label=label)
    if is_sent and not objects:
        raise NoSourceImages
    if is_sent:
        deliver(objects, receipt_id=assessment.receipt.id if assessment.receipt else "")
