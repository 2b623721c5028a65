"""Which views the network sees: patients with an event are oversampled, from the same distribution of views.

Oversampling: more views of each patient with an event, with class weights in the loss
where views alone cannot balance the classes.

In the balanced mode a class differs from the other only in how many views of each patient are drawn, never in
which views or how they are jittered, so that orientation and blur carry no information on the label.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.fit.distributed import ALONE, Ranks
from deeptepp.train.fit.loop import Batch
from deeptepp.train.settings import TrainSettings
from deeptepp.views.planes import Jitter

_BATCHES_AHEAD = 3
"""Batches that are sampled while the network runs."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """The views of one epoch in the order in which they are seen.

    ``views`` (k,): positions of views in ``ViewSource.view_names``.
    """

    patients: npt.NDArray[np.int64]
    views: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Number of draws."""
        return len(self.patients)


def views_per_positive(
    labels: npt.NDArray[np.bool_], settings: TrainSettings, *, n_views: int | None = None
) -> int:
    """Give the number of views that balance the classes of a training fold.

    ``labels`` (n,): events of the patients of the TRAINING fold and of no other. ``settings``: ``mv_mode``,
    ``k_max`` and ``view_names`` are read. ``n_views``: views that a patient has; as many as ``view_names`` when
    left out. Returns: the ratio of negatives to positives, rounded, from 1 to ``k_max`` and the number of views; 8
    for the 69 and 538 patients of the paper.
    """
    n_positive = int(labels.sum())
    if settings.mv_mode == "none" or n_positive == 0:
        return 1
    most = min(settings.k_max, n_views or len(settings.view_names))
    return int(np.clip(round((len(labels) - n_positive) / n_positive), 1, most))


def class_weights(events: npt.NDArray[np.bool_], settings: TrainSettings, *, n_views: int) -> torch.Tensor | None:
    """Weigh the classes inversely to how often they are seen in an epoch.

    ``events`` (n,): events of the patients of the TRAINING fold and of no other. ``settings``: ``mv_mode`` and
    ``k_max`` are read. ``n_views``: views that a patient has. Returns (2,): None where the number of views
    balances the classes to within rounding. Weights where ``mv_mode`` is ``none``, and where the number of views
    met a bound: more negatives to a positive than ``k_max`` or than there are views, or more positives than
    negatives.
    """
    n_positive = int(events.sum())
    n_negative = len(events) - n_positive
    drawn = views_per_positive(events, settings, n_views=n_views)
    if settings.mv_mode != "none" and round(n_negative / max(n_positive, 1)) == drawn:
        return None
    seen = np.array([n_negative, n_positive * drawn], dtype=np.float64)
    return torch.tensor(seen.sum() / (2 * seen), dtype=torch.float32)


def draw_views(
    patients: npt.NDArray[np.int64],
    labels: npt.NDArray[np.bool_],
    settings: TrainSettings,
    *,
    rng: np.random.Generator,
    n_views: int | None = None,
) -> Draws:
    """Draw the views of one epoch.

    ``settings``: ``mv_mode`` says how views are drawn. ``rng``: source of the draws. ``n_views``: views that a
    patient has; as many as ``view_names`` when left out. Returns: distinct views of each patient, shuffled over
    patients.
    """
    n_views = n_views or len(settings.view_names)
    k_positive = views_per_positive(labels, settings, n_views=n_views)
    drawn: list[tuple[int, int]] = []
    for patient, is_positive in zip(patients, labels, strict=True):
        # Negatives one view, positives as many as balance the classes (oversampling).
        if settings.mv_mode == "paper" and not is_positive:
            chosen = np.zeros(1, dtype=np.int64)
        else:
            chosen = rng.permutation(n_views)[: k_positive if is_positive else 1]
        drawn.extend((int(patient), int(view)) for view in chosen)
    order = rng.permutation(len(drawn))
    table = np.asarray(drawn, dtype=np.int64).reshape(-1, 2)[order]
    return Draws(table[:, 0], table[:, 1])


def no_image(source: ViewSource) -> npt.NDArray[np.float32]:
    """What stands for the mosaic where a network sees none, (C, 1, 1)."""
    return np.zeros((source.n_channels, 1, 1), dtype=np.float32)


class ViewSampler:
    """Gives the batches of one fit; touches no patient outside of its training fold.

    ``patients`` (n,): positions of the patients of the training fold. ``labels`` (n,): their events. ``clinical``
    (n, F): their encoded clinical facts. ``settings``: views, batch size and workers. ``seed``: with the epoch it
    determines every draw, also after a resumption. ``ranks``: processes that share every batch; each samples its
    own rows alone.
    """

    def __init__(
        self,
        source: ViewSource,
        patients: npt.NDArray[np.int64],
        labels: npt.NDArray[np.bool_],
        *,
        clinical: npt.NDArray[np.float32],
        settings: TrainSettings,
        seed: int,
        ranks: Ranks = ALONE,
    ) -> None:
        self.patients = patients
        self.labels = labels
        self._source = source
        self._row = {int(patient): row for row, patient in enumerate(patients)}
        self._clinical = clinical
        self._settings = settings
        self._views = settings.views
        self._names = source.view_names(settings.views)
        self._seed = seed
        self._ranks = ranks

    def draws(self, epoch: int) -> Draws:
        """Draws of one epoch."""
        rng = np.random.default_rng(np.random.SeedSequence((self._seed, epoch, 1)))
        return draw_views(self.patients, self.labels, self._settings, rng=rng, n_views=len(self._names))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Sample the batches of one epoch a few ahead of the network.

        ``epoch``: number of the epoch. Returns: ``batch_size`` mosaics over all ranks; a shorter last batch is
        skipped unless it is the only one.
        """
        draws, size = self.draws(epoch), self._settings.batch_size
        starts = range(0, max(len(draws) - size, 0) + 1, size)
        with ThreadPoolExecutor(self._settings.n_workers) as pool:
            waiting: deque[list[Future[npt.NDArray[np.float32]]]] = deque()
            rows: deque[npt.NDArray[np.int64]] = deque()
            # Mosaics are made ahead of the network, in order.
            for start in starts:
                chosen = self._ranks.share(range(start, min(start + size, len(draws))))
                waiting.append([pool.submit(self._mosaic, draws, epoch, k) for k in chosen])
                rows.append(np.asarray([self._row[int(draws.patients[k])] for k in chosen]))
                if len(waiting) > _BATCHES_AHEAD:
                    yield self._batch(waiting.popleft(), rows.popleft())
            while waiting:
                yield self._batch(waiting.popleft(), rows.popleft())

    def _mosaic(self, draws: Draws, epoch: int, k: int) -> npt.NDArray[np.float32]:
        """Sample the mosaic of draw ``k``, (C, H, W), jittered unless reslicing is all the augmentation."""
        if self._settings.inputs == "cp":
            return no_image(self._source)
        rng = np.random.default_rng(np.random.SeedSequence((self._seed, epoch, 2, k)))
        jitter = None if self._settings.mv_mode == "paper" else Jitter.draw(rng)
        name = self._names[int(draws.views[k])]
        return self._source.mosaic(int(draws.patients[k]), name, self._views, jitter)

    def _batch(self, mosaics: list[Future[npt.NDArray[np.float32]]], rows: npt.NDArray[np.int64]) -> Batch:
        """Collect sampled mosaics into one batch."""
        views = torch.from_numpy(np.stack([future.result() for future in mosaics]))
        labels = torch.from_numpy(self.labels[rows].astype(np.int64))
        return Batch(views, torch.from_numpy(self._clinical[rows]), labels)
