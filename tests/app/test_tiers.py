"""The tiers laboratory: a moved cut-off redraws, address and recipe hold it, an own cohort stays in memory."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path

import foreign_tables
import public_tables
import pytest
import tiny_bundle
from clinical_patients import bundle_of, patients
from screens import words_on
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.datasets.template import TEMPLATE
from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.model.bundle import default_bundle_path, load_bundle, save_bundle
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.tables import write_cohort
from deeptepp.ui.background.jobs import default_runner
from deeptepp.ui.tiers import tiers_reading
from deeptepp.ui.tiers.tiers_upload import examine_upload

PUBLISHED = Recipe.as_published(tiny_bundle.TIERS)


def bench_of(at):
    return at.session_state["deeptepp-tiers"]


@pytest.fixture
def tiers(open_page):
    return open_page("tiers").run()


def sizes_on(at) -> list[int]:
    return [int(n) for n in at.table[0].value["Patients"]]


def test_the_first_visit_shows_the_published_tiers(tiers):
    assert not tiers.exception
    assert bench_of(tiers).recipe == PUBLISHED
    assert dict(tiers.query_params) == {}
    assert sum(sizes_on(tiers)) == tiny_bundle.N_PATIENTS
    assert tiers.button(key="tiers-as-published").disabled
    assert "1 pair of cut-offs" in words_on(tiers)


def test_a_moved_cut_off_changes_tiers_address_and_count(tiers):
    before = sizes_on(tiers)
    tiers.slider(key="tiers-low-below").set_value(0.2).run()
    assert not tiers.exception
    assert sizes_on(tiers)[0] < before[0]
    assert tiers.query_params["low-below"] == "0.2"
    assert "2 pairs of cut-offs" in words_on(tiers)
    tiers.button(key="tiers-as-published").click().run()
    assert sizes_on(tiers) == before
    assert dict(tiers.query_params) == {}
    assert "2 pairs of cut-offs" in words_on(tiers)


def test_one_cut_off_pushes_the_other(tiers):
    tiers.slider(key="tiers-low-below").set_value(0.8).run()
    assert not tiers.exception
    assert bench_of(tiers).recipe.high_from == 0.8
    tiers.slider(key="tiers-high-from").set_value(0.3).run()
    assert bench_of(tiers).recipe.low_below == 0.3


def test_a_pasted_address_brings_everything_back(open_page):
    asked = Recipe(
        low_below=0.25, high_from=0.5, endpoint=Endpoint.OS, arms=(Arm.T, Arm.TP), caliper_sd=None, subgroup="ER"
    )
    at = open_page("tiers")
    for name, text in asked.to_query().items():
        at.query_params[name] = text
    at.query_params["lang"] = "en"
    at.run()
    assert not at.exception
    assert bench_of(at).recipe == asked
    assert at.slider(key="tiers-low-below").value == 0.25
    at.run()
    assert bench_of(at).recipe == asked


def test_a_wrong_address_is_refused_by_its_rule_and_shows_the_published(open_page):
    at = open_page("tiers")
    at.query_params["low-below"] = "2"
    at.run()
    assert not at.exception
    assert "recipe.out-of-range" in words_on(at)
    assert bench_of(at).recipe == PUBLISHED


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("Hazard ratios", "Tier, stage and treatment together"),
        ("Subgroups", "One-step estimates"),
        ("Net benefit", "The risk of a tier is read from the same patients"),
        ("Optimism", "corrected for the search"),
        ("Treatments", "Treatments were not assigned at random"),
    ],
)
def test_every_part_opens(tiers, tab, said):
    tiers.session_state["tiers-tab"] = tab
    tiers.run()
    assert not tiers.exception
    text = words_on(tiers)
    assert said in text
    assert "no benefit" not in text.lower()


def test_a_choice_stays_when_its_control_is_out_of_sight(tiers):
    tiers.selectbox(key="tiers-matching").select_index(2).run()
    chosen = bench_of(tiers).recipe.matching
    for tab in ("Optimism", "Survival estimates"):
        tiers.session_state["tiers-tab"] = tab
        tiers.run()
        tiers.slider(key="tiers-low-below").set_value(0.3).run()
    assert bench_of(tiers).recipe.matching is chosen


def test_the_recipe_on_the_screen_is_the_one_shown(tiers):
    tiers.slider(key="tiers-low-below").set_value(0.3).run()
    shown = next(code.value for code in tiers.code if "schema" in code.value)
    assert Recipe.from_json(shown) == bench_of(tiers).recipe
    assert json.loads(shown)["low_below"] == 0.3


def _own(tiers, name: str, content: bytes):
    tiers.session_state["tiers-part"] = "Validate in your own cohort"
    tiers.run()
    tiers.file_uploader(key="tiers-file").set_value((name, content, "application/octet-stream")).run()
    assert not tiers.exception
    return tiers


def test_an_own_cohort_with_scores_is_validated_and_moves_into_the_laboratory(tiers, tmp_path):
    write_cohort(tiny_bundle.tiny_cohort(), tmp_path / "c.parquet")
    at = _own(tiers, "c.parquet", (tmp_path / "c.parquet").read_bytes())
    text = words_on(at).replace("\u00a0", " ")
    assert "60 patients" in text
    assert "Discrimination over time" in text
    assert "SIMULATED COHORT" in text
    at.button(key="tiers-use-own").click().run()
    assert not at.exception
    assert bench_of(at).recipe.cohort is CohortChoice.UPLOADED
    assert bench_of(at).is_own
    assert at.query_params["cohort"] == "uploaded"


def own_table(*, with_tiers: bool, model: str = "") -> bytes:
    """Sixty real patients with scores, their tiers exchanged, named by a model or by none."""
    made = tiny_bundle.tiny_cohort()
    names = ["arm", "rfs_months", "rfs_event", "os_months", "os_event", "node_stage", "score"]
    other = {"Low": "High", "High": "Low", "Moderate": "Moderate"}
    lines = [",".join(["subject", *names, *(["tier"] if with_tiers else []), "score_model"])]
    for i in range(len(made)):
        cells = [str(made[name][i]).replace("True", "1").replace("False", "0") for name in names]
        tier = [other[made["tier"][i]]] if with_tiers else []
        lines.append(",".join([f"P{i}", *cells, *tier, model]))
    return "\n".join(lines).encode()


def test_real_patients_with_scores_from_elsewhere_are_marked_nowhere_and_their_tiers_are_used(tiers):
    at = _own(tiers, "c.csv", own_table(with_tiers=True))
    text = words_on(at)
    assert "The patients are real; their scores were computed elsewhere." in text
    assert "Were Low and High exchanged?" in text
    assert "REAL PATIENTS, SIMULATED MODEL" not in text
    assert "SIMULATED COHORT" not in text
    assert "<b>SIMULATED MODEL</b>" in text
    assert "those of your table are not." in text
    figures = "".join(each.proto.spec for each in at.get("plotly_chart"))
    assert "Survival" in text
    assert "SIMULATED" not in figures
    at.selectbox(key="tiers-own-by").set_value("Tier").run()
    given = [int(n) for n in at.table[1 if "Kind" in at.table[0].value.columns else 0].value["Patients"]]
    made = tiny_bundle.tiny_cohort()["tier"].tolist()
    assert given == [made.count("High"), made.count("Moderate"), made.count("Low")]
    assert "Tiers as given by the table." in words_on(at)
    at.segmented_control(key="tiers-own-source").set_value("cut-offs").run()
    assert "the tier column of the table is not used" in words_on(at)
    recipe = next(code.value for code in at.code if "schema" in code.value)
    assert Recipe.from_json(recipe).cohort_sha256 == bench_of(at).uploaded.cohort.digest
    at.button(key="tiers-use-own").click().run()
    assert "the tier column of the table is not used" in words_on(at)
    assert "SIMULATED" not in "".join(each.proto.spec for each in at.get("plotly_chart"))


def test_real_patients_scored_by_the_simulated_model_are_called_just_that(tiers):
    digest = load_bundle(default_bundle_path()).sha256
    at = _own(tiers, "c.csv", own_table(with_tiers=False, model=digest[:12]))
    assert "REAL PATIENTS, SIMULATED MODEL" in words_on(at)
    figures = [each.proto.spec for each in at.get("plotly_chart")]
    assert any("REAL PATIENTS, SIMULATED MODEL" in each for each in figures)
    assert not any("SIMULATED COHORT" in each for each in figures)


def test_the_command_line_on_the_screen_runs_as_printed(tiers, tmp_path, monkeypatch):
    content = own_table(with_tiers=False)
    at = _own(tiers, "Anna.csv", content)
    command = next(code.value for code in at.code if code.value.startswith("deeptepp report recipe"))
    assert "Anna" not in command
    recipe = next(code.value for code in at.code if "schema" in code.value)
    (tmp_path / "deeptepp-recipe.json").write_text(recipe)
    (tmp_path / "YOUR-TABLE.csv").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command.split()[1:])
    assert done.exit_code == 0, done.output
    last = content.rstrip().rpartition(b"\n")[0]
    (tmp_path / "YOUR-TABLE.csv").write_bytes(last + b"\n")
    assert CliRunner().invoke(app, command.split()[1:]).exit_code == 1
    again = CliRunner().invoke(app, [*command.split()[1:], "--another-table"])
    assert again.exit_code == 0, again.output


def test_an_own_cohort_without_scores_hears_what_is_missing(tiers):
    rows = ["subject,arm,rfs_months,rfs_event,os_months,os_event,tumour_size_mm"]
    rows += [f"p{i},{'T' if i % 2 else 'T+P'},{10 + i},{i % 3 == 0:d},{10 + i},0,20" for i in range(30)]
    text = words_on(_own(tiers, "c.csv", "\n".join(rows).encode()))
    assert "needs the breast MR" in text
    assert "the columns separate the classes" in text  # of the few patients of the tiny bundle
    assert "Is the cohort large enough" in text
    assert "Are there events enough to compare treatments?" in text
    assert "Survival in your cohort" in text
    assert "Recurrence-free survival by Anti-HER2 therapy" in text or at_has_figure(tiers, "by Anti-HER2 therapy")


def at_has_figure(at, words: str) -> bool:
    """Whether a figure on the screen says some words."""
    return any(words in each.proto.spec for each in at.get("plotly_chart"))


def test_an_own_cohort_of_clinical_facts_is_validated_under_their_own_name(open_page, tmp_path, monkeypatch):
    save_bundle(bundle_of(tmp_path / "tiny", patients(600, seed=1)[0]), tmp_path / "known")
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path / "known"))
    own = patients(120, seed=2)[0]
    names = ("subject", "arm", "rfs_months", "rfs_event", "os_months", "os_event", "tumour_size_mm", "node_stage")
    rows = [
        ",".join(names),
        *(",".join(map(str, row)) for row in zip(*(own[name] for name in names), strict=True)),
    ]
    table = "\n".join(rows).replace("True", "1").replace("False", "0")
    at = _own(open_page("tiers").run(), "c.csv", table.encode())
    text = words_on(at)
    assert "What follows is measured with the clinical facts alone" in text
    assert "Discrimination over time: clinical facts alone, not the DeepTEPP score" in text
    assert "SIMULATED MODEL: the model of these facts learnt from simulated patients." in text
    unknown = next(each.value for each in at.table if "Where unknown" in each.value.columns)
    gaps = dict(zip(unknown["Fact"], unknown["Unknown"], strict=True))
    assert gaps["Progesterone receptor (PR)"].startswith("120 (")
    assert gaps["Tumour size (mm)"].startswith("0 (")
    assert "tiers-use-own" not in {button.key for button in at.button}


def test_foreign_columns_are_matched_asked_and_become_curves(tiers):
    rows = foreign_tables.german_rows(foreign_tables.simulated(90))
    for i, row in enumerate(rows):
        row["Antikörpertherapie"] = str(i % 3)
    at = _own(tiers, "klinik.csv", foreign_tables.as_csv(rows).encode("cp1252"))
    assert at.button(key="tiers-use-columns").disabled
    text = words_on(at)
    assert "90 of 90 cells are not understood: 0 (30), 1 (30), 2 (30)" in text
    assert "Time to recurrence or last visit" in text
    assert "Mustermann" not in text
    for word in at.selectbox:
        if word.label.startswith("“"):
            word.set_value(("none", "T", "T+P")[int(word.label[1])])
    at.run()
    assert not at.exception
    at.button(key="tiers-use-columns").click().run()
    assert not at.exception
    cohort = bench_of(at).uploaded.cohort
    assert cohort["arm"].tolist() == [("none", "T", "T+P")[i % 3] for i in range(90)]
    assert "Is the cohort large enough" in words_on(at)
    size = next(each for each in at.selectbox if each.key.endswith("-tumour_size_mm"))
    size.select_index(0).run()
    assert bench_of(at).uploaded is None


def test_times_in_weeks_are_asked_on_the_screen_and_computed_once_it_is_said(tiers):
    lines = [f"P{i},{('none', 'T', 'T+P')[i % 3]},{200 + 4 * i},{i % 3 == 0:d},{200 + 4 * i},0" for i in range(60)]
    table = "\n".join(["subject,arm,rfs_months,rfs_event,os_months,os_event", *lines])
    at = _own(tiers, "c.csv", table.encode())
    assert bench_of(at).uploaded is None
    for each in at.radio:
        if each.label.startswith("Unit of"):
            assert each.options[0] == "weeks"
            each.set_value("weeks")
    at.run()
    assert not at.exception
    assert max(bench_of(at).uploaded.cohort["os_months"]) < 110


def test_a_public_table_is_imported_by_one_click(tiers, tmp_path):
    path = public_tables.write_public("metabric", tmp_path, {}, {}, {"HER2 Status": "Negative"})
    at = _own(tiers, path.name, path.read_bytes())
    assert "This is the public table **METABRIC**" in words_on(at)
    at.button(key="tiers-public").click().run()
    assert not at.exception
    assert len(bench_of(at).uploaded.cohort) == 2


def test_a_public_table_without_follow_up_is_imported_and_says_so(tiers, tmp_path):
    path = public_tables.write_public("ispy2", tmp_path, {}, {}, {"HER2": 0})
    at = _own(tiers, path.name, path.read_bytes())
    at.button(key="tiers-public").click().run()
    assert not at.exception
    assert len(bench_of(at).uploaded.cohort) == 2
    assert any("publishes no follow-up" in found for table in at.table for found in table.value.get("Found", ()))


def test_a_broken_table_is_shown_with_rule_rows_and_remedy(tiers):
    lines = [line for line in TEMPLATE.splitlines() if not line.startswith("#")]
    lines[1] = lines[1].replace(",64.2,0,64.2", ",-4,0,64.2")
    at = _own(tiers, "c.csv", "\n".join(lines).encode())
    problems = at.table[0].value
    assert {"Rule", "Rows", "Found", "What to do"} <= set(problems.columns)
    assert any("row" in rows for rows in problems["Rows"])
    assert bench_of(at).uploaded is None


def test_a_table_waits_for_its_turn_can_be_stopped_and_is_read_when_it_is_asked_for_again(tiers, monkeypatch):
    monkeypatch.setattr(tiers_reading, "QUICK_S", 0.05)
    release = threading.Event()
    default_runner().submit("somebody else", lambda _progress: release.wait(60))
    at = _own(tiers, "c.csv", TEMPLATE.encode())
    assert "Your table waits for its turn; work ahead of it: 1" in words_on(at)
    next(each for each in at.button if each.key.endswith("-stop")).click().run()
    assert "Stopped. The table was not read." in words_on(at)
    release.set()
    monkeypatch.setattr(tiers_reading, "QUICK_S", 50)
    next(each for each in at.button if each.key.endswith("-again")).click().run()
    assert not at.exception
    assert "Stopped" not in words_on(at)
    assert bench_of(at).uploaded is not None


def test_a_file_that_is_no_table_is_refused_calmly(tiers):
    assert "cohort.unreadable" in words_on(_own(tiers, "c.parquet", b"not parquet"))


def test_an_uploaded_file_leaves_nothing_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    examine_upload("../../x/Anna Example.CSV", TEMPLATE.encode())
    assert list(Path(tmp_path).iterdir()) == []
