import numpy as np
import pytest

from deeptepp.errors import MissingColumn, OutOfRange
from deeptepp.stats.design import as_text, design, levels_of

COLUMNS = {
    "age": np.array([40.0, 50.0, 60.0, 70.0]),
    "stage": np.array(["I", "II", "I", "III"], dtype=object),
    "arm": np.array(["T", "none", "none", "T"], dtype=object),
    "grade": np.array([1, 3, 2, 3]),
}


def test_categories_have_one_column_for_each_level_but_the_reference():
    found = design(COLUMNS, ["age", "stage"])
    assert found.names == ("age", "stageII", "stageIII")
    assert found.values[:, 1].tolist() == [0, 1, 0, 0]


def test_a_named_reference_makes_a_category_of_numbers():
    found = design(COLUMNS, ["grade"], reference={"grade": "3"})
    assert found.names == ("grade1", "grade2")
    assert found.values.tolist() == [[1, 0], [0, 0], [0, 1], [0, 0]]


def test_an_interaction_is_the_product_of_its_columns():
    found = design(COLUMNS, ["arm", "age", "arm:age"])
    assert found.names == ("armnone", "age", "armnone:age")
    assert found.values[:, 2].tolist() == [0, 50, 60, 0]


def test_the_reference_level_stays_where_no_main_effect_carries_it():
    # As R codes ~ arm:age without age: a slope for each arm.
    found = design(COLUMNS, ["arm", "arm:age"])
    assert found.names == ("armnone", "armT:age", "armnone:age")
    assert (found.values[:, 1] + found.values[:, 2]).tolist() == COLUMNS["age"].tolist()


def test_two_categories_cross_in_the_order_of_r():
    found = design(COLUMNS, ["arm", "stage", "arm:stage"])
    assert found.names[3:] == ("armnone:stageII", "armnone:stageIII")


def test_whole_numbers_are_written_without_a_point():
    assert as_text([1.0, 2.0, 0.5]) == ["1", "2", "0.5"]
    assert levels_of(["b", "B", "a"]) == ("B", "a", "b")


def test_levels_of_numbers_ascend_and_those_of_text_do_not():
    assert levels_of([10, 2, -1, 2]) == ("-1", "2", "10")
    assert levels_of([10.0, 2.5, -20.0]) == ("-20", "2.5", "10")
    assert levels_of(["10", "2", "-1"]) == ("-1", "10", "2")


def test_the_reference_of_numbered_levels_is_the_smallest_number():
    numbered = {"grade": [10, 2, 1, 2]}
    assert design(numbered, ["grade"], reference={"grade": "1"}).names == ("grade2", "grade10")


@pytest.mark.parametrize(
    ("columns", "terms", "reference"),
    [
        ({"age": [1.0, np.nan]}, ["age"], None),
        ({"stage": np.array(["I", None], dtype=object)}, ["stage"], None),
        ({"stage": ["I", "II"]}, ["stage"], {"stage": "IV"}),
    ],
)
def test_what_is_missing_or_no_level_is_refused(columns, terms, reference):
    with pytest.raises(OutOfRange):
        design(columns, terms, reference=reference)


def test_an_unknown_column_is_named():
    with pytest.raises(MissingColumn, match="weight"):
        design(COLUMNS, ["weight"])


def test_columns_can_be_dropped_by_name():
    assert design(COLUMNS, ["age", "stage"]).drop(["stageII"]).names == ("age", "stageIII")
