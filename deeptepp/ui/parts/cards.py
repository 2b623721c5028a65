"""Findings as cards: what was measured, what is allowed, why the rule exists, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import escape

import streamlit as st

from deeptepp.domain.risk import Finding
from deeptepp.errors import BundleError, DeepTeppError
from deeptepp.ui.words.language import say, t


def findings_list(findings: Iterable[Finding]) -> None:
    """Show findings one below the other.

    ``findings``: in the order to show.
    """
    st.html("".join(_finding_html(finding) for finding in findings))


def refusal_card(error: DeepTeppError, *, title: str, next_step: str) -> None:
    """Show a refusal as a result.

    ``title``: what could not be done, in three or four words; ``next_step``: what the user can do now.
    """
    with st.container(border=True, key="refusal-card"):
        st.header(title)
        findings_list([replace(Finding.from_error(error), message=said(error))])
        st.write(next_step)


def facts_list(facts: Mapping[str, object]) -> None:
    """Show names and values in two columns.

    ``facts``: shown as text, None is left out.
    """
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
        for name, value in facts.items()
        if value is not None
    )
    st.html(f'<dl class="dt-facts">{rows}</dl>')


def bundle_card(error: BundleError) -> None:
    """That the model of this server cannot be trusted or found."""
    refusal_card(
        error,
        title=t("The model cannot be used"),
        next_step=t("Nothing is scored with it. Tell whoever runs this server; `deeptepp verify` names the file."),
    )


def said(error: DeepTeppError) -> str:
    """Say an error in the language of the visitor."""
    return say(error.sentence)


def _finding_html(finding: Finding) -> str:
    """Write one finding as HTML."""
    facts = [t("Rule {rule}", rule=finding.rule)]
    if finding.value is not None:
        facts.append(t("found: {value}", value=_shown(finding.value)))
    if finding.limit is not None:
        facts.append(t("needed: {value}", value=_shown(finding.limit)))
    if finding.source:
        facts.append(say(finding.source))
    return (
        f'<div class="dt-finding {finding.severity}"><p>{escape(say(finding.message))}</p>'
        f'<p class="facts">{escape(" · ".join(facts))}</p></div>'
    )


def _shown(value: str | float) -> str:
    """Write a measured value without false precision."""
    return say(value) if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
