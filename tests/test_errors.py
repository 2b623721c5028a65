"""The tree of errors is drawn as it is."""

import inspect
import pickle
import re

from deeptepp import errors


def classes():
    return [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.DeepTeppError)]


def test_every_error_is_in_the_tree_of_the_docstring():
    drawn = set(re.findall(r"\b[A-Z]\w+\b", errors.__doc__))
    assert {c.__name__ for c in classes()} <= drawn


def test_every_rule_is_unique():
    rules = [c.rule for c in classes()]
    assert len(rules) == len(set(rules))


def test_every_message_can_be_built_from_its_facts():
    for error in classes():
        names = re.findall(r"{(\w+)}", error.template)
        assert str(error(**dict.fromkeys(names, "X"))).count("X") >= len(set(names))


def test_every_error_travels_between_processes_as_itself():
    for error in classes():
        names = re.findall(r"{(\w+)}", error.template)
        sent = error(**{**dict.fromkeys(names, "X"), "value": 3})
        arrived = pickle.loads(pickle.dumps(sent))  # noqa: S301  our own bytes
        assert (type(arrived), str(arrived), arrived.value) == (error, str(sent), 3)
