"""The locked packages are those that are asked for, each by its hashes; the bill of materials lists them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = {
    canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+) \\$", LOCK, re.MULTILINE)
}
SAID_IN_WORDS = {
    "autograd-gamma": "MIT",
    "kaleido": "MIT",
    "logistro": "MIT",
    "monai": "Apache-2.0",
    "protobuf": "BSD-3-Clause",
    "pydeck": "Apache-2.0",
}
"""Packages whose licence stands in their metadata in words that the list leaves out, as read there."""
COPYLEFT = re.compile(r"\bA?GPL|GNU (?:Affero )?General Public", re.IGNORECASE)


def _asked() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_every_package_that_is_asked_for_is_locked_at_a_version_that_fits():
    asked = {canonicalize_name(each.name): each.specifier for each in _asked()}
    assert 30 < len(asked) == len(_asked())
    assert [name for name, wanted in asked.items() if not wanted.contains(LOCKED.get(name, "0"))] == []


def test_every_locked_package_has_hashes_and_no_address_stands_in_the_lock():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(LOCKED) > 100
    assert [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)] == []
    assert "://" not in LOCK
    assert [line for line in LOCK.splitlines() if line.startswith("-")] == []


def test_the_bill_of_materials_lists_exactly_the_locked_packages_with_licences_none_of_them_gpl():
    bill = json.loads((ROOT / "docs" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "deeptepp"
    listed = {canonicalize_name(each["name"]): each for each in bill["components"]}
    assert {name: each["version"] for name, each in listed.items()} == LOCKED
    said = {name: json.dumps(each.get("licenses", [])) for name, each in listed.items()}
    assert {name for name, licences in said.items() if licences == "[]"} == set(SAID_IN_WORDS)
    assert [name for name, licences in said.items() if COPYLEFT.search(licences.replace("LGPL", ""))] == []
    assert "file://" not in json.dumps(bill)
