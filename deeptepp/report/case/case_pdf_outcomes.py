"""What became of reference patients, for the PDF of a result: curves, contrasts, what was published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deeptepp.domain.cohort import Arm
from deeptepp.domain.published_caveats import CAVEATS
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.beside_published import CAVEATS_HERE, MATCHED, Agreement, beside_published
from deeptepp.report.case.result_reading import (
    LIMITS,
    PATIENTS,
    ResultReading,
    arm_sentences,
    reading_rows,
    reading_sentences,
    result_reading,
)
from deeptepp.report.case.treatment_panel import (
    NOT_EXCLUDED,
    NOT_RANDOMISED,
    SURVIVAL,
    ContrastSummary,
    TreatmentPanel,
    interaction_words,
    treatment_panel,
)
from deeptepp.report.format import count, out_of_hundred
from deeptepp.report.held_curves import held_curves
from deeptepp.report.look.theme import ARM_COLOURS, GROUP_COLOURS
from deeptepp.report.names import name_of
from deeptepp.report.pdf.pdf_curves import curves_drawing
from deeptepp.report.pdf.pdf_page import heading, title, words
from deeptepp.report.pdf.pdf_tables import rows_table
from deeptepp.report.survival_tables import HORIZONS_MONTHS
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import GroupComparison
from deeptepp.stats.treatment.treatment_question import Matching
from deeptepp.wording.sentence import arranged, glued, joined, sentence

if TYPE_CHECKING:
    from reportlab.platypus import Flowable


def outcome_story(tier: Tier, bundle: ModelBundle, *, width: float) -> list[Flowable]:
    """Lay out curves, contrasts and published values of one tier, for both end points."""
    from reportlab.platypus import PageBreak

    kind = PATIENTS[bundle.is_simulated]
    story: list[Flowable] = [
        PageBreak(),
        title(sentence("What happened to {kind} of the reference cohort", kind=kind)),
    ]
    tables: list[Flowable] = []
    for endpoint in bundle.reference.endpoints:
        try:
            reading = result_reading(bundle.reference, tier, endpoint)
        except NotEstimable as error:
            story += [heading(name_of(endpoint)), words(error.sentence)]
            continue
        story += [*_reading(reading, width), PageBreak()]
        tables += _readings(reading, width)
    story += tables
    story += [
        title(sentence("Treatment received, {tier} tier", tier=tier)),
        words(Matching.DEFAULT.caveat, quiet=True),
    ]
    for endpoint in bundle.reference.endpoints:
        panel = treatment_panel(bundle.reference, tier, endpoint, Matching.DEFAULT)
        story += [part for contrast in panel.contrasts for part in _contrast(contrast, panel, width)]
    story += [words(NOT_RANDOMISED, quiet=True)]
    return [*story, *_published(tier, bundle, width)]


def _reading(reading: ResultReading, width: float) -> list[Flowable]:
    """What became of patients of her tier, and draw both sets of curves."""
    from reportlab.platypus import KeepTogether, Spacer

    first, *rest = reading_sentences(reading)
    story: list[Flowable] = [heading(name_of(reading.endpoint)), words(first, bold=True)]
    story += [words(said) for said in rest]
    story += [words(glued("• {}", said)) for said in arm_sentences(reading)]
    if reading.curve is not None:
        at = reading.curve.at(HORIZONS_MONTHS[-1])
        free = out_of_hundred(at)
        if not at.is_beyond_follow_up:
            story.append(words(sentence(LIMITS, free=free, affected=100 - free), quiet=True))
    story += [Spacer(1, 6), KeepTogether(_tier_curves(reading, width))]
    if reading.arms is not None:
        story += [Spacer(1, 8), KeepTogether(_arm_curves(reading, reading.arms, width))]
    return story


def _readings(reading: ResultReading, width: float) -> list[Flowable]:
    """Read all curves at two and five years."""
    from reportlab.platypus import KeepTogether, Spacer

    names = [sentence("{n:.0f} years (95 % CI)", n=months / 12) for months in HORIZONS_MONTHS]
    header = ["Group", "Patients", "Events"]
    for name in names:
        header += [name, "at risk"]
    widths = [width * share for share in (0.31, 0.09, 0.08, 0.18, 0.08, 0.18, 0.08)]
    table = rows_table(
        header, reading_rows(reading), widths=widths, notes=glued("{}.", reading.tiers.curves[0].method)
    )
    return [KeepTogether([heading(name_of(reading.endpoint)), *table]), Spacer(1, 10)]


def _tier_curves(reading: ResultReading, width: float) -> list[Flowable]:
    """Draw the tiers; in grey and without a test where events are few."""
    tiers = reading.tiers
    named = [replace(c, label=name_of(Tier(v))) for v, c in zip(tiers.levels, tiers.curves, strict=True)]
    held = held_curves(replace(tiers, curves=tuple(named)), are_treatments=False)
    drawing = curves_drawing(
        named,
        width=width,
        title="By risk tier",
        y_title=name_of(reading.endpoint),
        p_value=held.p_value,
        colours=[GROUP_COLOURS[level] for level in tiers.levels],
        grey_below_events=held.grey_below_events,
        simulated=reading.is_simulated,
    )
    return [
        drawing,
        *([words(sentence("Not tested: {reason}.", reason=held.reason), quiet=True)] if held.reason else []),
    ]


def _arm_curves(reading: ResultReading, arms: GroupComparison, width: float) -> list[Flowable]:
    """Draw the treatments inside her tier; in grey and without a test where events are few."""
    curves = [replace(c, label=name_of(Arm(v))) for v, c in zip(arms.levels, arms.curves, strict=True)]
    few = [curve.label for curve in curves if curve.n_events < MIN_EVENTS]
    held = held_curves(replace(arms, curves=tuple(curves)), are_treatments=True)
    drawing = curves_drawing(
        curves,
        width=width,
        title=sentence("{tier} tier, by treatment received", tier=reading.tier),
        y_title=name_of(reading.endpoint),
        p_value=held.p_value,
        colours=[ARM_COLOURS[Arm(level)] for level in arms.levels],
        grey_below_events=held.grey_below_events,
        simulated=reading.is_simulated,
    )
    said = sentence(
        "Fewer than {n} events, so in grey and not tested: {groups}.", n=MIN_EVENTS, groups=joined(", ", few)
    )
    return [drawing, *([words(said, quiet=True)] if few else [])]


def _contrast(contrast: ContrastSummary, panel: TreatmentPanel, width: float) -> list[Flowable]:
    """Lay out one contrast: counts, differences or why there are none, and what it is worth."""
    from reportlab.platypus import KeepTogether, Spacer

    sides = [name_of(contrast.index), name_of(contrast.reference)]
    other = arranged(_begun_small, sides[1])
    rows: list[tuple[str, str, str]] = [
        ("Patients compared", str(contrast.n_index), str(contrast.n_reference)),
        ("of those in the tier", str(contrast.n_before_index), str(contrast.n_before_reference)),
        ("Events compared", str(contrast.n_events_index), str(contrast.n_events_reference)),
    ]
    rows += [(SURVIVAL.format(years=f"{at.years:g}"), at.index, at.reference) for at in contrast.survival]
    story = [
        heading(glued("{}: {} vs {}", name_of(panel.endpoint), sides[0], other)),
        *rows_table(("", *sides), rows, widths=[width * share for share in (0.4, 0.3, 0.3)]),
    ]
    if contrast.rows:
        differences = [(row.name.format(years=row.at, months=row.at), row.value) for row in contrast.rows]
        header = ("Difference = first minus second treatment", "95 % CI")
        story += rows_table(header, differences, widths=[width * 0.4, width * 0.6])
    if not contrast.is_given:
        story.append(
            words(
                sentence(
                    "No difference is given: {reason}. {not_excluded}",
                    reason=contrast.reason,
                    not_excluded=NOT_EXCLUDED,
                ),
                bold=True,
            )
        )
    template, said = interaction_words(contrast.interaction)
    worth = [sentence("Observational, {n} compared.", n=count(contrast.n, "patient"))]
    worth += [glued("{}.", contrast.badge)] if contrast.badge else []
    worth += [sentence(template, p=said, reason=said), *contrast.warnings]
    return [KeepTogether([*story, words(joined(" ", worth), quiet=True), Spacer(1, 7)])]


def _begun_small(name: str) -> str:
    """Begin a name with a small letter."""
    return name[:1].lower() + name[1:]


def _published(tier: Tier, bundle: ModelBundle, width: float) -> list[Flowable]:
    """Set printed values beside ours."""
    from reportlab.platypus import Spacer

    ours = "Here, simulated (95 % CI)" if bundle.is_simulated else "Here (95 % CI)"
    story: list[Flowable] = [Spacer(1, 8), title("Published beside ours")]
    for endpoint in bundle.reference.endpoints:
        found = beside_published(bundle.reference, bundle.metrics, tier, endpoint)
        rows = [
            (
                glued("{}\n{}", row.name, row.where),
                row.printed,
                glued("{}\n{}, {}", row.here, count(row.n, "patient"), count(row.n_events, "event")),
                row.agreement.value,
            )
            for row in found
        ]
        outside = sum(row.agreement is Agreement.OUTSIDE for row in found)
        told = sum(row.agreement is not Agreement.UNKNOWN for row in found)
        note = sentence(
            "{outside} of {told} printed values lie outside our 95 % CI. The publication prints no interval.",
            outside=outside,
            told=told,
        )
        note += glued(" {}", MATCHED) if any("dual" in row.key for row in found) else ""
        header = (name_of(endpoint), "Printed", ours, "The printed value lies")
        widths = [width * share for share in (0.42, 0.12, 0.27, 0.19)]
        story += [*rows_table(header, rows, widths=widths, notes=note), Spacer(1, 6)]
    return [*story, *(words(glued("• {}", CAVEATS[caveat]), quiet=True) for caveat in CAVEATS_HERE)]
