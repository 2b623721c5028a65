"""A visitor's own cohort: what is wrong with it, what it can answer, and how the score does in it.

The file is written to disk only to be read, in a folder of its own that is gone before anything is shown; the
patients stay in the memory of this session.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import streamlit as st

from deeptepp.datasets.own import Examined, examine_cohort
from deeptepp.datasets.problems import Problem, rows_in_words
from deeptepp.datasets.template import TEMPLATE
from deeptepp.domain.risk import Finding
from deeptepp.errors import DeepTeppError
from deeptepp.model.bundle import ModelBundle
from deeptepp.ui.cards import findings_list
from deeptepp.ui.language import t
from deeptepp.ui.tiers_own import show_cohort
from deeptepp.ui.tiers_state import Bench, Uploaded

_ENDINGS = ("csv", "xlsx", "parquet")
_MOST_MB = 20


@st.fragment
def validation_part(bench: Bench, bundle: ModelBundle) -> None:
    """Take a cohort, say what is wrong with it, and measure the score in it.

    Parameters
    ----------
    bench : Bench
        The laboratory; remembers the cohort.
    bundle : ModelBundle
        Made the scores, or will have.
    """
    st.markdown(
        t(
            "Hand in a table of your own patients: one row a patient, a pseudonym and no dates. The file is "
            "deleted as soon as it is read; the patients stay in the memory of this session and are gone with it."
        ),
        width=860,
    )
    with st.container(key="tiers-upload", width=860):
        st.download_button(
            t("Save an empty table to fill in"),
            TEMPLATE,
            file_name="deeptepp-cohort.csv",
            mime="text/csv",
            on_click="ignore",
            key="tiers-template",
        )
        file = st.file_uploader(
            t("Your cohort (CSV, Excel or Parquet)"), _ENDINGS, key="tiers-file", max_upload_size=_MOST_MB
        )
    if file is not None:
        _take_in(bench, file.name, file.getvalue())
    if bench.uploaded is not None:
        show_cohort(bench, bundle, bench.uploaded)


def examine_upload(name: str, content: bytes) -> Examined:
    """Read an uploaded table by way of a file that is deleted at once.

    Parameters
    ----------
    name : str
        As the browser says; only its ending is used.
    content : bytes
        The file.

    Returns
    -------
    Examined
        The cohort with its problems.

    Raises
    ------
    CohortError
        The file cannot be read at all.
    """
    with TemporaryDirectory(prefix="deeptepp-cohort-") as folder:
        path = Path(folder) / f"cohort{PurePath(name).suffix.lower()}"
        path.write_bytes(content)
        return examine_cohort(path, allow_gaps=True)


def _take_in(bench: Bench, name: str, content: bytes) -> None:
    """Read the file that was handed in, unless it is the one at hand."""
    digest = sha256(content).hexdigest()
    if bench.uploaded is None or bench.uploaded.digest != digest:
        bench.uploaded = None
    try:
        examined = examine_upload(name, content)
    except DeepTeppError as error:
        findings_list([Finding.from_error(error)])
        st.write(t("Mend the table and hand it in again; the empty table above shows what is needed."))
        return
    _problems(examined.problems)
    if any(problem.is_refusal for problem in examined.problems):
        st.write(t("Mend the rows above and hand the table in again. Nothing was computed."))
        return
    if bench.uploaded is None:
        bench.uploaded = Uploaded(examined.cohort, digest, PurePath(name).suffix.lower())


def _problems(problems: tuple[Problem, ...]) -> None:
    """Show what is wrong, refusals first."""
    if not problems:
        st.success(t("Nothing is wrong with this table."))
        return
    ordered = sorted(problems, key=lambda each: (not each.is_refusal, each.rule))
    rows = [
        {
            t("Kind"): t("must be mended") if each.is_refusal else t("to know"),
            t("Rule"): each.rule,
            t("Rows"): rows_in_words(each.rows) if each.rows else t("whole table"),
            t("Found"): each.found,
            t("What to do"): each.remedy,
        }
        for each in ordered
    ]
    st.table(rows, hide_index=True, border="horizontal")
