"""Commands on one study: ``score`` and ``detect``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.printing import AsJson, print_json, refuse_with, say
from deeptepp.cli.sending import require_pacs, write_and_send
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.progress import silent
from deeptepp.domain.risk import Assessment, Outcome
from deeptepp.errors import DeepTeppError, UnknownField, UnreadableProfile
from deeptepp.report.document import (
    assessment_to_dict,
    finding_to_dict,
    lesion_to_dict,
    marks,
    phase_to_dict,
    series_to_dict,
)

StudyPath = Annotated[
    list[Path], typer.Argument(exists=True, metavar="STUDY", help="Zip archive, folder, or DICOM files.")
]


def score(
    study: StudyPath,
    cp: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file of clinical-pathological facts.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(exists=True, help="Model bundle; the shipped one if absent.")
    ] = None,
    phase_index: Annotated[int | None, typer.Option(min=1, help="Post-contrast phase to score.")] = None,
    as_json: AsJson = False,
    allow_ineligible: Annotated[
        bool, typer.Option("--allow-ineligible", help="Score for research although an eligibility rule refuses.")
    ] = False,
    with_shifts: Annotated[
        bool, typer.Option("--stability", help="Score again with the outline shifted 3 mm in six directions.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to write JSON, PDF and DICOM objects into.")
    ] = None,
    is_sent: Annotated[
        bool, typer.Option("--send", help="Send the DICOM objects to the PACS of deeptepp.toml.")
    ] = False,
) -> None:
    """Score one study: risk score, tier, percentile, warnings."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.scoring.case import assess_case, open_case, refuse
    from deeptepp.scoring.stability import with_stability

    model = images = profile = None
    try:
        if is_sent:
            require_pacs()
    except DeepTeppError as error:
        refuse_with(error, as_json=as_json)
    try:
        profile = read_profile(cp)
        model = load_bundle(bundle)
        progress = silent if as_json else say
        images = open_case(_source(study), phase_index=phase_index, progress=progress)
        assessment = assess_case(images, profile, model, allow_ineligible=allow_ineligible, progress=progress)
        if with_shifts:
            assessment = with_stability(images, assessment, model, progress=progress)
    except DeepTeppError as error:
        assessment = refuse(error, profile)
    if as_json:
        print_json(assessment_to_dict(assessment, model))
    else:
        typer.echo("\n".join(_lines(assessment)))
    try:
        write_and_send(out, images, assessment, model, is_sent=is_sent)
    except DeepTeppError as error:
        typer.echo(f"refused [{error.rule}] {error}", err=True)
        raise typer.Exit(code=1) from None
    raise typer.Exit(code=1 if assessment.outcome is Outcome.REFUSED else 0)


def detect(study: StudyPath, as_json: AsJson = False) -> None:
    """Find the tumour candidates of one study, best first."""
    from deeptepp.scoring.images import open_case

    progress = silent if as_json else say
    try:
        images = open_case(_source(study), progress=progress)
    except DeepTeppError as error:
        refuse_with(error, as_json=as_json)
    candidates = [lesion_to_dict(lesion) for lesion in images.candidates]
    if as_json:
        print_json(
            {
                "candidates": candidates,
                "is_ambiguous": images.detection.is_ambiguous if images.detection else None,
                "phase": phase_to_dict(images.phase),
                "series": [series_to_dict(row) for row in images.series],
                "findings": [finding_to_dict(finding) for finding in images.findings],
                "input_sha256": images.study.digest,
            },
            is_simulated=images.study.acquisition.is_simulated,
        )
    else:
        for number, lesion in enumerate(candidates, 1):
            typer.echo(
                f"{number}. centre {lesion['centre_lps_mm']} mm LPS, {lesion['volume_ml']} ml, "
                f"{lesion['longest_diameter_mm']} mm, confidence {lesion['confidence']:.2f}"
            )
    raise typer.Exit(code=0 if candidates else 1)


def read_profile(path: Path | None) -> ClinicalProfile:
    """Read clinical-pathological facts from TOML.

    Parameters
    ----------
    path : Path or None
        Keys are the fields of ``ClinicalProfile``, at the top or under ``[clinical]``; None is all unknown.

    Returns
    -------
    ClinicalProfile
        The checked profile.

    Raises
    ------
    UnreadableProfile
        The file is not TOML.
    ClinicalError
        A fact is unknown, out of range or contradicts another.
    """
    if path is None:
        return ClinicalProfile()
    try:
        # Editors of some systems put a mark of the byte order before the text.
        facts = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableProfile(reason="it is no text in UTF-8") from error
    except (ValueError, RecursionError) as error:  # a whole number of thousands of digits is no TOMLDecodeError
        raise UnreadableProfile(reason=f"it is no valid TOML: {error}") from error
    if "clinical" not in facts:
        return ClinicalProfile.from_mapping(facts)
    table = facts.pop("clinical")
    if not isinstance(table, dict):
        raise UnreadableProfile(reason="clinical is no table; write [clinical] above the facts")
    for key in facts:  # beside the table they would be dropped without a word
        raise UnknownField(field=key, nearest=f"clinical.{key}")
    return ClinicalProfile.from_mapping(table)


def _source(paths: list[Path]) -> Path | list[Path]:
    """Give one path as itself and several as a list."""
    return paths[0] if len(paths) == 1 else paths


def _lines(assessment: Assessment) -> list[str]:
    """Say an assessment in lines of text."""
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
    for finding in assessment.findings:
        is_measured = finding.value is not None and finding.limit is not None
        measured = f" (found {finding.value}, asked {finding.limit})" if is_measured else ""
        lines.append(f"{finding.severity.value:>8}  [{finding.rule}] {finding.message}{measured}")
    return lines
