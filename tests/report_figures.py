"""Every kind of figure on a simulated cohort with tiers by its latent risk, and on cases that are hard to draw."""

from functools import cache, partial

import numpy as np
from treated_cohorts import tiered

from deeptepp.domain.cohort import ARM, LATENT_RISK, TIER, Arm, FollowUp
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.report.figures.balance_figure import balance_figure
from deeptepp.report.figures.calibration_figure import calibration_figure, survival_calibration_figure
from deeptepp.report.figures.decision_figure import decision_curve_figure
from deeptepp.report.figures.flow_figure import flow_figure
from deeptepp.report.figures.flow_steps import FlowStep
from deeptepp.report.figures.forest_figure import forest_figure
from deeptepp.report.figures.forest_marks import ForestAxis
from deeptepp.report.figures.forest_rows import ForestBlock, ForestRow
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.report.figures.survival_figure import kaplan_meier_figure
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.hazards.mantel_haenszel import one_step_hazard_ratio, subgroup_analysis
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.prediction.roc_band import roc_band
from deeptepp.stats.prediction.survival_calibration import calibration_at
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.treatment.balance import balance_of
from deeptepp.stats.treatment.matching import match_pairs
from deeptepp.stats.treatment.propensity import fit_propensity

TIERS = TierScheme(0.38, 0.63)


@cache
def cohort():
    return tiered(seed=3)


def scores():
    return 1 / (1 + np.exp(-(1.1 * cohort()[LATENT_RISK] - 0.6)))


def risks():
    """A risk of relapse by 60 months that follows the biology."""
    return 1 - np.exp(-0.07 * np.exp(0.9 * cohort()[LATENT_RISK]))


def curve(label, chosen):
    return kaplan_meier(cohort().follow_up().where(chosen), label=label)


def km_tiers():
    curves = [curve(tier.value, cohort()[TIER] == tier) for tier in Tier]
    return kaplan_meier_figure(
        curves, title="Relapse-free survival by risk tier, all patients", p_value=0.00002, simulated=True
    )


def km_arms():
    named = {Arm.NONE: "No anti-HER2 treatment", Arm.T: "Trastuzumab", Arm.TP: "Trastuzumab and pertuzumab"}
    from deeptepp.report.look.theme import ARM_COLOURS

    high = cohort()[TIER] == Tier.HIGH
    curves = [curve(name, high & (cohort()[ARM] == arm)) for arm, name in named.items()]
    return kaplan_meier_figure(
        curves,
        title="Relapse-free survival by adjuvant anti-HER2 treatment, High tier, patients treated since 2011",
        p_value=0.048,
        colours=[ARM_COLOURS[arm] for arm in named],
        grey_below_events=10,
        simulated=True,
    )


def km_without_events():
    curves = [
        kaplan_meier(FollowUp(np.full(1, 3.0), np.zeros(1, bool)), label="One patient"),
        kaplan_meier(FollowUp(np.arange(1.0, 30.0), np.zeros(29, bool)), label="Nobody with an event at all"),
        kaplan_meier(FollowUp(np.full(5, 6.0), np.ones(5, bool)), label="Everybody at once"),
    ]
    return kaplan_meier_figure(curves, title="Nothing to see", simulated=True)


def forest(n_rows):
    names = [
        "Whole model",
        "Uniform jigsaw, unfiltered",
        "One classifier, one step on whole mosaics",
        "Light head",
    ]
    labels = [names[i % len(names)] for i in range(n_rows)]
    counted = {"n": 486, "n_events": 72, "method": "DeLong"}
    rows = tuple(
        ForestRow(
            label,
            (
                Estimate(value=0.82 - 0.01 * i, low=0.78 - 0.01 * i, high=0.86, **counted),
                Estimate(value=None, **counted)
                if i == n_rows - 1
                else Estimate(value=0.8 - 0.05 * i, low=0.75 - 0.05 * i, high=0.85, **counted),
            ),
        )
        for i, label in enumerate(labels)
    )
    axes = [
        ForestAxis("AUC", "AUC", 0.5, (0.3, 1.0)),
        ForestAxis("Correlation with the truth", "correlation", None, (-0.2, 1.0)),
    ]
    title = "Ablations, cross-validation"
    return forest_figure([ForestBlock("", rows)], title=title, axes=axes, simulated=True)


def subgroup_forest():
    follow_up, treated = cohort().follow_up(), cohort()[ARM] == Arm.TP
    compared = (cohort()[ARM] == Arm.TP) | (cohort()[ARM] == Arm.T)
    blocks = []
    for name, column in (
        ("Risk tier", TIER),
        ("Nodes", "node_stage"),
        ("Histological grade", "grade"),
        ("Menopausal status at diagnosis", "menopause"),
    ):
        if column not in cohort():
            continue
        values = cohort()[column].astype(str)[compared]
        found = subgroup_analysis(follow_up.where(compared), treated[compared], values)
        rows = tuple(ForestRow.of_subgroup(part) for part in found.subgroups)
        blocks.append(ForestBlock(name, rows, found.heterogeneity.p_value))
    whole = one_step_hazard_ratio(follow_up.where(treated), follow_up.where(compared & ~treated))
    overall = ForestRow(
        "All patients",
        (whole,),
        tuple((int(follow_up.event[arm].sum()), int(arm.sum())) for arm in (treated, compared & ~treated)),
    )
    return forest_figure(
        blocks,
        title="Relapse-free survival, trastuzumab and pertuzumab against trastuzumab",
        arms=("T+P", "T"),
        overall=overall,
        notes=["Mantel-Haenszel one-step"],
        simulated=True,
    )


def subgroup_forest_empty_arms():
    months = np.arange(1.0, 21.0)
    nothing = subgroup_analysis(
        FollowUp(months, np.zeros(20, bool)), np.arange(20) % 2 == 0, np.repeat(["<50", "50+"], 10)
    )
    rows = tuple(ForestRow.of_subgroup(part) for part in nothing.subgroups)
    return forest_figure(
        [ForestBlock("Age", rows)],
        title="No event",
        arms=("Trastuzumab and pertuzumab", "Trastuzumab"),
        simulated=True,
    )


def roc():
    event = cohort().follow_up().event
    z = cohort()[LATENT_RISK]
    noise = np.random.default_rng(0).normal(size=len(z))
    lines = [
        RocLine.of_curve("Image score", roc_auc(z, event), band=roc_band(z, event, n_draws=200)),
        RocLine.of_curve("Clinical score of age, nodes, size and grade", roc_auc(z + 1.5 * noise, event)),
        RocLine.of_curve("Both", roc_auc(z + 0.5 * noise, event)),
    ]
    return roc_figure(lines, title="Relapse within follow-up", operating_point=(0.75, 0.7), simulated=True)


def roc_of_few():
    scored, event = np.arange(8.0), np.arange(8) > 5
    lines = [RocLine.of_curve("Few", roc_auc(scored, event), band=roc_band(scored, event, n_draws=200))]
    return roc_figure(lines, title="Two events", simulated=True)


def calibration():
    return calibration_figure(
        scores(),
        cohort().follow_up().event,
        title="Out-of-fold scores",
        event_name="a relapse",
        facts=["slope 0.94", "intercept −0.31"],
        simulated=True,
    )


def survival_calibration():
    found = calibration_at(cohort().follow_up(), risks(), 60.0)
    return survival_calibration_figure(
        found, risks(), title="Risk of relapse", event_name="relapse", simulated=True
    )


def survival_calibration_beyond():
    follow_up = FollowUp(np.minimum(cohort().follow_up().months, 50.0)[:90], cohort().follow_up().event[:90])
    found = calibration_at(follow_up, risks()[:90], 60.0)
    return survival_calibration_figure(
        found, risks()[:90], title="Follow-up shorter than the horizon", simulated=True
    )


def decision():
    thresholds = np.linspace(0.01, 0.3, 30)
    noise = np.exp(0.6 * np.random.default_rng(1).normal(size=len(risks())))
    curves = [
        decision_curve_at(risks(), cohort().follow_up(), 60.0, thresholds, label="Image score"),
        decision_curve_at(
            np.clip(risks() * noise, 0, 1),
            cohort().follow_up(),
            60.0,
            thresholds,
            label="Clinical score of age, nodes, size and grade",
        ),
    ]
    return decision_curve_figure(curves, title="Relapse by five years", simulated=True)


def decision_without_events():
    times = FollowUp(np.full(20, 60.0), np.zeros(20, bool))
    found = decision_curve_at(np.linspace(0, 0.4, 20), times, 60.0, [0.1, 0.2, 0.3], label="Model")
    return decision_curve_figure([found], title="No event", simulated=True)


def balance():
    compared = (cohort()[ARM] == Arm.TP) | (cohort()[ARM] == Arm.T)
    part = cohort().where(compared)
    facts = {
        name: part[name]
        for name in ("age_years", "tumour_size_mm", "node_stage", "grade", "menopause", "hormone_receptor")
        if name in part
    }
    facts = {
        name: np.asarray(column.astype(float) if column.dtype.kind in "fiub" else column.astype(str))
        for name, column in facts.items()
    }
    whole = {
        name: column for name, column in facts.items() if column.dtype.kind != "f" or np.isfinite(column).all()
    }
    index = part[ARM] == Arm.TP
    pairs = match_pairs(fit_propensity(whole, tuple(whole), index).logit, index)
    found = balance_of({**whole, LATENT_RISK: part[LATENT_RISK]}, index, pairs)
    return balance_figure(found, title="Trastuzumab and pertuzumab against trastuzumab", simulated=True)


def balance_of_nothing():
    index = np.arange(12) < 6
    found = balance_of(
        {"a covariate with a very long name, in mm, at diagnosis": np.ones(12), "x": np.arange(12.0)}, index, None
    )
    return balance_figure(found, title="Before matching", simulated=True)


FLOW = (
    FlowStep(
        "Operated on for breast cancer, January 2011 to December 2018",
        7024,
        (
            ("HER2-negative or not known", 5688),
            ("Breast MRI absent or not of the protocol", None),
            ("Neoadjuvant treatment", None),
        ),
    ),
    FlowStep(
        "HER2-positive, with MRI before surgery",
        820,
        (("Stage IV at diagnosis", 21), ("Lost to follow-up within 3 months", 58), ("Another cancer", 14)),
    ),
    FlowStep("Analysed", 726),
)
ARMS = (("No anti-HER2 treatment", 139), ("Trastuzumab", 468), ("Trastuzumab and pertuzumab", 119))


FIGURES = {
    "km-tiers": km_tiers,
    "km-arms": km_arms,
    "km-without-events": km_without_events,
    "forest-2": partial(forest, 2),
    "forest-11": partial(forest, 11),
    "subgroups": subgroup_forest,
    "subgroups-without-events": subgroup_forest_empty_arms,
    "roc": roc,
    "roc-of-few": roc_of_few,
    "calibration": calibration,
    "survival-calibration": survival_calibration,
    "survival-calibration-beyond": survival_calibration_beyond,
    "decision": decision,
    "decision-without-events": decision_without_events,
    "balance": balance,
    "balance-of-nothing": balance_of_nothing,
    "scores": lambda: score_distribution_figure(scores(), TIERS, 0.63049, simulated=True),
    "scores-of-one": lambda: score_distribution_figure([0.01], TierScheme(0.5, 0.5), 0.999, simulated=True),
    "flow": lambda: flow_figure(FLOW, ARMS, title="Patients of the study", simulated=True),
    "flow-no-arms": lambda: flow_figure(
        [FlowStep("All", 5, (("None of the reasons known of, which is long to say", 2), ("Other", 1)))],
        (),
        title="No arms",
        simulated=True,
    ),
    "flow-one-arm": lambda: flow_figure(
        [FlowStep("All", 5), FlowStep("Analysed <now>", 4)], [("Only", 3)], title="One arm", simulated=False
    ),
    "flow-six-arms": lambda: flow_figure(
        [FlowStep("All", 12)], [(f"Arm {i}", 2) for i in range(6)], title="Six arms", simulated=True
    ),
}
