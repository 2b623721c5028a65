"""Marks follow from where patients and scores come from, and none is lost."""

import numpy as np
import pytest

from deeptepp.domain.cohort import LATENT_RISK, SCORE, SCORE_MODEL, Cohort
from deeptepp.domain.provenance import SIMULATED_MODEL, Model, ScoreSource, provenance_of
from deeptepp.domain.risk import SIMULATED_COHORT

DIGEST = "0123abcd" * 8
N = 3


def cohort(*, simulated=False, subjects="P", **more):
    columns = {
        "subject": np.array([f"{subjects}{i:04d}" for i in range(N)], dtype=object),
        "arm": np.array(["T"] * N, dtype=object),
        **{name: np.ones(N) for name in ("rfs_months", "rfs_event", "os_months", "os_event")},
        **{
            name: np.array(column, dtype=object if name == SCORE_MODEL else float) for name, column in more.items()
        },
    }
    return Cohort(columns, simulated)


SCORED = {SCORE: [0.1, 0.2, np.nan]}
BY_MODEL = {**SCORED, SCORE_MODEL: [DIGEST[:12], None, None]}


@pytest.mark.parametrize("model_is_simulated", [True, False])
@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize(
    ("columns", "source"),
    [({}, ScoreSource.NONE), (SCORED, ScoreSource.ELSEWHERE), (BY_MODEL, ScoreSource.MODEL)],
)
def test_the_whole_matrix(columns, source, simulated, model_is_simulated):
    found = provenance_of(cohort(simulated=simulated, **columns), Model(DIGEST, model_is_simulated))
    if source is ScoreSource.MODEL and model_is_simulated:
        source = ScoreSource.SIMULATED_MODEL
    assert found.scores is source
    of_model = SIMULATED_MODEL if source is ScoreSource.SIMULATED_MODEL else ""
    assert found.mark == (SIMULATED_COHORT if simulated else of_model)
    assert found.patients_mark == (SIMULATED_COHORT if simulated else "")
    assert found.patients in found.sentence


def test_the_reference_cohort_is_scored_by_its_model_without_saying_so():
    found = provenance_of(cohort(**SCORED), Model(DIGEST, is_simulated=True), is_reference=True)
    assert found.mark == SIMULATED_MODEL


@pytest.mark.parametrize(
    ("names", "source"),
    [
        ([DIGEST.upper(), "", ""], ScoreSource.SIMULATED_MODEL),
        (["", f" {DIGEST[:8]} ", ""], ScoreSource.SIMULATED_MODEL),
        (["a simulated one", "", ""], ScoreSource.SIMULATED_MODEL),
        ([DIGEST[:7], "", ""], ScoreSource.ELSEWHERE),
        (["ffffffffffff", "", ""], ScoreSource.ELSEWHERE),
        (["", "", DIGEST], ScoreSource.ELSEWHERE),
    ],
)
def test_a_model_is_named_by_its_digest_for_a_patient_with_a_score(names, source):
    patients = cohort(**SCORED, **{SCORE_MODEL: names})
    assert provenance_of(patients, Model(DIGEST, is_simulated=True)).scores is source


def test_simulated_patients_are_known_after_a_table_lost_its_metadata():
    model = Model(DIGEST, is_simulated=False)
    assert provenance_of(cohort(subjects="SIM-"), model).is_simulated
    assert provenance_of(cohort(**{LATENT_RISK: [0, 0, 0]}), model).is_simulated
    assert not provenance_of(cohort(subjects="SIM"), model).is_simulated
