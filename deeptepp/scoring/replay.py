"""A score made again from its receipt: the same to the last digit, or what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.progress import Progress, silent
from deeptepp.domain.score_receipt import Receipt, lesion_of
from deeptepp.domain.study import Side
from deeptepp.errors import ReceiptOfAnotherStudy, ReceiptUnreadable, StudyError
from deeptepp.model.bundle import ModelBundle
from deeptepp.scoring.case import assess_case
from deeptepp.scoring.images import CaseImages, open_case

_DIGITS = 12
"""Digits of a digest that are shown."""

_MAX_THREADS = 1024
"""Most threads that a receipt may ask for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the receipt says."""

    name: str
    recorded: str
    now: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a receipt.

    ``recorded``, ``now``: scores, None of a refusal; ``differences``: all that is not as it was, the score's own
    among them.
    """

    recorded: float | None
    now: float | None
    differences: tuple[Difference, ...]

    @property
    def is_same(self) -> bool:
        """Whether score, scores of the views and tier are the same to the last digit."""
        return not {"score", "per_view", "tier"} & {each.name for each in self.differences}


def replay(
    receipt: Receipt, source: Path | Sequence[Path], bundle: ModelBundle, *, progress: Progress = silent
) -> Replay:
    """Score the images of a receipt once more, with its facts, outline and phase.

    ``source``: the files, as for ``open_case``. Raises ReceiptOfAnotherStudy: the images are not those of the
    receipt; ReceiptUnreadable: it holds what no receipt does; InputError: the files cannot become a study.
    """
    images = _same_images(receipt, source, progress)
    lesion = lesion_of(receipt.roi) if receipt.roi else None
    try:
        allowed, n_threads = bool(receipt.settings["allow_ineligible"]), int(receipt.settings["threads"])
    except (KeyError, TypeError, ValueError):
        raise ReceiptUnreadable from None
    profile = ClinicalProfile.from_mapping(receipt.facts)
    with _threads(n_threads):
        answer = assess_case(
            images,
            profile,
            bundle,
            lesion=lesion,
            allow_ineligible=allowed,
            measures_stability=False,
            who=receipt.who,
            progress=progress,
        )
    made = answer.receipt
    return Replay(receipt.score, made.score if made else None, tuple(_differences(receipt, made) if made else ()))


@contextmanager
def _threads(n: int) -> Iterator[None]:
    """Compute with as many threads as then: sums are split by them, which moves the last digits of a score.

    Raises ReceiptUnreadable: no machine has as many.
    """
    if not 1 <= n <= _MAX_THREADS:
        raise ReceiptUnreadable
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _same_images(receipt: Receipt, source: Path | Sequence[Path], progress: Progress) -> CaseImages:
    """Read the files in each way that the receipt may mean, until the images are those that were scored."""
    refused: StudyError | None = None
    found = ""
    for way in _ways(receipt, source, progress):
        try:
            images = way()
        except StudyError as error:
            refused = refused or error
            continue
        if images.study.digest == receipt.input_sha256:
            return images
        found = found or images.study.digest
    if refused is not None and not found:
        raise refused
    raise ReceiptOfAnotherStudy(value=found[:_DIGITS], limit=receipt.input_sha256[:_DIGITS])


def _ways(
    receipt: Receipt, source: Path | Sequence[Path], progress: Progress
) -> Iterator[Callable[[], CaseImages]]:
    """Ways to read the files: as the rules propose, then with the reader's choice of series or times."""
    try:
        index, keys = int(receipt.phase["index"]), list(receipt.phase["keys"])
        side = Side(receipt.phase["side"]) if receipt.phase["side"] else None
        times_s = [float(each) for each in receipt.phase["times_s"]]
    except (KeyError, TypeError, ValueError):
        raise ReceiptUnreadable from None
    yield lambda: open_case(source, phase_index=index, side=side, progress=progress)
    if keys:
        yield lambda: open_case(source, phase_index=index, side=side, phase_keys=keys, progress=progress)
    if receipt.phase.get("has_times"):
        # NIfTI files without times of their own, which a reader gave.
        yield lambda: open_case(source, phase_index=index, times_s=times_s, progress=progress)


def _differences(recorded: Receipt, now: Receipt) -> Iterator[Difference]:
    """Give what differs: the score first, then what may be the reason."""
    before, after = _compared(recorded), _compared(now)
    for name in (*after, *sorted(set(before) - set(after))):
        one, other = before.get(name), after.get(name)
        if one != other:
            yield Difference(name, str(one), str(other))


def _compared(receipt: Receipt) -> dict[str, object]:
    """Everything of a receipt that two of one case have in common, by the name that it is told under."""
    return {
        "score": receipt.score,
        "per_view": receipt.per_view,
        "tier": receipt.tier,
        "bundle": f"{receipt.bundle_name} {receipt.bundle_sha256[:_DIGITS]}",
        "deeptepp": receipt.code_version,
        **receipt.versions,
        **{f"setting {name}": value for name, value in receipt.settings.items()},
    }
