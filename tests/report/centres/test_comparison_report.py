from functools import cache

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import RFS_EVENT, RFS_MONTHS, SCORE, TIER, Cohort
from deeptepp.domain.provenance import Model
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.centres.comparison_report import ScoredTable, comparison_page
from deeptepp.scoring.tiers import TierSource, with_tiers
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.prediction.auc_comparison import compare_auc


@cache
def scored(noise: float, seed: int) -> Cohort:
    cohort = simulate_cohort(seed=1)
    z = np.asarray(cohort["latent_risk"], dtype=float) + noise * np.random.default_rng(seed).standard_normal(726)
    return with_tiers(cohort.with_columns(score=1 / (1 + np.exp(1 - z))), tiny_bundle.TIERS, TierSource.CUT_OFFS)


@pytest.fixture(scope="module")
def items():
    page = comparison_page(ScoredTable("good", scored(0.5, 2)), ScoredTable("worse", scored(2.0, 3)))
    assert page.mark == SIMULATED_COHORT
    return {item.key: item for item in page.items}


def rows(item, table=0):
    return {row[0]: row[1:] for row in item.tables[table].rows}


def test_the_difference_of_the_auc_is_that_of_delong_in_those_who_are_known(items):
    good, worse = scored(0.5, 2), scored(2.0, 3)
    case = np.asarray(good[RFS_EVENT]) & (good[RFS_MONTHS] <= 60)
    known = case | (good[RFS_MONTHS] >= 60)
    found = compare_auc(good[SCORE][known], worse[SCORE][known], case[known])
    difference, remark = rows(items["discrimination"])["Difference"]
    assert difference.startswith(f"{found.difference:.3f} (")
    assert remark == "p < 0.001"


def test_the_better_score_is_better_in_every_part(items):
    assert rows(items["reclassification"])["Without the event: down less up"][0][0] != "\N{MINUS SIGN}"
    benefit = rows(items["net-benefit"])
    assert len(benefit) == 10
    assert sum(value[0].startswith("\N{MINUS SIGN}") for value in benefit.values()) <= 2


def test_tiers_are_crossed_for_everybody_and_by_event(items):
    everyone = sum(int(n) for row in items["tiers"].tables[0].rows for n in row[1:])
    by_event = [sum(int(n) for row in t.rows for n in row[1:]) for t in items["reclassification"].tables[1:]]
    assert everyone == 726
    assert 0 < by_event[0] < by_event[1] < 726
    # Rows are A in every table of tiers: those of the worse score stand in the columns.
    low = int((np.asarray(scored(0.5, 2)[TIER]) == "Low").sum())
    assert sum(map(int, rows(items["tiers"])["Low"])) == low


def test_without_follow_up_agreement_and_tiers_remain_and_the_rest_says_why():
    bare = scored(0.5, 2).with_columns(rfs_months=np.full(726, np.nan), rfs_event=np.zeros(726, dtype=bool))
    page = comparison_page(ScoredTable("a", bare), ScoredTable("b", bare, Model("f" * 64, is_simulated=True)))
    made = {item.key: item.is_made for item in page.items}
    assert made == {
        "agreement": True,
        "discrimination": False,
        "tiers": True,
        "reclassification": False,
        "net-benefit": False,
    }
    assert all(item.reason for item in page.items if not item.is_made)


def test_tables_without_tiers_say_so():
    bare = {k: v for k, v in scored(0.5, 2).columns.items() if k != TIER}
    side = ScoredTable("a", Cohort(bare, is_simulated=True))
    by_key = {item.key: item for item in comparison_page(side, side).items}
    assert "tiers" in by_key["tiers"].reason
    assert "tiers" in by_key["reclassification"].reason
