"""A bundle's network as one ONNX file, for programs that do not run Python.

The file maps mosaics and encoded clinical-pathological (CP) values to the risk of each view; regions, views and
the encoding stay with the bundle. The risk score of a patient is the mean over her views.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from deeptepp.domain.risk import RESEARCH_USE, RESEARCH_USE_ONLY, SIMULATED_COHORT, Recalibration
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.model.network import RiskNetwork, risk_logits

if TYPE_CHECKING:
    from onnx import ModelProto

VIEWS = "views"
CLINICAL = "clinical"
RISK = "risk"
"""Names of the inputs (B, C, H, W) and (B, F), and of the output (B,), all float32."""

_OPSET = 18
_NOISY = ("torch.onnx._internal.exporter._registration",)


class ViewRisk(nn.Module):
    """A network up to the probability of recurrence.

    ``net``: in evaluation mode; ``score_from``: logits behind the score; ``recalibration``: from the softmax to
    the score; ``effects``: what CP adds to the log odds where the network sees none.
    """

    effects: Tensor
    centre: Tensor

    def __init__(
        self, net: RiskNetwork, score_from: str, recalibration: Recalibration, effects: ClinicalEffects
    ) -> None:
        super().__init__()
        self.net = net
        self.score_from = score_from
        self.recalibration = recalibration
        self.register_buffer("effects", torch.tensor(effects.effects, dtype=torch.float32))
        self.register_buffer("centre", torch.tensor(effects.centre, dtype=torch.float32))

    def forward(self, views: Tensor, clinical: Tensor | None = None) -> Tensor:
        """Map mosaics (B, C, H, W) and CP (B, F), absent where F is 0, to the risk (B,)."""
        if clinical is None:
            clinical = views.new_zeros((views.shape[0], 0))
        seen = clinical[:, : int(self.net.settings["n_clinical"])]
        y = risk_logits(self.net(views, seen), self.score_from)  # (B, 2)
        # For two classes the softmax is the logistic function of the difference of the logits.
        log_odds = self.recalibration.intercept + self.recalibration.slope * (y[:, 1] - y[:, 0])
        if len(self.effects):
            log_odds = log_odds + (clinical - self.centre) @ self.effects
        return torch.sigmoid(log_odds)


def export_onnx(bundle: ModelBundle, path: Path) -> Path:
    """Write the network of a bundle as ONNX.

    ``path``: file to write; its folder is made. Gives the file. Its inputs are ``views`` (B, C, H, W) and, where
    the network has CP values, ``clinical`` (B, F); its output is ``risk`` (B,); B is free. Its metadata hold the
    research-use mark, the mark of a simulated cohort, and the bundle's name and SHA-256.
    """
    n_clinical, side = bundle.clinical.length + len(bundle.effects.features), bundle.views.mosaic_px
    # The example has more than one view: the exporter takes a batch of 1 for a constant.
    views = torch.zeros(len(bundle.views.names) + 1, len(bundle.roi.channels), side, side)  # (B, C, H, W)
    inputs: dict[str, Tensor] = {VIEWS: views}
    if n_clinical:
        inputs[CLINICAL] = torch.zeros(len(views), n_clinical)  # (B, F)
    batch = {0: torch.export.Dim("batch")}
    with _quiet():
        program = torch.onnx.export(
            ViewRisk(bundle.net, bundle.score_from, bundle.recalibration, bundle.effects).eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=[RISK],
            dynamic_shapes=(batch,) * len(inputs),
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        msg = "The exporter gave no program"
        raise RuntimeError(msg)
    model = program.model_proto
    _forget_the_source(model)
    _describe(model, bundle)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def _describe(model: ModelProto, bundle: ModelBundle) -> None:
    """Write what the file is into its metadata."""
    marks = [RESEARCH_USE, *([SIMULATED_COHORT] if bundle.is_simulated else [])]
    facts = {
        "marks": "; ".join(marks),
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "score_version": str(bundle.score_version),
        "score_from": bundle.score_from,
        "view_names": ", ".join(bundle.views.names),
        "clinical_features": ", ".join(bundle.features),
    }
    model.doc_string = f"{'; '.join(marks)}. Probability of recurrence for each view. {RESEARCH_USE_ONLY}"
    model.producer_name = "deeptepp"
    del model.metadata_props[:]
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)


def _forget_the_source(model: ModelProto) -> None:
    """Remove the stack traces that the exporter keeps of every operation: they name folders of this machine."""
    for graph in (model.graph, *model.functions):
        del graph.metadata_props[:]
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in graph.value_info:
            del value.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what the exporter says of its own insides: deprecations, and operations of absent libraries."""
    loggers = [logging.getLogger(name) for name in _NOISY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
