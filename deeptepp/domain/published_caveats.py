"""Where the published figures conflict, one sentence or two each; named by the figures that they bear on.

Findings of our own, by arithmetic on what was printed or by simulation. What concerns Table 2 alone stands in
``published.TABLE_2_READING``.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7.
"""

from __future__ import annotations

from enum import StrEnum


class Caveat(StrEnum):
    """Names of the conflicts."""

    SWAPPED_COLUMNS = "swapped-columns"
    EVENTS_AND_RELAPSES = "events-and-relapses"
    TWO_DEFINITIONS = "two-definitions"
    TESTING_SET = "testing-set"
    TWO_CUT_OFFS = "two-cut-offs"
    AUC_BY_ARM = "auc-by-arm"
    CURVES_AND_COUNTS = "curves-and-counts"
    MATCHED_ON_OUTCOME = "matched-on-outcome"
    MATCHED_NUMBERS = "matched-numbers"
    TIER_BY_ARM = "tier-by-arm"
    DATES = "dates"
    POOLED_FOLLOW_UP = "pooled-follow-up"
    RATIO_AND_CURVES = "ratio-and-curves"
    LOW_P_VALUE = "low-p-value"
    TIERS_TAKEN_TOGETHER = "tiers-taken-together"
    NOT_RANDOMISED = "not-randomised"


CAVEATS: dict[Caveat, str] = {
    Caveat.SWAPPED_COLUMNS: "SPEC and SENS of Table 2 are printed in each other's column in the rows with "
    "multi-view augmentation: 69 patients with and 538 without recurrence allow no other reading.",
    Caveat.EVENTS_AND_RELAPSES: "Table 2 counts 69 patients with recurrence in cohorts 1 and 2, the text 60 "
    "relapses in all three cohorts.",
    Caveat.TWO_DEFINITIONS: "Recurrence counts death from breast cancer where the network is described and death "
    "of any cause under statistics; the 13 contralateral cancers are counted as relapses and are in neither "
    "definition.",
    Caveat.TESTING_SET: "The testing rows of Table 2 fit 14 patients with and 108 without recurrence, one fifth "
    "of the 607 who were cross-validated: they are not shown to be independent.",
    Caveat.TWO_CUT_OFFS: "At the cut-off of Table 2, 148 of 607 patients (24 %) are positive; above the cut-off "
    "of the tiers lie 287 of 726, at least 168 of the same 607. The cut-offs or the scores differ.",
    Caveat.AUC_BY_ARM: "AUC of 0.94 and 0.93 in the two arms do not fit an AUC of 0.88 in both together; the "
    "three tiers with their survival alone come to about 0.81.",
    Caveat.CURVES_AND_COUNTS: "Under the follow-up that we assume, the curves ask for about 81 events of "
    "recurrence-free survival in cohorts 1 and 2 (69 are counted) and about 40 deaths (13 of breast cancer are "
    "given); first events would then include about 25 % deaths without a recorded relapse.",
    Caveat.MATCHED_ON_OUTCOME: "Patients were matched on follow-up time, which an early relapse cuts short. In "
    "simulated cohorts where pertuzumab changes nothing, matching on observed follow-up gave p < 0.05 in its "
    "favour in 14 to 61 % of draws, by tier and by how the matching is done.",
    Caveat.MATCHED_NUMBERS: "The numbers of matched patients are not given. 21/31 against 31/31 followed for two "
    "years would make p = 0.0006, not 0.045; 26/29 and 28/29 fit 89.7 and 96.6 %, but one death against none "
    "does not make p = 0.746 unless later deaths reverse it.",
    Caveat.TIER_BY_ARM: "The numbers by tier and arm are not given beyond 88 untreated Low patients; those used "
    "here (none 88/22/29, trastuzumab 292/93/83, both 59/29/31) are inferred from the mixtures of the curves.",
    Caveat.DATES: "Operations of 2009 to 2017 do not fit adjuvant pertuzumab available after 2019 only, nor a "
    "longest follow-up of 124 months a last visit late enough for 14 months of cohort 3.",
    Caveat.POOLED_FOLLOW_UP: "The curve of all High patients lies below the mixture of its two arms because the "
    "untreated were followed for longer; the same holds for recurrence-free survival.",
    Caveat.RATIO_AND_CURVES: "The hazard ratios do not follow from the five-year curves: ln(0.805)/ln(0.987) = "
    "16.6 for death in High against Low, where 11.17 is printed; 10.9 and 22.6 for recurrence, where 12.22 and "
    "28.04 are.",
    Caveat.LOW_P_VALUE: "p = 0.144 in Low asks for more events than 97.4 and 98.9 % at five years carry; survival "
    "was lower with trastuzumab, by a difference that chance explains.",
    Caveat.TIERS_TAKEN_TOGETHER: "Moderate and High were tested together; the abstract gives the p value for "
    "Moderate alone.",
    Caveat.NOT_RANDOMISED: "Treatment was not randomised, and the comparison is not adjusted.",
}
"""What each conflict is, in the words that a reader sees."""
