import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile, asked_in
from deeptepp.domain.clinical_facts import Section
from deeptepp.domain.cohort import ARM, FIRST_EVENT, LATENT_RISK, SUBJECT, Arm, Cohort, Endpoint
from deeptepp.errors import BadSetting
from deeptepp.report.cohort import table_one_item
from deeptepp.simulate.hazards import PRESETS
from deeptepp.simulate.published_facts import COUNTS, check_table_one, count_table_one
from deeptepp.simulate.simulated_cohort import redraw_outcomes, simulate_cohort
from deeptepp.stats.survival.kaplan_meier import kaplan_meier

N_DRAWS = 30


@pytest.fixture(scope="module")
def draws() -> list[Cohort]:
    return [simulate_cohort(seed=seed) for seed in range(N_DRAWS)]


def tiers_of(cohort: Cohort, seed: int) -> np.ndarray:
    """0 Low, 1 Moderate, 2 High by a reader who sees z with correlation sqrt(.91), as many as published."""
    z = cohort[LATENT_RISK]
    score = np.sqrt(0.91) * z + np.sqrt(0.09) * np.random.default_rng([seed, 1]).standard_normal(len(z))
    tier = np.zeros(len(z), dtype=int)
    tier[np.argsort(-score)[:287]] = 1
    tier[np.argsort(-score)[:143]] = 2
    return tier


def five_year(cohort: Cohort, chosen: np.ndarray, endpoint: Endpoint) -> float:
    return 100 * kaplan_meier(cohort.follow_up(endpoint).where(chosen)).at(60.0).value


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seed", [0, 1, 2, 77, 2024])
def test_table_one_is_exact_in_every_arm_and_draw(preset, seed):
    cohort = simulate_cohort(preset=preset, seed=seed)
    assert len(cohort) == 726
    assert cohort.is_simulated
    for arm in Arm:
        assert count_table_one(cohort, arm) == COUNTS[arm]


def test_counts_add_up_to_the_published_totals():
    # Total column of Table 1, typed from the paper and not from the arms.
    totals = {
        "age_under_50": 235,
        "age_50_to_65": 414,
        "age_over_65": 77,
        "premenopausal": 262,
        "conserving": 142,
        "sentinel": 291,
        "grade_1_2": 242,
        "er_positive": 335,
        "pr_positive": 215,
        "ki67_under_14": 63,
    }
    for name, total in totals.items():
        assert sum(getattr(counts, name) for counts in COUNTS.values()) == total, name


def test_published_margins_of_size_node_and_stage_hold():
    cohort = simulate_cohort(seed=5)
    assert (cohort["tumour_size_mm"] <= 20).sum() == 338
    assert (cohort["node_stage"] == "N0").sum() == 365
    stages = dict(zip(*np.unique(cohort["stage"], return_counts=True), strict=True))
    assert stages == {"I": 205, "IIA": 245, "IIB": 126, "IIIA": 90, "IIIC": 60}


def test_a_table_that_differs_is_refused():
    cohort = simulate_cohort()
    flipped = cohort["er_positive"].copy()
    flipped[np.flatnonzero(flipped)[0]] = False
    with pytest.raises(ValueError, match="Table 1"):
        check_table_one(cohort.with_columns(er_positive=flipped))
    with pytest.raises(ValueError, match="Table 1"):
        check_table_one(cohort.where(np.arange(726) > 0))


def test_every_row_is_a_valid_profile_with_everything_known_that_is_published_or_asked_for():
    cohort = simulate_cohort(seed=3)
    names = [name for name in CLINICAL_FACTS if name in cohort]
    printed = {fact for fact, _ in table_one_item._PRINTED}
    published = {name for name, fact in CLINICAL_FACTS.items() if fact.short in printed}
    asked = {name for section in (Section.SCORE, Section.ELIGIBILITY) for name in asked_in(section)}
    assert set(names) >= published | asked
    for row in zip(*[cohort[name].tolist() for name in names], strict=True):
        facts = dict(zip(names, row, strict=True))
        assert ClinicalProfile.from_mapping(facts).to_mapping() == facts


def test_subjects_are_numbered_and_arms_are_mixed():
    cohort = simulate_cohort(seed=4)
    assert cohort[SUBJECT][0] == "SIM-0001"
    assert cohort[SUBJECT][-1] == "SIM-0726"
    first_half = cohort[ARM][:363]
    assert 50 < (first_half == Arm.NONE).sum() < 90


def test_same_seed_gives_the_same_cohort_and_another_seed_another():
    first, again, other = simulate_cohort(seed=8), simulate_cohort(seed=8), simulate_cohort(seed=9)
    for name in first.columns:
        assert np.array_equal(first[name], again[name]), name
    assert not np.array_equal(first["rfs_months"], other["rfs_months"])


def test_presets_share_the_patients_and_differ_in_outcomes():
    paper, null = simulate_cohort(preset="paper", seed=6), simulate_cohort(preset="no_T_effect", seed=6)
    assert np.array_equal(paper[LATENT_RISK], null[LATENT_RISK])
    assert np.array_equal(paper["stage"], null["stage"])
    assert not np.array_equal(paper["rfs_event"], null["rfs_event"])
    treated = paper[ARM] != Arm.NONE
    assert np.array_equal(paper["rfs_months"][treated], null["rfs_months"][treated])


def test_outcome_columns_agree_with_one_another(draws):
    for cohort in draws:
        assert (cohort["rfs_months"] > 0).all()
        assert (cohort["rfs_months"] <= cohort["os_months"]).all()
        assert (cohort["rfs_event"] == (cohort[FIRST_EVENT] != "none")).all()
        assert not (cohort["os_event"] & ~cohort["rfs_event"]).any()
        died_first = cohort[FIRST_EVENT] == "death"
        assert cohort["os_event"][died_first].all()
        assert np.array_equal(cohort["os_months"][died_first], cohort["rfs_months"][died_first])
        alive = ~cohort["os_event"]
        assert cohort["os_months"][alive].min() >= 14.0
        assert cohort["os_months"].max() <= 124.0


@pytest.mark.parametrize(
    ("endpoint", "arms", "published", "tolerance"),
    [
        (Endpoint.RFS, tuple(Arm), (98.0, 80.3, 63.3), 2.5),
        (Endpoint.RFS, (Arm.T, Arm.TP), (97.4, 81.4, 67.5), 3.0),
        (Endpoint.RFS, (Arm.NONE,), (98.9, 77.0, 53.8), 8.0),
        (Endpoint.OS, tuple(Arm), (98.7, 90.8, 80.5), 4.0),
        (Endpoint.OS, (Arm.T, Arm.TP), (98.6, 94.0, 88.1), 3.0),
    ],
)
def test_five_year_curves_average_to_the_published_ones(draws, endpoint, arms, published, tolerance):
    # Tolerance: what the model is known to miss, plus three standard errors of the mean over the draws.
    for tier, target in enumerate(published):
        values = [
            five_year(cohort, np.isin(cohort[ARM], arms) & (tiers_of(cohort, seed) == tier), endpoint)
            for seed, cohort in enumerate(draws)
        ]
        assert np.mean(values) == pytest.approx(target, abs=tolerance), (endpoint, arms, tier)


def test_relapses_average_to_the_published_sixty_and_their_kinds(draws):
    def mean_of(kind):
        return np.mean([(cohort[FIRST_EVENT] == kind).sum() for cohort in draws])

    assert mean_of("locoregional") == pytest.approx(15, abs=2.5)
    assert mean_of("contralateral") == pytest.approx(13, abs=2.5)
    assert mean_of("distant") == pytest.approx(32, abs=3.0)


def test_follow_up_averages_to_the_published_median(draws):
    assert np.mean([np.median(cohort["os_months"]) for cohort in draws]) == pytest.approx(64.2, abs=1.2)


@pytest.mark.parametrize(("preset", "low", "high"), [("paper", 0.87, 0.91), ("sharp", 0.885, 0.92)])
def test_latent_risk_predicts_recurrence_as_well_as_the_preset_says(preset, low, high):
    aucs = []
    for seed in range(N_DRAWS):
        cohort = simulate_cohort(preset=preset, seed=seed)
        one_antibody_or_none = cohort[ARM] != Arm.TP
        aucs.append(
            roc_auc_score(cohort["rfs_event"][one_antibody_or_none], cohort[LATENT_RISK][one_antibody_or_none])
        )
    assert low < np.mean(aucs) < high


def test_no_signal_makes_outcome_independent_of_the_biology_at_the_same_event_rate(draws):
    null = [simulate_cohort(preset="no_signal", seed=seed) for seed in range(N_DRAWS)]
    aucs = []
    for cohort in null:
        # T+P patients have a higher z and a shorter follow-up, which would look like protection.
        chosen = cohort[ARM] != Arm.TP
        aucs.append(roc_auc_score(cohort["rfs_event"][chosen], cohort[LATENT_RISK][chosen]))
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.03)
    rates = [np.mean([cohort["rfs_event"].mean() for cohort in cohorts]) for cohorts in (null, draws)]
    assert rates[0] == pytest.approx(rates[1], rel=0.1)


@pytest.mark.parametrize(
    ("preset", "arm", "is_harmful"), [("no_TP_effect", Arm.TP, False), ("no_T_effect", Arm.NONE, True)]
)
def test_the_nulls_remove_their_treatment_effect(preset, arm, is_harmful):
    model, paper = PRESETS[preset], PRESETS["paper"]
    z = np.linspace(-1, 3, 9)
    reference = np.full(9, Arm.T.value)
    compared = np.full(9, arm.value)
    assert np.allclose(model.cumulative_hazard(z, compared), model.cumulative_hazard(z, reference))
    at_high_risk = paper.cumulative_hazard(z, compared)[-1] / paper.cumulative_hazard(z, reference)[-1]
    assert (at_high_risk > 1) == is_harmful


def test_model_gives_the_stated_five_year_share_of_events_under_trastuzumab():
    z = np.array([-5.0, 0.61, 5.0])
    hazard = PRESETS["paper"].cumulative_hazard(z, np.full(3, "T"))
    assert 1 - np.exp(-hazard) == pytest.approx([1e-4, 1e-4 + 0.225, 1e-4 + 0.45], abs=1e-6)


@pytest.mark.parametrize(("arguments", "said"), [({"preset": "rosy"}, "paper"), ({"seed": -1}, "0 or more")])
def test_unknown_presets_and_seeds_are_refused_by_name(arguments, said):
    with pytest.raises(BadSetting, match=said):
        simulate_cohort(**arguments)


def test_redrawn_outcomes_keep_the_patients_and_change_their_follow_up():
    cohort = simulate_cohort(seed=4)
    again = redraw_outcomes(cohort, preset="no_signal", seed=0)
    assert (again[SUBJECT] == cohort[SUBJECT]).all()
    assert (again["node_stage"] == cohort["node_stage"]).all()
    assert (again["rfs_months"] != cohort["rfs_months"]).any()
    assert (redraw_outcomes(cohort, preset="no_signal", seed=0)["rfs_months"] == again["rfs_months"]).all()
    assert (redraw_outcomes(cohort, preset="no_signal", seed=1)["rfs_months"] != again["rfs_months"]).any()


def test_outcomes_redrawn_without_signal_do_not_follow_biology_and_those_of_the_paper_do():
    cohort = simulate_cohort(seed=4)
    chosen = cohort[ARM] != Arm.TP.value
    z = cohort[LATENT_RISK][chosen]
    areas = {
        preset: [
            roc_auc_score(redraw_outcomes(cohort, preset=preset, seed=seed)["rfs_event"][chosen], z)
            for seed in range(10)
        ]
        for preset in ("paper", "no_signal")
    }
    assert np.mean(areas["paper"]) > 0.85
    assert abs(np.mean(areas["no_signal"]) - 0.5) < 0.03


def test_outcomes_of_real_patients_are_not_redrawn():
    cohort = simulate_cohort(seed=4)
    real = Cohort(
        {name: column for name, column in cohort.columns.items() if name != LATENT_RISK}, is_simulated=False
    )
    with pytest.raises(BadSetting, match="simulated"):
        redraw_outcomes(real, preset="paper", seed=0)
