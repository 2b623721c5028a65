"""Which column is what: a guess to be looked through, what each becomes, and what only the visitor can say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import streamlit as st

from deeptepp.datasets.columns.column_names import WANTED
from deeptepp.datasets.columns.column_preview import Preview, shown_meaning
from deeptepp.datasets.columns.guess import guess_mapping, use_of
from deeptepp.datasets.columns.mapping import DATES, MONTHS, UNITS, Mapping, Use, mapping_of
from deeptepp.datasets.columns.sheets import Sheet, read_sheet
from deeptepp.datasets.own import Examined, examine_mapped
from deeptepp.datasets.problems import ARM_RULE, WORDS_RULE, Problem
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Finding
from deeptepp.errors import DeepTeppError
from deeptepp.report.names import FACTS
from deeptepp.ui.background.drafts import keep_choice
from deeptepp.ui.parts.cards import findings_list
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.tiers.tiers_incoming import Incoming
from deeptepp.ui.tiers.tiers_reading import in_turn
from deeptepp.ui.tiers.tiers_state import Bench, Uploaded
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import COMPARED_FIELDS

TARGETS: dict[str, str] = {
    "subject": "Pseudonym",
    "arm": "Anti-HER2 treatment",
    "pertuzumab": "Pertuzumab, in a column of its own",
    **{name: words for endpoint in Endpoint for name, words in endpoint.column_words.items()},
    "surgery_date": "Date of surgery",
    "recurrence_date": "Date of recurrence",
    "last_visit_date": "Date of the last visit",
    "death_date": "Date of death",
    "first_event": "Kind of the first event",
    "source": "Centre",
    "score": "Risk score from elsewhere",
    "tier": "Risk tier from elsewhere",
    **FACTS,
    **COMPARED_FIELDS,
}
"""What each wanted column is called on the screen."""

MAPPING_FILE = "deeptepp-mapping.toml"
"""Name of the matching as it is saved from the screen."""

UNIT_NAMES: dict[str, str] = {
    "days": "days",
    "weeks": "weeks",
    "months": "months",
    "years": "years",
    "mm": "mm",
    "cm": "cm",
    "percent": "per cent",
    "fraction": "0 to 1",
    "dmy": "day, month, year",
    "mdy": "month, day, year",
    "stage": "N category",
    "count": "positive nodes",
    "codes": "codes, said one by one",
    "words": "yes or no",
}
"""What each unit is called on the screen."""

_BY_TIMES = tuple(name for endpoint in Endpoint for name in endpoint.columns)
_BY_DATES = ("surgery_date", "rfs_event", "recurrence_date", "last_visit_date", "os_event", "death_date")
_NEEDED = ("subject", "arm")
_FOLLOW_UP = frozenset((*_BY_TIMES, *_BY_DATES))
_WIDTHS = (2.4, 2.6, 1.9, 4.2)
"""Shares of name, column, unit and outcome in a row."""

_MOST_WORDS = 6
"""Words of a column up to which each stands beside what it became."""

_ROUNDS = 4
"""Rounds of questions: an answer may bring out another one."""


def mapping_part(bench: Bench, incoming: Incoming, content: bytes) -> tuple[Problem, ...]:
    """Let the visitor match the columns, and take the cohort on a click.

    ``bench``: the laboratory, remembers the cohort.
    """
    with st.container(key="tiers-mapping", width=1100):
        with st.expander(t("Match the columns"), expanded=bench.uploaded is None):
            _choose_sheet(incoming, content)
            mapping, examined = _matched(incoming)
        if incoming.sheet is None:
            return ()
        known_as = sha256(f"{incoming.digest}{mapping.to_toml()}".encode()).hexdigest()
        is_here = bench.uploaded is not None and bench.uploaded.digest == known_as
        if not is_here:
            bench.uploaded = None
            _use_button(bench, incoming, examined, known_as)
    return examined.problems


def ask_units(questions: Sequence[Problem], *, key: str) -> dict[str, str]:
    """Ask for units.

    ``questions``: of units, each asks for one column.
    """
    answers = {}
    for question in questions:
        st.warning(in_words(question.found), icon=":material/help:")
        chosen = st.radio(
            t("Unit of “{name}”", name=t(TARGETS[question.asks])),
            question.choices,
            index=None,
            horizontal=True,
            format_func=lambda unit: t(UNIT_NAMES[unit]),
            key=f"{key}-unit-{question.asks}",
        )
        if chosen is not None:
            answers[question.asks] = chosen
    return answers


def in_words(found: str) -> str:
    """What was found, with wanted columns called as on the screen.

    ``found``: of a problem, names columns as the package does.
    """
    return _OURS.sub(lambda match: t(TARGETS[match.group()]), say(found))


_OURS = re.compile(
    r"(?<=read as )\w+|(?<=按 )\w+(?= 读取)|\b(?:" + "|".join(n for n in TARGETS if "_" in n) + r")\b"
)
"""Names of wanted columns in a text, where they cannot be words of it."""


def _use_button(bench: Bench, incoming: Incoming, examined: Examined, known_as: str) -> None:
    """Take the cohort on a click, once nothing is open."""
    is_asked = any(problem.is_question for problem in examined.problems)
    is_refused = any(problem.is_refusal for problem in examined.problems)
    if is_asked:
        st.caption(t("Answer the questions above first."))
    elif is_refused:
        st.caption(t("Correct what stands below, or match another column; nothing was computed."))
    if st.button(t("Use these columns"), type="primary", key="tiers-use-columns", disabled=is_refused):
        bench.uploaded = Uploaded(examined.cohort, known_as, incoming.table, f"--mapping {MAPPING_FILE}")
        st.rerun()


def _choose_sheet(incoming: Incoming, content: bytes) -> None:
    """Let another sheet, or a saved mapping, be chosen."""
    sheet = incoming.sheet
    if sheet is None:
        return
    if sheet.others:
        names = sorted((sheet.name, *sheet.others))
        chosen = st.selectbox(t("Sheet"), names, names.index(sheet.name), key=f"tiers-sheet-{incoming.digest[:8]}")
        if chosen != sheet.name:
            # By its place: the name of a sheet may name somebody.
            key = f"tiers-sheet-{incoming.digest[:16]}-{names.index(chosen)}"
            incoming.sheet = in_turn(
                key, lambda: read_sheet(content, is_workbook=incoming.is_workbook, sheet=chosen)
            )
            incoming.mapping = guess_mapping(incoming.sheet)
            incoming.version += 1
    with st.popover(t("Load a saved matching")):
        file = st.file_uploader(t("Matching (TOML)"), "toml", key=f"tiers-mapping-file-{incoming.digest[:8]}")
    if file is None or sha256(file.getvalue()).hexdigest() == incoming.loaded:
        return
    incoming.loaded = sha256(file.getvalue()).hexdigest()
    try:
        incoming.mapping = mapping_of(file.getvalue().decode("utf-8-sig", errors="replace"))
        incoming.version += 1
    except DeepTeppError as error:
        findings_list([Finding.from_error(error)])


def _matched(incoming: Incoming) -> tuple[Mapping, Examined]:
    """Show a row for every wanted column, then the questions; give the mapping and what came of it."""
    sheet, key = incoming.sheet, f"tiers-map-{incoming.digest[:8]}-{incoming.version}"
    if sheet is None:
        return incoming.mapping, examine_mapped(Sheet({}, ()), incoming.mapping)
    st.caption(
        t("{n} rows. The columns were guessed from their names and cells; please check them.", n=len(sheet.rows))
    )
    by_dates = _is_by_dates(incoming.mapping, key)
    shown = [*_NEEDED, *(_BY_DATES if by_dates else _BY_TIMES)]
    facts = [name for name in WANTED if name not in (*_FOLLOW_UP, *_NEEDED)]
    first = [name for name in facts if name in incoming.mapping.uses]
    mapping = replace(incoming.mapping, uses={})
    # What becomes of a column stands beside it, so it is read once with the columns as they were last chosen.
    chosen = {name: _held(name, incoming.mapping, sheet, key) for name in (*shown, *facts)}
    mapping = replace(mapping, uses={name: use for name, use in chosen.items() if use is not None})
    outcome = {each.target: each for each in examine_mapped(sheet, mapping, allow_gaps=True).preview}
    for name in shown:
        _row(name, chosen[name], sheet, outcome, key)
    _counted(outcome, mapping)
    for name in first:
        _row(name, chosen[name], sheet, outcome, key)
    with st.expander(t("Other facts ({n} not matched)", n=len(facts) - len(first))):
        for name in (each for each in facts if each not in first):
            _row(name, chosen[name], sheet, outcome, key)
    mapping, examined = _answered(sheet, mapping, key)
    save_button(t("Save this matching"), mapping.to_toml(), MAPPING_FILE, key="tiers-save-mapping")
    return mapping, examined


def _is_by_dates(guess: Mapping, key: str) -> bool:
    """Ask whether follow-up is given as times or as dates."""
    options = ("times", "dates")
    guessed = "dates" if "surgery_date" in guess.uses and "rfs_months" not in guess.uses else "times"
    names = {
        "times": t("As times (months, days or years)"),
        "dates": t("As dates (surgery, recurrence, last visit)"),
    }
    chosen = st.radio(
        t("Follow-up is given"),
        options,
        options.index(guessed),
        horizontal=True,
        format_func=names.__getitem__,
        key=f"{key}-way",
    )
    return chosen == "dates"


def _held(target: str, guess: Mapping, sheet: Sheet, key: str) -> Use | None:
    """Column and unit that the controls hold; what was guessed before they are drawn."""
    guessed = guess.uses.get(target)
    # What is read here is what the boxes are drawn with further down.
    keep_choice(f"{key}-{target}", (None, *sheet.columns), guessed.column if guessed else None)
    column = st.session_state.get(f"{key}-{target}", guessed.column if guessed else None)
    if column is None or column not in sheet.columns:
        return None
    use = guessed if guessed and guessed.column == column else use_of(target, column, sheet)
    keep_choice(f"{key}-{target}-{column}-unit", (None, *UNITS.get(target, ())), use.unit or None)
    unit = st.session_state.get(f"{key}-{target}-{column}-unit")
    return replace(use, unit=unit, is_sure=True) if unit and unit != use.unit else use


def _row(target: str, use: Use | None, sheet: Sheet, outcome: dict[str, Preview], key: str) -> None:
    """Show what is wanted, its column, its unit, and what it becomes."""
    name, column, unit, becomes = st.columns(_WIDTHS, vertical_alignment="center")
    name.markdown(t(TARGETS[target]))
    options = [None, *sheet.columns]
    with column:
        st.selectbox(
            t(TARGETS[target]),
            options,
            options.index(use.column) if use else 0,
            format_func=lambda each: t("not in the table") if each is None else each,
            key=f"{key}-{target}",
            label_visibility="collapsed",
        )
    if use is not None and use.unit and use.unit != "words" and target in UNITS and target not in DATES:
        with unit:
            st.selectbox(
                t("Unit of “{name}”", name=t(TARGETS[target])),
                UNITS[target],
                UNITS[target].index(use.unit),
                format_func=lambda each: t(UNIT_NAMES[each]),
                key=f"{key}-{target}-{use.column}-unit",
                label_visibility="collapsed",
            )
    if target in outcome and use is not None:
        becomes.caption(_outcome(outcome[target]))


def _outcome(each: Preview) -> str:
    """What became of a column."""
    counts = t("{n} read, {m} empty", n=each.n_read, m=each.n_empty)
    if each.n_strange:
        counts = t("{n} read, {m} empty, **{k} not understood**", n=each.n_read, m=each.n_empty, k=each.n_strange)
    renamed = [
        (word, shown_meaning(each.target, meaning), n)
        for word, meaning, n in each.words
        if meaning is not None and meaning != word
    ]
    if renamed and len(renamed) <= _MOST_WORDS:
        # Whoever looks it through has to see which of her words became which of ours.
        became = ", ".join(f"{word} → {_meaning_name(meaning)} ({n})" for word, meaning, n in renamed)
        return f"{counts} · {became}"
    return f"{counts} · {say(each.becomes)}" if each.becomes else counts


def _counted(outcome: dict[str, Preview], mapping: Mapping) -> None:
    """Show the follow-up that was counted from dates."""
    for target in MONTHS:
        if target in outcome and target not in mapping.uses:
            st.markdown(f"**{t(TARGETS[target])}**: {_outcome(outcome[target])}")


def _answered(sheet: Sheet, mapping: Mapping, key: str) -> tuple[Mapping, Examined]:
    """Ask what only the visitor can say, and follow the answers."""
    asked: set[tuple[str, str]] = set()
    examined = examine_mapped(sheet, mapping, allow_gaps=True)
    for _ in range(_ROUNDS):
        new = [each for each in examined.problems if each.is_question and (each.rule, each.asks) not in asked]
        if not new:
            break
        asked |= {(each.rule, each.asks) for each in new}
        for question in new:
            mapping = _answer(question, mapping, examined, key)
        examined = examine_mapped(sheet, mapping, allow_gaps=True)
    return mapping, examined


def _answer(question: Problem, mapping: Mapping, examined: Examined, key: str) -> Mapping:
    """Ask one question, and give the mapping with the answer in it."""
    if question.rule == WORDS_RULE:
        return _ask_words(question, mapping, examined, key)
    if question.rule == ARM_RULE:
        return _ask_everyone(question, mapping, key)
    for target, unit in ask_units([question], key=key).items():
        mapping = mapping.with_unit(target, unit)
    return mapping


def _ask_everyone(question: Problem, mapping: Mapping, key: str) -> Mapping:
    """Ask what all patients had, where no column says it."""
    st.warning(in_words(question.found), icon=":material/help:")
    chosen = st.radio(
        t("All patients had"),
        question.choices,
        index=None,
        horizontal=True,
        format_func=_meaning_name,
        key=f"{key}-everyone",
    )
    return replace(mapping, everyone=chosen) if chosen else mapping


def _ask_words(question: Problem, mapping: Mapping, examined: Examined, key: str) -> Mapping:
    """Ask what the words of a column mean that are not known."""
    target = question.asks
    use = mapping.uses[target]
    words = next(each.words for each in examined.preview if each.target == target)
    st.warning(in_words(question.found), icon=":material/help:")
    said = dict(use.words)
    for i, (word, _, n) in enumerate(each for each in words if each[1] is None):
        keep_choice(f"{key}-{target}-{use.column}-word-{i}", (None, *question.choices), None)
        chosen = st.selectbox(
            t("“{word}” ({n} patients) means", word=word, n=n),
            question.choices,
            index=None,
            placeholder=t("Choose"),
            format_func=lambda meaning: _meaning_name(shown_meaning(target, meaning)),
            key=f"{key}-{target}-{use.column}-word-{i}",
            width=420,
        )
        if chosen is not None:
            said[word] = chosen
    return mapping.using(target, replace(use, words=said))


def _meaning_name(meaning: str) -> str:
    """Say a meaning in the words of the screens."""
    known = {
        "none": t("No anti-HER2 treatment"),
        "T": t("Trastuzumab"),
        "T+P": t("Trastuzumab + pertuzumab"),
        "unknown": t("unknown, or none of these"),
        "yes": t("Yes"),
        "no": t("No"),
    }
    return known.get(meaning, meaning)
