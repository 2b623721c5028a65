"""Cases of a tumour board in every state, for tests of minutes and screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from tiny_bundle import tiny_cohort

from deeptepp.domain.board import Agreement, BoardCase, Choice, Entry, Flag, Moment
from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.simulate.demo_board import demo_pictures

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
NOTE = "讨论：淋巴结阳性，肿瘤较大，建议多学科会诊后再复查。" * 6


def entry(moment, minute, **facts) -> Entry:
    return Entry(moment=moment, recorded_utc=START + timedelta(minutes=minute), **facts)


def case(number: int, *entries: Entry, score: float = 0.31, tier: str = "High", **facts) -> BoardCase:
    return BoardCase(
        id=f"{number:016x}",
        created_utc=START - timedelta(hours=1),
        profile=ClinicalProfile(
            tumour_size_mm=26.0,
            node_stage=NodeStage.N1,
            er_positive=True,
            pr_positive=False,
            grade=3,
            ki67_pct=35.0,
        ),
        assessment={"score": score, "tier": tier, "percentile": 87.5, "findings": []},
        bundle_sha256="b" * 64,
        entries=entries,
        **{"label": f"Case {number}", "flags": (Flag.SIMULATED, Flag.UNSTABLE)} | facts,
    )


@cache
def _picture() -> bytes:
    """A simulated tumour, drawn once."""
    return demo_pictures(tiny_cohort(), 3)[0]


def meeting() -> list[BoardCase]:
    """Open, decided before, shown, skipped and decided, changed and not."""
    before = entry(Moment.BEFORE, 1, choice=Choice.T, note="=cmd|'/c calc'!A0", role="chair")
    shown = entry(Moment.SHOWN, 2)
    changed = entry(Moment.AFTER, 3, choice=Choice.TP, agreement=Agreement.AGREE, note=NOTE)
    kept = entry(Moment.AFTER, 3, choice=Choice.T, agreement=Agreement.DISAGREE, note="R&D <b>x</b>\nsecond line")
    skipped = entry(Moment.SKIPPED, 2)
    return [
        case(1),
        case(2, before, score=0.1234),
        case(3, before, shown, thumbnail_png=_picture()),
        case(4, skipped, kept, score=0.02, tier="Low"),
        case(5, before, shown, changed, score=0.2, tier="Moderate"),
        case(6, before, shown, kept),
    ]
