import numpy as np
import pytest

from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.cohort import ARM, OS_EVENT, OS_MONTHS, RFS_EVENT, RFS_MONTHS, SUBJECT, Cohort
from deeptepp.errors import BadSetting, MissingColumn, OutOfRange
from deeptepp.model.clinical_features import FEATURES, ClinicalSchema, fit_schema
from deeptepp.tables import read_cohort, write_cohort

SIZES = [10.0, 20.0, 20.1, 50.0, 51.0, 15.0]
NODES = ["N0", "N1", "N0", "N3", "N0", "N2"]
ER = [True, True, True, False, False, True]
PR = [True, False, None, False, False, True]


def cohort(**columns):
    n = len(SIZES)
    base = {
        SUBJECT: np.arange(n),
        ARM: np.full(n, "T"),
        RFS_MONTHS: np.ones(n),
        RFS_EVENT: np.zeros(n, bool),
        OS_MONTHS: np.ones(n),
        OS_EVENT: np.zeros(n, bool),
        "tumour_size_mm": np.array(SIZES),
        "node_stage": np.array(NODES, dtype=object),
        "er_positive": np.array(ER),
        "pr_positive": np.array(PR, dtype=object),
    }
    return Cohort({k: v for k, v in {**base, **columns}.items() if v is not None}, is_simulated=True)


@pytest.fixture
def schema():
    return fit_schema(cohort())


def raw(schema, encoded):
    """Undo the standardisation of the features."""
    k = len(schema.features)
    return encoded[..., :k] * np.array(schema.sd) + np.array(schema.mean)


def test_size_is_ordinal_nodes_are_yes_or_no_and_hr_is_er_or_pr(schema):
    expected = np.array(
        [[0, 0, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 1, np.nan, 1], [1, 1, 0, 0, 0], [2, 0, 0, 0, 0], [0, 1, 1, 1, 1]]
    )
    encoded = schema.encode_cohort(cohort())
    assert encoded.shape == (6, schema.length) == (6, 10)
    assert encoded.dtype == np.float32
    known = ~np.isnan(expected)
    np.testing.assert_allclose(raw(schema, encoded)[known], expected[known], atol=1e-6)
    np.testing.assert_array_equal(encoded[:, 5:], ~known)


def test_known_values_have_mean_0_and_sd_1_on_the_training_fold_and_unknown_ones_are_its_mean(schema):
    encoded = schema.encode_cohort(cohort())
    pr = encoded[:, list(FEATURES).index("pr_positive")]
    assert pr[2] == 0
    np.testing.assert_allclose([pr.mean(), np.delete(pr, 2).std()], [0, 1], atol=1e-6)
    np.testing.assert_allclose(encoded[:, :3].std(axis=0), 1, atol=1e-6)


def test_the_schema_knows_the_training_fold_only():
    trained = fit_schema(cohort().where(np.arange(6) < 4))
    np.testing.assert_allclose(trained.mean, [0.5, 0.5, 0.75, 1 / 3, 0.75])
    np.testing.assert_allclose(raw(trained, trained.encode_cohort(cohort()))[4], [2, 0, 0, 0, 0], atol=1e-6)


def test_a_profile_and_its_row_become_the_same_vector(schema):
    profile = ClinicalProfile(tumour_size_mm=20.1, node_stage=NodeStage.N0, er_positive=True)
    np.testing.assert_array_equal(schema.encode(profile), schema.encode_cohort(cohort())[2])


def test_an_empty_profile_is_all_means_and_flags_only_what_was_missing_in_training(schema):
    np.testing.assert_array_equal(schema.encode(ClinicalProfile()), [0, 0, 0, 0, 0, 0, 0, 0, 1, 0])


def test_one_unknown_receptor_leaves_hr_status_known_where_the_other_is_positive(schema):
    known = schema.encode(ClinicalProfile(er_positive=True))
    unknown = schema.encode(ClinicalProfile(er_positive=False))
    assert known[4] != 0
    assert unknown[4] == 0


def test_a_feature_that_never_varied_stays_finite():
    schema = fit_schema(cohort(er_positive=np.ones(6, bool), pr_positive=np.ones(6, bool)))
    assert schema.sd[2:] == (1.0, 1.0, 1.0)
    np.testing.assert_array_equal(schema.encode(ClinicalProfile(er_positive=True))[2], 0)
    np.testing.assert_array_equal(schema.encode(ClinicalProfile(er_positive=False))[2], -1)


def test_gaps_survive_the_way_through_a_table(schema, tmp_path):
    for gaps in (np.array(PR, dtype=object), np.array([1.0, 0.0, np.nan, 0.0, 0.0, 1.0])):
        write_cohort(cohort(pr_positive=gaps), tmp_path / "cohort.parquet")
        assert fit_schema(read_cohort(tmp_path / "cohort.parquet")) == schema


def test_an_absent_column_is_unknown_when_encoding_and_refused_when_fitting(schema):
    absent = cohort(pr_positive=None)
    np.testing.assert_array_equal(schema.encode_cohort(absent)[:, 8], 1)
    with pytest.raises(MissingColumn, match="pr_positive"):
        fit_schema(absent)


def test_a_network_of_images_alone_has_no_features():
    schema = fit_schema(cohort(), ())
    assert schema.length == 0
    assert schema.encode(ClinicalProfile()).shape == (0,)
    assert schema.encode_cohort(cohort()).shape == (6, 0)


def test_a_value_out_of_range_is_refused(schema):
    with pytest.raises(OutOfRange):
        schema.encode_cohort(cohort(tumour_size_mm=np.full(6, 900.0)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"features": ("age",)},
        {"mean": ()},
        {"sd": (0.0,)},
        {"mean": (float("nan"),)},
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(wrong):
    right = {"features": ("er_positive",), "mean": (0.5,), "sd": (0.5,), "had_missing": (False,)}
    ClinicalSchema(**right)
    with pytest.raises(BadSetting):
        ClinicalSchema(**{**right, **wrong})
