"""Claims on people, roles and what each may do."""

import pytest

from deeptepp.domain.people import LOCAL, PERMISSIONS, Action, Person, Role


def test_every_action_is_given_to_a_role_and_the_person_at_her_own_machine_may_do_all():
    assert set(PERMISSIONS) == set(Action)
    assert all(PERMISSIONS.values())
    assert all(LOCAL.may(action) for action in Action)


@pytest.mark.parametrize("action", Action)
def test_nobody_without_a_role_may_do_anything(action):
    assert not Person("somebody", "", frozenset()).may(action)


def test_an_administrator_runs_the_service_without_seeing_a_case():
    admin = Person("a", "", frozenset({Role.ADMIN}))
    assert not admin.may(Action.READ_CASES)
    assert admin.may(Action.READ_AUDIT)


def test_several_roles_add_up():
    both = Person("b", "", frozenset({Role.VIEWER, Role.BOARD}))
    assert both.may(Action.DECIDE)
    assert both.may(Action.READ_CASES)
    assert not both.may(Action.SCORE_CASES)
