"""What a reader may say of a study on the command line: which series are the phases, which breast, which box."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deeptepp.domain.lesion import BoxMm
from deeptepp.domain.study import Side

PHASES_OPTION, SIDE_OPTION, BOX_OPTION, TIMES_OPTION = "--phases", "--side", "--box", "--times"
"""Names of the options, as messages and proposals call them."""

ServedBundle = Annotated[
    Path | None, typer.Option("--bundle", exists=True, help="Model bundle; the shipped one if absent.")
]
"""Option that names the model."""

AllowIneligible = Annotated[
    bool, typer.Option("--allow-ineligible", help="Score for research although an eligibility rule refuses.")
]
"""Option that scores against an eligibility rule."""

WithShifts = Annotated[
    bool,
    typer.Option("--stability/--no-stability", help="Score again with the outline shifted 3 mm each way."),
]
"""Option that leaves the stability of a score out."""

PhaseKeys = Annotated[
    str | None,
    typer.Option(
        PHASES_OPTION,
        metavar="KEYS",
        help="Phases by their keys, pre-contrast first, by commas: s1,s2.1,s2.2. 'deeptepp series' lists them.",
    ),
]
"""Option that replaces the phases found."""

BreastSide = Annotated[
    Side | None, typer.Option(SIDE_OPTION, help="The breast that is meant, where each has volumes of its own.")
]
"""Option that chooses one of two examinations."""

ReaderBox = Annotated[
    str | None,
    typer.Option(
        BOX_OPTION,
        metavar="X0,Y0,Z0,X1,Y1,Z1",
        help="Two corners of a box around the tumour, LPS mm; in place of the detector.",
    ),
]
"""Option that says where the tumour is."""


PhaseTimes = Annotated[
    str | None,
    typer.Option(
        TIMES_OPTION,
        metavar="SECONDS",
        help="When the phases of NIfTI files began, in their order, in seconds by commas: 0,90,165.",
    ),
]
"""Option that says what NIfTI files do not."""


def phase_times_s(text: str | None) -> tuple[float, ...] | None:
    """Read the times of phases.

    ``text``: seconds by commas, spaces do no harm. Returns None where the option was not given. Raises
    typer.BadParameter: a time is no number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter("give seconds by commas, such as 0,90,165", param_hint=TIMES_OPTION) from None


def phase_keys(text: str | None) -> tuple[str, ...] | None:
    """Read the keys of phases.

    ``text``: by commas, spaces do no harm. Returns None where the option was not given. Raises typer.BadParameter:
    a key is empty.
    """
    if text is None:
        return None
    keys = tuple(part.strip() for part in text.split(","))
    if not all(keys):
        raise typer.BadParameter(
            "give keys of the series table by commas, such as s1,s2", param_hint=PHASES_OPTION
        )
    return keys


def reader_box(text: str | None) -> BoxMm | None:
    """Read a box.

    ``text``: six numbers by commas: two opposite corners in any order, LPS mm. Returns None where the option was
    not given. Raises typer.BadParameter: they are no six numbers.
    """
    if text is None:
        return None
    try:
        x0, y0, z0, x1, y1, z1 = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            "give six numbers by commas, x0,y0,z0,x1,y1,z1 in LPS mm", param_hint=BOX_OPTION
        ) from None
    return BoxMm((min(x0, x1), min(y0, y1), min(z0, z1)), (max(x0, x1), max(y0, y1), max(z0, z1)))
