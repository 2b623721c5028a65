"""Clinical facts are in range and agree with one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.clinical import RANGES, ClinicalProfile, NodeStage, Stage
from deeptepp.errors import Contradiction, OutOfRange, UnknownField


@pytest.mark.parametrize(
    ("size_mm", "nodes", "stage"),
    [
        (20, "N0", "I"),
        (21, "N0", "IIA"),
        (15, "N1", "IIA"),
        (30, "N1", "IIB"),
        (60, "N0", "IIB"),
        (60, "N1", "IIIA"),
        (10, "N2", "IIIA"),
        (10, "N3", "IIIC"),
        (60, "N3", "IIIC"),
    ],
)
def test_stage_follows_size_and_nodes_by_ajcc(size_mm, nodes, stage):
    profile = ClinicalProfile.from_mapping({"tumour_size_mm": size_mm, "node_stage": nodes})
    assert profile.stages_allowed[0] is Stage(stage)
    assert ClinicalProfile.from_mapping(
        {"tumour_size_mm": size_mm, "node_stage": nodes, "stage": stage}
    ).stage is Stage(stage)


def test_a_stage_that_disagrees_is_named_with_what_it_should_be():
    with pytest.raises(Contradiction, match=r"stage IIIA does not agree with T1 N0, which is I, IIIB or IV"):
        ClinicalProfile(tumour_size_mm=12, node_stage=NodeStage.N0, stage=Stage.IIIA)


def test_stage_is_not_checked_when_size_or_nodes_are_unknown():
    assert ClinicalProfile(stage=Stage.IIIC, tumour_size_mm=10).stage is Stage.IIIC


@pytest.mark.parametrize("field", sorted(RANGES))
def test_a_number_outside_of_its_range_is_refused(field):
    low, high = RANGES[field]
    for value in (low - 1, high + 1, float("nan")):
        with pytest.raises(OutOfRange):
            ClinicalProfile.from_mapping({field: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [("node_stage", "N9"), ("er_positive", 1), ("age_years", "fifty"), ("grade", 2.5), ("her2_status", "3+")],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_is_allowed(key, value):
    with pytest.raises(OutOfRange, match=key):
        ClinicalProfile.from_mapping({key: value})


def test_a_misspelt_field_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownField, match="tumour_size_mm"):
        ClinicalProfile.from_mapping({"tumor_size_mm": 20})


def test_unknown_is_unknown_however_it_is_written():
    assert ClinicalProfile.from_mapping({"grade": "unknown", "sex": "", "stage": None}) == ClinicalProfile()


@pytest.mark.parametrize(
    ("er", "pr", "hr"),
    [(True, None, True), (None, True, True), (False, False, False), (False, None, None), (None, None, None)],
)
def test_hormone_receptor_status_is_unknown_only_where_it_must_be(er, pr, hr):
    assert ClinicalProfile(er_positive=er, pr_positive=pr).hr_positive is hr


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "age_years": st.floats(18, 110),
            "node_stage": st.sampled_from(["N0", "N1", "N2", "N3"]),
            "grade": st.sampled_from([1, 2, 3]),
            "er_positive": st.booleans(),
            "ki67_pct": st.floats(0, 100),
            "sex": st.sampled_from(["F", "M", "O"]),
        },
    )
)
def test_a_profile_survives_the_round_trip_through_plain_values(facts):
    profile = ClinicalProfile.from_mapping(facts)
    assert ClinicalProfile.from_mapping(profile.to_mapping()) == profile
    assert profile.to_mapping() == facts
