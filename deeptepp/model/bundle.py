"""A model bundle: one folder that holds all that a score depends on, each file under its SHA-256.

The weights are rounded to half precision as soon as a bundle is made, not only when it is written: a score found
while training, the scores of the reference cohort and a score served years later come from the same numbers.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from deeptepp.config import top_folder
from deeptepp.domain.cohort import ARM, PROTOCOL, SCORE, TIER, Cohort
from deeptepp.domain.risk import Recalibration, TierScheme
from deeptepp.errors import BadSetting, BundleMissing, ChecksumMismatch, MissingColumn, SchemaMismatch
from deeptepp.file_sets import SUMS, digest_of, writing_set
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.model.clinical_features import ClinicalSchema
from deeptepp.model.network import SCORES_FROM, RiskNetwork, build_network
from deeptepp.tables import read_cohort, write_cohort
from deeptepp.views.planes import ViewSettings

SCHEMA_VERSION = 2
"""Layout of the folder that this version writes; the second adds effects of facts and what a centre fitted."""

READ_VERSIONS = (1, SCHEMA_VERSION)
"""Layouts that this version reads; in the first every fact enters the network."""

SCORE_VERSION = 3
"""Raised by any change of code or data that moves a score; see the changelog."""

ARTIFACTS_VARIABLE = "DEEPTEPP_ARTIFACTS"
"""Environment variable that names a bundle, or a folder of bundles."""

MAX_BUNDLE_BYTES = 45_000_000
"""A bundle may not be larger, all files together: the model of the paper takes 45 MB."""

WEIGHTS = "weights.safetensors"
SETTINGS = "bundle.toml"
REFERENCE = "reference_cohort.parquet"
METRICS = "metrics.json"
CARD = "CARD.md"
TRAINING = "training.toml"

EXTERNAL = "external"
"""Where the measures of a bundle hold what other patients came to, one entry per dataset."""

PARTED = {ARM: "Treatment", PROTOCOL: "Scan protocol"}
"""Columns by which other patients are parted into groups, and the factor that each is called."""

FILES = (CARD, SETTINGS, METRICS, REFERENCE, TRAINING, WEIGHTS)
"""What every bundle consists of, beside ``SHA256SUMS`` and documents of its own."""

_DOCUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.md")
"""Names that a document may have: plain, so that none leads out of the folder or hides in it."""

Network = TypeVar("Network", bound=RiskNetwork)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ModelBundle:
    """A network and all that its scores depend on.

    ``name``: name of the bundle, which is also that of its folder; ``net``: the network; copied, its weights
    rounded to half precision, in evaluation mode; ``roi``: how the region of interest is cut and normalised;
    ``views``: which views are scored; ``clinical``: how CP facts enter the network; ``effects``: what CP facts add
    to the log odds of a network of images alone, none where they enter the network; ``tiers``: frozen cut-offs;
    ``reference``: patients against whom a score is placed, with the columns ``SCORE`` and ``TIER``;
    ``is_simulated``: True when the network was trained on simulated patients; ``metrics``: what was measured on
    it, ready for JSON; ``card``: model card in Markdown; ``training``: settings of the training run, ready for
    TOML; ``sha256``: digest over the bundle's ``SHA256SUMS``; empty until it is saved; ``score_version``: raised
    by any change that moves a score; ``provenance``: code version, command and data of the training run, ready for
    TOML; ``score_from``: logits behind the score, see ``risk_logits``; ``recalibration``: from the softmax of the
    network to the score; none in bundles that were written before there was any; ``on_site``: what a centre that
    recalibrated the bundle adds, on the score of a patient as a whole, so that the order of patients stays;
    ``documents``: markdown by file name, such as reporting checklists; names are plain and end in ``.md``. Raises
    BadSetting where Network, regions, views and CP schema do not fit together, or ``score_from`` or the name of a
    document is not allowed; MissingColumn where the reference cohort has no scores or tiers; ValueError where a
    weight is too large for half precision.
    """

    name: str
    net: RiskNetwork
    roi: RoiSettings
    views: ViewSettings
    clinical: ClinicalSchema
    tiers: TierScheme
    reference: Cohort
    is_simulated: bool
    effects: ClinicalEffects = field(default_factory=ClinicalEffects)
    metrics: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    score_version: int = SCORE_VERSION
    provenance: dict[str, Any] = field(default_factory=dict)
    score_from: str = "concat"
    recalibration: Recalibration = field(default_factory=Recalibration)
    on_site: Recalibration = field(default_factory=Recalibration)
    documents: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_facts()
        if self.score_from not in SCORES_FROM:
            raise BadSetting(key="score_from", value=self.score_from, limit=" or ".join(SCORES_FROM))
        for name in self.documents:
            if not _is_document(name):
                raise BadSetting(key="documents", value=name, limit="a plain file name that ends in .md")
        room_mm = (self.roi.n_voxels - 1) * self.roi.spacing_mm
        if self.views.fov_mm > room_mm:
            raise BadSetting(key="views.fov_mm", value=self.views.fov_mm, limit=f"at most {room_mm:g}")
        missing = [name for name in (SCORE, TIER) if name not in self.reference]
        if missing:
            raise MissingColumn(value=", ".join(missing))
        object.__setattr__(self, "net", as_served(self.net))

    def _check_facts(self) -> None:
        """Refuse a network that takes other inputs than it is given."""
        settings = self.net.settings
        for key, value, limit in (
            ("network.in_channels", settings["in_channels"], len(self.roi.channels)),
            ("network.n_clinical", settings["n_clinical"], self.clinical.length),
        ):
            if value != limit:
                raise BadSetting(key=key, value=value, limit=limit)
        if self.effects.features and self.clinical.features:
            raise BadSetting(key="clinical.features", value="some", limit="none beside effects of clinical facts")

    @property
    def features(self) -> tuple[str, ...]:
        """Every feature of CP facts that counts: keys of ``FEATURES``."""
        return self.clinical.features + self.effects.features


def as_served(net: Network) -> Network:
    """Copy a network as a bundle serves it.

    ``net``: the trained network; not changed. Gives a copy on the CPU in evaluation mode, without gradients, its
    weights rounded to half precision but held as float32. Raises ValueError where a weight is too large for half
    precision, or not finite.
    """
    served = deepcopy(net).to("cpu").eval().requires_grad_(requires_grad=False)
    for name, weight in served.state_dict().items():
        if weight.is_floating_point():
            weight.copy_(weight.half())
            if not torch.isfinite(weight).all():
                msg = f"Weights {name} are not finite in half precision"
                raise ValueError(msg)
    return served


def save_bundle(bundle: ModelBundle, folder: Path) -> ModelBundle:
    """Write a bundle in place of the one before, as a whole.

    ``folder``: Where; made when absent. Raises ValueError where the files together are larger than
    ``MAX_BUNDLE_BYTES``, or metrics hold a number that JSON has not; FolderInUse where the folder holds anything
    but one bundle; DiskFull where there is no room.
    """
    # Weights in half precision, settings and training as TOML, measures as JSON, texts, the reference cohort.
    weights = {k: v.half() if v.is_floating_point() else v for k, v in bundle.net.state_dict().items()}
    texts = {
        SETTINGS: tomli_w.dumps(_settings_table(bundle)),
        TRAINING: tomli_w.dumps(bundle.training),
        METRICS: json.dumps(bundle.metrics, indent=2, allow_nan=False) + "\n",
        CARD: bundle.card,
        **bundle.documents,
    }
    # Its list names files alone, since the digest of the list is that of the bundle.
    with writing_set(folder, {}) as part:
        (part / WEIGHTS).write_bytes(save({k: v.contiguous() for k, v in weights.items()}))
        for name, text in texts.items():
            (part / name).write_text(text, encoding="utf-8")
        write_cohort(bundle.reference, part / REFERENCE)
        size = sum(path.stat().st_size for path in part.iterdir())
        if size > MAX_BUNDLE_BYTES:
            msg = f"The bundle has {size} bytes, more than the {MAX_BUNDLE_BYTES} allowed"
            raise ValueError(msg)
    return replace(bundle, sha256=digest_of(folder / SUMS))


def _settings_table(bundle: ModelBundle) -> dict[str, Any]:
    """Lay out ``bundle.toml``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": bundle.name,
        "is_simulated": bundle.is_simulated,
        "score_version": bundle.score_version,
        "score_from": bundle.score_from,
        "recalibration": asdict(bundle.recalibration),
        "on_site": asdict(bundle.on_site),
        "roi": asdict(bundle.roi),
        "views": asdict(bundle.views),
        "network": dict(bundle.net.settings),
        "clinical": asdict(bundle.clinical),
        "effects": asdict(bundle.effects),
        "tiers": asdict(bundle.tiers),
        "provenance": bundle.provenance,
    }


def verify_bundle(folder: Path) -> dict[str, str]:
    """Compare every file of a bundle with its checksum.

    Gives SHA-256 of each file by its name, documents last. Raises BundleMissing where the folder or one of its
    files is absent; ChecksumMismatch where a file differs from its checksum or has none; SchemaMismatch where the
    layout is of another version, or a checksum belongs to a file that no bundle has.
    """
    if not (folder / SUMS).is_file():
        raise BundleMissing(value=SUMS)
    lines = (folder / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    expected = {name: digest for digest, _, name in (line.partition("  ") for line in lines if line.strip())}
    _check_schema(folder, expected.get(SETTINGS))
    names = (*FILES, *_documents(expected))
    for name in names:
        if not (folder / name).is_file():
            raise BundleMissing(value=name)
    for name in names:
        if expected.get(name) != digest_of(folder / name):
            raise ChecksumMismatch(value=name)
    if len(expected) > len(names):
        raise SchemaMismatch(value=f"{SCHEMA_VERSION} with other files", limit=SCHEMA_VERSION)
    return {name: expected[name] for name in names}


def _check_schema(folder: Path, expected: str | None) -> None:
    """Refuse another layout by its own name, before the files that this one has are missed in it."""
    settings = folder / SETTINGS
    if not settings.is_file() or expected != digest_of(settings):
        return
    try:
        version = tomllib.loads(settings.read_text(encoding="utf-8")).get("schema_version")
    except ValueError:
        return
    if isinstance(version, int) and version not in READ_VERSIONS:
        raise SchemaMismatch(value=version, limit=SCHEMA_VERSION)


def _documents(sums: Iterable[str]) -> list[str]:
    """Name the documents among the files with a checksum."""
    return sorted(filter(_is_document, sums))


def _is_document(name: str) -> bool:
    """Whether a file may be a document of a bundle."""
    return _DOCUMENT.fullmatch(name) is not None and name not in FILES


def load_bundle(path: Path | None = None) -> ModelBundle:
    """Read a bundle after all of its checksums were verified.

    Parameters
    ----------
    path : Path, optional
        The bundle's folder; ``default_bundle_path()`` when left out.

    Returns
    -------
    ModelBundle
        Ready to score.

    Raises
    ------
    BundleMissing
        There is no bundle, or a file of it is absent.
    ChecksumMismatch
        A file differs from its checksum.
    SchemaMismatch
        The layout is of another version, or a section does not read as this version writes it.
    """
    folder = default_bundle_path() if path is None else Path(path)
    sums = verify_bundle(folder)
    try:
        table = tomllib.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if table["schema_version"] not in READ_VERSIONS:
            raise SchemaMismatch(value=table["schema_version"], limit=SCHEMA_VERSION)
        return _read(folder, table, _documents(sums))
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        # The checksums match, so the file is what its maker wrote: not damaged, but of a layout unknown here.
        raise SchemaMismatch(value=f"{SCHEMA_VERSION} with other sections", limit=SCHEMA_VERSION) from error


def _read(folder: Path, table: dict[str, Any], documents: list[str]) -> ModelBundle:
    """Build the bundle from its verified files."""
    net = build_network(table["network"])
    weights = load((folder / WEIGHTS).read_bytes())
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    return ModelBundle(
        name=table["name"],
        net=net,
        roi=RoiSettings(**{**table["roi"], "channels": tuple(table["roi"]["channels"])}),
        views=ViewSettings(**table["views"]),
        clinical=ClinicalSchema(**table["clinical"]),
        effects=ClinicalEffects(**table.get("effects", {})),
        tiers=TierScheme(**table["tiers"]),
        reference=read_cohort(folder / REFERENCE),
        is_simulated=table["is_simulated"],
        metrics=json.loads((folder / METRICS).read_text(encoding="utf-8")),
        card=(folder / CARD).read_text(encoding="utf-8"),
        training=tomllib.loads((folder / TRAINING).read_text(encoding="utf-8")),
        sha256=digest_of(folder / SUMS),
        score_version=table["score_version"],
        provenance=table["provenance"],
        score_from=table.get("score_from", "concat"),
        recalibration=Recalibration(**table.get("recalibration", {})),
        on_site=Recalibration(**table.get("on_site", {})),
        documents={name: (folder / name).read_text(encoding="utf-8") for name in documents},
    )


def default_bundle_path() -> Path:
    """Find the bundle to score with when none is named.

    Gives the folder that ``DEEPTEPP_ARTIFACTS`` names, or the shipped ``artifacts``, when it is a bundle
    itself; else the bundle in it whose checksums were written last. Raises BundleMissing where there is no bundle.
    """
    named = os.environ.get(ARTIFACTS_VARIABLE)
    artifacts = Path(named) if named else top_folder() / "artifacts"
    if (artifacts / SETTINGS).is_file():
        return artifacts
    found = sorted(artifacts.glob(f"*/{SUMS}"), key=lambda sums: (sums.stat().st_mtime_ns, sums.parent.name))
    if not found:
        raise BundleMissing(value="every file: there is no bundle in the artifacts folder")
    return found[-1].parent


def parted_by(group: Mapping[str, Any]) -> str:
    """Name the column by which a group was chosen, empty for everybody; older bundles hold its factor alone."""
    before = {factor: column for column, factor in PARTED.items()}
    return str(group.get("column", before.get(group["factor"], "")))
