"""What clinical facts alone would predict: a logistic regression on those of the network, without its images.

It is no part of DeepTEPP. It lets a centre without images see its follow-up, its gaps and its calibration, and it
is the line that a score has to pass. No tier is made of it: the cut-offs belong to the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, HER2_POSITIVE, SET, Arm, Cohort, Endpoint
from deeptepp.domain.provenance import Provenance, ScoreSource, patients_are_simulated
from deeptepp.errors import DeepTeppError, NotEstimable
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.clinical_features import PUBLISHED_COLUMNS, ClinicalSchema, fit_schema
from deeptepp.report.cohort.cohort_prognosis import complete, known_in
from deeptepp.report.cohort.cohort_validation import validation_items
from deeptepp.report.cohort.predictor import Predictor
from deeptepp.report.format import count
from deeptepp.report.look.stamps import marked_cohort, stamp_all
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.stats.logistic import LogisticFit, fit_logistic
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

CLINICAL_RISK = "clinical_risk"
"""Column of the risks; it lives no longer than the report, and is never called a score."""

CAPTION = "clinical facts alone, not the DeepTEPP score"
"""Ends every title."""

_REMARK = "Clinical facts alone, not the DeepTEPP score."
_SIMULATED = sentence(
    "{remark} SIMULATED MODEL: the model of these facts learnt from simulated patients.", remark=_REMARK
)

_COUNTED = {
    "tumour_stage": ("Tumour size", "T1, T2, T3 as 0, 1, 2"),
    "node_positive": ("Lymph nodes", "N0 as 0, N1 to N3 as 1"),
    "er_positive": ("ER", "negative 0, positive 1"),
    "pr_positive": ("PR", "negative 0, positive 1"),
    "hr_positive": ("Hormone receptor", "ER or PR positive 1, else 0"),
}
"""Name of each feature, and how it is counted."""


@dataclass(frozen=True, slots=True, eq=False)
class ClinicalReference:
    """A fitted regression.

    ``schema``: how facts become numbers, and what stands for an unknown one; ``fit``: on standardised facts and
    missing flags.
    """

    schema: ClinicalSchema
    fit: LogisticFit
    is_simulated: bool

    def risks(self, cohort: Cohort) -> Floats:
        """Predict.

        Returns (n,) probability of recurrence or death during a follow-up like that of the reference cohort. NaN
        where not one of the facts is known, an unknown one among others is imputed as the network's. Raises
        OutOfRange: a fact is none of its categories or out of its range.
        """
        found = self.fit.probability(self.schema.encode_cohort(cohort).astype(np.float64))
        is_known = np.any([known_in(cohort, name) for name in PUBLISHED_COLUMNS], axis=0)
        return np.where(is_known, found, np.nan)

    @property
    def predictor(self) -> Predictor:
        """What every figure and table made of it says."""
        return Predictor(
            column=CLINICAL_RISK,
            label="clinical facts",
            meaning="The risk is the probability of an event during the follow-up of the reference cohort, not by "
            "a set time; read as the risk at five years it is too high or too low by what the lengths differ.",
            unpredicted="of no patient with known follow-up is one of the clinical facts known",
            key="clinical",
            caption=CAPTION,
            remark=_SIMULATED if self.is_simulated else _REMARK,
            imputation="the mean of the reference cohort stands for it",
        )


def fit_clinical_reference(bundle: ModelBundle) -> ClinicalReference:
    """Fit on the patients of the reference cohort whom the network learnt from.

    ``bundle``: brings the patients, and how facts are encoded. Raises NotEstimable: the model of the bundle learnt
    something else than recurrence, or the facts separate the classes; MissingColumn: a fact is unknown for
    everybody in the reference cohort.
    """
    if bundle.training.get("label") == HER2_POSITIVE:
        raise NotEstimable(
            what="A model of clinical facts", reason="this bundle learnt HER2 status, not recurrence"
        )
    known = bundle.reference.where(complete(bundle.reference, Endpoint.RFS, []))
    is_learnt = known[SET] == "training" if SET in known else known[ARM] != Arm.TP.value
    learnt = known.where(np.asarray(is_learnt, dtype=bool))
    schema = bundle.clinical if bundle.clinical.features else fit_schema(learnt)
    fit = fit_logistic(schema.encode_cohort(learnt).astype(np.float64), learnt.follow_up(Endpoint.RFS).event)
    return ClinicalReference(schema, fit, bundle.is_simulated or bundle.reference.is_simulated)


def clinical_items(cohort: Cohort, bundle: ModelBundle) -> list[ReportItem]:
    """Validate the clinical facts of a cohort without scores.

    Returns the model, then what ``validation_items`` measures, each named as made from clinical facts alone and
    marked where patients or model are simulated, one item with the reason where nothing can be fitted.
    """
    title = sentence("Validation: {caption}", caption=CAPTION)
    try:
        reference = fit_clinical_reference(bundle)
        risks = reference.risks(cohort)
    except DeepTeppError as error:
        return [ReportItem("clinical-validation", "Validation", title, reason=str(error))]
    predicted = cohort.with_columns(**{CLINICAL_RISK: risks})
    source = ScoreSource.SIMULATED_MODEL if reference.is_simulated else ScoreSource.MODEL
    mark = Provenance(patients_are_simulated(cohort), source).mark
    items = validation_items(marked_cohort(predicted, mark), reference.predictor)
    whole = [_model_item(reference, risks), *items] if np.isfinite(risks).any() else items
    return list(stamp_all(whole, mark))


def _model_item(reference: ClinicalReference, risks: Floats) -> ReportItem:
    """Write the regression down."""
    schema, fit, known = reference.schema, reference.fit, risks[np.isfinite(risks)]
    n = len(schema.features)
    weights = zip(schema.features, schema.mean, schema.sd, fit.coefficients[:n], fit.coefficients[n:], strict=True)
    rows: list[tuple[str, ...]] = [
        (*_COUNTED[name], f"{mean:.3f}", f"{weight / sd:+.3f}", f"{flag:+.3f}" if was_missing else "")
        for (name, mean, sd, weight, flag), was_missing in zip(weights, schema.had_missing, strict=True)
    ]
    header: tuple[str, ...] = ("Fact", "Counted as", "Mean, stands for unknown", "Log odds per unit")
    if any(schema.had_missing):
        header = (*header, "Log odds where unknown")
    rows = [row[: len(header)] for row in rows]
    note = sentence(
        "Logistic regression of recurrence or death on {n} of the reference cohort, {n_events} with the event. "
        "Risks here: {min:.3f} to {max:.3f}, {unique} different ones. Facts that repeat each other, as ER and "
        "hormone receptor do, share their weight.",
        n=count(fit.n, "patient"),
        n_events=fit.n_events,
        min=known.min(),
        max=known.max(),
        unique=len(np.unique(known)),
    )
    table = Table("The model", header, tuple(rows), note)
    predictor = reference.predictor
    return predictor.name(
        ReportItem("model", "Validation", predictor.title("What predicts here"), tables=(table,))
    )
