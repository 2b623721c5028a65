"""Below the curves: her tier beside estimates of others, and what was published beside ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.published_caveats import CAVEATS
from deeptepp.domain.risk import Assessment, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.beside_published import (
    CAVEATS_HERE,
    MATCHED,
    BesideRow,
    PublishedAgreement,
    beside_published,
)
from deeptepp.report.case.other_estimates import Concord, OtherEstimate, other_estimates
from deeptepp.scoring.consistency import check_shares
from deeptepp.ui.background.session import Session
from deeptepp.ui.case.keep_case import enter_estimates
from deeptepp.ui.parts.cards import findings_list
from deeptepp.ui.parts.choices import endpoint_choice
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.number_field import entered, number_field
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.page_list import PAGES_FOLDER
from deeptepp.ui.words.screen_words import COMPARED_FIELDS, tier_words

_EVIDENCE_PAGE = PAGES_FOLDER / "evidence.py"

_GLYPHS = {Concord.SAME: "=", Concord.BETWEEN: "~", Concord.APART: "\u2260"}
"""Shape of each concord, beside its words."""


@fragment()
def beside_section(session: Session, bundle: ModelBundle) -> None:
    """Show both comparisons; a number entered here does not draw the rest of the page again.

    ``session``: has an assessment with a tier, estimates of others are entered into its facts.
    """
    assessment = session.case.assessment
    if assessment is None or assessment.tier is None:
        return
    st.header(t("Beside other estimates, and beside the publication"), anchor="beside")
    row = st.container(horizontal=True, gap="medium", key="beside-row")
    with row.container(border=True, key="beside-others"):
        _others(session, assessment, bundle)
    with row.container(border=True, key="beside-published"):
        _published(assessment.tier, bundle)


def _others(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Ask for estimates of others, and set all beside the tier."""
    st.markdown(f"### {t('Comparison with other estimates')}")
    fields = st.container(horizontal=True, key="beside-fields")
    for name, words in COMPARED_FIELDS.items():
        with fields.container():
            number_field(
                name,
                words,
                key=f"beside-{name}-{session.case.id}",
                value=getattr(assessment.profile, name),
                placeholder="Not entered",
                on_change=_enter,
                args=(session, name),
            )
    asked = check_shares(ClinicalProfile(predict_os_pct=assessment.profile.predict_os_pct))
    if asked:
        findings_list(asked)
    st.caption(t("Entered by hand, never computed here, and no part of the score."))
    found = other_estimates(assessment, bundle.reference)
    apart = [each for each in found if each.concord is Concord.APART]
    if apart:
        names = ", ".join(t(each.name) for each in apart)
        st.warning(
            t(
                "Not in agreement with the tier {tier}: {names}.",
                names=names,
                tier=tier_words(assessment.tier_name),
            )
        )
    if found:
        st.html(_estimates_html(found))
    else:
        st.write(t("Enter size and nodes, or one of the numbers above, to set something beside the tier."))


def _enter(session: Session, name: str) -> None:
    """Take over a number: it changes what is compared, not what was scored."""
    case = session.case
    value: dict[str, Any] = {name: entered(name, st.session_state[f"beside-{name}-{case.id}"]).value}
    case.profile = replace(case.profile, **value)
    if case.assessment is not None:
        case.assessment = replace(case.assessment, profile=replace(case.assessment.profile, **value))
        enter_estimates(case)


def _estimates_html(found: tuple[OtherEstimate, ...]) -> str:
    """Write one row an estimate."""
    rows = "".join(
        f'<tr class="{each.concord.name.lower()}"><th scope="row">{escape(t(each.name))}<br>'
        f"<b>{escape(each.value)}</b></th><td>{escape(say(each.said))}"
        f'<br><span class="dt-quiet">{escape(say(each.patients))}</span></td>'
        f'<td><span aria-hidden="true">{_GLYPHS[each.concord]}</span> {escape(t(each.concord.value))}</td></tr>'
        for each in found
    )
    return _table((t("Estimate"), t("Meaning and source"), t("Agreement")), rows)


def _published(tier: Tier, bundle: ModelBundle) -> None:
    """Set printed values beside ours."""
    st.markdown(f"### {t('Published beside ours')}")
    endpoint = endpoint_choice("beside-endpoint", is_kept=True)
    rows = _rows(bundle.sha256, tier, endpoint, bundle)
    ours = t("Here, simulated (95 % CI)") if bundle.is_simulated else t("Here (95 % CI)")
    st.html(_table(("", t("Printed"), ours, t("The printed value lies")), "".join(map(_row_html, rows))))
    outside = sum(row.agreement is PublishedAgreement.OUTSIDE for row in rows)
    told = sum(row.agreement is not PublishedAgreement.UNKNOWN for row in rows)
    st.caption(
        t(
            "{outside} of {told} printed values lie outside our 95 % CI. The publication prints no interval.",
            outside=outside,
            told=told,
        )
        + (" " + t(MATCHED) if any("dual" in row.key for row in rows) else "")
    )
    with st.expander(t("What to know of the printed values"), key="beside-caveats"):
        st.markdown("\n".join(f"- {t(CAVEATS[caveat])}" for caveat in CAVEATS_HERE))
        # Opened by itself, as in tests, a page has no others to link to.
        with suppress(StreamlitAPIException):
            st.page_link(_EVIDENCE_PAGE, label=t("All caveats, on the evidence page"))


def _row_html(row: BesideRow) -> str:
    """Write one printed value beside ours."""
    rests_on = t("{n} patients, {events} events", n=row.n, events=row.n_events)
    name = f'{escape(say(row.name))}<br><span class="dt-quiet">{escape(row.where)}</span>'
    here = f'{escape(say(row.here))}<br><span class="dt-quiet">{escape(rests_on)}</span>'
    return (
        f'<tr><th scope="row">{name}</th><td>{escape(row.printed)}</td><td>{here}</td>'
        f"<td>{escape(t(row.agreement.value))}</td></tr>"
    )


@st.cache_data(max_entries=24, show_spinner=False)
def _rows(sha256: str, tier: Tier, endpoint: Endpoint, _bundle: ModelBundle) -> tuple[BesideRow, ...]:
    """Compute once for each model, tier and end point."""
    return beside_published(_bundle.reference, _bundle.metrics, tier, endpoint)


def _table(head: tuple[str, ...], rows: str) -> str:
    """Write a table in the look of the contrasts."""
    cells = "".join(f'<th scope="col">{escape(words)}</th>' if words else "<td></td>" for words in head)
    return f'<table class="dt-contrast"><tr>{cells}</tr>{rows}</table>'
