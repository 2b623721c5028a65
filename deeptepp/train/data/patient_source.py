"""What a training run needs of its patients, wherever their images come from."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import Cohort
from deeptepp.views.planes import Jitter, ViewSettings


class ViewSource(Protocol):
    """Patients in the order of their cohort, each of whom can be looked at from several views."""

    @property
    def cohort(self) -> Cohort:
        """Clinical facts, treatment and follow-up, (n,)."""

    @property
    def sha256(self) -> str:
        """Digest of all that describes the patients."""

    @property
    def description(self) -> dict[str, object]:
        """Content of ``dataset.json``."""

    @property
    def is_scored_only(self) -> npt.NDArray[np.bool_]:
        """True for patients whose outcome is never trained on, (n,)."""

    @property
    def n_channels(self) -> int:
        """Channels of every mosaic."""

    def __len__(self) -> int:
        """Number of patients."""

    def view_names(self, views: ViewSettings) -> tuple[str, ...]:
        """Name the V views that a patient is drawn and scored from under these settings."""

    def mosaic(
        self, patient: int, view: str, views: ViewSettings, jitter: Jitter | None = None
    ) -> npt.NDArray[np.float32]:
        """Make the mosaic of one view of one patient by position, (C, H, W)."""
