"""The page of the simulated cohort: targets, reference and our draws side by side, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.report.format import percent, percent_ci
from deeptepp.report.text_table import Table
from simulated_summary.summary import ALPHA, NullRow, ShareRow, SimulatedSummary, SummaryRow
from simulated_summary.targets import N_REFERENCE_DRAWS, SURVIVAL

_VERDICTS = {True: "yes", False: "**no**", None: "-"}
_WITHIN = "within 3 SE of the reference"


def summary_page(summary: SimulatedSummary, *, command: str) -> str:
    """Write the page.

    Parameters
    ----------
    summary : SimulatedSummary
        All draws.
    command : str
        What was called.

    Returns
    -------
    str
        Markdown.
    """
    tables = summary_tables(summary)
    parts = [
        "# The simulated cohort over many draws",
        f"{RESEARCH_USE_ONLY.upper()} {SIMULATED_COHORT}. Written by `{command}`.",
        f"{summary.n_draws} draws of the preset `{summary.preset}`, seeds 0 to {summary.n_draws - 1}, 726 "
        "patients each; Table 1 is exact in every one of them, or the simulator refuses. Tiers follow a score "
        "s = sqrt(0.91) z + sqrt(0.09) e of the latent biology z: the 143 highest are High, the next 144 "
        f"Moderate. The target is the published figure, the reference {N_REFERENCE_DRAWS} draws of an earlier, "
        "separate simulation with the same parameters. Targets are shown, never fitted to here.",
        _verdict(summary),
    ]
    for table in tables:
        parts += [f"## {table.title}", _markdown(table)]
    return "\n\n".join(parts) + "\n"


def summary_tables(summary: SimulatedSummary) -> tuple[Table, ...]:
    """Lay out the summary.

    Parameters
    ----------
    summary : SimulatedSummary
        All draws.

    Returns
    -------
    tuple of Table
        Survival by tier, everything else, the claims of the paper, and the nulls.
    """
    n_survival = len(SURVIVAL)
    return (
        _quantities("Survival at five years, %", summary, summary.rows[:n_survival]),
        _quantities("Events, follow-up, discrimination, hazard ratios", summary, summary.rows[n_survival:]),
        _shares(summary.shares),
        _nulls(summary.nulls),
    )


def _markdown(table: Table) -> str:
    """Write header, rows, and the note below them; no cell of this page holds a bar."""
    lines = ["| " + " | ".join(row) + " |" for row in (table.header, *table.rows)]
    lines.insert(1, "| " + " | ".join("---" for _ in table.header) + " |")
    return "\n".join([*lines, *(["", table.note] if table.note else [])])


def _verdict(summary: SimulatedSummary) -> str:
    """Say what differs from the reference, why, and what the model does not reach."""
    lines = []
    judged = [row for row in summary.rows if row.is_within is not None]
    if judged:
        lines.append(
            f"{len(judged) - len(summary.flagged)} of {len(judged)} means or medians lie within three standard "
            "errors of the difference from the reference (and half a unit of its last digit)."
        )
    notes = dict.fromkeys(row.quantity.note for row in summary.flagged if row.quantity.note)
    for note in notes:
        keys = [row.quantity.title for row in summary.flagged if row.quantity.note == note]
        lines.append(f"Not within: {'; '.join(keys)}. {note}")
    bare = [row.quantity.title for row in summary.flagged if not row.quantity.note]
    if bare:
        lines.append(f"Not within, without an explanation: {'; '.join(bare)}.")
    missed = [row.quantity.title for row in summary.rows if not row.is_target_drawn]
    if missed:
        lines.append(f"Published, but outside of the middle 95 % of draws: {'; '.join(missed)}.")
    dishonest = [row.test.title for row in summary.nulls if row.test.is_valid and not row.is_honest]
    tested = [row for row in summary.nulls if row.test.is_valid]
    lines.append(
        f"{len(tested) - len(dishonest)} of {len(tested)} tests of what is absent are significant no more often "
        f"than {percent(ALPHA, decimals=0)} of draws, as far as the intervals tell"
        + (f"; not: {'; '.join(dishonest)}." if dishonest else ".")
    )
    return "\n".join(f"- {line}" for line in lines)


def _quantities(title: str, summary: SimulatedSummary, rows: Sequence[SummaryRow]) -> Table:
    """Lay out numbers with target and reference."""
    header = ("quantity", "target", "reference", "ours", "5-95 % of draws", _WITHIN, "target among draws")
    return Table(
        title,
        header,
        tuple(
            (
                row.quantity.title,
                f"{row.quantity.target:.2f}",
                _reference(row),
                _ours(row, summary.n_draws),
                f"{row.low:.2f}-{row.high:.2f}",
                _VERDICTS[row.is_within],
                "yes" if row.is_target_drawn else "no",
            )
            for row in rows
        ),
        "Mean ± SD between draws; medians are marked. The target is among the draws where it lies in their "
        "middle 95 %.",
    )


def _reference(row: SummaryRow) -> str:
    """Write the reference as it is known."""
    quantity = row.quantity
    if quantity.is_median:
        return f"median {quantity.mean:.2f} ({quantity.low:.2f}-{quantity.high:.2f})"
    return f"{quantity.mean:.2f}" if quantity.sd is None else f"{quantity.mean:.2f} ± {quantity.sd:.2f}"


def _ours(row: SummaryRow, n_draws: int) -> str:
    """Write ours in the same form, with the number of draws where some did not determine it."""
    text = f"median {row.centre:.2f}" if row.quantity.is_median else f"{row.centre:.2f} ± {row.sd:.2f}"
    return text if row.n_draws == n_draws else f"{text} ({row.n_draws} draws)"


def _shares(rows: Sequence[ShareRow]) -> Table:
    """Lay out how often the claims of the paper are significant."""
    return Table(
        f"How often the claims of the paper have p < {ALPHA:g}",
        ("test", "reference", "ours (95 % CI)", "draws", _WITHIN),
        tuple(
            (
                row.share.title,
                percent(row.share.reference, decimals=0),
                percent_ci(row.found.value, row.found.low, row.found.high),
                str(row.found.n),
                _VERDICTS[row.is_within],
            )
            for row in rows
        ),
        "Log-rank tests of recurrence-free survival, all patients of the groups; intervals by Wilson.",
    )


def _nulls(rows: Sequence[NullRow]) -> Table:
    """Lay out how often tests call what is not there."""
    return Table(
        f"How often p < {ALPHA:g} where there is nothing to find",
        ("preset", "test", "p < 0.05", "share of draws (95 % CI)", "verdict"),
        tuple(
            (
                f"`{row.test.preset}`",
                row.test.title,
                f"{row.found.n_events} of {row.found.n}",
                percent_ci(row.found.value, row.found.low, row.found.high),
                _null_verdict(row),
            )
            for row in rows
        ),
        "Recurrence-free survival unless named. Matching on observed follow-up is the published method: patients "
        "with trastuzumab whose follow-up was short are those who relapsed, so that it finds an effect where none "
        "was simulated. Intervals by Wilson. Under `no_T_effect` deaths after relapse still differ, so that "
        "overall survival is not null there.",
    )


def _null_verdict(row: NullRow) -> str:
    """Say whether a test keeps its level."""
    if not row.test.is_valid:
        return "no valid test"
    return "keeps its level" if row.is_honest else "**too often**"
