"""Two versions are compared by all that they write: numbers to the last digit, and words apart from numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import output_values
import outputs
import pytest
from output_differences import Kind, compare_folders, differences, report


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        ({"p": 0.1}, {"p": 0.1}, []),
        ({"p": float("nan")}, {"p": float("nan")}, []),
        ({"p": 0.1}, {"p": 0.1 + 1e-16}, [Kind.ROUNDING]),
        ({"p": 0.1}, {"p": 0.1001}, [Kind.NUMBER]),
        ({"p": None}, {"p": 0.1}, [Kind.NUMBER]),
        ({"p": True}, {"p": 1.0}, [Kind.NUMBER]),
        ({"p": 1}, {}, [Kind.ONLY_IN_A]),
        ({}, {"p": 1}, [Kind.ONLY_IN_B]),
        ("HR 0.52 (0.3 to 0.9)", "HR 0.53 (0.3 to 0.9)", [Kind.NUMBER]),
        ("HR 0.52", "ratio 0.53", [Kind.WORDS]),
        (["a 1", "b", "c"], ["a 2", "x", "b", "c"], [Kind.NUMBER, Kind.ONLY_IN_B]),
    ],
)
def test_each_difference_is_told_by_its_kind(first, second, kinds):
    assert [each.kind for each in differences(first, second)] == kinds


def test_folders_differ_where_their_outputs_do(tmp_path):
    for folder, content in {"a": {"same": 1, "x": 1}, "b": {"same": 1, "x": 2}}.items():
        for name, value in content.items():
            path = tmp_path / folder / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(value), encoding="utf-8")
    (tmp_path / "b" / "more.json").write_text("1", encoding="utf-8")
    found = compare_folders(tmp_path / "a", tmp_path / "b")
    assert set(found) == {"x.json", "more.json"}
    assert "number: 1 outputs" in report(found, 5)
    assert "Nothing differs." in report(compare_folders(tmp_path / "a", tmp_path / "a"), 5)


def test_what_changes_with_every_run_is_taken_out():
    said = (
        "Written 2026-03-02 14:00 UTC, case 0123456789abcdef, study 1.2.840.10008.1.2.1, score 0.1021592285249423"
    )
    assert output_values.canonical(said) == "Written <time> UTC, case <id>, study <uid>, score 0.1021592285249423"


def test_texts_of_a_figure_may_change_their_order_but_not_their_place():
    first = {"x": 0, "y": 1, "text": "events/n", "xshift": 0, "name": "head", "align": "left"}
    other = {"x": 1, "y": 1, "text": "Ratio (CI)", "xshift": 8}
    drawn = output_values.canonical(
        {"annotations": [first, other], "title": {"text": "t", "subtitle": {"text": ""}}}
    )
    same = output_values.canonical(
        {"annotations": [other, {"x": 0, "y": 1, "text": "events/n"}], "title": {"text": "t"}}
    )
    moved = output_values.canonical({"annotations": [first, other | {"xshift": 9}], "title": {"text": "t"}})
    assert not list(differences(drawn, same))
    assert [each.kind for each in differences(drawn, moved)] == [Kind.NUMBER]


def test_a_page_is_read_as_its_texts_and_figures_by_article(tmp_path):
    path = tmp_path / "page.html"
    script = 'Plotly.newPlot("id", [{"x": {"dtype": "f8", "bdata": "AAAAAAAA8D8="}}], {"title": "t"}, {})'
    path.write_text(f"<article id=km><h3>Curves</h3><script>{script}</script></article>", encoding="utf-8")
    assert output_values.value_of(path) == {
        "km": {"texts": ["Curves"], "figures": [[[{"x": [1.0]}], {"title": "t"}]]}
    }


def test_every_function_that_is_found_by_its_name_is_there_once():
    named = set(re.findall(r'defined\("(\w+)"\)', Path(outputs.__file__).read_text("utf-8")))
    assert named
    assert {name: outputs.places().get(name) for name in named if len(outputs.places().get(name, [])) != 1} == {}
