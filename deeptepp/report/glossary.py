"""Terms of the field as they are used here, each in one or two sentences, so that nobody has to leave the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    ``also``: other ways in which it is written, as a regular expression, empty where the name is the only one.
    """

    name: str
    meaning: str
    also: str = ""

    def is_in(self, text: str) -> bool:
        """Whether a text uses it."""
        written = re.escape(self.name) + (f"|{self.also}" if self.also else "")
        return re.search(rf"(?<![\w-])(?:{written})(?![\w])", text) is not None


GLOSSARY: tuple[Term, ...] = (
    Term("AUC", "Chance that a patient who had the event has a higher score than one who had not; 0.5 is a coin."),
    Term(
        "Brier score",
        "Mean squared distance between predicted risk and what happened; 0 is perfect, and a model that always "
        "predicts the mean risk is the yardstick.",
        "Brier",
    ),
    Term(
        "C-index",
        "Chance that of two patients the one with the earlier event has the higher score; 0.5 is a coin.",
        "C index|[Cc]oncordance|Harrell's C|Uno's C",
    ),
    Term(
        "Calibration slope",
        "1 when predicted risks spread as the observed ones do; below 1 when high risks are too high and low "
        "ones too low.",
        "calibration slope|[Ss]lope(?! of the coefficient)",
    ),
    Term(
        "Calibration-in-the-large",
        "Whether the predicted risks are right on the whole; the intercept is 0 when they are, above 0 when "
        "they are too low.",
        "calibration-in-the-large|[Ii]ntercept",
    ),
    Term(
        "Caliper",
        "Largest difference in propensity score at which two patients may be matched, in standard deviations.",
        "caliper",
    ),
    Term(
        "CI", "Confidence interval: values that agree with the data; 95 of 100 such intervals hold the true value."
    ),
    Term(
        "Cox model",
        "Regression of the hazard on several facts at once; it gives hazard ratios.",
        "Cox",
    ),
    Term(
        "E50, E90, Emax",
        "Median, 90th percentile and largest distance between predicted and observed risk.",
        "E50|E90|Emax",
    ),
    Term(
        "Firth",
        "Penalised regression that gives a finite hazard ratio where an arm has no event; read the interval, "
        "which is wide.",
        "penalised",
    ),
    Term("Greenwood", "The usual formula for the variance of a Kaplan-Meier estimate; its interval rests on it."),
    Term(
        "Hazard ratio",
        "Ratio of the rates at which events come in two groups; 1 is no difference, below 1 fewer in the first.",
        "hazard ratios?|Hazard ratios|HR",
    ),
    Term("ICI", "Integrated calibration index: mean distance between predicted and observed risk; 0 is perfect."),
    Term(
        "Integrated gradients",
        "Way to divide a score among the voxels and facts that it came from, going from a blank input to "
        "this one.",
        "integrated gradients",
    ),
    Term(
        "Kaplan-Meier",
        "Estimate of the share without the event over time that uses patients for as long as they were followed.",
    ),
    Term(
        "Landmark",
        "Time from which patients are compared, among those who reached it without the event.",
        "landmark",
    ),
    Term(
        "Log-rank",
        "Test of whether groups differ in the rate of events over the whole follow-up.",
        "log-rank",
    ),
    Term(
        "Net benefit",
        "True positives less false positives, weighted by the risk at which one would act; higher is better.",
        "net benefit",
    ),
    Term(
        "NNT",
        "Number of patients treated for one fewer event at the time given; without treatment at random it is "
        "no effect of treatment.",
        "[Nn]umber needed to treat",
    ),
    Term(
        "Optimism",
        "How much better a cut-off or model looks in the patients that it was found in than it will in others.",
        "optimism",
    ),
    Term("OS", "Overall survival: time from surgery to death of any cause.", "[Oo]verall survival"),
    Term(
        "Peto",
        "Hazard ratio from observed and expected events; it exists with few events, and is used for subgroups.",
    ),
    Term(
        "Propensity score",
        "Chance of having received a treatment, given the facts known at surgery; patients are matched by it.",
        "propensity scores?",
    ),
    Term(
        "RFS",
        "Recurrence-free survival: time from surgery to a recurrence or to death of any cause, what comes first.",
        "[Rr]ecurrence-free survival",
    ),
    Term(
        "RMST",
        "Restricted mean survival time: mean months without the event up to a horizon; the area under the curve.",
        "[Rr]estricted mean",
    ),
    Term(
        "Sensitivity",
        "Share of patients with the event whose score lies at or above the cut-off.",
        "sensitivity",
    ),
    Term(
        "Separation",
        "All events lie on one side, so that a ratio has no finite estimate; a penalised one is given, or none.",
        "separation|separate the model",
    ),
    Term(
        "SMD",
        "Standardised mean difference between two groups; below 0.1 they are alike, above 0.25 they are not.",
        "[Ss]tandardised mean differences?",
    ),
    Term(
        "Specificity",
        "Share of patients without the event whose score lies below the cut-off.",
        "specificity",
    ),
    Term("Tras", "Trastuzumab. T alone would be taken for the tumour of the TNM."),
    Term("Tras+pert", "Trastuzumab and pertuzumab together, given as two antibodies against HER2."),
    Term(
        "Two-means",
        "Way to divide scores into two groups that lie as close as possible to their means; it sets the upper "
        "cut-off.",
        "2-means|two-means",
    ),
    Term(
        "Type I error",
        "Finding a difference where there is none; tests at 0.05 do so in 5 of 100 studies.",
        "type I error",
    ),
    Term(
        "Uno",
        "C-index or AUC that does not depend on how long patients were followed; weights correct for it.",
        "Uno's",
    ),
    Term(
        "Views",
        "Slices through the tumour in several directions; each gives a score, and their mean is the risk score.",
        "views",
    ),
    Term(
        "Youden",
        "Sensitivity plus specificity less 1; the cut-off with the highest value divides patients best.",
        "Youden index|Youden's",
    ),
)
"""All terms, by the alphabet."""


def terms_in(texts: Iterable[str]) -> tuple[Term, ...]:
    """Terms that texts use."""
    whole = "\n".join(texts)
    return tuple(term for term in GLOSSARY if term.is_in(whole))
