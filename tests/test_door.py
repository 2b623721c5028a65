"""The door of the package: the names that other programs use."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import deeptepp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "python.md"


def imported_for_types() -> set[str]:
    tree = ast.parse((ROOT / "deeptepp" / "__init__.py").read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    return {alias.name for line in guarded.body for alias in line.names}


def test_types_homes_and_documented_names_are_one_list():
    named = set(deeptepp.__all__) - {"__version__"}
    assert named == set(deeptepp._HOMES) == imported_for_types()
    first_column = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(first_column))) == named


@pytest.mark.parametrize("name", [each for each in deeptepp.__all__ if each != "__version__"])
def test_every_name_of_the_door_is_there_and_documented(name):
    found = getattr(deeptepp, name)
    assert found.__name__ == name
    assert found.__doc__


def test_the_door_opens_without_loading_what_is_not_asked_for():
    code = (
        "import sys, deeptepp as d; d.ClinicalProfile; print({'torch', 'SimpleITK', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_name_is_refused_as_of_any_module():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = deeptepp.nothing


def test_the_examples_of_the_page_give_what_they_print():
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0


def test_readme_and_page_show_the_same_case():
    readme, page = (
        re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.S) for path in (ROOT / "README.md", PAGE)
    )
    assert readme == page


@pytest.mark.parametrize("name", [each for each in deeptepp.__all__ if each[0].islower()])
def test_every_function_of_the_door_names_its_parameters_and_what_it_gives(name):
    function = getattr(deeptepp, name)
    parameters = inspect.signature(function).parameters
    assert "Returns" in function.__doc__
    for each in parameters:
        assert re.search(rf"^    (\w+, )*{each}(, \w+)* : ", function.__doc__, flags=re.M), each
