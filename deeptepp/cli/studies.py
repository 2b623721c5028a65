"""Commands on one study: ``score`` and ``detect``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deeptepp.cli.printing import (
    AsJson,
    StudyPath,
    print_json,
    proposal_lines,
    proposals_json,
    say,
    source_of,
)
from deeptepp.cli.receipts import keep_receipt
from deeptepp.cli.sending import require_pacs, write_and_send
from deeptepp.cli.study_choice import (
    AllowIneligible,
    BreastSide,
    PhaseKeys,
    PhaseTimes,
    ReaderBox,
    ServedBundle,
    WithShifts,
    phase_keys,
    phase_times_s,
    reader_box,
)
from deeptepp.domain.clinical import RANGES, ClinicalProfile
from deeptepp.domain.labels import checked_label, looks_like_a_name
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.progress import silent
from deeptepp.domain.risk import Assessment, Outcome, Severity
from deeptepp.domain.typed_number import read_facts
from deeptepp.errors import DeepTeppError, UnknownField, UnreadableProfile
from deeptepp.file_sets import check_free
from deeptepp.report.case.document import (
    finding_to_dict,
    lesion_to_dict,
    marks,
    phase_to_dict,
    series_to_dict,
)
from deeptepp.report.names import SIDES

if TYPE_CHECKING:
    from deeptepp.scoring.images import CaseImages


def score(
    study: StudyPath,
    cp: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file of clinical-pathological facts.")
    ] = None,
    bundle: ServedBundle = None,
    phase_index: Annotated[int | None, typer.Option(min=1, help="Post-contrast phase to score.")] = None,
    phases: PhaseKeys = None,
    side: BreastSide = None,
    times: PhaseTimes = None,
    box: ReaderBox = None,
    as_json: AsJson = False,
    allow_ineligible: AllowIneligible = False,
    with_shifts: WithShifts = True,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to write JSON, PDF and DICOM objects into.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File to write the receipt of the score to.")
    ] = None,
    label: Annotated[
        str, typer.Option(help="Pseudonym of the case, for the files of --out; no name, date or number.")
    ] = "",
    is_sent: Annotated[
        bool, typer.Option("--send", help="Send the DICOM objects to the PACS of deeptepp.toml.")
    ] = False,
) -> None:
    """Score one study: risk score, tier, percentile, warnings."""
    from deeptepp.batch.study_task import ScoredStudy, StudyChoice, score_study
    from deeptepp.model.bundle import load_bundle
    from deeptepp.scoring.case import refuse

    model = profile = None
    choice = StudyChoice(
        phase_keys=phase_keys(phases),
        phase_index=phase_index,
        side=side,
        times_s=phase_times_s(times),
        box=reader_box(box),
        allow_ineligible=allow_ineligible,
        with_shifts=with_shifts,
    )
    named = checked_label(label)
    if looks_like_a_name(named):
        typer.echo("The label looks like the name of a person; it must be a pseudonym.", err=True)
    if is_sent:
        require_pacs()
    if out is not None:
        check_free(out)
    try:
        profile = read_profile(cp)
        model = load_bundle(bundle)
        made = score_study(source_of(study), profile, model, choice, progress=silent if as_json else say)
    except DeepTeppError as error:
        made = ScoredStudy(refuse(error, profile))
    assessment = made.assessment
    if as_json:
        print_json(made.to_json(model, label=named))
    else:
        typer.echo("\n".join([*([named] if named else []), *_lines(assessment), *proposal_lines(made.proposals)]))
    try:
        keep_receipt(assessment, receipt)
        write_and_send(out, made.images, assessment, model, is_sent=is_sent, label=named)
    except DeepTeppError as error:
        typer.echo(f"refused [{error.rule}] {error}", err=True)
        raise typer.Exit(code=1) from None
    raise typer.Exit(code=1 if assessment.outcome is Outcome.REFUSED else 0)


def detect(
    study: StudyPath,
    phases: PhaseKeys = None,
    side: BreastSide = None,
    times: PhaseTimes = None,
    box: ReaderBox = None,
    as_json: AsJson = False,
) -> None:
    """Find the tumour candidates of one study, best first, in both breasts; or outline the tumour in a box."""
    from deeptepp.scoring.images import lesion_in_box, open_case

    progress = silent if as_json else say
    keys, times_s, corners = phase_keys(phases), phase_times_s(times), reader_box(box)
    images = open_case(source_of(study), phase_keys=keys, side=side, times_s=times_s, progress=progress)
    images, drawn = lesion_in_box(images, corners)
    lesions = _found(images) if drawn is None else [drawn]
    if as_json:
        print_json(_detected(images, lesions), is_simulated=images.study.acquisition.is_simulated)
    else:
        refusals = [finding for finding in images.findings if finding.severity is Severity.REFUSAL]
        told = [_lesion_line(number, lesion) for number, lesion in enumerate(lesions, 1)]
        told += [] if lesions else [f"refused [{finding.rule}] {finding.message}" for finding in refusals]
        typer.echo("\n".join(told))
    raise typer.Exit(code=0 if lesions else 1)


def _found(images: CaseImages) -> list[Lesion]:
    """Candidates of both breasts, the most confident first."""
    others = images.other_side.candidates if images.other_side else ()
    return sorted([*images.candidates, *others], key=lambda lesion: lesion.confidence, reverse=True)


def _detected(images: CaseImages, lesions: list[Lesion]) -> dict[str, Any]:
    """Lesions and what they were found in as JSON-ready data."""
    return {
        "candidates": [lesion_to_dict(lesion) for lesion in lesions],
        "is_ambiguous": images.is_ambiguous if images.detection else None,
        "phase": phase_to_dict(images.phase),
        "series": [series_to_dict(row) for row in images.series],
        "findings": [finding_to_dict(finding) for finding in images.findings],
        "input_sha256": images.study.digest,
    } | proposals_json(images.alternatives)


def _lesion_line(number: int, lesion: Lesion) -> str:
    """Write one lesion as a line of text."""
    told = lesion_to_dict(lesion)
    return (
        f"{number}. {SIDES[lesion.side]}, centre {told['centre_lps_mm']} mm LPS, {told['volume_ml']} ml, "
        f"{told['longest_diameter_mm']} mm, {_found_by(lesion)}"
    )


def _found_by(lesion: Lesion) -> str:
    """How sure the detector is, or who outlined the lesion."""
    if lesion.origin is LesionOrigin.DETECTOR:
        return f"confidence {lesion.confidence:.2f}"
    return f"outlined by the {lesion.origin}"


_COMMA_LINE = re.compile(rf"^(\s*(?:{'|'.join(RANGES)})\s*=\s*)([+-]?\d+,\d+)(\s*(?:#.*)?)$", re.MULTILINE)
"""A number of a profile with a decimal comma, which TOML does not know; in quotes, it is read as it is typed."""


def read_profile(path: Path | None) -> ClinicalProfile:
    """Read clinical-pathological facts from TOML.

    ``path``: keys are the fields of ``ClinicalProfile``, at the top or under ``[clinical]``, None is all unknown.
    Numbers may have a decimal comma and, in quotes, a unit. Raises UnreadableProfile: the file is not TOML;
    ClinicalError: a fact is unknown, out of range or contradicts another.
    """
    if path is None:
        return ClinicalProfile()
    try:
        # Editors of some systems put a mark of the byte order before the text.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableProfile(reason="it is no text in UTF-8") from error
    try:
        facts = tomllib.loads(_COMMA_LINE.sub(r'\1"\2"\3', text))
    except (ValueError, RecursionError) as error:  # a whole number of thousands of digits is no TOMLDecodeError
        raise UnreadableProfile(reason=f"it is no valid TOML: {error}") from error
    if "clinical" not in facts:
        return ClinicalProfile.from_mapping(read_facts(facts))
    table = facts.pop("clinical")
    if not isinstance(table, dict):
        raise UnreadableProfile(reason="clinical is no table; write [clinical] above the facts")
    for key in facts:  # beside the table they would be dropped without a word
        raise UnknownField(field=key, nearest=f"clinical.{key}")
    return ClinicalProfile.from_mapping(read_facts(table))


def _lines(assessment: Assessment) -> list[str]:
    """Say an assessment in lines of text; what was found and asked is added where the sentence does not say it."""
    lines = [f"*** {text} ***" for text in marks(assessment)]
    if assessment.score and assessment.tier:
        lines.append(f"Risk score {assessment.score.probability:.4f}   tier {assessment.tier_text}")
        if assessment.stability is not None:
            shifted = assessment.stability
            lines.append(
                f"{shifted.low:.4f} to {shifted.high:.4f} with the outline shifted {shifted.shift_mm:g} mm"
            )
        if assessment.percentile is not None:
            lines.append(f"Higher than {assessment.percentile:.0f} % of the reference cohort")
    else:
        lines.append("Not scored")
    if assessment.lesion is not None:
        lesion = assessment.lesion
        size = f"{lesion.longest_diameter_mm:.1f} mm longest, {lesion.volume_ml:.2f} ml"
        lines.append(f"Tumour {SIDES[lesion.side].lower()}, {size}, by the {lesion.origin.value}")
    for finding in assessment.findings:
        is_measured = finding.value is not None and finding.limit is not None
        is_said = all(str(each) in finding.message for each in (finding.value, finding.limit))
        measured = f" (found {finding.value}, asked {finding.limit})" if is_measured and not is_said else ""
        lines.append(f"{finding.severity.value:>8}  [{finding.rule}] {finding.message}{measured}")
    return lines
