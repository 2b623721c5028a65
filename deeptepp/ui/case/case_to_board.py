"""A scored case goes to the tumour board: from the session to the store, without anything that names her."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.board import LABEL_CHARACTERS, NewCase, Picture
from deeptepp.domain.labels import looks_like_a_name
from deeptepp.domain.people import Action
from deeptepp.domain.risk import Assessment
from deeptepp.errors import AccessError, BadSetting, BoardError, BoardStoreError
from deeptepp.imaging.lesion_slices import lesion_slices
from deeptepp.imaging.thumbnail import roi_thumbnail
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.answer_to_keep import flags_of
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Case, Session
from deeptepp.ui.board.board_store import board_for
from deeptepp.ui.guard import current_person, offers
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import t


def add_to_board(session: Session) -> None:
    """Offer to put the case at hand on the tumour board.

    ``session``: has an assessment, nothing is offered without a score.
    """
    assessment = session.case.assessment
    if assessment is None or assessment.score is None:
        return
    with st.popover(t("Add to the board"), key="board-add"):
        if not offers(Action.PUT_ON_BOARD):
            return
        st.caption(
            t(
                "The board keeps the clinical facts, this result and some small pictures of the tumour, until the "
                "case is withdrawn. It keeps no identifier: choose a pseudonym, not a name or "
                "number of the patient."
            )
        )
        label = st.text_input(
            t("Label"),
            value=session.case.label,
            key="board-add-label",
            max_chars=LABEL_CHARACTERS,
            placeholder=t("Next number, such as Case 3"),
        )
        is_sure = True
        if looks_like_a_name(label):
            st.warning(t("This looks like the name of a person. Is it a pseudonym?"))
            is_sure = st.checkbox(t("It is a pseudonym"), key="board-add-sure")
        if st.button(t("Put on the board"), key="board-add-go", type="primary", disabled=not is_sure):
            _add(session.case, assessment, label)


def _add(case: Case, assessment: Assessment, label: str) -> None:
    """Store the case and say what it is called."""
    try:
        new = new_case(case, assessment, loaded_bundle(), label)
        added = board_for(Action.PUT_ON_BOARD).add(new, person=current_person())
    except (AccessError, BadSetting, BoardError, BoardStoreError) as error:
        st.warning(str(error))
        return
    st.success(t("On the board as {label}.", label=verbatim(added.label)), icon=":material/check:")


def new_case(case: Case, assessment: Assessment, bundle: ModelBundle, label: str) -> NewCase:
    """Gather what the board keeps of a case.

    ``label``: pseudonym, empty for the next number.
    """
    images, lesion = case.images, assessment.lesion
    # Of a kept case whose images are gone, the picture is there.
    small, slices = case.picture[1] if images is None else b"", tuple[Picture, ...]()
    if images is not None and lesion is not None:
        small = roi_thumbnail(images.study, images.phase, lesion)
        slices = lesion_slices(images.study, images.phase, lesion)
    return NewCase(
        profile=assessment.profile,
        assessment=assessment_to_dict(assessment, bundle),
        bundle_sha256=bundle.sha256,
        label=label,
        thumbnail_png=small,
        pictures=slices,
        flags=flags_of(assessment),
        is_simulated=assessment.is_simulated,
    )
