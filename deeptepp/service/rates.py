"""How much one address may ask for: a bucket of requests that fills again with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

_N_ADDRESSES = 10_000
"""Addresses that are remembered; one that was quiet longest is forgotten beyond, with a full bucket."""


class Rates:
    """Buckets by address.

    ``per_minute``: requests within a minute, all of which may come at once; ``clock``: monotonic seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def takes(self, address: str) -> bool:
        """Whether one more request of an address is within its rate; it is counted."""
        now = self._clock()
        left, before = self._left.pop(address, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - before) * self._per_minute / 60)
        is_within = left >= 1
        self._left[address] = (left - 1 if is_within else left, now)
        if len(self._left) > _N_ADDRESSES:
            self._left.popitem(last=False)
        return is_within
