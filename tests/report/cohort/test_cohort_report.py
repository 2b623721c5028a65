"""The report of a cohort holds the publication's whole set, whatever the cohort lacks."""

import csv
import json
import re

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import ARM, SCORE, TIER, Cohort, Endpoint
from deeptepp.domain.published import COMPARISONS
from deeptepp.domain.risk import Tier
from deeptepp.errors import UnreadableCohort
from deeptepp.file_sets import writing_set
from deeptepp.model.bundle import load_bundle
from deeptepp.report.cohort.cohort_outcomes import in_groups, outcome_items
from deeptepp.report.cohort.cohort_prognosis import adjusted_item
from deeptepp.report.cohort.cohort_report import (
    CohortReport,
    cohort_page,
    cohort_parts,
    read_suites,
    write_cohort_report,
)
from deeptepp.report.cohort.cohort_treatment import treatment_item
from deeptepp.report.report_page import write_report
from deeptepp.scoring.tiers import TierSource, with_tiers
from deeptepp.simulate.simulated_cohort import simulate_cohort

WHOLE_SET = {
    *("figure-1", "figure-2", "figure-3a", "figure-3b", "figure-3c", "figure-3d", "figure-4a", "figure-4b"),
    *("figure-4c", "figure-s3a", "figure-s3b", "figure-s4a", "figure-s4b", "figure-s4c", "figure-s5a"),
    *("figure-s5b", "figure-s5c", "figure-s6a", "figure-s6b", "table-1", "table-2", "table-s1", "table-s2"),
    *("table-s3", "cox-rfs", "cox-os"),
}


@pytest.fixture(scope="module")
def simulated():
    """All simulated patients with the tiers of a reader who sees most of their biology."""
    cohort = simulate_cohort(seed=4)
    noise = np.random.default_rng(4).standard_normal(len(cohort))
    risk = np.sqrt(0.91) * cohort["latent_risk"] + np.sqrt(0.09) * noise
    rank = np.argsort(np.argsort(-risk))
    tier = np.where(rank < 143, "High", np.where(rank < 287, "Moderate", "Low")).astype(object)
    return cohort.with_columns(**{TIER: tier, SCORE: np.clip(0.2 + 0.2 * risk, 0.01, 0.99)})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))


@pytest.fixture(scope="module")
def page(simulated, bundle):
    return cohort_page(simulated, bundle, CohortReport(name="<b>Cohort</b>"))


@pytest.fixture(scope="module")
def items(page):
    return {item.key: item for item in page.items}


def test_the_whole_set_of_the_publication_is_there_with_its_twin(items):
    assert set(items) >= WHOLE_SET
    for key in WHOLE_SET:
        assert items[key].is_made, (key, items[key].reason)
        assert items[key].beside is not None, key


def test_experiments_that_were_not_given_are_named(items):
    for key in ("figure-s3a", "table-2", "table-s2"):
        assert any("--experiments" in note for note in items[key].notes), key


def test_without_experiments_the_cohort_and_its_bundle_stand_alone(items, simulated):
    n = int((np.asarray(simulated[ARM]) != "T+P").sum())
    assert f"{n}\u00a0patients" in items["figure-s3a"].figures[0].layout.meta["alt"]
    assert len(items["table-s2"].tables[0].rows) == len(items["table-2"].tables[0].rows)
    assert {row[0] for row in items["table-s2"].beside.table.rows} >= {"VGG16", "DenseNet169"}


def test_groups_are_the_tiers_and_arms_that_the_publication_compares(simulated):
    published = next(each for each in COMPARISONS if each.where == "Figure 3B")
    names = in_groups(simulated, published)
    treated = np.isin(simulated[ARM], ["T", "T+P"]) & np.isin(simulated[TIER], ["Moderate", "High"])
    assert (names == "anti-HER2 therapy").sum() == treated.sum()
    assert (names == "").sum() == (simulated[TIER] == "Low").sum()


def test_printed_values_stand_beside_ours_and_nothing_is_mixed(items):
    table = items["figure-4a"].beside.table
    assert [row[1] for row in table.rows[:3]] == ["98.0\u00a0%", "80.3\u00a0%", "63.3\u00a0%"]
    ours = items["figure-4a"].tables[0]
    assert [row[0] for row in ours.rows] == ["Low", "Moderate", "High"]
    assert all("98.0" not in row[1] for row in ours.rows)


def test_every_estimate_carries_patients_and_events(items):
    for key in ("figure-3a", "figure-4a", "figure-s5c"):
        header = items[key].tables[0].header
        assert {"Patients", "Events"} <= set(header)
    assert re.search(r"\d+\spatients, \d+\sevents", items["cox-rfs"].tables[0].note)


def test_hazard_ratios_against_low_stand_beside_the_printed_ones(items):
    ratios, over_time = items["cox-rfs"].tables
    assert [row[0] for row in over_time.rows] == [*(row[0] for row in ratios.rows), "All terms together"]
    assert int(over_time.rows[-1][2]) == len(ratios.rows)
    rows = items["cox-rfs"].beside.table.rows
    assert [row[0] for row in rows] == ["Moderate against Low", "High against Low"]
    assert rows[1][1].startswith("28.04")
    assert float(rows[1][2].split()[0]) > 3


def test_every_term_of_the_model_says_what_it_is_held_against(items):
    terms = [row[0] for row in items["cox-rfs"].tables[0].rows]
    assert "Stage: IIA against I" in terms
    assert all(" against " in term for term in terms)


def test_a_tier_without_events_gets_a_penalised_hazard_ratio(simulated):
    event = simulated["rfs_event"] & (simulated[TIER] != "Low")
    item = adjusted_item(simulated.with_columns(rfs_event=event), Endpoint.RFS)
    assert any("Firth" in note for note in item.notes)
    assert "not estimable" not in item.beside.table.rows[1][2]


def test_below_ten_events_no_difference_is_given(simulated):
    quiet = simulated.with_columns(rfs_event=np.zeros(len(simulated), bool))
    item = treatment_item(quiet, Tier.HIGH, Endpoint.RFS)
    cells = [cell for row in item.tables[0].rows for cell in row[5:]]
    assert set(cells) == {"not given: fewer than 10 events with Tras+pert (0), Tras (0)", "not tested"}
    assert not re.search(r"[+-]\d", " ".join(cells))


def test_the_published_matching_carries_its_bias_in_words(items):
    assert any("uses the outcome" in note for note in items["figure-3d"].beside.notes)


@pytest.fixture(scope="module")
def written(page, tmp_path_factory):
    """The report as files, in a folder that held an older one."""
    out = tmp_path_factory.mktemp("report")
    with writing_set(out, {"report": "of yesterday"}) as part:
        (part / "csv").mkdir()
        (part / "csv" / "old.csv").write_text("left over")
    return write_report(page, out)


def test_no_text_directs_or_denies_an_effect(written):
    page = written[0].read_text()
    words = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.S)
    assert "no benefit" not in words.lower()
    assert not re.search(r"\b(should (be given|receive)|omit|de-escalate)\b", words, re.I)
    assert "SIMULATED COHORT" in words
    assert "Not a medical device" in words


def test_the_page_needs_no_network_and_names_every_figure(written):
    page = written[0].read_text()
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.http", page)
    assert "&lt;b&gt;Cohort" in page
    assert page.count('role="img"') >= 20
    for key in WHOLE_SET:
        assert f'id="{key}"' in page


def test_every_number_is_written_as_csv_and_stale_files_go(simulated, written):
    folder = written[0].parent / "csv"
    assert {path.name for path in folder.iterdir()} == {path.name for path in written[1:]}
    with (folder / "figure-4a-curves.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["group"] for row in rows} == {"Low", "Moderate", "High"}
    assert all(0 <= float(row["survival"]) <= 1 for row in rows)
    subjects = set(simulated["subject"].tolist())
    for path in written:
        assert not subjects & set(re.findall(r"SIM-\d{4}", path.read_text(encoding="utf-8-sig")))


def test_a_real_cohort_without_scores_is_not_called_simulated(bundle, tmp_path):
    cohort = simulate_cohort(seed=1)
    facts = ("subject", "arm", "rfs_months", "rfs_event", "os_months", "os_event", "age_years", "er_positive")
    columns = {name: cohort[name] for name in facts}
    columns["subject"] = np.array([f"P{i}" for i in range(len(cohort))], dtype=object)
    real = Cohort(columns, is_simulated=False)
    write_cohort_report(real, bundle, tmp_path, name="Centre")
    page = (tmp_path / "index.html").read_text()
    assert '<strong class="simulated">' not in page
    assert "neither scores nor tiers" in page


def test_unknown_arms_and_follow_up_are_counted_and_left_out(simulated, bundle):
    months = simulated["rfs_months"].copy()
    months[:40] = np.nan
    arm = simulated[ARM].astype(object).copy()
    arm[40:80] = "unknown"
    patchy = simulated.with_columns(rfs_months=months, arm=arm)
    found = {item.key: item for part in cohort_parts(patchy, bundle, {}) for item in part.items}
    rows = found["figure-4a"].tables[0].rows
    assert sum(int(row[1]) for row in rows) == len(patchy) - 80
    assert any("without known follow-up" in note for note in found["figure-4a"].notes)
    assert found["figure-3d"].is_made


def test_a_cohort_of_one_arm_has_no_treatment_to_compare(simulated, bundle):
    one = simulated.where(simulated[ARM] == "T")
    items = outcome_items(one, of_treatment=True)
    assert all(item.beside.table.rows[-1][2] == "not tested" for item in items)
    assert not treatment_item(one, Tier.HIGH, Endpoint.RFS).is_made


def test_tiers_are_of_one_source_those_of_the_table_first(simulated):
    scores = np.where(np.arange(len(simulated)) < 10, np.nan, simulated[SCORE])
    both = simulated.with_columns(score=scores)
    assert with_tiers(both, tiny_bundle.TIERS)[TIER].tolist() == simulated[TIER].tolist()
    by_score = with_tiers(both, tiny_bundle.TIERS, TierSource.CUT_OFFS)[TIER]
    assert set(by_score[scores < tiny_bundle.TIERS.low_below]) == {"Low"}
    assert set(by_score[:10]) == {""}
    no_tiers = Cohort({k: v for k, v in both.columns.items() if k != TIER}, is_simulated=True)
    assert with_tiers(no_tiers, tiny_bundle.TIERS)[TIER].tolist() == by_score.tolist()
    bare = Cohort({k: v for k, v in simulated.columns.items() if k not in (SCORE, TIER)}, is_simulated=True)
    assert set(with_tiers(bare, tiny_bundle.TIERS)[TIER]) == {""}


def test_results_that_are_no_suite_are_refused(tmp_path):
    (tmp_path / "table2.json").write_text(json.dumps({"suite": "table2"}))
    with pytest.raises(UnreadableCohort, match=r"table2\.json"):
        read_suites(tmp_path)
    assert read_suites(None) == {}


def said(value):
    """All texts that a reader meets; names of traces and data are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, part in value.items() if key not in {"name", "data"} for text in said(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in said(part))


def test_no_treatment_is_called_by_its_code_beside_the_stages_of_a_tumour(items):
    code = re.compile(r"T\+P|(?<![\w+/])T(?![\w+/])")
    found = [
        (item.key, text)
        for item in items.values()
        for part in (
            [figure.to_plotly_json()["layout"] for figure in item.figures],
            [[table.title, table.header, table.rows, table.note] for table in item.tables],
            [] if item.beside is None else item.beside.table.rows,
            item.notes,
        )
        for text in said(part)
        if code.search(text)
    ]
    assert found == []
