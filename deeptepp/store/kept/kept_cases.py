"""Cases that last: kept with every score, found again by list or link, changed by one person at a time."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from deeptepp.dicom.source import SourceReference
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.kept_case import KeptCase, KeptRow, ScoredCase
from deeptepp.domain.labels import checked_label
from deeptepp.domain.people import LOCAL, Person
from deeptepp.errors import CaseChanged, CaseGone, ImagesGone, KeptCaseError
from deeptepp.scoring.search import CaseImages
from deeptepp.store.case_rows import as_json
from deeptepp.store.database import reading, scrub, writing
from deeptepp.store.kept.erasing import remove_kept
from deeptepp.store.kept.image_folder import ImageFolder
from deeptepp.store.kept.kept_rows import LISTED, case_values, kept_row, label_values, one_kept, score_values
from deeptepp.store.kept.kept_schema import KEPT, PERSON_CHARACTERS, SCORES
from deeptepp.store.ledger import append

_ID_BYTES = 16
"""Of the identifier of a case: 128 random bits, which no link can be guessed from."""

_NO_IMAGES: dict[str, Any] = {"images_id": None, "images_utc": None, "images_bytes": None}


class CaseBook:
    """The kept cases of one installation; safe to share between threads.

    ``images``: where their images lie.
    """

    def __init__(self, engine: Engine, images: ImageFolder) -> None:
        self._engine, self._images = engine, images

    def rows(self) -> list[KeptRow]:
        """List every case, the one that was changed last first."""
        with reading(self._engine) as connection:
            found = connection.execute(select(*LISTED).order_by(KEPT.c.changed_utc.desc(), KEPT.c.id)).mappings()
            return [kept_row(each) for each in found]

    def open(self, case_id: str) -> KeptCase:
        """One case with all its scores.

        Raises CaseGone: it is not kept; KeptUnreadable: another version wrote it.
        """
        with reading(self._engine) as connection:
            return one_kept(connection, case_id)

    def document(self, case_id: str) -> dict[str, Any]:
        """Newest answer of a case as plain data, as files and interfaces have it; raises CaseGone."""
        asked = select(SCORES.c.document).where(SCORES.c.case_id == case_id).order_by(SCORES.c.number.desc())
        with reading(self._engine) as connection:
            found = connection.execute(asked.limit(1)).scalar()
        if found is None:
            raise CaseGone()
        return dict(json.loads(found))

    def keep(
        self,
        new: ScoredCase,
        person: Person,
        *,
        case_id: str = "",
        seen: int = 0,
        images: CaseImages | None = None,
    ) -> tuple[KeptCase, KeptCaseError | None]:
        """Keep a scored case, or a further score of one that is kept.

        ``case_id``: empty for a new one; ``seen``: its version when it was last seen, so that nothing of others
        is written over; ``images``: to be kept with it, written once for each study. Gives the case as it is kept,
        and why its images are not, where they could not be written. Raises CaseGone: it was deleted; CaseChanged:
        somebody else changed it, and nothing was written; the error carries what it is now; LabelNamesSomebody.
        """
        label = checked_label(new.label)
        written, trouble = self._written(new, case_id, images)
        case_id = case_id or secrets.token_hex(_ID_BYTES)
        try:
            values = case_values(new, written) | self._reference(images, case_id)
            with writing(self._engine, alone=True) as connection:
                before = _locked(connection, case_id, seen) if seen else None
                is_other = before is not None and before["study_digest"] != new.study_digest
                # Images of another study never stay beside this one's score.
                values = (
                    (_NO_IMAGES if is_other and not written else {})
                    | values
                    | label_values(connection, label, before)
                )
                _store(connection, case_id, values, before, person)
                connection.execute(insert(SCORES).values(case_id=case_id, **score_values(new, person)))
                kept = one_kept(connection, case_id)
        except BaseException:
            self._images.remove(written.get("images_id"))
            raise
        if before is not None and (written or is_other):
            self._images.remove(before["images_id"])
        return kept, trouble

    def relabel(self, case_id: str, label: str, *, seen: int) -> KeptRow:
        """Give a case another label.

        Raises CaseGone, CaseChanged, LabelNamesSomebody: see ``keep``.
        """
        return self._change(case_id, seen, label=checked_label(label), is_label_given=False)

    def enter(self, case_id: str, profile: ClinicalProfile, *, seen: int) -> KeptRow:
        """Keep facts that are no part of the score, such as estimates of others.

        Raises CaseGone, CaseChanged: see ``keep``.
        """
        return self._change(case_id, seen, profile=as_json(profile.to_mapping()))

    def delete(self, case_id: str, person: Person = LOCAL) -> None:
        """Remove a case with its scores and images, also from the files in which the database works.

        Raises CaseGone: it is not kept.
        """
        with writing(self._engine) as connection:
            found = connection.execute(select(KEPT.c.images_id).where(KEPT.c.id == case_id)).first()
            if found is None:
                raise CaseGone()
            n_receipts = remove_kept(connection, [case_id])
            append(connection, LedgerKind.CASE_DELETED, person, about=case_id, receipts=n_receipts)
        self._images.remove(found.images_id)
        scrub(self._engine)

    def images(self, case_id: str) -> CaseImages:
        """Read the images of a case.

        Raises CaseGone: it is not kept; ImagesGone: its images are not; others: see ``ImageFolder.read``.
        """
        with reading(self._engine) as connection:
            found = connection.execute(select(KEPT.c.images_id).where(KEPT.c.id == case_id)).first()
        if found is None:
            raise CaseGone()
        if not found.images_id:
            raise ImagesGone()
        return self._images.read(found.images_id)

    def reference(self, case_id: str) -> SourceReference | None:
        """Where the images of a case came from, to fetch them again; None where that is not known.

        Raises CaseGone: the case is not kept; others: see ``ImageFolder.open_reference``.
        """
        with reading(self._engine) as connection:
            found = connection.execute(select(KEPT.c.reference).where(KEPT.c.id == case_id)).first()
        if found is None:
            raise CaseGone()
        return self._images.open_reference(bytes(found.reference), case_id) if found.reference else None

    def due(self, case_days: float, images_days: float) -> tuple[list[KeptRow], list[KeptRow]]:
        """Cases that have been left unchanged for too long, and others whose images are kept for too long."""
        before, images_before = _days_ago(case_days), _days_ago(images_days)
        old = [row for row in self.rows() if row.changed_utc < before]
        gone = {row.id for row in old}
        late = [
            row for row in self.rows() if row.id not in gone and row.images_utc and row.images_utc < images_before
        ]
        return old, late

    def sweep(self, case_days: float, images_days: float) -> tuple[int, int]:
        """Remove what ``due`` names; give the numbers of cases, and of cases whose images went."""
        old, late = self.due(case_days, images_days)
        with writing(self._engine) as connection:
            ids = [row.id for row in (*old, *late)]
            names = connection.execute(select(KEPT.c.images_id).where(KEPT.c.id.in_(ids))).scalars().all()
            connection.execute(update(KEPT).where(KEPT.c.id.in_([row.id for row in late])).values(_NO_IMAGES))
            n_receipts = remove_kept(connection, [row.id for row in old])
            if old or late:
                append(
                    connection,
                    LedgerKind.RETENTION,
                    LOCAL,
                    cases=len(old),
                    images=len(late),
                    receipts=n_receipts,
                )
        for name in names:
            self._images.remove(name)
        self._images.sweep(_days_ago(images_days))
        # Always: an earlier deletion may have met a reader.
        scrub(self._engine)
        return len(old), len(late)

    def _written(
        self, new: ScoredCase, case_id: str, images: CaseImages | None
    ) -> tuple[dict[str, Any], KeptCaseError | None]:
        """Write images unless those of the same study are kept; gives their columns, or why there are none."""
        if images is None:
            return {}, None
        same = select(KEPT.c.images_id).where(KEPT.c.id == case_id, KEPT.c.study_digest == new.study_digest)
        with reading(self._engine) as connection:
            if self._images.has(connection.execute(same).scalar()):
                return {}, None
        try:
            name, n_bytes = self._images.write(images)
        except KeptCaseError as error:
            return {}, error
        return {"images_id": name, "images_utc": datetime.now(UTC), "images_bytes": n_bytes}, None

    def _reference(self, images: CaseImages | None, case_id: str) -> dict[str, bytes]:
        """Column of where images came from; without a usable key nothing of it is kept."""
        if images is None or images.source is None:
            return {}
        try:
            return {"reference": self._images.seal_reference(images.source, case_id)}
        except (KeptCaseError, OSError):
            return {}

    def _change(self, case_id: str, seen: int, **values: object) -> KeptRow:
        """Change columns of a case."""
        with writing(self._engine) as connection:
            before = _locked(connection, case_id, seen)
            values |= {"version": before["version"] + 1, "changed_utc": datetime.now(UTC)}
            connection.execute(update(KEPT).where(KEPT.c.id == case_id).values(**values))
            return one_kept(connection, case_id).row


def _days_ago(days: float) -> datetime:
    """Time that lies some days back."""
    return datetime.now(UTC) - timedelta(days=days)


def _locked(connection: Connection, case_id: str, seen: int) -> RowMapping:
    """Lock a case for a change.

    Raises CaseGone: it is not kept; CaseChanged: it is not as it was seen.
    """
    found = connection.execute(select(KEPT).where(KEPT.c.id == case_id).with_for_update()).mappings().first()
    if found is None:
        raise CaseGone()
    if found["version"] != seen:
        raise CaseChanged(kept=one_kept(connection, case_id))
    return found


def _store(
    connection: Connection,
    case_id: str,
    values: dict[str, Any],
    before: RowMapping | None,
    person: Person,
) -> None:
    """Write the row of a case; its first owner stays."""
    now = datetime.now(UTC)
    if before is not None:
        values |= {"version": before["version"] + 1, "changed_utc": now}
        connection.execute(update(KEPT).where(KEPT.c.id == case_id).values(**values))
        return
    who = {"owner": person.subject, "owner_title": person.name[:PERSON_CHARACTERS]}
    connection.execute(
        insert(KEPT).values(id=case_id, version=1, created_utc=now, changed_utc=now, **who, **values)
    )
