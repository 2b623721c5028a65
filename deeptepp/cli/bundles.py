"""Commands on a bundle: ``verify`` and ``export``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deeptepp.cli.printing import AsJson, print_json
from deeptepp.cli.receipts import RECEIPTS, StoreAddress, verify_receipts

_N_PAIRS, _N_IMAGES = 2_000, 2
"""Pairs of profiles and images of noise by which the facts of a bundle are checked."""


def verify(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE|receipts", help="Folder of a bundle, or the word 'receipts'.")
    ],
    store: StoreAddress = "",
    head: Annotated[
        str, typer.Option(metavar="HASH|FILE", help="Head of the audit trail as it was noted elsewhere.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check every file of a bundle against its checksums; or 'receipts': walk the audit trail of the store."""
    if str(bundle) == RECEIPTS:
        verify_receipts(store, head, as_json=as_json)
    if not bundle.is_dir():
        raise typer.BadParameter("is no folder of a bundle", param_hint="BUNDLE")
    _verify_bundle(bundle, as_json=as_json)


def _verify_bundle(bundle: Path, *, as_json: bool) -> None:
    """Check the files of a bundle, and that this version reads it."""
    import numpy as np

    from deeptepp.model.bundle import load_bundle, verify_bundle
    from deeptepp.model.monotone import count_reversals, noise_stack

    sums = verify_bundle(bundle)
    model = load_bundle(bundle)
    # A worse fact must not lower a score; counted on drawn profiles beside images of noise.
    rng = np.random.default_rng(0)
    facts = count_reversals(model, [noise_stack(model, rng) for _ in range(_N_IMAGES)], _N_PAIRS, rng)
    if as_json:
        found = {
            "name": model.name,
            "sha256": model.sha256,
            "files": sums,
            "is_simulated": model.is_simulated,
            "facts": asdict(facts),
        }
        print_json(found, is_simulated=model.is_simulated)
    else:
        typer.echo("\n".join(f"ok  {digest}  {name}" for name, digest in sums.items()))
        typer.echo(f"{model.name}: all files match, {len(sums)} of {len(sums)}; bundle sha256 {model.sha256}")
        typer.echo(
            f"Clinical facts: of {facts.n_pairs} drawn pairs the worse fact scores lower in {facts.n}, the same "
            f"in {facts.n_equal}"
        )


def export(
    bundle: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="BUNDLE")],
    onnx: Annotated[Path, typer.Option("--onnx", dir_okay=False, help="ONNX file to write.")],
) -> None:
    """Write the network of a bundle as ONNX: mosaics and encoded facts in, the risk of each view out."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.model.onnx import export_onnx

    path = export_onnx(load_bundle(bundle), onnx)
    typer.echo(f"Network written to {path}")
