"""What rows of the series table and ways to read them are called."""

import pytest

from deeptepp.domain.study import PhaseProposal, SeriesSummary, Side
from deeptepp.report.case.series_names import (
    key_ranges,
    pace_name,
    phase_index,
    proposal_name,
    proposed_keys,
    rows_named,
)


def row(key, *, role="not used", time_s=None, spacing_mm=(2.0, 1.77, 1.77)):
    return SeriesSummary(key, "ax dyn", "MR", 52, 192, 192, spacing_mm, time_s, role, "Why.")


DYNAMIC = tuple(row(f"s2.{k}", time_s=60.0 + 90.0 * k) for k in range(1, 7))


def test_a_proposal_is_named_by_phases_size_and_keys():
    keys = tuple(one.key for one in DYNAMIC)
    name = "pre + 5 post-contrast, 1.8 x 1.8 x 2.0 mm, s2.1 to s2.6"
    assert proposal_name(PhaseProposal(keys, "Why."), DYNAMIC) == name
    assert proposal_name(PhaseProposal(("s2",), "Why.", Side.LEFT), DYNAMIC) == f"left breast: {name}"


def test_a_proposal_can_be_named_without_a_table_or_a_volume():
    proposal = PhaseProposal(("s1", "s3"), "Why.")
    assert proposal_name(proposal, ()) == "pre + 1 post-contrast, s1, s3"
    assert proposal_name(proposal, [row("s1", spacing_mm=None), row("s3")]) == "pre + 1 post-contrast, s1, s3"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["s1", "s2"], "s1, s2"),
        (["s1", "s2", "s3", "s7"], "s1 to s3, s7"),
        (["s9", "s10", "s11"], "s9 to s11"),
        (["s1.1", "s2.2", "s2.3"], "s1.1, s2.2, s2.3"),
        (["s3", "s2", "s1"], "s3, s2, s1"),
        (["s1", "s1.2", "s1.3"], "s1, s1.2, s1.3"),
        ([], ""),
    ],
)
def test_keys_that_follow_each_other_are_a_range_and_no_others(keys, said):
    assert key_ranges(keys) == said


def test_the_pace_is_told_where_times_ascend_and_only_there():
    rows = [row("s1", time_s=0.0), *(row(f"s2.{k}", time_s=30.0 + 6.0 * k) for k in range(1, 12))]
    assert pace_name(PhaseProposal(("s1", "s2"), "Why."), rows) == "12 phases, 6 s apart"
    untimed = [row("s1"), *(row(f"s2.{k}") for k in range(1, 12))]
    assert pace_name(PhaseProposal(("s1", "s2"), "Why."), untimed) == "12 phases"
    assert pace_name(PhaseProposal(("s2.3", "s2.2", "s2.1"), "Why."), rows) == "3 phases"


def test_the_phases_found_are_given_in_their_order_whatever_that_of_the_table():
    roles = ["post-contrast 10", "not used", "pre-contrast", "post-contrast 2", "post-contrast 1"]
    table = [row(f"s{k}", role=role) for k, role in enumerate(roles, 1)]
    assert proposed_keys(table) == ("s3", "s5", "s4", "s1")
    assert [phase_index(role) for role in roles] == [10, None, 0, 2, 1]


def test_a_key_stands_for_itself_or_its_series_and_for_no_other():
    table = [row("s1"), row("s10"), row("s1.1"), row("s1.2")]
    assert [one.key for one in rows_named(["s10"], table)] == ["s10"]
    assert [one.key for one in rows_named(["s1"], table)] == ["s1", "s1.1", "s1.2"]
