"""The gallery of refusals holds every rule, because it is made from the rules."""

import re
from pathlib import Path

import deeptepp.errors
import deeptepp.scoring.eligibility
from deeptepp.ui.evidence.evidence_refusals import GROUPS, INELIGIBLE, _row, refusals


def rules_in(module):
    return set(re.findall(r'"([a-z]+\.[a-z0-9-]+)"', Path(module.__file__).read_text(encoding="utf-8")))


def test_every_rule_of_a_group_is_listed():
    written = rules_in(deeptepp.errors) | rules_in(deeptepp.scoring.eligibility)
    assert set(refusals()) == {rule for rule in written if rule.partition(".")[0] in GROUPS}


def test_every_row_says_what_it_looks_like_and_what_to_do():
    for rule, said in refusals().items():
        row = _row(rule, *said)
        assert all(row.values()), rule
        assert not re.search(r"[{}]", "".join(row.values())), rule


def test_a_patient_outside_of_the_intended_use_may_be_scored_for_research():
    assert refusals()["eligibility.her2"] == (
        "The tumour is HER2-negative. The score was made for HER2-positive disease only.",
        INELIGIBLE,
    )
