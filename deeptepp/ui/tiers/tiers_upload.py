"""A visitor's own table, from the file to a checked cohort: ours, a public one, or one whose columns are matched.

The file is written to disk only to be read, in a folder of its own that is gone before anything is shown; the
patients stay in the memory of this session.
"""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import streamlit as st

from deeptepp.datasets.columns.guess import guess_mapping
from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.datasets.own import PARQUET, Examined, examine_cohort, own_mapping
from deeptepp.datasets.problems import Problem, rows_in_words
from deeptepp.datasets.public.imported import Imported
from deeptepp.datasets.public.registry import read_public, recognised
from deeptepp.datasets.raw_cells import is_workbook
from deeptepp.datasets.template import TEMPLATE
from deeptepp.domain.risk import Finding
from deeptepp.errors import DeepTeppError, UnreadableCohort
from deeptepp.ui.parts.cards import findings_list
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.tiers.tiers_incoming import Incoming, incoming_table
from deeptepp.ui.tiers.tiers_mapping import ask_units, in_words, mapping_part
from deeptepp.ui.tiers.tiers_reading import NotYet, in_turn
from deeptepp.ui.tiers.tiers_state import Bench, Uploaded
from deeptepp.ui.words.language import say, t

_ENDINGS = ("csv", "xlsx", "xlsm", "txt", "tsv", "parquet")
_MOST_MB = 20


def upload_part(bench: Bench) -> None:
    """Take a table and make it the cohort of the laboratory, or say what stands in the way.

    ``bench``: the laboratory, remembers the cohort.
    """
    st.markdown(
        t(
            "Upload a table: one row per patient, in whatever columns. Names and dates of birth are dropped at "
            "once, other dates become months. The file is deleted as soon as it is read; the patients stay in the "
            "memory of this session and are gone with it."
        ),
        width=860,
    )
    with st.container(key="tiers-upload", width=860):
        file = st.file_uploader(
            t("Your cohort (CSV, Excel or Parquet)"), _ENDINGS, key="tiers-file", max_upload_size=_MOST_MB
        )
        save_button(t("Save an empty table to fill in"), TEMPLATE, "deeptepp-cohort.csv", key="tiers-template")
    if file is not None:
        _take_in(bench, file.name, file.getvalue())


def examine_upload(name: str, content: bytes, units: Mapped[str, str] | None = None) -> Examined:
    """Read an uploaded table in our columns by way of a file that is deleted at once.

    ``name``: as the browser says, only its ending is used. Raises CohortError: the file cannot be read at all.
    """
    with TemporaryDirectory(prefix="deeptepp-cohort-") as folder:
        path = _written(folder, name, content)
        return examine_cohort(path, allow_gaps=True, units=units or {})


def table_name(name: str) -> str:
    """Name that stands for a visitor's file in a command line.

    ``name``: as the browser says, only its ending is used. Returns for example ``YOUR-TABLE.xlsx``.
    """
    return f"YOUR-TABLE{PurePath(name).suffix.lower()}"


def problem_table(problems: Sequence[Problem]) -> None:
    """Show what is wrong, refusals first; questions are asked elsewhere.

    ``problems``: in any order.
    """
    shown = [problem for problem in problems if not problem.is_question]
    if not problems:
        st.success(t("Nothing is wrong with this table."))
    if not shown:
        return
    ordered = sorted(shown, key=lambda each: (not each.is_refusal, each.rule))
    rows = [
        {
            t("Kind"): t("must be corrected") if each.is_refusal else t("to know"),
            t("Rule"): each.rule,
            t("Rows"): say(rows_in_words(each.rows)) if each.rows else t("whole table"),
            t("Found"): in_words(each.found),
            t("What to do"): say(each.remedy),
        }
        for each in ordered
    ]
    st.table(rows, hide_index=True, border="horizontal")


def _written(folder: str, name: str, content: bytes) -> Path:
    """Write an upload under a name of our own."""
    path = Path(folder) / f"cohort{PurePath(name).suffix.lower()}"
    path.write_bytes(content)
    return path


def _take_in(bench: Bench, name: str, content: bytes) -> None:
    """Go the way that the table needs."""
    digest = sha256(content).hexdigest()
    incoming = incoming_table(digest)
    try:
        if incoming is None:
            bench.uploaded = None
            looked = in_turn(f"tiers-look-{digest[:16]}", lambda: _first_look(name, content, digest))
            incoming = incoming_table(digest, looked)
        if incoming is None:
            return
        if incoming.public is not None:
            _import_public(bench, incoming, name, content)
        elif incoming.sheet is None:
            _take_ours(bench, digest, name, content)
        else:
            _told(bench, mapping_part(bench, incoming, content))
    except NotYet:
        bench.uploaded = None
    except DeepTeppError as error:
        bench.uploaded = None
        findings_list([Finding.from_error(error)])
        st.write(t("Correct the table and upload it again; the empty table above shows what is needed."))


def _told(bench: Bench, problems: Sequence[Problem]) -> None:
    """Show what is wrong; folded once the cohort is in use."""
    if bench.uploaded is None or not problems:
        problem_table(problems)
        return
    with st.expander(t("What was found in the table ({n})", n=len(problems))):
        problem_table(problems)


def _first_look(name: str, content: bytes, digest: str) -> Incoming:
    """What a file is: a public table, ours, or one whose columns have to be matched."""
    incoming = Incoming(digest=digest, table=table_name(name))
    ending = PurePath(name).suffix.lower()
    if ending == PARQUET:
        return incoming
    with TemporaryDirectory(prefix="deeptepp-cohort-") as folder:
        incoming.public = recognised(_written(folder, name, content))
    if incoming.public is not None:
        return incoming
    try:
        sheet = read_sheet(content, is_workbook=is_workbook(ending))
    except UnreadableCohort:
        return incoming
    guess = guess_mapping(sheet)
    if own_mapping(sheet) is None and sheet.has_names and guess.uses:
        incoming.is_workbook = is_workbook(ending)
        incoming.sheet, incoming.mapping = sheet, guess
    return incoming


def _take_ours(bench: Bench, digest: str, name: str, content: bytes) -> None:
    """Check a table in our columns, and ask for units that its numbers speak against."""
    units: dict[str, str] = {}
    examined = _examined(digest, name, content, units)
    # An answer may bring out another question, and each column is asked once.
    while questions := [each for each in examined.problems if each.is_question and each.asks not in units]:
        answers = ask_units(questions, key=f"tiers-ours-{digest[:8]}")
        if not answers:
            break
        units |= answers
        examined = _examined(digest, name, content, units)
    offered = [each for each in examined.problems if each.asks and not each.is_refusal]
    if offered:
        with st.popover(t("Follow-up in another unit")):
            chosen = ask_units(offered, key=f"tiers-ours-{digest[:8]}-offered")
        if chosen:
            units |= chosen
            examined = _examined(digest, name, content, units)
    problem_table(examined.problems)
    if any(problem.is_refusal for problem in examined.problems):
        bench.uploaded = None
        is_asked = any(problem.is_question for problem in examined.problems)
        if not is_asked:
            st.write(t("Correct these rows and upload again. Nothing was computed."))
        return
    known_as = sha256(f"{digest}{sorted(units.items())}".encode()).hexdigest() if units else digest
    if bench.uploaded is None or bench.uploaded.digest != known_as:
        said = " ".join(f"--unit {column}={unit}" for column, unit in sorted(units.items()))
        bench.uploaded = Uploaded(examined.cohort, known_as, table_name(name), said)


def _imported(public: str, name: str, content: bytes) -> Imported:
    """Read a public table by way of a file that is deleted at once."""
    with TemporaryDirectory(prefix="deeptepp-cohort-") as folder:
        return read_public(public, _written(folder, name, content))


def _examined(digest: str, name: str, content: bytes, units: dict[str, str]) -> Examined:
    """Examine a table in its turn."""
    said = dict(units)
    known_as = sha256(f"{digest}{sorted(said.items())}".encode()).hexdigest()
    return in_turn(f"tiers-examine-{known_as[:16]}", lambda: examine_upload(name, content, said))


def _import_public(bench: Bench, incoming: Incoming, name: str, content: bytes) -> None:
    """Offer to import a public table, and do so on a click."""
    source = incoming.public
    if source is None:
        return
    st.info(
        t(
            "This is the public table **{title}**. Licence: {licence}. It is read with every quirk counted; no "
            "column has to be matched.",
            title=source.title,
            licence=source.licence,
        )
    )
    only = st.checkbox(t("Only patients who are known to be HER2-positive"), value=True, key="tiers-public-her2")
    known_as = sha256(f"{incoming.digest}{only}".encode()).hexdigest()
    is_here = bench.uploaded is not None and bench.uploaded.digest == known_as
    if not is_here and st.button(t("Import {title}", title=source.title), type="primary", key="tiers-public"):
        incoming.is_asked_for = True
    if not is_here and incoming.is_asked_for:
        imported = in_turn(f"tiers-import-{known_as[:16]}", lambda: _imported(source.name, name, content))
        incoming.is_asked_for = False
        chosen = imported.her2_positive() if only else imported
        positive = " --her2-positive" if only else ""
        made = f"deeptepp cohort import {source.name} YOUR-TABLE{positive} --out {source.name}.parquet"
        bench.uploaded = Uploaded(chosen.cohort, known_as, f"{source.name}.parquet", before=made)
        incoming.problems = imported.problems
        st.rerun()
    if is_here:
        with st.expander(t("What was found in the table ({n})", n=len(incoming.problems))):
            st.caption(t("Cite: {citation}", citation=source.citation))
            problem_table(incoming.problems)
    else:
        bench.uploaded = None
