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
    from deeptepp.dicom.results.dicomweb import Delivery
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
    patient_from: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            help="Files of the study: where the PACS does not have it, its patient is read from their headers.",
        ),
    ] = None,
) -> None:
    """Send the DICOM objects of a result to the PACS, filed under the patient of the study there."""
    from deeptepp.dicom.results.objects import read_objects
    from deeptepp.file_sets import read_set

    found = read_set(folder)
    names = [name for name in found.digests if name.endswith(".dcm")]
    if not names:
        raise NoSourceImages
    deliver(read_objects([found.read(name) for name in names]), pacs, patient_from)


FILED = {
    "patient-in-pacs": "the patient of the study in the PACS",
    "patient-in-files": "the patient of the files of the study",
    "own-study": "a study of their own, under a pseudonym, which refers to the study that was scored",
}
"""Whose results are, by ``FiledUnder``."""


def deliver(
    objects: tuple[ResultObject, ...],
    url: str | None = None,
    patient_from: Path | None = None,
    *,
    receipt_id: str = "",
) -> None:
    """Send objects, and say on standard error under whom before and what the PACS answered afterwards.

    ``url``: where to, the PACS of the settings if absent; ``patient_from``: files of the study; ``receipt_id``:
    of the score, for the audit trail, where it is known. Raises PacsError: they did not arrive; BadSetting: the
    address is none; typer.Exit: some did not, or the study is not whole.
    """
    from deeptepp.dicom.archive.pacs import configured_pacs, pacs_at
    from deeptepp.dicom.results.dicomweb import plan_sending, send_objects
    from deeptepp.dicom.results.filing import FiledUnder, filing_from, source_study
    from deeptepp.store import own_ledger

    settings = load_settings()
    target = configured_pacs(settings) if url is None else pacs_at(url, settings.pacs_name)
    plan, chosen = plan_sending(objects, target), None
    if patient_from is not None and plan.under is FiledUnder.OWN_STUDY:
        chosen = filing_from(patient_from, source_study(objects[0].dataset))
    under = chosen.under if chosen else plan.under
    typer.echo(f"Results will be filed under {FILED[under]}", err=True)
    delivery = send_objects(objects, target, chosen=chosen)
    if own_ledger.has_store():
        own_ledger.record(LedgerKind.SENT, about=receipt_id, objects=delivery.stored)
    if not _tell(delivery):
        raise typer.Exit(code=1)


def _tell(delivery: Delivery) -> bool:
    """Say what became of every object and of the study; give whether all is well."""
    if delivery.stored:
        typer.echo(f"{delivery.name} stored {len(delivery.stored)} objects", err=True)
    if delivery.had:
        typer.echo(f"{delivery.name} had {len(delivery.had)} objects of this result already", err=True)
    for kind, remarks in (("not stored", delivery.failed), ("stored with a warning", delivery.warned)):
        for each in remarks:
            typer.echo(f"{each.name}: {kind}, {each.said}", err=True)
    if delivery.n_superseded:
        typer.echo(f"It supersedes {delivery.n_superseded} earlier results of this model there", err=True)
    check = delivery.check
    state = "answers as a whole" if check.is_study_whole else "does not answer as a whole: tell whoever runs it"
    typer.echo(f"Checked: {check.n_found} objects found, the study {state}", err=True)
    return delivery.is_complete


def require_pacs() -> None:
    """Leave before anything is computed where a result could not be sent.

    Raises PacsNotConfigured: no PACS is set; BadSetting: its address is none.
    """
    from deeptepp.dicom.archive.pacs import configured_pacs

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
