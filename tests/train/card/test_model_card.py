"""The card is filled in from the run: nothing in it is written by hand, and nothing in it advises."""

import re
from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.train.card.checklists import documents_of
from deeptepp.train.card.model_card import write_card
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import NOT_IN_FOLDS, Split
from deeptepp.train.fit.circumstances import circumstances_of
from deeptepp.train.fit.journal import Journal
from deeptepp.train.measure.breakdown import break_down
from deeptepp.train.measure.facts import RunFacts, arms_of, follow_up_of
from deeptepp.train.measure.metrics import Scored, measure

N = 120
DIRECTIVE = re.compile(
    r"no benefit|should (be )?(given|treated|omit|receive|escalat)|omit trastuzumab|recommend(ed|s)? (that|to)|"
    r"de-escalate|can be spared",
    re.IGNORECASE,
)


@pytest.fixture
def scored(make_dataset):
    cohort = make_dataset(N, positive_every=3, scored_only_every=10, seed=4).cohort
    rng = np.random.default_rng(5)
    event = np.asarray(cohort["rfs_event"])
    only, holdout = cohort["arm"] == "T+P", np.arange(N) % 7 == 2
    holdout &= ~only
    fold = np.where(only | holdout, NOT_IN_FOLDS, np.arange(N) % 3)
    scores = np.clip(0.25 + 0.3 * event + 0.2 * rng.normal(size=N), 0.01, 0.99)
    return Scored(
        cohort,
        Labels(event, np.ones(N, dtype=bool)),
        Split(fold, holdout, only),
        scores,
        TierScheme(0.4, 0.7, "t"),
    )


@pytest.fixture
def facts(scored, quick_settings):
    """What a run of made-up patients tells."""
    return RunFacts(
        name="made-up",
        is_simulated=True,
        metrics=measure(scored) | break_down(scored),
        tiers=scored.tiers,
        training=quick_settings().to_published(),
        description={
            "is_simulated": True,
            "preset": "paper",
            "seed": 3,
            "n_patients": N,
            "hit_rate": 0.975,
            "n_detected": 117,
            "n_by_protocol": {"aurora": 40, "ruijin": 80},
            "roi_settings": {"size_mm": 72.0, "spacing_mm": 1.0},
        },
        network={
            "settings": {"backbone": "mm_resnet"},
            "n_parameters": 123456,
            "clinical_features": ["er_positive"],
        },
        provenance={"code_version": "0.1.0", "dataset_sha256": "ab" * 32, "device": "cpu", "seconds": 700.0},
        arms=arms_of(scored.cohort),
        follow_up_months=follow_up_of(scored.cohort),
    )


@pytest.fixture
def own_facts(facts, scored):
    """The same run on patients who are said to be real."""
    columns = {k: v for k, v in scored.cohort.columns.items() if k != "latent_risk"}
    own = replace(scored, cohort=Cohort(columns, is_simulated=False))
    told = {"study": {"ethics": "Board 7, waiver."}, "n_by_protocol": {"A": N}}
    return replace(facts, is_simulated=False, metrics=measure(own) | break_down(own), description=told)


def test_the_card_holds_every_group_with_its_numbers(facts):
    card = write_card(facts)
    for key, title, auc in (
        ("cross_validation", "Cross-validation (out-of-fold)", "{auc:.3f} ("),
        ("cohort_3", "Cohort 3 (T+P)", "not given: {n_events} events in {n} patients, fewer than 10 | - | - |"),
    ):
        group = facts.metrics[key]
        assert f"| {title} | {group['n']} | {group['n_events']} | {auc.format(**group)}" in card
        assert f"{group['at_half']['accuracy']['k']}/{group['at_half']['accuracy']['n']}, " in card
    assert f"| {facts.metrics['cross_validation']['calibration']['slope']['value']:.2f} (" in card


@pytest.mark.parametrize(
    "words",
    [
        "123,456",
        "32 x 32 px",
        "12 min",
        "cpu",
        "Tumour found by the detector: 117 of 120 (97.5 %)",
        "aurora 40, ruijin 80",
        "deeptepp simulate cohort",
        "--preset paper --seed 3",
        "63/69 and 453/538",
        "69 or 60 events",
    ],
)
def test_the_card_tells_how_the_run_was_made(facts, words):
    assert words in write_card(facts)


def test_a_number_that_was_not_recorded_leaves_no_row(facts):
    card = write_card(replace(facts, provenance={}, network={}))
    assert "wall time" not in card
    assert "parameters" not in card


def test_subgroups_are_counted_and_an_absent_auc_has_its_reason(facts, scored):
    chosen = scored.split.in_folds
    rows = facts.metrics["subgroups"]
    for factor in {row["factor"] for row in rows}:
        assert sum(row["n"] for row in rows if row["factor"] == factor) == chosen.sum()
    (node,) = [row for row in rows if (row["factor"], row["group"]) == ("Nodes", "positive")]
    members = chosen & (scored.cohort["node_stage"] == "N1")
    assert node["auc"] == roc_auc(scored.scores[members], scored.labels.event[members]).auc
    nobody = replace(scored, labels=Labels(np.zeros(N, dtype=bool), np.ones(N, dtype=bool)))
    assert {row["auc_reason"] for row in break_down(nobody)["subgroups"]} == {"no patient has an event"}


def test_survival_by_tier_is_that_of_kaplan_meier(facts, scored):
    low = scored.scores < 0.4
    estimate = kaplan_meier(scored.cohort.where(low).follow_up()).at(60.0)
    row = facts.metrics["tier_outcomes"][0]
    assert (row["tier"], row["n"]) == ("Low", low.sum())
    assert (row["rfs"], row["rfs_low"], row["rfs_high"]) == (estimate.value, estimate.low, estimate.high)
    assert f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f}-{100 * estimate.high:.1f})" in write_card(facts)


def test_the_ceiling_is_the_auc_of_the_truth_itself(facts, scored):
    chosen = scored.split.in_folds
    best = roc_auc(scored.cohort["latent_risk"][chosen], scored.labels.event[chosen]).auc
    assert facts.metrics["ceiling"]["truth_auc"] == best
    assert "Ceiling" in write_card(facts)


def test_a_run_on_real_patients_does_not_mention_simulation(own_facts):
    for text in (write_card(own_facts), *documents_of(own_facts).values()):
        assert "simulat" not in text.lower()
        assert "latent" not in text.lower()


@pytest.mark.parametrize("kind", ["facts", "own_facts"])
def test_nothing_advises_a_treatment(request, kind):
    facts = request.getfixturevalue(kind)
    for text in (write_card(facts), *documents_of(facts).values()):
        assert DIRECTIVE.search(text) is None


def test_the_card_says_research_use_only_and_simulated_where_it_is(facts, own_facts):
    assert "SIMULATED COHORT" in write_card(facts)
    for each in (facts, own_facts):
        assert "RESEARCH USE ONLY" in write_card(each)


def test_a_run_that_was_resumed_counts_every_epoch_once(tmp_path):
    journal = Journal(tmp_path)
    journal.add("start", "", device="cpu", precision="bf16")
    journal.add("epoch", "", fit="fold 1", epoch=1, seconds=3.0)
    journal.add("epoch", "", fit="fold 1", epoch=2, seconds=5.0)
    journal.add("start", "", device="cuda", precision="bf16")
    journal.add("epoch", "", fit="fold 1", epoch=2, seconds=4.0)
    found = circumstances_of(tmp_path / "progress.jsonl")
    assert found == {"device": "cuda", "precision": "bf16", "seconds": 7.0}
    assert circumstances_of(tmp_path / "none.jsonl") == {}
