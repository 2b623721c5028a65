"""Suites on a few made-up patients with nets of a few channels."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.domain.lesion import Roi
from deeptepp.errors import BadSetting, JobCancelled
from deeptepp.report.figures import suite_figures
from deeptepp.train.data.dataset import PackedRoi
from deeptepp.train.runs import suites
from deeptepp.train.runs.experiments import RUNS, run_suite
from deeptepp.train.runs.outcome import key_of, read_outcome
from deeptepp.train.runs.suites import SUITES, Experiment, Method
from deeptepp.train.settings import TrainSettings

ROOT = Path(__file__).parents[3]
SMALL = (
    Experiment(name="images", title="images", changes={"inputs": "mri", "mv_mode": "none"}, against="whole"),
    Experiment(name="line", title="regression", method=Method.LOGISTIC, against="whole"),
    Experiment(name="whole", title="whole", changes={"mv_mode": "paper"}),
)


@pytest.fixture(scope="module")
def base(settings_in, tmp_path_factory):
    small = {"epochs": 1, "tile_px": 8, "width": 8, "stem_channels": 4, "view_names": ["axial", "coronal"]}
    return settings_in(tmp_path_factory.mktemp("base"), **small)


@pytest.fixture(scope="module")
def dataset(make_dataset):
    return make_dataset(100, scored_only_every=10)


@pytest.fixture
def small_suite(monkeypatch):
    """Three quick experiments in the place of a suite of the paper."""
    monkeypatch.setitem(suites.SUITES, "table2", SMALL)


@pytest.fixture(scope="module")
def finished(base, dataset, tmp_path_factory):
    """The three experiments run once: their folder and what came of them."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(suites.SUITES, "table2", SMALL)
        return folder, run_suite(base, "table2", folder=folder, dataset=dataset)


def names(content):
    return [each["name"] for each in content["experiments"]]


@pytest.mark.parametrize("suite", SUITES)
def test_every_change_of_every_suite_is_a_setting_in_range(suite, base):
    experiments = SUITES[suite]
    assert len({each.name for each in experiments}) == len(experiments)
    keys = {}
    for each in experiments:
        settings = TrainSettings.from_mapping(base.to_mapping() | dict(each.changes))
        keys[each.name] = key_of(settings, each.method, "0")
        assert not each.against or each.against in {other.name for other in experiments}
    assert len(set(keys.values())) == len(keys)


def test_the_whole_model_is_one_run_in_all_suites_that_show_it(base):
    def key(suite, name):
        (each,) = (each for each in SUITES[suite] if each.name == name)
        return key_of(TrainSettings.from_mapping(base.to_mapping() | dict(each.changes)), each.method, "0")

    whole = {key("table2", "MRI+MV+CP"), key("ablations", "MRI+MV+CP"), key("protocol", "strict")}
    assert len(whole) == 1
    assert key("table2", "MRI") == key("table_s2", "mm_resnet")
    assert key("table2", "MRI+CP") == key("ablations", "mv-off")


def test_a_run_is_named_by_what_its_scores_depend_on_alone(base):
    def key(**changes):
        return key_of(replace(base, **changes), Method.NETWORK, "0")

    assert key() == key(n_threads=2, n_jobs=3, output=base.output / "other", name="other", tensorboard=False)
    assert key() != key(epochs=2)
    assert key() != key_of(base, Method.LOGISTIC, "0")
    assert key() != key_of(base, Method.NETWORK, "1")


def test_a_suite_measures_compares_and_keeps_the_scores_of_everybody(dataset, finished):
    folder, content = finished
    assert json.loads((folder / "table2.json").read_text()) == json.loads(json.dumps(content))
    assert names(content) == ["images", "line", "whole"]
    assert not content["broken"]
    assert not content["not_run"]
    for each in content["experiments"]:
        assert set(each["metrics"]) == {"cross_validation", "holdout", "cohort_3"}
        assert np.isfinite(each["patients"]["scores"]).all()
        assert len(each["patients"]["scores"]) == 100
    assert not any(subject in json.dumps(content) for subject in dataset.cohort["subject"])
    paper = content["experiments"][2]["metrics"]["cross_validation"]
    n_positive = paper["n_events"]
    assert paper["views"]["n_event_views"] == 2 * n_positive
    assert paper["views"]["n_views"] == paper["n"] + n_positive

    contrasts = [each for each in content["contrasts"] if each["group"] == "cross_validation"]
    assert [each["name"] for each in contrasts] == ["images", "line"]
    areas = {each["name"]: each["metrics"]["cross_validation"]["auc"] for each in content["experiments"]}
    for each in contrasts:
        assert each["difference"] == pytest.approx(areas["whole"] - areas[each["name"]])
        assert each["p"] <= each["p_holm"] <= min(2 * each["p"], 1)

    lines = content["roc"]["by_model"]["cross_validation"]
    assert [line["label"] for line in lines] == ["images", "regression", "whole"]
    for line in lines:
        area = np.trapezoid(line["sensitivity"][::-1], line["false_positive_rate"][::-1])
        assert area == pytest.approx(line["auc"], abs=1e-4)
    (treated,) = content["roc"]["by_trastuzumab"]["whole"]  # no patient of this cohort is untreated
    assert (treated["arm"], treated["n"]) == ("T", paper["n"])


@pytest.mark.usefixtures("small_suite")
def test_what_was_run_is_never_run_again(base, dataset, finished):
    folder, first = finished
    told = []
    again = run_suite(base, "table2", folder=folder, dataset=dataset, progress=told.append)
    assert again == first
    assert not told


@pytest.mark.usefixtures("small_suite")
def test_a_suite_that_was_stopped_goes_on_with_the_experiment_it_was_in(base, dataset, finished, tmp_path):
    def stop_in_third(sentence):
        if "3 of 3" in sentence and "fold 2" in sentence:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_suite(base, "table2", folder=tmp_path, dataset=dataset, progress=stop_in_third)
    told = []
    content = run_suite(base, "table2", folder=tmp_path, dataset=dataset, progress=told.append)
    assert names(content) == ["images", "line", "whole"]
    assert told
    assert not any("1 of 3" in sentence for sentence in told)
    scores = [each["experiments"][2]["patients"]["scores"] for each in (content, finished[1])]
    assert np.array_equal(*scores)


def test_one_broken_experiment_does_not_lose_the_others(base, dataset, tmp_path, monkeypatch):
    chosen = (
        Experiment(name="cramped", title="cramped", changes={"n_folds": 20, "holdout_fraction": 0.5}),
        Experiment(name="line", title="regression", method=Method.LOGISTIC, against="cramped"),
    )
    monkeypatch.setitem(suites.SUITES, "table2", chosen)
    content = run_suite(base, "table2", folder=tmp_path, dataset=dataset)
    assert names(content) == ["line"]
    assert [each["name"] for each in content["broken"]] == ["cramped"]
    assert "too-few-events" in content["broken"][0]["reason"]
    assert content["contrasts"] == []


@pytest.mark.usefixtures("small_suite")
def test_only_the_named_experiments_run_and_the_others_are_shown_where_they_were(base, dataset, tmp_path):
    content = run_suite(base, "table2", folder=tmp_path, dataset=dataset, only=["line"])
    assert (names(content), content["not_run"]) == (["line"], ["images", "whole"])
    content = run_suite(base, "table2", folder=tmp_path, dataset=dataset, only=["images"])
    assert (names(content), content["not_run"]) == (["images", "line"], ["whole"])


def test_an_unknown_suite_or_experiment_is_refused_with_what_there_is(base, dataset, tmp_path):
    with pytest.raises(BadSetting, match=r"must be .*table_s2"):
        run_suite(base, "table9", folder=tmp_path, dataset=dataset)
    with pytest.raises(BadSetting, match=r"one of CP, CP-logistic, .* MRI\+MV is nearest"):
        run_suite(base, "table2", folder=tmp_path, dataset=dataset, only=["MRI+CP+MV"])


def elongated(dataset):
    """The same patients with tumours that are long from foot to head: round in the first view alone."""
    grid = dataset.roi(0).grid
    offset = grid.to_mm(np.argwhere(np.ones(grid.shape))) - grid.centre_mm
    mask = (np.linalg.norm(offset / [6, 6, 20], axis=1) <= 1).reshape(grid.shape)
    rng = np.random.default_rng(0)
    rois = (3.0 * mask + 0.2 * rng.normal(size=grid.shape) for _ in range(len(dataset)))
    return replace(dataset, rois=tuple(PackedRoi.pack(Roi(v[None].astype(np.float32), mask, grid)) for v in rois))


def test_permuted_labels_leak_through_the_views_in_the_paper_mode_alone(make_dataset, quick_settings, tmp_path):
    dataset = elongated(make_dataset(64, positive_every=4))
    base = quick_settings(epochs=5, learning_rate=0.05, stem_channels=4, protocol="paper")
    content = run_suite(base, "permutation", folder=tmp_path, dataset=dataset)
    paper, balanced = (each["metrics"]["cross_validation"] for each in content["experiments"])
    assert paper["n_events"] == balanced["n_events"] == 16
    assert paper["views"]["auc"] > 0.7
    assert paper["views"]["auc_low"] > 0.5
    assert abs(balanced["views"]["auc"] - 0.5) < 0.2
    kept = read_outcome(tmp_path / RUNS / content["experiments"][0]["key"])
    assert not np.array_equal(kept.event, dataset.cohort["rfs_event"])


def test_the_protocols_are_compared_on_the_patients_that_the_strict_one_held_out(base, dataset, tmp_path):
    content = run_suite(base, "protocol", folder=tmp_path, dataset=dataset, only=["strict", "paper"])
    held = content["experiments"][0]["metrics"]["holdout"]
    (contrast,) = (each for each in content["contrasts"] if each["group"] == "holdout")
    assert (contrast["name"], contrast["against"]) == ("paper", "strict")
    assert (contrast["n"], contrast["n_events"]) == (held["n"], held["n_events"])
    assert set(content["experiments"][1]["metrics"]) == {"cross_validation", "fold_1", "cohort_3"}


def test_every_suite_of_the_list_has_experiments_pictures_and_a_documented_table():
    assert set(SUITE_LIST) == set(SUITES)
    pages = (ROOT / "docs" / "results" / "README.md").read_text(encoding="utf-8")
    for name, suite in SUITE_LIST.items():
        assert f"| `{name}.md` |" in pages
        assert (ROOT / "docs" / "examples" / suite.settings).is_file()
        assert not suite.heading or suite.picture in suite_figures._FIGURES[name]
