"""A cohort at a glance: tiers by treatment, the way from treatment to outcome, follow-up, events by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import ARM, FIRST_EVENT, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, count_of
from deeptepp.report.look.marks import finish, lay_out
from deeptepp.report.look.theme import ARM_COLOURS, ARM_GLYPHS, SMALL_PX, TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.names import ARM_SHORT
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.survival.follow_up_time import follow_up_time
from deeptepp.wording.sentence import escaped, glued, joined, sentence

ARM_WORDS: dict[Arm, str] = {**ARM_SHORT, Arm.NONE: "no anti-HER2"}
"""Short names of the treatments, for axes."""

KINDS: dict[str, str] = {
    "none": "no event",
    "locoregional": "locoregional",
    "contralateral": "contralateral",
    "distant": "distant",
    "death": "death without relapse",
}
"""Kinds of first events in the order in which they are drawn."""

_MARK_PX = 34

_WORDED = 0.09
"""Shares of the longest bar that are wider than this hold their tier and number."""


def tier_mix_figure(cohort: Cohort) -> go.Figure:
    """Draw how the tiers share each treatment.

    Returns one stacked bar a treatment, 100 % each. Raises NotEstimable: nobody has a tier.
    """
    arm, tier = words_of(cohort, ARM), words_of(cohort, TIER)
    arms = [each for each in Arm if (arm == each.value).any()]
    counts = {level: [int(((arm == each.value) & (tier == level.value)).sum()) for each in arms] for level in Tier}
    totals = [sum(counts[level][i] for level in Tier) for i in range(len(arms))]
    if not sum(totals):
        raise NotEstimable(what="The mix of tiers", reason="nobody has a tier")
    figure = go.Figure()
    labels = [
        glued("{} {}<br>n = {}", ARM_GLYPHS[each], ARM_WORDS[each], total)
        for each, total in zip(arms, totals, strict=True)
    ]
    for level in Tier:
        share = [n / total if total else 0 for n, total in zip(counts[level], totals, strict=True)]
        said = [n if part > 0.07 else 0 for n, part in zip(counts[level], share, strict=True)]
        hover = sentence("{level}: %{{customdata}} patients, %{{x:.1%}}<extra></extra>", level=level)
        _add_tier(figure, level, (share, labels), said, hovertemplate=hover, customdata=counts[level])
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title={"text": "Share of the patients of each treatment"})
    figure.update_yaxes(autorange="reversed", showline=False, ticks="")
    parts = [
        glued("{}: ", ARM_WORDS[each])
        + joined(
            ", ", (glued("{} {}", level, count_of(counts[level][i], totals[i])) for level in Tier if totals[i])
        )
        for i, each in enumerate(arms)
    ]
    return glance(
        figure,
        "Tiers by treatment received",
        (count(sum(totals), "patient"),),
        62 * len(arms),
        glued("{}.", joined("; ", parts)),
        cohort,
    )


def _add_tier(
    figure: go.Figure,
    tier: Tier,
    bars: tuple[Sequence[float], Sequence[str]],
    said: Sequence[int],
    **more: Any,  # noqa: ANN401
) -> None:
    """Add the bars of one tier, lengths and names; numbers stand inside of those that have room for one."""
    figure.add_bar(
        x=bars[0],
        y=bars[1],
        orientation="h",
        name=glued("{} {}", TIER_GLYPHS[tier], tier),
        marker={"color": TIER_COLOURS[tier], "line": {"width": 1, "color": "#ffffff"}},
        text=[glued("{} {}", TIER_GLYPHS[tier], n) if n else "" for n in said],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": "#ffffff", "size": SMALL_PX},
        **more,
    )


def follow_up_figure(cohort: Cohort, endpoint: Endpoint = Endpoint.OS) -> go.Figure:
    """Draw how long the patients were followed, by treatment.

    ``cohort``: times may be unknown for some. Raises NotEstimable: nobody's follow-up is known.
    """
    months = np.asarray(cohort[endpoint.months], dtype=np.float64)
    known, arm = np.isfinite(months), words_of(cohort, ARM)
    if not known.any():
        raise NotEstimable(what="The length of follow-up", reason="nobody's follow-up is known")
    edges = np.arange(0, months[known].max() + 6, 6)
    figure, said = go.Figure(), []
    for each in Arm:
        members = known & (arm == each.value)
        if not members.any():
            continue
        found = follow_up_time(cohort.where(members).follow_up(endpoint)).potential
        median = _median(found)
        said.append(glued("{}: {}, {}", ARM_WORDS[each], count(int(members.sum()), "patient"), median))
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=np.histogram(months[members], bins=edges)[0],
            width=6,
            name=glued("{} {}", ARM_GLYPHS[each], ARM_WORDS[each]),
            marker={"color": ARM_COLOURS[each], "line": {"width": 1, "color": "#ffffff"}},
            hovertemplate=sentence(
                "{arm}: %{{y}} followed for %{{x:.0f}} ± 3 months<extra></extra>", arm=ARM_WORDS[each]
            ),
        )
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(
        title={"text": "Months from surgery to the last observation"}, rangemode="tozero", dtick=24
    )
    figure.update_yaxes(title={"text": "Patients"})
    facts = (count(int(known.sum()), "patient"), "medians by reverse Kaplan-Meier", *said)
    return glance(figure, "Length of follow-up", facts, 220, "Histogram by half years.", cohort)


def events_figure(cohort: Cohort) -> go.Figure:
    """Draw first events by kind, each divided by tier.

    ``cohort``: with tiers, the kind of first events may be unknown. Raises NotEstimable: nobody has an event of
    whom a tier is known.
    """
    outcome, tier = outcomes(cohort), words_of(cohort, TIER)
    kinds = [
        kind for kind in (*KINDS.values(), "relapse or death") if kind != "no event" and (outcome == kind).any()
    ]
    if not kinds:
        raise NotEstimable(what="The mix of events", reason="nobody has an event")
    figure, n_tiered = go.Figure(), int(np.isin(tier, [level.value for level in Tier]).sum())
    totals = [int((outcome == kind).sum()) for kind in kinds]
    labels = [kind.replace(" without ", " without<br>") for kind in kinds]
    for level in Tier:
        counts = [int(((outcome == kind) & (tier == level.value)).sum()) for kind in kinds]
        written = [n if n > _WORDED * max(totals) else 0 for n in counts]
        hover = sentence("{level}: %{{x}} patients<extra></extra>", level=level)
        _add_tier(figure, level, (counts, labels), written, hovertemplate=hover)
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(title={"text": "Patients with this first event"}, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showline=False, ticks="", automargin=True)
    facts = (
        sentence("{sum} among {n_tiered}", sum=count(sum(totals), "event"), n_tiered=count(n_tiered, "patient")),
    )
    said = joined(", ", (glued("{} {}", kind, n) for kind, n in zip(kinds, totals, strict=True)))
    return glance(figure, "First events by kind and tier", facts, 46 * len(kinds) + 20, glued("{}.", said), cohort)


def outcomes(cohort: Cohort) -> npt.NDArray[np.str_]:
    """What first happened to each patient.

    Returns (n,) one of the names in ``KINDS``, ``relapse or death`` where the cohort does not tell them apart, and
    ``not known`` where follow-up is missing.
    """
    months = np.asarray(cohort[Endpoint.RFS.months], dtype=np.float64)
    seen = np.array([cell == 1 for cell in np.asarray(cohort[Endpoint.RFS.event]).tolist()])
    found = np.where(seen, "relapse or death", "no event").astype(object)
    if FIRST_EVENT in cohort:
        kind = words_of(cohort, FIRST_EVENT)
        for name, words in KINDS.items():
            found[kind == name] = words
    found[~np.isfinite(months)] = "not known"
    return found.astype(str)


def _median(found: Estimate) -> str:
    """Write a median with its interval."""
    if found.value is None:
        return "median not reached"
    if found.low is None and found.high is None:
        return sentence("median {value:.0f} months (95 % CI not estimable)", value=found.value)
    low, high = ("not estimable" if limit is None else f"{limit:.0f}" for limit in (found.low, found.high))
    return sentence("median {value:.0f} months (95 % CI {low}–{high})", value=found.value, low=low, high=high)


def words_of(cohort: Cohort, name: str) -> npt.NDArray[np.str_]:
    """Column as words.

    Returns (n,) its cells as text.
    """
    return np.array([str(cell) for cell in np.asarray(cohort[name]).tolist()], dtype=str)


def glance(
    figure: go.Figure, title: str, facts: Sequence[str], plot_px: int, alt: str, cohort: Cohort
) -> go.Figure:
    """Place title, plot and legend by pixels, and write what every figure carries."""
    bottom = 112 + _MARK_PX * cohort.is_simulated
    lay_out(
        figure,
        title,
        facts,
        plot_px=plot_px,
        above_px=4,
        margins=(16, 34, bottom),
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -62 / plot_px,
            "yanchor": "top",
            "traceorder": "normal",
            "entrywidth": 104,
        },
    )
    figure.update_yaxes(automargin=True, ticklabelstandoff=4)
    text = glued("{}. {}. {}", escaped(title), joined("; ", facts), alt)
    return finish(figure, text, simulated=cohort.is_simulated, mark_height=-(bottom - 4) / plot_px)
