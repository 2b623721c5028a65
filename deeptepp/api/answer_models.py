"""The shapes of what the API takes and answers; the description in OpenAPI is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from deeptepp.domain.study import Side

Point = tuple[float, float, float]


class GateRefusal(TypedDict):
    """A request that did not get in."""

    rule: str


class ProposalAnswer(TypedDict):
    """One way to take the series as phases: hand ``keys`` in as ``phases``, and ``side``."""

    keys: list[str]
    side: str | None
    reason: str
    options: str


class FindingAnswer(TypedDict):
    """One rule that found something."""

    rule: str
    severity: str
    message: str
    value: Any
    limit: Any
    source: Any


class AssessmentAnswer(TypedDict):
    """An assessment, as ``deeptepp score --json`` prints it; ``schema`` names the version of its layout."""

    schema: str
    label: str | None
    outcome: str
    score: float | None
    score_per_view: dict[str, float] | None
    tier: str | None
    tier_text: str | None
    stability: dict[str, Any] | None
    percentile: float | None
    cut_offs: dict[str, Any] | None
    n_reference: int | None
    findings: list[FindingAnswer]
    phase: dict[str, Any] | None
    lesion: dict[str, Any] | None
    profile: dict[str, Any]
    is_override: bool
    is_simulated: bool
    marks: list[str]
    receipt: dict[str, Any] | None
    proposals: NotRequired[list[ProposalAnswer]]


class ProblemAnswer(TypedDict):
    """A refusal as RFC 9457 has it, with the rule, what was found and what is allowed.

    ``case``: address where the question is answered, or the case asked about again; ``assessment``: what was found
    so far.
    """

    type: str
    title: str
    status: int
    detail: str
    rule: str
    value: Any
    limit: Any
    case: NotRequired[str]
    proposals: NotRequired[list[ProposalAnswer]]
    assessment: NotRequired[AssessmentAnswer]


class StepAnswer(TypedDict):
    """Where the work stands; ``fraction`` of this step is done."""

    step: str
    fraction: float
    found: str


class JobAnswer(TypedDict):
    """A piece of work; ``case``: address of its answer; ``n_ahead``: pieces of work that come first."""

    job: str
    case: str
    state: Literal["waiting", "running", "done", "refused", "cancelled", "broken"]
    steps: list[StepAnswer]
    elapsed_s: float
    n_ahead: int


class UploadAnswer(TypedDict):
    """What arrived."""

    upload_id: str
    n_files: int
    n_bytes: int


class UploadLimits(TypedDict):
    """What an upload may hold."""

    max_bytes: int
    max_files: int


class FramesAnswer(TypedDict):
    """The stacks of a case for the viewer of its page."""

    shape: list[int]
    affine: list[list[float]]
    spacing_mm: list[float]
    phase_indices: list[int]
    times_s: list[float]
    has_times: bool
    chosen: int
    window: list[float]


class InfoAnswer(TypedDict):
    """Version, bundle and intended use."""

    version: str
    bundle: str | None
    intended_use: str


class RefusedByName(TypedDict):
    """A refusal of the routes that the pages use."""

    rule: str
    message: str


class ScoreOptions(BaseModel):
    """What a reader may say of a study; each as the option of this name on the command line.

    ``box``: two corners around the tumour, LPS mm; ``label``: a pseudonym.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    phases: Annotated[list[Annotated[str, Field(max_length=80)]], Field(min_length=1, max_length=200)] | None = (
        None
    )
    phase_index: Annotated[int, Field(ge=1, le=1000)] | None = None
    side: Side | None = None
    times_s: Annotated[list[float], Field(max_length=200)] | None = None
    box: tuple[Point, Point] | None = None
    stability: bool = True
    allow_ineligible: bool = False
    label: Annotated[str, Field(max_length=80)] = ""


Fact = Annotated[str, Field(max_length=80)] | bool | int | float | None


class ScoreAsk(BaseModel):
    """Facts by their names in ``docs/api.md``, unknown where they are missing, and options."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    facts: Annotated[dict[str, Fact], Field(max_length=100)] = {}
    options: ScoreOptions = ScoreOptions()


class StudyForm(TypedDict):
    """A study as one file, a zip archive as a rule, with facts and options as JSON."""

    study: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]
    facts: NotRequired[dict[str, Fact]]
    options: NotRequired[ScoreOptions]
