"""The state of one visitor: one value under one key, independent of which widgets are on the screen."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import streamlit as st

from deeptepp.dicom.series_preview import Previews
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.kept_case import CaseChoices, KeptCase, KeptRow
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.risk import Assessment
from deeptepp.domain.score_receipt import Receipt
from deeptepp.domain.study import SeriesSummary, Side
from deeptepp.errors import DeepTeppError
from deeptepp.scoring.images import CaseImages
from deeptepp.store.frames import default_frames
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.extra_work import ExtraWork
from deeptepp.ui.background.jobs import default_runner
from deeptepp.ui.background.visitors import remember_visitor

_KEY = "deeptepp"
"""The one key of ``st.session_state`` that this package sets by itself."""

_N_FORGOTTEN = 50
"""Forms that were handed in which a tab is told of; it hears of each in the run that follows."""

_N_SCORES = 16
"""Assessments remembered for one case."""


TAB_STATUS = "deeptepp-tab"
"""Key of ``st.session_state``: whether this connection knows its tab; not there before the tab has spoken."""


class Screen(StrEnum):
    """What the case page shows."""

    START = "start"
    READING = "reading"
    QUESTION = "question"
    IMAGES = "images"
    SCORING = "scoring"
    RESULT = "result"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class KeptHere:
    """How the case at hand is kept.

    ``row``: as it was last seen, None where it is not kept; ``newer``: what somebody else made of it meanwhile;
    ``trouble``: why it, or its images, could not be kept.
    """

    row: KeptRow | None = None
    newer: KeptCase | None = None
    trouble: DeepTeppError | None = None


@dataclass(slots=True)
class Case:
    """One case from drop to result.

    ``id``: random, names the case to the stores, never a patient; ``upload_id``: name of the upload that it was
    read from, which stays on the disk until the case is scored, empty for none; ``series``: the table of series,
    also when no study could be made of them; ``previews``: small pictures of the series, where the reader is asked
    which are meant; ``lesions``: candidates of the detector, then the boxes that the reader drew; ``selected``:
    index of the lesion that is scored; ``is_confirmed``: the reader has looked at the lesion and accepted, chosen
    or drawn it; ``drawn_box``: last box that came from the viewer; ``profile``: clinical-pathological facts as
    last entered; ``draft``: everything that the form holds as it was entered, while some of it cannot be used;
    ``scores``: answers by the digest of all their inputs, newest last; ``extra``: what was asked about the score
    after it was shown.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    is_demo: bool = False
    upload_id: str = ""
    images: CaseImages | None = None
    series: tuple[SeriesSummary, ...] = ()
    previews: Previews | None = None
    frames_token: str = ""
    lesions: tuple[Lesion, ...] = ()
    selected: int = 0
    is_confirmed: bool = False
    drawn_box: BoxMm | None = None
    profile: ClinicalProfile = field(default_factory=ClinicalProfile)
    draft: dict[str, Any] = field(default_factory=dict)
    assessment: Assessment | None = None
    scores: OrderedDict[str, Assessment] = field(default_factory=OrderedDict)
    extra: ExtraWork = field(default_factory=ExtraWork)

    @property
    def lesion(self) -> Lesion | None:
        """The lesion that is scored, or None when there is none yet."""
        return self.lesions[self.selected] if self.lesions else None

    @property
    def choices(self) -> CaseChoices:
        """What the reader chose, as it is kept."""
        n_found = len(self.images.candidates) if self.images else 0
        return CaseChoices(self.lesions[n_found:], self.selected, self.is_confirmed, self.overridden)

    def empty(self) -> None:
        """Let go of all that came from the patient; widgets and downloads may hold this case for longer."""
        self.images, self.series, self.previews, self.lesions, self.drawn_box = None, (), None, (), None
        self.profile, self.draft, self.assessment, self.selected = ClinicalProfile(), {}, None, 0
        self.scores.clear()
        self.extra.answers.clear()
        self.forget_result()

    def remember(self, key: str, assessment: Assessment) -> None:
        """Keep an answer under the digest of its inputs, and forget the oldest beyond the limit."""
        self.scores[key] = assessment
        self.scores.move_to_end(key)
        while len(self.scores) > _N_SCORES:
            self.scores.popitem(last=False)

    label: str = ""
    """A pseudonym that the user gave the case, see ``domain.labels``."""
    asked_label: str = ""
    """A label that looks like a name, until the user says what it is."""
    overridden: frozenset[str] = frozenset()
    """Eligibility rules that refused and were overridden; they are not asked again."""
    shown: tuple[Assessment, ...] = ()
    """Scores that were shown, in their order."""
    picture: tuple[str, bytes] = ("", b"")
    """The tumour in its slice as PNG, behind the digest of the inputs that it belongs to."""

    def forget_result(self) -> None:
        """Let go of what the result screen keeps."""
        self.label, self.asked_label, self.overridden, self.shown = "", "", frozenset(), ()
        self.picture, self.kept = ("", b""), KeptHere()

    kept: KeptHere = field(default_factory=KeptHere)
    """How it is kept beyond this visit."""


@dataclass(slots=True)
class Session:
    """One visitor's way through the case page.

    ``id``: random, owns jobs; ``job_id``: work under way, empty when none; ``refusal``: why the study could not be
    opened; ``incident``: identifier of the last failure in the log; ``note``: one sentence to show once on the
    next screen; ``phase_keys``: series that the reader chose for the next reading, pre-contrast first, empty for
    the proposal; ``phase_side``: the breast that these show, where each breast has volumes of its own; ``memory``:
    random, names what the tab remembers, anew whenever everything is erased; ``drafts``: what was typed but not
    sent, by the name of its field; ``restored``: fields that the tab knows better than the server, since it has
    just come back, until they are drawn; ``forgotten``: beginnings of keys whose drafts the tab must forget, since
    their form was handed in, numbered from 1; ``tab_note``: what became of the case on the way through a reload, a
    cut line or a new server; ``is_asked_to_leave``: the visitor wants to leave the case, and is asked whether it
    may be erased; ``entered_for``: names of the study that what was entered belongs to, see
    ``ui.case.other_study``, empty for none; ``study_name``: the one of them that the tab may keep: of the content
    of the images; ``is_asked_whose``: another study has come than the one that facts were entered for, and the
    visitor is asked about it.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    screen: Screen = Screen.START
    case: Case = field(default_factory=Case)
    job_id: str = ""
    refusal: DeepTeppError | None = None
    incident: str = ""
    note: str = ""
    phase_keys: tuple[str, ...] = ()
    phase_side: Side | None = None
    memory: str = field(default_factory=lambda: secrets.token_hex(8))
    drafts: dict[str, str] = field(default_factory=dict)
    restored: set[str] = field(default_factory=set)
    forgotten: tuple[tuple[int, str], ...] = ()
    tab_note: str = ""
    is_asked_to_leave: bool = False
    entered_for: frozenset[str] = field(default=frozenset(), repr=False)
    study_name: str = ""
    is_asked_whose: bool = False
    lost_link: str = ""
    """Case that the address named and that is not kept, so that it is said until something else is begun."""
    unkept: tuple[Receipt, ...] = ()
    """Receipts that the store has not taken yet."""

    @property
    def has_work(self) -> bool:
        """Whether anything would be lost with this session: images, work under way or a question about a study."""
        return bool(self.job_id) or self.case.images is not None or bool(self.case.series)

    def erase(self) -> None:
        """Leave nothing of this visitor on the server: work, upload, slices, images, facts and answers."""
        default_runner().forget(self.id)
        default_store().delete(self.case.upload_id)
        default_frames().drop(self.case.id)
        self.case.empty()
        self.case, self.screen, self.job_id = Case(), Screen.START, ""
        self.refusal, self.incident, self.note, self.phase_keys, self.phase_side = None, "", "", (), None
        self.memory, self.drafts, self.forgotten = secrets.token_hex(8), {}, ()
        self.restored = set()
        self.tab_note, self.is_asked_to_leave, self.unkept = "", False, ()
        self.entered_for, self.study_name, self.is_asked_whose = frozenset(), "", False

    def forget_typed(self, name: str, key: str) -> None:
        """Forget what was typed into fields, here and in the tab.

        ``key``: what the keys of their widgets begin with, as classes of the page have them.
        """
        self.drafts = {field: text for field, text in self.drafts.items() if not field.startswith(name)}
        n_before = self.forgotten[-1][0] if self.forgotten else 0
        self.forgotten = (*self.forgotten, (n_before + 1, key))[-_N_FORGOTTEN:]

    def take_note(self) -> str:
        """Sentence to show once, and forget it."""
        note, self.note = self.note, ""
        return note


def current_session() -> Session:
    """State of this visitor, new on the first visit.

    Returns kept over reruns, pages and reloads, erased some time after the browser tab is closed.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
        remember_visitor(st.session_state[_KEY].erase, key=_KEY)
    session: Session = st.session_state[_KEY]
    return session


def is_kept() -> bool:
    """Whether the tab of this visitor keeps anything over a reload; True as long as it has not spoken."""
    return st.session_state.get(TAB_STATUS) != "blocked"
