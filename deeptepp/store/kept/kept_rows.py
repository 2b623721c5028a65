"""Kept cases from the rows of their tables, and the columns that they are written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from deeptepp.domain.board import Flag
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.kept_case import KeptCase, KeptRow, KeptScore, ScoredCase
from deeptepp.domain.people import Person
from deeptepp.domain.risk import Tier, TierName
from deeptepp.errors import CaseGone, KeptUnreadable
from deeptepp.store.case_rows import as_json, utc
from deeptepp.store.kept.kept_schema import KEPT, PERSON_CHARACTERS, SCORES
from deeptepp.store.kept.kept_values import from_bytes, to_bytes

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""In labels that are given, whatever the language of the server."""


_FIELDS = [name for name in KeptRow.__dataclass_fields__ if name != "tier_name"]
LISTED = (*(KEPT.c[name] for name in _FIELDS), KEPT.c.tiers, KEPT.c.is_stable)


def one_kept(connection: Connection, case_id: str) -> KeptCase:
    """Read one case.

    Raises CaseGone: it is not kept; KeptUnreadable: another version wrote it.
    """
    row = connection.execute(select(KEPT).where(KEPT.c.id == case_id)).mappings().first()
    if row is None:
        raise CaseGone()
    scores = connection.execute(select(SCORES).where(SCORES.c.case_id == case_id).order_by(SCORES.c.number))
    try:
        return KeptCase(
            kept_row(row),
            ClinicalProfile.from_mapping(json.loads(row["profile"])),
            from_bytes(bytes(row["choices"])),
            bytes(row["picture_png"]),
            tuple(
                KeptScore(
                    from_bytes(bytes(each["answer"])), utc(each["made_utc"]), each["made_by"], each["by_title"]
                )
                for each in scores.mappings()
            ),
        )
    except ValueError as error:
        raise KeptUnreadable(value=type(error).__name__) from None


def kept_row(row: RowMapping) -> KeptRow:
    """Make a line of the list."""
    values = {name: row[name] for name in _FIELDS}
    tiers = tuple(Tier(tier) for tier in row["tiers"].split("/") if tier)
    return KeptRow(
        **values
        | {
            "created_utc": utc(row["created_utc"]),
            "changed_utc": utc(row["changed_utc"]),
            "images_utc": utc(row["images_utc"]) if row["images_utc"] else None,
            "tier": Tier(row["tier"]) if row["tier"] else None,
            "tier_name": TierName(tiers, row["is_stable"]),
            "flags": tuple(Flag(flag) for flag in json.loads(row["flags"])),
        }
    )


def case_values(new: ScoredCase, written: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a case that its newest score decides."""
    answer = new.assessment
    return {
        "profile": as_json(answer.profile.to_mapping()),
        "choices": to_bytes(new.choices),
        "bundle_sha256": answer.receipt.bundle_sha256 if answer.receipt else "",
        "study_digest": new.study_digest,
        "flags": as_json([flag.value for flag in new.flags]),
        "is_simulated": answer.is_simulated,
        "is_demo": new.is_demo,
        "tier": answer.tier.value if answer.tier else None,
        "tiers": "/".join(answer.tier_name.tiers),
        "is_stable": answer.tier_name.is_stable,
        "score": answer.score.probability if answer.score else None,
        "picture_png": new.picture_png,
        **written,
    }


def score_values(new: ScoredCase, person: Person) -> dict[str, Any]:
    """Columns of one score, less its case."""
    return {
        "answer": to_bytes(new.assessment),
        "document": as_json(dict(new.document)),
        "made_utc": datetime.now(UTC),
        "made_by": person.subject,
        "by_title": person.name[:PERSON_CHARACTERS],
    }


def label_values(connection: Connection, label: str, before: RowMapping | None) -> dict[str, object]:
    """Columns of the label: the one that was chosen, the one that it had, or the next of the day."""
    if label and (before is None or label != before["label"]):
        return {"label": label, "is_label_given": False}
    if before is not None:
        return {}
    today = datetime.now(UTC)
    # Without the year: day, month and year together would read as a date of birth.
    start = f"Case {_MONTHS[today.month - 1]} {today.day}-"
    used = connection.execute(
        select(KEPT.c.label).where(KEPT.c.label.startswith(start, autoescape=True))
    ).scalars()
    numbers = [int(each[len(start) :]) for each in used if each[len(start) :].isdecimal()]
    return {"label": f"{start}{max(numbers, default=0) + 1}", "is_label_given": True}
