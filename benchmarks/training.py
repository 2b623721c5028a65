"""Time of one training batch in fp32 and bf16, on one and two threads, and of sampling its views.

Run as ``python benchmarks/training.py [--stem-channels 64 32]``. A batch is 16 mosaics of 112 pixels through all
four optimiser steps, as the shipped settings have it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.network import initialise
from deeptepp.train.fit.loop import Batch, Fit, choose_engine
from deeptepp.train.settings import TrainSettings
from deeptepp.views.mosaic import view_mosaic
from deeptepp.views.planes import Jitter

N_REPEATS = 3
"""The fastest of so many batches counts: the others were disturbed."""


def sampling_s(settings: TrainSettings) -> float:
    """Give the seconds to sample one jittered mosaic of a 72 mm cube."""
    affine = np.zeros((4, 4))
    affine[[0, 1, 2, 3], [2, 1, 0, 3]] = 1.0
    rng = np.random.default_rng(0)
    mask = np.linalg.norm(np.indices((72, 72, 72)) - 35.5, axis=0) < 12
    roi = Roi(rng.normal(size=(1, 72, 72, 72)).astype(np.float32), mask, Grid(mask.shape, affine))
    start = time.perf_counter()
    for _ in range(20):
        view_mosaic(roi, "diagonal-l-p", settings.views, jitter=Jitter.draw(rng))
    return (time.perf_counter() - start) / 20


def batch_s(settings: TrainSettings) -> float:
    """Give the seconds of the four steps of one batch."""
    net = MMResNet(1, 10, stem_channels=settings.stem_channels)
    initialise(net, torch.Generator().manual_seed(0))
    rng = np.random.default_rng(0)
    side, n = settings.views.mosaic_px, settings.batch_size
    views = torch.from_numpy(rng.normal(size=(n, 1, side, side)).astype(np.float32))
    batch = Batch(views, torch.zeros(n, 10), torch.arange(n) % 2)
    fit = Fit(net, settings, choose_engine(settings))
    fit.run(lambda _epoch: iter([batch]), seed=0)
    return min(epoch.seconds for epoch in fit.history)


def main() -> None:
    """Print one line per combination."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stem-channels", type=int, nargs="+", default=[64, 32])
    widths = parser.parse_args().stem_channels
    here = Path()
    print(f"sampling one mosaic: {1000 * sampling_s(TrainSettings(dataset=here, output=here)):.1f} ms")
    for width in widths:
        for precision in ("fp32", "bf16"):
            for n_threads in (1, 2):
                torch.set_num_threads(n_threads)
                settings = TrainSettings(
                    dataset=here, output=here, stem_channels=width, precision=precision, epochs=N_REPEATS
                )
                print(
                    f"stem {width}, {precision}, {n_threads} thread(s): {batch_s(settings):.2f} s per batch of 16"
                )


if __name__ == "__main__":
    main()
