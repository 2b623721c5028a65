from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.cohort import ARM
from deeptepp.errors import BadSetting
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.train.runs.null import Draw, count_draws, run_null
from deeptepp.train.runs.null_table import write_null


def made_up(seed, *, low=0.4, high=0.6, p_holdout=0.5, p_in_folds=0.5):
    return Draw(
        seed=seed,
        n_in_folds=100,
        n_events_in_folds=12,
        n_holdout=25,
        n_events_holdout=3,
        auc=0.5,
        auc_low=low,
        auc_high=high,
        auc_holdout=0.5,
        auc_holdout_low=0.3,
        auc_holdout_high=0.7,
        p_holdout=p_holdout,
        p_holdout_chi_square=p_holdout,
        p_in_folds=p_in_folds,
    )


def test_three_false_alarms_of_twenty_are_chance_and_four_are_not():
    three = count_draws([made_up(k, p_holdout=0.01 if k < 3 else 0.6) for k in range(20)])
    four = count_draws([made_up(k, p_holdout=0.01 if k < 4 else 0.6) for k in range(20)])
    assert (three.n_significant_holdout, three.is_honest) == (3, True)
    assert (four.n_significant_holdout, four.is_honest) == (4, False)


def test_a_draw_without_a_test_is_not_counted_as_tested():
    report = count_draws([made_up(0, p_holdout=None), made_up(1, p_holdout=0.2, low=0.55)])
    assert report.n_tested_holdout == 1
    assert report.n_covering == 1


@pytest.fixture
def simulated(make_dataset):
    """Spheres with the follow-up of simulated patients who were not given both antibodies."""
    cohort = simulate_cohort(seed=1)
    chosen = np.flatnonzero(cohort[ARM] != "T+P")[:60]
    dataset = make_dataset(60)
    return replace(dataset, cohort=cohort.where(np.isin(np.arange(len(cohort)), chosen)))


def test_the_pipeline_runs_on_follow_up_without_signal_and_goes_on_where_it_stopped(
    simulated, quick_settings, tmp_path
):
    settings = quick_settings(epochs=1, n_folds=2)
    first = run_null(settings, folder=tmp_path, n_draws=1, dataset=simulated)
    told = []
    both = run_null(settings, folder=tmp_path, n_draws=2, dataset=simulated, progress=told.append)
    assert both.draws[0] == first.draws[0]
    assert both.draws[1].n_events_in_folds + both.draws[1].n_events_holdout > 0
    assert both.draws[0].auc != both.draws[1].auc
    assert told[1].startswith("null 2 of 2: AUC 0.")


def test_a_null_needs_patients_held_out(simulated, quick_settings, tmp_path):
    with pytest.raises(BadSetting, match="protocol"):
        run_null(quick_settings(protocol="paper"), folder=tmp_path, dataset=simulated)


def test_the_table_tells_the_honest_test_from_the_other(quick_settings, tmp_path):
    report = count_draws([made_up(k, p_holdout=0.01 if k < 4 else None, p_in_folds=0.001) for k in range(20)])
    text = write_null(
        report, quick_settings(), tmp_path, command="deeptepp evaluate null.toml --suite null"
    ).read_text()
    assert "SIMULATED COHORT" in text
    assert "in 4 of 4 draws, **more than** chance allows" in text
    assert "p below 0.05 in 20 of 20. This one is not a test" in text
    assert "distribution it would be 4" in text
    assert text.count("no tiers") == 32
