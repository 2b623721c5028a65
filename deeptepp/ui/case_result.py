"""The result screen: a score with its tier and curves, or a refusal with its rule; both are results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from deeptepp.domain.cohort import SCORE, Endpoint
from deeptepp.domain.risk import Assessment, Finding, Outcome, Severity, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.document import assessment_to_dict
from deeptepp.report.figures import kaplan_meier_figure, score_distribution_figure
from deeptepp.report.theme import GROUP_COLOURS
from deeptepp.stats.group_comparison import GroupComparison
from deeptepp.ui.board_add import add_to_board
from deeptepp.ui.cards import facts_list, findings_list
from deeptepp.ui.case_form import implied_stage
from deeptepp.ui.case_images import describe
from deeptepp.ui.case_steps import score, start_over
from deeptepp.ui.case_why import why_section
from deeptepp.ui.charts import show_figure
from deeptepp.ui.curves import FEW_EVENTS, by_arm, by_tier, estimates_table
from deeptepp.ui.loaded import loaded_bundle
from deeptepp.ui.score_card import score_card
from deeptepp.ui.session import Screen, Session
from deeptepp.ui.words import FIELDS, label, plural


def result_screen(session: Session) -> None:
    """Show the answer for the case at hand.

    Parameters
    ----------
    session : Session
        Has an assessment.
    """
    assessment, bundle = session.case.assessment, loaded_bundle()
    if assessment is None:
        return
    _heading(session, assessment, bundle)
    if assessment.outcome is Outcome.REFUSED:
        _refusal(session, assessment)
    else:
        _scored(assessment, bundle)
        if assessment.tier is not None:
            _outcomes(assessment.tier, bundle)
        why_section(session, assessment, bundle)
    _background(session, assessment)


def _heading(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show the title and the ways on."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Result" if assessment.score else "Not scored", width="content")
        with st.container(horizontal=True, width="content"):
            if st.button("Change tumour or facts", key="result-back"):
                session.screen = Screen.IMAGES
                st.rerun()
            add_to_board(session)
            st.download_button(
                "Save as JSON",
                json.dumps(assessment_to_dict(assessment, bundle), indent=2, allow_nan=False),
                file_name="deeptepp-assessment.json",
                mime="application/json",
                on_click="ignore",
                key="result-json",
            )
            if st.button("Start over", key="result-start-over", help="Erases the images and everything entered."):
                start_over(session)
                st.rerun()


def _refusal(session: Session, assessment: Assessment) -> None:
    """Show what refused, and the way round where only eligibility did."""
    with st.container(border=True, key="refusal-card", width=860):
        st.subheader("This case is outside of what the score was made for")
        findings_list(assessment.refusals)
        if not _is_eligibility_only(assessment.refusals):
            st.write("Mend this first: go back to the images, or start over with another study.")
            return
        st.write(
            "If a fact was entered wrongly, change it. For research, the case can be scored all the same; "
            "the result is then marked as outside of the intended use wherever it is shown or saved."
        )
        if st.button("Score anyway for research", key="result-override"):
            score(session, allow_ineligible=True)
            st.rerun()


def _is_eligibility_only(refusals: Sequence[Finding]) -> bool:
    """Tell whether nothing but eligibility rules refused."""
    return bool(refusals) and all(finding.rule.startswith("eligibility.") for finding in refusals)


def _scored(assessment: Assessment, bundle: ModelBundle) -> None:
    """Show score and distribution side by side, and what to keep in mind below."""
    row = st.container(horizontal=True, gap="medium", key="result-score")
    with row.container(key="result-score-card"):
        score_card(assessment, bundle)
    with row.container(key="result-score-place"):
        figure = score_distribution_figure(
            bundle.reference[SCORE],
            bundle.tiers,
            assessment.score.probability if assessment.score else None,
            simulated=bundle.is_simulated,
        )
        show_figure(figure, key="result-distribution", fallback_alt="Scores of the reference cohort")
    weighty = [f for f in assessment.findings if f.severity is not Severity.NOTE]
    notes = [f for f in assessment.findings if f.severity is Severity.NOTE]
    if weighty:
        st.markdown("##### Keep in mind")
        findings_list(weighty)
    if notes:
        with st.expander(f"{plural(len(notes), 'note')}: facts that were not entered or not checked"):
            findings_list(notes)


def _outcomes(tier: Tier, bundle: ModelBundle) -> None:
    """Show what happened to the reference patients, by tier and by treatment inside her tier."""
    kind = "simulated patients" if bundle.reference.is_simulated else "patients"
    st.subheader(f"What happened to {kind} of the reference cohort")
    endpoint = st.segmented_control(
        "End point", tuple(Endpoint), default=Endpoint.RFS, required=True, format_func=label, key="result-endpoint"
    )
    endpoint = endpoint or Endpoint.RFS
    row = st.container(horizontal=True, gap="medium", key="result-curves")
    with row.container(key="result-curves-tier"):
        _curves(by_tier(bundle.reference, endpoint), "By risk tier", bundle, key="tier")
    with row.container(key="result-curves-arm"):
        comparison = by_arm(bundle.reference, tier, endpoint)
        _curves(comparison, f"{label(tier)} tier, by treatment received", bundle, key="arm")
    st.caption(
        "Months from surgery; bands are 95 % confidence intervals. Treatment was not randomised: patients who "
        "received different treatments also differed otherwise. Neither a difference between curves nor the "
        "lack of one shows what a treatment would do for this patient."
    )


def _curves(comparison: GroupComparison, title: str, bundle: ModelBundle, *, key: str) -> None:
    """Show curves with numbers at risk, and their estimates as a table."""
    few = [curve.label for curve in comparison.curves if curve.n_events < FEW_EVENTS] if key == "arm" else []
    figure = kaplan_meier_figure(
        comparison.curves,
        title=title,
        p_value=None if few else comparison.p_value,
        colours=[GROUP_COLOURS[level] for level in comparison.levels],
        grey_below_events=FEW_EVENTS if few else 0,
        y_title=label(comparison.endpoint),
        simulated=bundle.is_simulated,
    )
    show_figure(figure, key=f"result-km-{key}", fallback_alt=title)
    st.table(estimates_table(comparison), hide_index=True, border="horizontal")
    if few:
        st.caption(f"Fewer than {FEW_EVENTS} events, so in grey and not tested: {', '.join(few)}.")


def _background(session: Session, assessment: Assessment) -> None:
    """Show what the answer rests on."""
    profile, case = assessment.profile, session.case
    with st.expander("What this result rests on"):
        facts: dict[str, object] = {}
        if assessment.lesion is not None and case.images is not None:
            facts["Tumour"] = describe(assessment.lesion, case.images)
            facts["Tumour outline"] = "checked by the reader" if case.is_confirmed else "not checked by the reader"
        if assessment.phase is not None:
            facts["Phase"] = assessment.phase.reason
        facts |= {name: _entered(getattr(profile, field)) for field, name in FIELDS.items()}
        facts["Stage by size and nodes"] = implied_stage(profile) or None
        facts_list(facts)
    if assessment.receipt is not None:
        with st.expander("Receipt: what is needed to reproduce the number"):
            names = {
                "code_version": "DeepTEPP version",
                "bundle_name": "Model",
                "bundle_sha256": "Model, SHA-256",
                "input_sha256": "Images, SHA-256",
                "inputs_sha256": "All inputs, SHA-256",
                "created_utc": "Computed (UTC)",
            }
            facts_list({names.get(name, name): value for name, value in asdict(assessment.receipt).items()})


def _entered(value: object) -> str:
    """Write an entered fact, numbers without a useless decimal."""
    return f"{value:g}" if isinstance(value, float) else label(value)
