"""Tells copies of an image from different images: by place, time and pixels, never by a UID alone.

Anonymisers and post-processing give one SOPInstanceUID to images of several phases, and archives give a copy a UID
of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from deeptepp.dicom.header.headers import Frame

Fingerprint = Callable[[Frame], bytes]
"""Gives a digest of the pixels of a plane, the same for equal pixels."""


def without_copies(frames: Iterable[Frame], fingerprint: Fingerprint | None) -> tuple[list[Frame], int]:
    """Keep one of the planes that agree in UID, place, time and pixels."""
    alike: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        alike[frame.identity, frame.position_mm, frame.clock].append(frame)
    kept = [frame for group in alike.values() for frame in _different(group, fingerprint)]
    return kept, sum(map(len, alike.values())) - len(kept)


def without_resent(places: Sequence[Sequence[Frame]], fingerprint: Fingerprint | None) -> tuple[list[Frame], int]:
    """Keep one of the planes on a place that agree in time of acquisition and pixels, whatever their UIDs."""
    planes = [frame for place in places for frame in place]
    if fingerprint is None:
        return planes, 0
    kept = []
    for place in places:
        alike: dict[Hashable, list[Frame]] = defaultdict(list)
        for frame in place:
            # When it was reconstructed, or numbered, may differ from copy to copy.
            alike[replace(frame.clock, content_s=None, instance_number=None)].append(frame)
        kept += [frame for group in alike.values() for frame in _different(group, fingerprint)]
    return kept, len(planes) - len(kept)


def _different(group: Sequence[Frame], fingerprint: Fingerprint | None) -> list[Frame]:
    """Keep planes whose pixels differ."""
    if len(group) == 1 or fingerprint is None:
        return list(group[:1])
    return list({fingerprint(frame): frame for frame in reversed(group)}.values())
