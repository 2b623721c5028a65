import numpy as np
import pytest
from treated_cohorts import cohort_of

from deeptepp.stats.patient_groups import FACTS, groupings


def divided(name, **columns):
    """Groups of each patient by one fact."""
    n = len(next(iter(columns.values())))
    found = {each.name: each for each in groupings(cohort_of(["T"] * n, np.arange(n), np.zeros(n), **columns))}
    return found[name]


@pytest.mark.parametrize(
    ("name", "column", "values", "groups"),
    [
        ("Age", "age_years", [49.9, 50, 65, 65.1], ["under 50", "50 to 65", "50 to 65", "over 65"]),
        ("Tumour size", "tumour_size_mm", [20.0, 20.1], ["up to 20 mm", "over 20 mm"]),
        ("Ki-67", "ki67_pct", [13.9, 14.0], ["below 14 %", "14 % or more"]),
        ("Nodes", "node_stage", ["N0", "N1", "N3"], ["negative", "positive", "positive"]),
        ("Stage", "stage", ["IA", "IIB", "IIIC", "IV"], ["stage I", "stage II", "stage III", "stage IV"]),
        ("Grade", "grade", [1.0, 2.0, 3.0], ["1 or 2", "1 or 2", "3"]),
        ("ER", "er_positive", [1.0, 0.0], ["positive", "negative"]),
        ("PR", "pr_positive", [True, False], ["positive", "negative"]),
        ("Menopause", "menopause", ["post", "pre"], ["post", "pre"]),
    ],
)
def test_limits_of_groups_are_those_of_the_publication(name, column, values, groups):
    assert divided(name, **{column: values}).of_patient.tolist() == groups


def test_labels_are_in_clinical_order_whatever_the_rows():
    found = divided("Stage", stage=["IIIA", "IA", "IIA"])
    assert found.labels == ("stage I", "stage II", "stage III")


def test_groups_without_patients_have_no_label():
    assert divided("Age", age_years=[40.0, 70.0]).labels == ("under 50", "over 65")


@pytest.mark.parametrize("unknown", [None, ""])
def test_what_is_not_known_is_in_no_group_and_counted(unknown):
    found = divided("Menopause", menopause=np.array(["pre", unknown, "post"], dtype=object))
    assert found.of_patient.tolist() == ["pre", "", "post"]
    assert found.n_unknown == 1


def test_a_number_that_is_not_known_is_in_no_group():
    assert divided("ER", er_positive=[1.0, np.nan, 0.0]).of_patient.tolist() == ["positive", "", "negative"]


def test_a_fact_that_divides_nobody_or_is_no_column_is_left_out():
    cohort = cohort_of(["T", "T"], [1, 2], [1, 0], grade=[3.0, 3.0], age_years=[40.0, 60.0])
    assert [each.name for each in groupings(cohort)] == ["Age"]


def test_treatments_are_in_the_order_of_their_intensity():
    (found,) = groupings(cohort_of(["T+P", "none", "T"], [1, 2, 3], [1, 0, 1]))
    assert (found.name, found.labels) == ("Anti-HER2 therapy", ("none", "T", "T+P"))


def test_facts_are_yielded_in_their_clinical_order():
    columns = {"er_positive": [1.0, 0.0], "age_years": [40.0, 60.0], "stage": ["IA", "IIA"]}
    names = [each.name for each in groupings(cohort_of(["T", "none"], [1, 2], [1, 0], **columns))]
    assert names == [name for name in FACTS if name in names] == ["Age", "Stage", "ER", "Anti-HER2 therapy"]
