"""Another way to be somebody: a token of the API in the header ``Authorization``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import anyio

from deeptepp.domain.people import Person
from deeptepp.errors import BoardStoreError
from deeptepp.service import short_answers as answers
from deeptepp.service.gate import Refused

_LONGEST = 200
"""Characters of a header that may hold a token."""


def token_person(find: Callable[[str], Person | None]) -> Callable[[Mapping[str, str]], Awaitable[Person | None]]:
    """Make what finds a person by the headers of a request; ``find`` asks the database in a thread."""

    async def person(headers: Mapping[str, str]) -> Person | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST:
            return None
        try:
            return await anyio.to_thread.run_sync(find, token.strip())
        except BoardStoreError as error:
            # Not 401: the token may be good, and a program would throw it away.
            answer = answers.refusal(error.rule, HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=10)
            raise Refused(answer) from None

    return person
