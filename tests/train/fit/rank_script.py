"""One rank of small runs under torchrun: the command, then a run stopped and resumed; digests."""

import hashlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed

from deeptepp.cli import app
from deeptepp.errors import JobCancelled
from deeptepp.train.fit.crossval import Fitted
from deeptepp.train.runs.run import run_trial
from deeptepp.train.settings import read_settings


def digest(fitted: Fitted) -> str:
    """SHA-256 of all weights."""
    total = hashlib.sha256()
    for name, tensor in sorted(fitted.net.state_dict().items()):
        total.update(name.encode() + np.ascontiguousarray(tensor.numpy()).tobytes())
    return total.hexdigest()


def stop_in_fold_two(sentence: str) -> None:
    """Stop the first rank, which is the only one that is told anything."""
    if sentence.startswith("fold 2: epoch 1"):
        raise JobCancelled


def main(settings_path: Path, out: Path) -> None:
    """Run both ways as one rank."""
    # The command makes its group of ranks and ends it.
    app(["train", str(settings_path)], standalone_mode=False)
    settings = read_settings(settings_path)
    # One group for the other runs, that stays when a run leaves.
    # It meets at another place of the store, since at the first one the ended group would be waited for.
    place = distributed.TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False)
    rank, n_ranks = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    store = distributed.PrefixStore("runs", place)
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=n_ranks)
    # The run of the command has ended: its fits are read, none is made anew.
    whole = run_trial(settings, folder=settings.output / "state")
    stopped, was_stopped = replace(settings, output=out / "stopped"), False
    try:
        run_trial(stopped, folder=out / "stopped", progress=stop_in_fold_two)
    except JobCancelled:
        was_stopped = True
    resumed = run_trial(stopped, folder=out / "stopped")
    found = {
        "was_stopped": was_stopped,
        "whole": digest(whole.refit),
        "resumed": digest(resumed.refit),
        "scores": whole.view_scores.tolist(),
        "resumed_scores": resumed.view_scores.tolist(),
        "threads": torch.get_num_threads(),
    }
    (out / f"rank-{rank}.json").write_text(json.dumps(found))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
