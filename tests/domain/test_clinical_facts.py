"""One table of clinical facts, from which every list of them is made."""

import pytest

from deeptepp.datasets.columns.column_names import WANTED, likeness
from deeptepp.datasets.template import TEMPLATE
from deeptepp.domain.clinical import CLINICAL_FACTS, COMPARED
from deeptepp.domain.typed_number import read_fact
from deeptepp.report.cohort import table_one_item
from deeptepp.ui.tiers import tiers_mapping

PUBLISHED_GROUPS = {(fact.short, str(group)) for fact in CLINICAL_FACTS.values() for group in fact.groups}


@pytest.mark.parametrize("fact", CLINICAL_FACTS.values(), ids=list(CLINICAL_FACTS))
def test_a_value_reads_back_from_a_file_and_from_a_table(fact):
    for value in fact.values:
        assert fact.parse(value) == value
        assert fact.parse(fact.from_table(float(value) if fact.is_flag else value)) == value
    assert fact.from_table(float("nan")) is None


@pytest.mark.parametrize("name", [name for name, fact in CLINICAL_FACTS.items() if fact.groups])
def test_every_value_that_is_in_a_group_is_in_one_of_the_named(name):
    fact = CLINICAL_FACTS[name]
    low, high = fact.limits or (0, 0)
    values = fact.values if fact.limits is None else [low, (low + high) // 2, high]
    assert {fact.group_of(value) for value in values} <= set(fact.groups)


def test_the_printed_table_one_names_facts_and_groups_as_cohorts_do():
    printed = {key for key in table_one_item._PRINTED if key[0] != table_one_item.SUBTYPE}
    assert printed <= PUBLISHED_GROUPS


def test_every_number_is_read_with_its_unit():
    for name, fact in CLINICAL_FACTS.items():
        if fact.limits is not None:
            assert read_fact(name, f"{fact.limits[1]:g} {fact.unit}").value == fact.limits[1]


def test_columns_templates_and_matching_know_every_fact():
    header = next(line for line in TEMPLATE.splitlines() if line.startswith("subject,")).split(",")
    asked = [name for name in CLINICAL_FACTS if name not in COMPARED]
    assert asked == [name for name in header if name in CLINICAL_FACTS]
    assert set(CLINICAL_FACTS) <= set(WANTED)
    assert set(CLINICAL_FACTS) <= set(tiers_mapping.TARGETS)
    assert {name: likeness(name, name) for name in CLINICAL_FACTS if likeness(name, name) < 0.9} == {}
