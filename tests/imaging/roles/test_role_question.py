"""Images that contradict the headers make a question, whose first answers are those that the images confirm."""

from dataclasses import replace

import pytest
from coarse_study import coarse_study

from deeptepp.domain.study import Phase, Study
from deeptepp.errors import RolesDoubtful
from deeptepp.imaging.roles.role_question import check_study_roles, other_ways

TRUE = coarse_study().study


def in_order(*order) -> Study:
    """The phases of a study in another order, at the times of the first ones."""
    phases = [Phase(TRUE.phases[i].volume, TRUE.phases[k].time_s) for k, i in enumerate(order)]
    return replace(TRUE, phases=tuple(phases))


def ask(study: Study, *, is_chosen=False):
    keys = [f"s{i}" for i in range(1, len(study.phases) + 1)]
    ways = other_ways(keys, ["s9"], earlier_reason="an earlier one", as_said="as said")
    return check_study_roles(study, ways, is_chosen=is_chosen, question=RolesDoubtful)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ((3, 2, 1, 0), ("s4", "s3", "s2", "s1")),
        ((1, 2, 3, 0), ("s4", "s1", "s2", "s3")),
        ((1, 0, 2, 3), ("s2", "s1", "s3", "s4")),
    ],
)
def test_the_true_order_is_proposed_before_what_the_headers_say(order, keys):
    with pytest.raises(RolesDoubtful) as caught:
        ask(in_order(*order))
    assert keys in [way.keys for way in caught.value.proposals[:-2]]
    assert [way.reason for way in caught.value.proposals[-2:]] == ["an earlier one", "as said"]


def test_phases_after_contrast_alone_have_no_confirmed_order():
    with pytest.raises(RolesDoubtful) as caught:
        ask(in_order(1, 2, 3, 4))
    assert [way.reason for way in caught.value.proposals] == ["an earlier one", "as said"]
    assert "phase" not in str(caught.value.value)


def test_a_readers_choice_is_warned_of_and_never_refused():
    assert ask(TRUE) == ()
    assert {finding.rule.split(".")[0] for finding in ask(in_order(3, 2, 1, 0), is_chosen=True)} == {"roles"}
