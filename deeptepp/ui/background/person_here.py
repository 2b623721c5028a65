"""Who looks at the page."""

from __future__ import annotations

from deeptepp.domain.people import LOCAL, Person


def current_person() -> Person:
    """Who is signed in; whoever sits at this machine where nobody has to."""
    return LOCAL
