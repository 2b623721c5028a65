"""Where the files of a dataset folder stand, and how they are written so that a kill never leaves half of one.

::

    <folder>/cohort.parquet       one row per patient
    <folder>/rois/<key>.npz       one region of interest per patient, or
    <folder>/slices/<key>.npz     her tumour slices, where a collection has no volumes
    <folder>/records/<key>.json   how the region of interest was found
    <folder>/dataset.json         the kind of images, how they were cut, and where they come from
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

COHORT_FILE = "cohort.parquet"
DATASET_FILE = "dataset.json"
ROI_FOLDER = "rois"
SLICE_FOLDER = "slices"
RECORD_FOLDER = "records"

_KEY_LENGTH = 24
"""Hexadecimal digits of a key: 96 bits."""


def key_of(*parts: object) -> str:
    """Give the name under which a patient's files are kept, which says nothing of the patient.

    ``*parts``: what the key stands for, as JSON can hold it. Hexadecimal digits; the same for the same
    parts.
    """
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]


@cache
def code_digest(*packages: str) -> str:
    """Digest the code of packages of this one, by their names; any line that changes changes it."""
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((Path(__file__).parent / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON as a whole or not at all.

    ``path``: file to write; replaced when it exists.
    """
    text = json.dumps(content, indent=2) + "\n"
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the target and rename.

    ``path``: file to write; replaced when it exists; ``write``: writes the content to the path that it is given.
    """
    part = path.with_name(f".{path.name}.part")
    write(part)
    part.replace(path)
