"""Cox's partial likelihood from its definition, risk set by risk set, and cohorts to try it on."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from lifelines import CoxPHFitter

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.hazards.cox_likelihood import Ties

PATIENTS = st.lists(
    st.tuples(st.integers(0, 7), st.booleans(), st.integers(-2, 2), st.booleans(), st.sampled_from("ab")),
    min_size=2,
    max_size=25,
)
"""Months, event, two columns and stratum of each patient: ties and columns that say nothing are common."""


def sample(rows):
    """Follow-up, columns (n, 2) and strata."""
    months, event, first, second, strata = (np.array(column) for column in zip(*rows, strict=True))
    return FollowUp(months.astype(float), event), np.column_stack([first, second]).astype(float), strata


def log_likelihood(follow_up, linear, ties, strata=None):
    """Sum over event times of what the events have less what their risk sets have; linear (n,) or (n, m)."""
    labels = np.zeros(follow_up.n) if strata is None else np.asarray(strata)
    return sum(
        _of_one_time(follow_up, linear, ties, labels == label, time)
        for label in np.unique(labels)
        for time in np.unique(follow_up.months[follow_up.event & (labels == label)])
    )


def _of_one_time(follow_up, linear, ties, in_stratum, time):
    dies = in_stratum & follow_up.event & (follow_up.months == time)
    hazard, d = np.exp(linear), int(dies.sum())
    at_risk, dying = hazard[in_stratum & (follow_up.months >= time)].sum(axis=0), hazard[dies].sum(axis=0)
    shares = [step / d if ties is Ties.EFRON else 0 for step in range(d)]
    return linear[dies].sum(axis=0) - sum(np.log(at_risk - share * dying) for share in shares)


def slopes(function, place, step=1e-5):
    """First derivatives of a function of a vector, by central differences."""
    steps = step * np.eye(len(place))
    return np.array([(function(place + each) - function(place - each)) / (2 * step) for each in steps])


def drawn(seed, n=120, *, grid=None):
    """Patients whose hazard depends on a number and on a yes/no; times on a grid are tied."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(50, 10, n), rng.random(n) < 0.4]).astype(float)
    months = rng.exponential(30 / np.exp(0.04 * (values[:, 0] - 50) - 0.7 * values[:, 1]))
    months, lost = (months if grid is None else np.ceil(months / grid) * grid), rng.uniform(10, 80, n)
    return FollowUp(np.minimum(months, lost), months <= lost), values


def lifelines_fit(follow_up, values, *, strata=None):
    """Fit of an independent implementation (Efron's ties), to the last digits."""
    frame = pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])
    frame["months"], frame["event"] = follow_up.months, follow_up.event
    if strata is not None:
        frame["stratum"] = np.asarray(strata)
    model = CoxPHFitter().fit(
        frame, "months", "event", strata=None if strata is None else ["stratum"], fit_options={"precision": 1e-12}
    )
    return model, frame
