"""Commands that make simulated patients and studies."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.printing import say


def _finite(value: float) -> float:
    """Refuse what is no number; no lower or upper bound does."""
    if not isfinite(value):
        raise typer.BadParameter(f"{value} is no finite number")
    return value


def simulate_cohort_command(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write; resumed when it exists.")],
    preset: Annotated[str, typer.Option(help="paper, sharp, no_TP_effect, no_T_effect or no_signal.")] = "paper",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    n: Annotated[
        int | None,
        typer.Option(min=20, help="Patients with MR, of as many draws of 726 as needed; all of one if absent."),
    ] = None,
    image_correlation: Annotated[
        float, typer.Option(min=0, max=1, callback=_finite, help="Correlation of image and biology.")
    ] = 0.95,
    channels: Annotated[
        str, typer.Option(help="Images kept of each tumour: pre, post, subtraction, late; by commas.")
    ] = "post",
    scanners: Annotated[
        str,
        typer.Option(help="Scanners of other centres in equal shares: ruijin, aurora, ge, philips; by commas."),
    ] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Make a cohort by the published margins, with MR, detection and regions of interest."""
    from deeptepp.imaging.roi import RoiSettings
    from deeptepp.simulate.simulated_dataset import write_dataset

    path = write_dataset(
        out,
        preset=preset,
        seed=seed,
        n_patients=n,
        image_correlation=image_correlation,
        roi_settings=RoiSettings(channels=tuple(channels.split(","))),
        scanners=tuple(filter(None, scanners.split(","))),
        n_jobs=jobs,
        progress=say,
    )
    typer.echo(f"Simulated cohort written to {path}")


def simulate_study_command(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write DICOM files and truth.json to.")],
    seed: Annotated[int, typer.Option(min=0)] = 0,
    latent_risk: Annotated[float, typer.Option(callback=_finite, help="Latent biology z, standard normal.")] = 0.0,
    size_mm: Annotated[
        float, typer.Option(min=5, max=80, callback=_finite, help="Longest diameter of the tumour.")
    ] = 22.0,
) -> None:
    """Write one simulated study as DICOM, with its truth beside it."""
    from deeptepp.simulate.simulated_study import write_simulated_study

    truth = write_simulated_study(out, seed=seed, latent_risk=latent_risk, tumour_size_mm=size_mm)
    typer.echo(f"Simulated study written; truth in {truth}")
