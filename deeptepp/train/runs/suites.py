"""The experiments of the paper, and ours beside them, as changes of one base of settings.

Experiments that come to the same settings are run once, whichever suite asks for them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from deeptepp.model.network import OF_IMAGES


class Method(StrEnum):
    """What is fitted."""

    NETWORK = "network"
    LOGISTIC = "logistic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One model to be fitted and measured.

    ``name``: unique in its suite; also the name on the command line. ``changes``: settings that differ from the
    base of the run. ``method``: a network, or the logistic regression on clinical-pathological facts. ``against``:
    name of the experiment of the same suite that it is compared with by paired DeLong; empty for none.
    """

    name: str
    title: str
    changes: Mapping[str, object] = field(default_factory=dict)
    method: Method = Method.NETWORK
    against: str = ""


def _experiment(row: Mapping[str, Any]) -> Experiment:
    """One experiment of the file."""
    return Experiment(**{**row, "method": Method(row.get("method", Method.NETWORK))})


_TEXT = Path(__file__).with_name("suites.toml").read_text(encoding="utf-8")

_READ = {suite: tuple(map(_experiment, rows)) for suite, rows in tomllib.loads(_TEXT).items()}

# MM_ResNet stands last, for the others are compared with it.
_TABLE_S2 = tuple(
    Experiment(
        name=name,
        title=backbone.title,
        changes={"backbone": name, "inputs": "mri", "mv_mode": "none"},
        against="" if name == "mm_resnet" else "mm_resnet",
    )
    for name, backbone in sorted(OF_IMAGES.items(), key=lambda each: each[0] == "mm_resnet")
)

SUITES: dict[str, tuple[Experiment, ...]] = {"table2": _READ["table2"], "table_s2": _TABLE_S2, **_READ}
"""Experiments of each suite, in the order of its table."""
