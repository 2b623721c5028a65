"""Every item of both checklists has one row, and an answer or the reason why there is none."""

from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.risk import TierScheme
from deeptepp.train.card.answers import answers_of
from deeptepp.train.card.checklists import TEMPLATES, ItemStatus, documents_of, fill_in, read_template
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import NOT_IN_FOLDS, Split
from deeptepp.train.measure.breakdown import break_down
from deeptepp.train.measure.facts import RunFacts, arms_of, follow_up_of
from deeptepp.train.measure.metrics import Scored, measure

LETTERS = {
    3: "abc",
    5: "ab",
    6: "abc",
    8: "abc",
    9: "abc",
    12: "abcdefg",
    18: "abcdef",
    20: "abc",
    23: "ab",
    27: "abc",
}
TRIPOD_PARTS = [f"{n}{letter}" for n in range(1, 28) for letter in LETTERS.get(n, ("",))]


@pytest.fixture
def facts(make_dataset, quick_settings):
    cohort = make_dataset(60, positive_every=3, scored_only_every=10).cohort
    event, only = np.asarray(cohort["rfs_event"]), cohort["arm"] == "T+P"
    holdout = (np.arange(60) % 7 == 2) & ~only
    fold = np.where(only | holdout, NOT_IN_FOLDS, np.arange(60) % 2)
    scores = np.linspace(0.1, 0.9, 60)
    tiers = TierScheme(0.4, 0.7, "Low below 0.4; High from 0.7")
    scored = Scored(cohort, Labels(event, np.ones(60, dtype=bool)), Split(fold, holdout, only), scores, tiers)
    return RunFacts(
        name="made-up",
        is_simulated=True,
        metrics=measure(scored) | break_down(scored),
        tiers=tiers,
        training=quick_settings().to_published(),
        description={"preset": "paper", "n_by_protocol": {"ruijin": 60}, "hit_rate": 0.95, "n_detected": 57},
        network={
            "settings": {"backbone": "mm_resnet"},
            "n_parameters": 1000,
            "clinical_features": ["er_positive"],
        },
        provenance={"code_version": "0.1.0", "dataset_sha256": "ab" * 32},
        arms=arms_of(cohort),
        follow_up_months=follow_up_of(cohort),
    )


@pytest.fixture
def own_facts(facts):
    return replace(facts, is_simulated=False, description={})


def item(checklists, title, number):
    (found,) = [i for c in checklists if c.title == title for i in c.items if i.number == number]
    return found


def test_every_item_of_tripod_ai_has_one_row(facts):
    tripod = fill_in(facts)[0]
    assert [i.number for i in tripod.items] == TRIPOD_PARTS


def test_every_item_of_claim_has_one_row(facts):
    claim = fill_in(facts)[1]
    assert [i.number for i in claim.items] == [str(n) for n in range(1, 45)]


@pytest.mark.parametrize("kind", ["facts", "own_facts"])
def test_no_item_is_without_an_answer_or_a_reason(request, kind):
    for checklist in fill_in(request.getfixturevalue(kind)):
        for each in checklist.items:
            assert len(each.text.strip(" .:;,")) > 8, each
            assert each.asks
            assert "{" not in each.text
            assert "None" not in each.text.replace("None took part", "").replace("None until", "").replace(
                "None was selected", ""
            ).replace("None in this run", "")


def test_every_status_occurs_and_is_counted(facts):
    for checklist in fill_in(facts):
        counts = {status: checklist.count(status) for status in ItemStatus}
        assert all(counts.values())
        assert sum(counts.values()) == len(checklist.items)


def test_what_only_a_centre_knows_is_not_reported_until_it_says_so(own_facts):
    silent = item(fill_in(own_facts), "TRIPOD+AI", "17")
    assert (silent.status, silent.text) == (
        ItemStatus.NOT_REPORTED,
        "dataset.json says nothing under study.ethics.",
    )
    told = replace(own_facts, description={"study": {"ethics": "Board 7 approved; consent was waived."}})
    answered = item(fill_in(told), "TRIPOD+AI", "17")
    assert (answered.status, answered.text) == (ItemStatus.REPORTED, "Board 7 approved; consent was waived.")


def test_what_does_not_apply_to_simulated_patients_says_so(facts):
    assert item(fill_in(facts), "TRIPOD+AI", "17").status is ItemStatus.NOT_APPLICABLE
    assert item(fill_in(facts), "CLAIM 2024", "11").status is ItemStatus.NOT_APPLICABLE


def test_answers_hold_the_numbers_of_the_run(facts):
    group = facts.metrics["cross_validation"]
    for title, number in (("TRIPOD+AI", "23a"), ("CLAIM 2024", "37")):
        text = item(fill_in(facts), title, number).text
        assert f"{group['auc']:.3f} ({group['auc_low']:.3f}-{group['auc_high']:.3f})" in text
        assert f"{group['correlation_with_latent_risk']:.2f}" in text
    missed = group["sensitivity"]["n"] - group["sensitivity"]["k"]
    assert f"{missed} patients with the event" in item(fill_in(facts), "CLAIM 2024", "39").text


def test_external_testing_is_never_claimed(facts, own_facts):
    for each in (facts, own_facts):
        assert item(fill_in(each), "CLAIM 2024", "33").status is ItemStatus.NOT_REPORTED


def test_documents_are_tables_that_name_their_source(facts):
    documents = documents_of(facts)
    assert set(documents) == {"TRIPOD-AI.md", "CLAIM.md"}
    assert "10.1136/bmj-2023-078378" in documents["TRIPOD-AI.md"]
    assert "10.1148/ryai.240300" in documents["CLAIM.md"]
    rows = [line for line in documents["CLAIM.md"].splitlines() if line.startswith("| ")]
    assert len(rows) == 44 + 2
    assert {row.replace("\\|", "").count("|") for row in rows} == {6}


def test_templates_ask_for_nothing_that_no_run_could_tell(facts):
    answers = answers_of(facts)
    used = set()
    for name in TEMPLATES:
        for each in read_template(name)["items"]:
            texts = [each.get(key, "") for key in ("text", "simulated", "missing")]
            used |= {part.split("}")[0] for text in texts for part in text.split("{")[1:]}
    assert {name for name in used if not name.startswith("study_")} <= set(answers)
