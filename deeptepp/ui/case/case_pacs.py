"""A result goes to the PACS: whose it will be is said before, and whether it is there is looked at afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st

from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import Action, Person
from deeptepp.domain.progress import Progress
from deeptepp.domain.risk import Assessment
from deeptepp.errors import DeepTeppError
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_files import case_objects
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages
from deeptepp.store import own_ledger
from deeptepp.ui.background.jobs import bare
from deeptepp.ui.background.session import Session
from deeptepp.ui.guard import require
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import say, t
from deeptepp.wording.sentence import Words

if TYPE_CHECKING:
    from deeptepp.dicom.results.dicomweb import Delivery, Plan
    from deeptepp.dicom.results.objects import ResultObject

_POLL_S = 0.5
"""Seconds between two looks at a delivery under way."""

_SEND, _PLAN = "send-", "-plan"
"""How the key of a delivery begins, and how that of the question before it ends."""

_OBJECTS: dict[str, Words] = {
    "segmentation": "tumour outline (SEG)",
    "measurements": "score and measurements (SR)",
    "report": "report (PDF)",
    "card": "card (picture)",
}
"""What each DICOM object is called."""

_WHOSE: dict[str, Words] = {
    "patient-in-pacs": "{name} has this study. The result will be filed in it, under its patient as {name} knows "
    "her; her name and number are asked for at that moment and kept nowhere.",
    "own-study": "{name} does not have this study. The result will be a study of its own, under a pseudonym, that "
    "refers to the one scored. To file it under the patient, send the images to {name} first; the uploaded files, "
    "whose headers name her, are deleted once a case is scored.",
}
"""Where a result goes, by ``FiledUnder``."""


def pacs_ways(
    session: Session, images: CaseImages, assessment: Assessment, bundle: ModelBundle, pacs: Pacs
) -> None:
    """Ask the PACS whose the result would be, send it when that is agreed to, and say what became of it."""
    extra, named = session.case.extra, session.case.label
    key = _key(assessment, bundle, named)
    receipt = assessment.receipt.id if assessment.receipt else ""
    extra.settle(session.id, lambda _key, _answer: None, only=_SEND)
    under_way = [each for each in (key + _PLAN, key) if each in extra.jobs]
    if under_way:
        _poll(session, under_way[0], pacs)
        return
    agreed, answer = extra.answers.get(key + _PLAN), extra.answers.get(key)
    is_agreed = _told(agreed if answer is None else answer)
    for each in (key + _PLAN, key):
        if each in extra.notes:
            st.warning(t(extra.notes[each]))
    label = _label(pacs, is_agreed=is_agreed, is_again=agreed is not None or answer is not None)
    if st.button(label, key="result-send", width="stretch"):
        person = require(Action.SEND_RESULTS)
        for each in (key + _PLAN, key):
            extra.answers.pop(each, None)
        if isinstance(agreed, _Agreed) and is_agreed:
            extra.start(session.id, key, partial(_sent, agreed, pacs, person, receipt))
        else:
            extra.start(session.id, key + _PLAN, partial(_asked, images, assessment, bundle, named, pacs))
        st.rerun(scope="fragment")


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What sending would do, and what is sent if that is agreed to."""

    plan: Plan
    objects: tuple[ResultObject, ...] = field(repr=False)


def _asked(
    images: CaseImages, assessment: Assessment, bundle: ModelBundle, named: str, pacs: Pacs, _progress: Progress
) -> _Agreed | DeepTeppError:
    """Make the objects and ask where they would go; a refusal is kept, to be said in any language."""
    # The library behind it takes a second to load.
    from deeptepp.dicom.results import dicomweb

    try:
        objects = case_objects(images, assessment, bundle, label=named)
        return _Agreed(dicomweb.plan_sending(objects, pacs), objects)
    except DeepTeppError as error:
        return bare(error)


def _sent(
    agreed: _Agreed, pacs: Pacs, person: Person, receipt: str, _progress: Progress
) -> Delivery | DeepTeppError:
    """Send the objects, and tell the audit trail; a refusal is kept."""
    from deeptepp.dicom.results import dicomweb

    try:
        delivery = dicomweb.send_objects(agreed.objects, pacs)
    except DeepTeppError as error:
        return bare(error)
    own_ledger.record(LedgerKind.SENT, person, about=receipt, objects=delivery.stored)
    return delivery


def _told(last: _Agreed | Delivery | DeepTeppError | None) -> bool:
    """Say what the PACS answered last; give whether it waits for an agreement."""
    if isinstance(last, DeepTeppError):
        st.warning(said(last))
    elif isinstance(last, _Agreed):
        _planned(last.plan)
    elif last is not None:
        _answered(last)
    return isinstance(last, _Agreed)


def _label(pacs: Pacs, *, is_agreed: bool, is_again: bool) -> str:
    """What the button does next."""
    if is_agreed:
        return t("Send now")
    return t("Send again") if is_again else t("Send to {name}", name=pacs.name)


def _planned(plan: Plan) -> None:
    """Say where the result will be filed, before it is."""
    st.info(t(_WHOSE[plan.under], name=plan.name), icon=":material/info:")
    if plan.is_there:
        st.caption(t("This very result is the latest there; only what is missing of it will be sent."))
    elif plan.n_earlier:
        st.caption(t("It supersedes {n} earlier results of this model there.", n=plan.n_earlier))


def _answered(answer: Delivery) -> None:
    """What became of every object, and of the study."""
    if answer.stored:
        words = t(
            "{name} stored {n} objects: {sent}.",
            name=answer.name,
            n=len(answer.stored),
            sent=_named(answer.stored),
        )
        st.success(words, icon=":material/check:")
    if answer.had:
        st.info(t("{name} has this result already: {sent}.", name=answer.name, sent=_named(answer.had)))
    for each in answer.failed:
        name = t(_OBJECTS[each.name])
        st.warning(t("Not stored: {name}, since {reason}. Ask who runs it.", name=name, reason=say(each.said)))
    for each in answer.warned:
        name = t(_OBJECTS[each.name])
        st.warning(t("Stored with a warning: {name}, since {reason}.", name=name, reason=say(each.said)))
    if answer.n_superseded:
        st.caption(t("It supersedes {n} earlier results of this model there.", n=answer.n_superseded))
    _checked(answer)


def _checked(answer: Delivery) -> None:
    """What the PACS showed when it was asked afterwards."""
    n, n_found = len(answer.stored) + len(answer.had), answer.check.n_found
    if not answer.check.is_study_whole:
        st.error(
            t("{name} does not answer for the study as a whole any more. Tell who runs it now.", name=answer.name)
        )
    elif n_found < n:
        st.warning(t("Checked: {name} shows {found} of {n} objects so far.", name=answer.name, found=n_found, n=n))
    else:
        st.caption(t("Checked: all of them are in {name}, and the study answers as a whole.", name=answer.name))


def _named(names: tuple[str, ...]) -> str:
    """Names of objects by commas."""
    return ", ".join(t(_OBJECTS[name]) for name in names)


@fragment(run_every=_POLL_S)
def _poll(session: Session, key: str, pacs: Pacs) -> None:
    """Look at the delivery, and draw the page again when it has ended."""
    view = session.case.extra.look(session.id, key)
    if view is None or view.is_over:
        st.rerun()
    if key.endswith(_PLAN):
        st.info(t("Asking {name} for the study ...", name=pacs.name))
    else:
        st.info(t("Sending to {name} ...", name=pacs.name))


def _key(assessment: Assessment, bundle: ModelBundle, named: str) -> str:
    """Name a delivery by what is sent."""
    content = json.dumps(assessment_to_dict(assessment, bundle, label=named), sort_keys=True)
    return f"{_SEND}{sha256(content.encode()).hexdigest()[:16]}"
