#!/usr/bin/env bash
# Ten patients, four with the event before month 60 and six followed without it to month 60 exactly: three libraries
# give three Brier scores at month 60 to the same predictions.
#
# Versions: pycox 0.3.0, torchsurv 0.2.0, scikit-survival 0.28.0, torch 2.13.0; Python 3.11.
#
# Nobody is censored before month 60, so the status at month 60 is known of all ten: "everyone has the event" has the
# Brier score 0.6, the share of those without it, and "nobody has it" 0.4.
#
# Seen                          month 59.9            month 60
#   pycox, everyone             0.6                   0.0
#   pycox, nobody               0.4                   1.0
#   torchsurv, everyone         0.6                   0.0
#   torchsurv, nobody           0.4                   0.4
#   scikit-survival, either     0.6 and 0.4           ValueError: all times must be within follow-up time
#
# Who is censored at the horizon itself is dropped from those without the event (their weight is 1 / G(60), which is
# 0 in 0), and pycox normalises by what is left. A trial whose follow-up is cut at a fixed month has this shape. R's
# survival::rttright, and DeepTEPP, count them as free of the event, with the weight 1 / G just before the horizon.
#
# Exits 1 where one of the libraries no longer behaves so. Installs into a folder of its own and removes it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "pycox==0.3.0" "torchsurv==0.2.0" "scikit-survival==0.28.0" "torch==2.13.0"
"$work/venv/bin/python" -W ignore <<'PY'
"""Score two constant predictions just before the end of follow-up and at it."""

import numpy as np
import pandas as pd
import torch
from pycox.evaluation import EvalSurv
from sksurv.metrics import brier_score
from sksurv.util import Surv
from torchsurv.metrics.brier_score import BrierScore
from torchsurv.stats.ipcw import get_ipcw

MONTHS = np.array([12.0, 24.0, 30.0, 48.0, *[60.0] * 6])
EVENT = MONTHS < 60
SURVIVAL = {"everyone": 0.0, "nobody": 1.0}
TIMES = np.array([59.9, 60.0])


def by_pycox(survival):
    """Score by weights from the Kaplan-Meier curve of censoring."""
    predicted = pd.DataFrame(np.full((3, 10), survival), index=[0.0, *TIMES])
    scores = EvalSurv(predicted, MONTHS, EVENT.astype(int), censor_surv="km").brier_score(TIMES)
    return [round(float(value), 6) for value in scores]


def by_torchsurv(survival):
    """Score by the weights that its own function gives."""
    event, months = torch.tensor(EVENT), torch.tensor(MONTHS)
    found = []
    for time in TIMES:
        at = torch.tensor([time])
        weights = {"weight": get_ipcw(event, months), "weight_new_time": get_ipcw(event, months, at)}
        predicted = torch.full((10, 1), survival, dtype=months.dtype)
        found.append(round(float(BrierScore()(predicted, event, months, new_time=at, **weights)[0]), 6))
    return found


def by_sksurv(survival):
    """Score, or name the error."""
    known = Surv.from_arrays(EVENT, MONTHS)
    found = []
    for time in TIMES:
        try:
            found.append(round(float(brier_score(known, known, np.full(10, survival), time)[1][0]), 6))
        except ValueError as error:
            found.append(str(error).partition(" of test")[0])
    return found


TOO_LATE = "all times must be within follow-up time"
SEEN = {
    ("pycox", "everyone"): [0.6, 0.0],
    ("pycox", "nobody"): [0.4, 1.0],
    ("torchsurv", "everyone"): [0.6, 0.0],
    ("torchsurv", "nobody"): [0.4, 0.4],
    ("scikit-survival", "everyone"): [0.6, TOO_LATE],
    ("scikit-survival", "nobody"): [0.4, TOO_LATE],
}
SCORED_BY = {"pycox": by_pycox, "torchsurv": by_torchsurv, "scikit-survival": by_sksurv}

changed = []
for (library, who), expected in SEEN.items():
    found = SCORED_BY[library](SURVIVAL[who])
    print(f"{library}, {who} has the event: month 59.9 {found[0]}, month 60 {found[1]}")
    if found != expected:
        changed.append(f"{library}, {who}: {expected} before")
print("\n".join(["Changed:", *changed]) if changed else "As seen before.")
raise SystemExit(bool(changed))
PY
