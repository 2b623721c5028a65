"""The receipt of a score: everything that is needed to make the number again, under a hash of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from deeptepp.domain.audit import canonical_json
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.people import LOCAL
from deeptepp.domain.study import Side
from deeptepp.errors import ReceiptAltered, ReceiptUnreadable

SCHEMA = "deeptepp.receipt/1"
"""Version of the layout of a receipt as a file."""

_MAX_CHARACTERS = 20_000_000
"""Longest receipt that is read; an outline of a whole breast takes a thousandth of it."""

_MAX_VOXELS = 2_000_000_000
"""Most voxels of an outline that is unpacked; a bilateral study has a twentieth of them."""


def _shown(label: str) -> Any:  # noqa: ANN401  any field
    """Field of the short form, which stands on screens and in documents under a label."""
    return field(default="", metadata={"label": label})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is needed to reproduce a score, or the refusal of one.

    ``input_sha256``: of the study's voxels, grids and times, independent of file order and container;
    ``inputs_sha256``: over study, phase, facts, lesion, bundle and options, the cache key of the score; ``who``:
    subject of a ``Person``; ``phase``: index, rule, keys of the series and times in s; ``roi``: see ``roi_of``,
    None where there is no lesion; ``facts``: clinical-pathological facts as plain values; ``settings``: those that
    move a score; ``versions``: of every library that does; ``seed``: None, since scoring draws no random number;
    ``score``, ``per_view``: probabilities, None and empty of a refusal.
    """

    code_version: str = _shown("DeepTEPP version")
    bundle_name: str = _shown("Model")
    bundle_sha256: str = _shown("Model, SHA-256")
    input_sha256: str = _shown("Images, SHA-256")
    inputs_sha256: str = _shown("All inputs, SHA-256")
    created_utc: str = _shown("Computed (UTC)")
    who: str = LOCAL.subject
    outcome: str = ""
    phase: dict[str, Any] = field(default_factory=dict)
    roi: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    score: float | None = None
    per_view: dict[str, float] = field(default_factory=dict)
    tier: str = ""

    @property
    def sha256(self) -> str:
        """Hash over everything that the receipt holds."""
        return self.digest_of(self.to_json())

    @property
    def id(self) -> str:
        """Short name of the receipt: how its hash begins."""
        return self.sha256[:16]

    @property
    def short(self) -> dict[str, str]:
        """What stands in documents: its id and hash, and the fields that have a label."""
        return {"id": self.id, "sha256": self.sha256} | {name: getattr(self, name) for name in _SHOWN_FIELDS}

    @staticmethod
    def digest_of(content: str) -> str:
        """Hash of a receipt as canonical JSON."""
        return hashlib.sha256(content.encode()).hexdigest()

    def to_json(self) -> str:
        """Write it as canonical JSON, which its hash is made of; numbers keep every digit."""
        return canonical_json({"schema": SCHEMA, **asdict(self)})

    def to_file(self) -> str:
        """Write it as a file: readable, with its hash."""
        told = json.loads(self.to_json()) | {"sha256": self.sha256}
        return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """Read a receipt, with its hash or without.

        Raises ReceiptUnreadable: it is none of this version; ReceiptAltered: it does not fit the hash it brings.
        """
        if len(text) > _MAX_CHARACTERS:
            raise ReceiptUnreadable
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            raise ReceiptUnreadable from None
        if not isinstance(told, dict) or told.pop("schema", "") != SCHEMA:
            raise ReceiptUnreadable
        sha256 = told.pop("sha256", None)
        if not set(told) <= {each.name for each in fields(cls)}:
            raise ReceiptUnreadable
        receipt = cls(**told)
        if sha256 is not None and sha256 != receipt.sha256:
            raise ReceiptAltered(value=receipt.sha256[:16], limit=str(sha256)[:16])
        return receipt


_SHOWN_FIELDS = {each.name: str(each.metadata["label"]) for each in fields(Receipt) if each.metadata}

RECEIPT_LABELS: dict[str, str] = {"id": "Receipt", "sha256": "Receipt, SHA-256", **_SHOWN_FIELDS}
"""Labels of the short form of a receipt, the one list that screens and documents take."""


def roi_of(lesion: Lesion, digest: str) -> dict[str, Any]:
    """Write an outline so that it can be drawn again to the voxel.

    ``digest``: of the lesion. Returns its grid in LPS mm, its mask as packed bits (zlib, base64) and what a reader
    knows it by.
    """
    packed = zlib.compress(np.packbits(lesion.mask).tobytes(), 9)
    return {
        "sha256": digest,
        "origin": lesion.origin.value,
        "side": lesion.side.value if lesion.side else None,
        "centre_lps_mm": [float(mm) for mm in lesion.centroid_mm],
        "volume_ml": lesion.volume_ml,
        "shape": list(lesion.grid.shape),
        "affine": [[float(mm) for mm in row] for row in lesion.grid.affine],
        "mask": base64.b64encode(packed).decode(),
    }


def lesion_of(roi: Mapping[str, Any]) -> Lesion:
    """Draw an outline again, see ``roi_of``.

    Raises ReceiptUnreadable: it is none.
    """
    try:
        shape = tuple(int(n) for n in roi["shape"])
        n = int(np.prod(shape, dtype=object))
        if len(shape) != 3 or not 0 < n <= _MAX_VOXELS:
            raise ReceiptUnreadable
        # No more is unpacked than the shape says, whatever the bytes would grow to.
        unpacked = zlib.decompressobj().decompress(base64.b64decode(roi["mask"]), (n + 7) // 8)
        mask = np.unpackbits(np.frombuffer(unpacked, np.uint8), count=n).reshape(shape).astype(bool)
        grid = Grid((shape[0], shape[1], shape[2]), np.array(roi["affine"], dtype=np.float64))
        side = Side(roi["side"]) if roi["side"] else None
        return Lesion(mask, grid, origin=LesionOrigin(roi["origin"]), side=side)
    except (KeyError, TypeError, ValueError, zlib.error):
        raise ReceiptUnreadable from None
