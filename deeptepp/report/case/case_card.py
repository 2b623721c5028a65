"""A result as one picture, for viewers that show neither reports nor PDFs: score, tier, marks, and the tumour."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deeptepp.domain.risk import RESEARCH_USE, RESEARCH_USE_ONLY, Assessment, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.document import marks
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.format import percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS
from deeptepp.report.names import SIDES
from deeptepp.wording.sentence import glued, joined, sentence

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH_PX, HEIGHT_PX = 960, 600
"""Size of the card."""

_PAPER, _INK, _QUIET, _MARK = "#11181c", "#e3eaed", "#9fb0b9", "#ffb74d"
_LEFT, _PICTURE_PX = 40, 320


def case_card(assessment: Assessment, bundle: ModelBundle, *, picture_png: bytes = b"") -> npt.NDArray[np.uint8]:
    """Draw the card.

    ``bundle``: gives cut-offs and reference cohort; ``picture_png``: the tumour in its slice, none where empty.
    Returns (600, 960, 3) RGB, light on dark as reading rooms want it, holds no identifier.
    """
    from PIL import Image, ImageDraw

    card = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _PAPER)
    if picture_png:
        with Image.open(io.BytesIO(picture_png)) as picture:
            side = (_PICTURE_PX, _PICTURE_PX)
            card.paste(picture.convert("RGB").resize(side), (WIDTH_PX - _PICTURE_PX - _LEFT, 96))
    draw = ImageDraw.Draw(card)
    called = joined(" · ", (RESEARCH_USE, *marks(assessment)[1:]))
    _write(draw, 30, called, 22, _MARK)
    _write(draw, HEIGHT_PX - 40, RESEARCH_USE_ONLY, 15, _QUIET)
    y = _score(draw, assessment, bundle) if assessment.score else _refusal(draw, assessment)
    for line in _facts(assessment, bundle):
        _write(draw, y, line, 18, _INK)
        y += 29
    return np.asarray(card, dtype=np.uint8)


def _score(draw: ImageDraw, assessment: Assessment, bundle: ModelBundle) -> int:
    """Draw number, tier and scale; give the height below them."""
    score, tier = assessment.score, assessment.tier
    if score is None or tier is None:
        return 96
    _write(draw, 88, "DeepTEPP risk score, 0 to 1", 18, _QUIET)
    _write(draw, 112, written_score(score.probability), 76, _INK)
    _shape(draw, tier, _LEFT + 14, 228)
    _write(draw, 212, assessment.tier_name.risk_text, 28, _INK, left=_LEFT + 40)
    edges, width = (0.0, bundle.tiers.low_below, bundle.tiers.high_from, 1.0), 480
    for each, low, high in zip(Tier, edges, edges[1:], strict=False):
        draw.rectangle((_LEFT + width * low, 280, _LEFT + width * high, 294), fill=TIER_COLOURS[each])
    x = _LEFT + width * score.probability
    draw.polygon([(x, 278), (x - 8, 262), (x + 8, 262)], fill=_INK)
    draw.line((x, 276, x, 300), fill=_INK, width=3)
    return 320


def _refusal(draw: ImageDraw, assessment: Assessment) -> int:
    """Write which rules refused; give the height below them."""
    _write(draw, 96, "Not scored", 48, _INK)
    y = 170
    for finding in assessment.refusals[:4]:
        _write(draw, y, sentence("Rule {rule}", rule=finding.rule), 20, _INK)
        y += 32
    return y + 12


def _facts(assessment: Assessment, bundle: ModelBundle) -> list[str]:
    """Write what belongs to the score, a line each."""
    tiers, lines = bundle.tiers, []
    if assessment.score is not None:
        lines.append(
            sentence(
                "Low below {low_below:.3f}, High from {high_from:.3f}",
                low_below=tiers.low_below,
                high_from=tiers.high_from,
            )
        )
    if assessment.percentile is not None:
        kind = PATIENTS[bundle.is_simulated]
        lines.append(
            glued("{} of {} {}", percentile(assessment.percentile).capitalize(), len(bundle.reference), kind)
        )
    if assessment.lesion is not None:
        lesion = assessment.lesion
        size = sentence(
            "{longest_diameter_mm:.1f} mm longest, {volume_ml:.2f} ml",
            longest_diameter_mm=lesion.longest_diameter_mm,
            volume_ml=lesion.volume_ml,
        )
        lines.append(sentence("Tumour: {endpoint}, {size}", endpoint=SIDES[lesion.side].lower(), size=size))
    if assessment.warnings:
        lines.append(sentence("Warnings: {warnings}, see the report", warnings=len(assessment.warnings)))
    if assessment.receipt is not None:
        lines.append(
            sentence(
                "Receipt {digest}, {created} UTC",
                digest=assessment.receipt.id,
                created=assessment.receipt.created_utc[:16],
            )
        )
    return lines


def _shape(draw: ImageDraw, tier: Tier, x: float, y: float) -> None:
    """Draw the shape of a tier."""
    colour, r = TIER_COLOURS[tier], 12
    if tier is Tier.LOW:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif tier is Tier.MODERATE:
        draw.rectangle((x - r, y - r, x + r, y + r), fill=colour)
    else:
        draw.polygon([(x, y - r - 2), (x - r - 2, y + r), (x + r + 2, y + r)], fill=colour)


def _write(draw: ImageDraw, y: float, text: str, size: int, colour: str, *, left: float = _LEFT) -> None:
    """Write one line in the font that comes with the library."""
    from PIL import ImageFont

    draw.text((left, y), text.replace("\u00a0", " "), font=ImageFont.load_default(size), fill=colour)
