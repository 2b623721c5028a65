"""What is written of a suite, from its content alone; the content is made by hand, so that every cell is known."""

import re

import numpy as np
import pytest

from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.domain.published import TABLE_2
from deeptepp.domain.risk import TierScheme
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.measure.comparison import compare_all, roc_lines
from deeptepp.train.measure.metrics import Scored, measure
from deeptepp.train.runs.results import differing, markdown_of, write_results
from deeptepp.train.runs.suites import SUITES

NOISE = {"CP": 3.0, "CP-logistic": 3.0, "MRI": 2.0, "MRI+CP": 1.5, "MRI+MV": 1.0, "MRI+MV+CP": 0.7}


@pytest.fixture
def make_content(make_dataset, quick_settings):
    """A suite whose scores are the truth with noise."""

    def make(suite="table2", *, protocol="strict", simulated=True):
        dataset, settings = make_dataset(200, scored_only_every=10), quick_settings(n_folds=4, protocol=protocol)
        labels = Labels(np.asarray(dataset.cohort["rfs_event"]), np.ones(200, dtype=bool))
        split = split_patients(labels, dataset.is_scored_only, settings)
        scored = {}
        for number, each in enumerate(SUITES[suite]):
            rng = np.random.default_rng(number)
            views = labels.event[:, None] + NOISE.get(each.name, 1.5) * rng.normal(size=(200, 3))
            views = 1 / (1 + np.exp(-views))
            scored[each.name] = Scored(
                dataset.cohort,
                labels,
                split,
                views.mean(axis=1),
                TierScheme(0.6, 0.8, "made up"),
                log_odds_shift=np.full(200, np.log(2)),
                view_scores=views,
                is_counted=np.ones((200, 3), dtype=bool),
            )
        against = {each.name: each.against for each in SUITES[suite]}
        titles = {each.name: each.title for each in SUITES[suite]}
        return {
            "suite": suite,
            "title": SUITE_LIST[suite].title,
            "about": SUITE_LIST[suite].about,
            "code_version": "0",
            "is_simulated": simulated,
            "dataset_sha256": "ab" * 32,
            "base": settings.to_published(),
            "experiments": [
                {
                    "name": each.name,
                    "title": each.title,
                    "changes": dict(each.changes),
                    "metrics": measure(scored[each.name]),
                }
                for each in SUITES[suite]
            ],
            "contrasts": compare_all(scored, against),
            "roc": roc_lines(scored, titles),
            "broken": [],
            "not_run": [],
        }

    return make


def row_of(text, *starts):
    """The cells of the row that begins with these."""
    (line,) = (line for line in text.splitlines() if line.startswith("| " + " | ".join(starts) + " |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_table_names_command_cohort_settings_and_that_it_is_simulated(make_content):
    text = markdown_of(make_content(), command="deeptepp evaluate made-up.toml")
    assert "SIMULATED COHORT" in text
    assert "RESEARCH USE ONLY" in text
    assert "`deeptepp evaluate made-up.toml`" in text
    assert "200 patients, 67 with an event" in text
    assert "`n_folds = 4`" in text
    assert "`learning_rate" not in text  # has its default
    assert "/" not in text.split("of the dataset `")[1].split("`")[0]


def test_real_patients_are_not_called_simulated(make_content):
    text = markdown_of(make_content(simulated=False), command="x")
    assert "SIMULATED" not in text
    assert "simulated" not in text.lower()


def test_every_experiment_stands_with_both_intervals_and_both_operating_points(make_content):
    content = make_content()
    text = markdown_of(content, command="x")
    (whole,) = (each for each in content["experiments"] if each["name"] == "MRI+MV+CP")
    metrics = whole["metrics"]["cross_validation"]
    discrimination = text.split("## Discrimination")[1].split("\n## ")[0].split("**Held out**")[0]
    cells = row_of(discrimination, "DeepTEPP (MRI with MV + CP)")
    assert cells[1:3] == [str(metrics["n"]), str(metrics["n_events"])]
    assert cells[3] == f"{metrics['auc']:.3f} ({metrics['auc_low']:.3f}-{metrics['auc_high']:.3f})"
    assert cells[4] == f"{metrics['auc_bootstrap_low']:.3f}-{metrics['auc_bootstrap_high']:.3f}"
    assert cells[5] == f"{metrics['auc_mean_of_folds']:.3f} ± {metrics['auc_sd_of_folds']:.3f}"
    points = text.split("## Operating points")[1].split("\n## ")[0]
    for title in (each["title"] for each in content["experiments"]):
        assert points.count(f"| {title} | 0.500 |") == points.count(f"| {title} | 0.600 |") == 3


def test_the_published_table_stands_beside_ours_corrected_and_as_printed(make_content):
    text = markdown_of(make_content(), command="x").split("## Beside the published numbers")[1]
    text = text.split("\n## ")[0]
    for row in TABLE_2:
        cells = row_of(text, row.model, row.patients.value)
        assert cells[3] == f"{row.auc:.2f}"
        assert cells[5] == f"{row.balanced_accuracy:.3f}"
        assert cells[9] == f"{row.accuracy_pct:.2f} / {row.specificity_pct:.2f} / {row.sensitivity_pct:.2f}"
        assert ("swapped back" in cells[10]) == row.are_columns_swapped
    deeptepp = row_of(text, "DeepTEPP (MRI with MV + CP)", "CV")
    assert deeptepp[7:9] == ["85.01 / 91.30 / 84.20", "63/69, 453/538"]
    assert re.match(r"0\.\d{3} \(0\.\d{3}-[01]\.\d{3}\)$", deeptepp[2])


def test_contrasts_are_adjusted_within_a_group_and_stand_beside_the_published_p(make_content):
    content = make_content()
    text = markdown_of(content, command="x").split("## Contrasts")[1].split("\n## ")[0]
    title = "DeepTEPP (MRI with MV + CP) less MRI with MV"
    cells = row_of(text, "Cross-validation (out-of-fold)", title)
    (contrast,) = (c for c in content["contrasts"] if (c["name"], c["group"]) == ("MRI+MV", "cross_validation"))
    assert contrast["n_contrasts"] == 6
    assert cells[4] == f"{contrast['difference']:+.3f} ({contrast['low']:+.3f} to {contrast['high']:+.3f})"
    assert cells[-1] == "0.297"
    assert row_of(text, "Held out", title)[-1] == "0.286"
    assert row_of(text, "Cohort 3 (T+P)", title)[-1] == "-"


def test_the_paper_protocol_puts_fold_one_beside_the_published_testing_set(make_content):
    text = markdown_of(make_content(protocol="paper"), command="x")
    assert "Held out" not in text
    assert row_of(text, "DeepTEPP (MRI with MV + CP)", "T")[2] != "-"
    assert "200 patients, 67 with an event" in text  # fold 1 is not counted twice


def test_other_seeds_stand_beside_the_first_one_with_their_mean_and_range(make_content):
    first = make_content()
    other = first | {"base": first["base"] | {"seed": 5}, "experiments": [], "contrasts": []}
    assert "## By seed" not in markdown_of(first, command="x")
    for each in first["experiments"]:
        if each["name"] != "MRI":
            metrics = {group: dict(found) for group, found in each["metrics"].items()}
            metrics["holdout"] |= {"auc": 0.5, "auc_low": 0.4, "auc_high": 0.6}
            other["experiments"].append(each | {"metrics": metrics})
    other["contrasts"] = [each | {"difference": 0.25} for each in first["contrasts"] if each["name"] == "CP"]
    text = markdown_of(first, command="x", others=[other]).split("## By seed")[1].split("\n## ")[0]
    (mine,) = (each["metrics"]["holdout"]["auc"] for each in first["experiments"] if each["name"] == "MRI+MV")
    cells = row_of(text, "Held out", "MRI with MV")
    assert cells[2:] == [cells[2], "0.500 (0.400-0.600)", f"{(mine + 0.5) / 2:.3f} (0.500 to {mine:.3f})"]
    assert cells[2].startswith(f"{mine:.3f} (")
    assert row_of(text, "Held out", "MRI")[3:] == ["-", "-"]
    contrast = row_of(text, "Held out", "DeepTEPP (MRI with MV + CP) less CP only")
    assert contrast[3].startswith("+0.250 (")
    assert "seed 5" in text


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_can_be_written(make_content, tmp_path, suite):
    path = write_results(make_content(suite), tmp_path / "tables", command="x")
    assert path.name == f"{suite}.md"
    text = path.read_text()
    for each in SUITES[suite]:
        assert f"| {each.title} |" in text
    widths = [
        {line.replace("\\|", "").count("|") for line in block.splitlines()}
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M)
    ]
    assert widths
    assert all(len(width) == 1 for width in widths)


def test_areas_of_the_backbones_stand_beside_the_published(make_content):
    text = markdown_of(make_content("table_s2"), command="x").split("## Beside the published numbers")[1]
    assert row_of(text.split("\n## ")[0], "MM_ResNet")[-2:] == ["0.76", "0.65"]
    assert row_of(text.split("\n## ")[0], "VGG16")[-2:] == ["-", "0.51"]


def test_what_broke_and_what_was_not_run_is_named(make_content):
    content = make_content() | {
        "broken": [{"name": "MRI", "title": "MRI", "reason": "too few"}],
        "not_run": ["CP"],
    }
    text = markdown_of(content, command="x")
    assert "- MRI: failed. too few" in text
    assert "- CP: not run" in text


def test_a_suite_without_any_result_can_be_written(make_content):
    content = make_content() | {"experiments": [], "contrasts": [], "not_run": ["CP"]}
    content["roc"] = {"by_model": {}, "by_trastuzumab": {}}
    assert "- CP: not run" in markdown_of(content, command="x")


def test_settings_at_their_default_are_not_listed(quick_settings):
    found = differing(quick_settings(seed=3).to_published())
    assert found["seed"] == 3
    assert not {"dataset", "output", "name", "momentum", "view_names"} & set(found)
