"""What a request asks for: facts and options as JSON, read without quoting any of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from deeptepp.api.answer_models import ScoreAsk, ScoreOptions
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.labels import checked_label, looks_like_a_name
from deeptepp.domain.lesion import BoxMm
from deeptepp.domain.typed_number import read_facts
from deeptepp.errors import BadRequestBody, LabelNamesSomebody


@dataclass(frozen=True, slots=True)
class CheckedAsk:
    """What is asked, checked: the facts and what the reader says of the study."""

    profile: ClinicalProfile
    options: ScoreOptions

    @property
    def box(self) -> BoxMm | None:
        """Box around the tumour, LPS mm, its corners in order."""
        if self.options.box is None:
            return None
        pairs = [(min(a, b), max(a, b)) for a, b in zip(*self.options.box, strict=True)]
        (x0, x1), (y0, y1), (z0, z1) = pairs
        return BoxMm((x0, y0, z0), (x1, y1, z1))


def read_ask(parts: Mapping[str, bytes | str]) -> CheckedAsk:
    """Read facts and options.

    ``parts``: JSON texts by ``facts`` and ``options``, either may be missing. Raises BadRequestBody: they cannot
    be read; ClinicalError: a fact is unknown here, out of range or contradicts another; LabelNamesSomebody: the
    label is no pseudonym.
    """
    return checked({name: plain_json(name, text) for name, text in parts.items() if text.strip()})


def checked(content: object) -> CheckedAsk:
    """Check facts and options; raises as ``read_ask``."""
    try:
        ask = ScoreAsk.model_validate(content, strict=False)
    except ValidationError as error:
        raise BadRequestBody(reason=f"{_place(error)} is not as the description of this API says") from None
    label = checked_label(ask.options.label)
    if looks_like_a_name(label):
        raise LabelNamesSomebody(value="what looks like the name of a person")
    profile = ClinicalProfile.from_mapping(read_facts(ask.facts))
    return CheckedAsk(profile, ask.options.model_copy(update={"label": label}))


def plain_json(name: str, text: bytes | str) -> Any:  # noqa: ANN401  any JSON
    """Read one JSON text; raises BadRequestBody, which says ``name`` and nothing of the text."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadRequestBody(reason=f"{name} is no valid JSON") from None


def _no_constant(_name: str) -> float:
    """Refuse what JSON does not have, such as NaN."""
    raise ValueError


def _place(error: ValidationError) -> str:
    """Name the field that is wrong, by names of this program alone: any other could be a text of a patient."""
    known = {*ScoreAsk.model_fields, *ScoreOptions.model_fields}
    place = [str(part) for part in error.errors(include_input=False)[0]["loc"] if part in known]
    return ".".join(place) or "the body"
