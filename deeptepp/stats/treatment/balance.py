"""How alike two treatment groups are, before and after matching.

A standardised mean difference (SMD) depends on what it is divided by, so that every balance names its denominator.

References
----------
Austin PC. Stat Med 2009;28:3083-3107.
Stuart EA, Lee BK, Leacy FP. J Clin Epidemiol 2013;66:S84-S90.
Rubin DB. Health Serv Outcomes Res Methodol 2001;2:169-188 (a quarter of a standard deviation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from deeptepp.errors import MissingColumn, OutOfRange
from deeptepp.stats.counted import counted
from deeptepp.stats.design import as_text, levels_of
from deeptepp.stats.estimate import known
from deeptepp.stats.treatment.matching import MatchedPairs
from deeptepp.wording.sentence import joined, sentence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


MAX_SMD = 0.25
"""Means further apart than this share of a standard deviation leave an effect to the covariate (Rubin 2001). The
0.1 of Austin 2009 is below what chance alone does to fewer than 200 pairs, sqrt(2 / pairs)."""

MOST_NAMED = 3
"""Covariates named where matching failed."""


class SmdDenominator(StrEnum):
    """Standard deviation that a mean difference is divided by: n - 1 for numbers, sqrt(p (1 - p)) for yes/no."""

    ATT = "att"
    """Of the index group before matching."""
    POOLED = "pooled"
    """Root of the mean variance of both groups before matching."""
    POOLED_OWN = "pooled_own"
    """Root of the mean variance of both groups of the sample that is compared."""

    @property
    def sentence(self) -> str:
        """What it is, for captions."""
        return {
            "att": "SD of the index group before matching",
            "pooled": "pooled SD before matching",
            "pooled_own": "pooled SD of the sample compared (before and after matching its own)",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateBalance:
    """One number, or one level of a category.

    ``name``: column, or column and level together. ``is_binary``: whether it is 0 or 1 for every patient; means
    are then shares. ``mean_index_before``, ``mean_reference_before``: means before matching. ``mean_index_after``,
    ``mean_reference_after``: means of the matched; None without pairs. ``smd_before``, ``smd_after``: index less
    reference, standardised; None where the denominator is 0. ``variance_ratio_before``, ``variance_ratio_after``:
    index over reference; None for yes/no. ``ks_before``, ``ks_after``: largest distance of the two cumulative
    distributions.
    """

    name: str
    is_binary: bool
    mean_index_before: float
    mean_reference_before: float
    mean_index_after: float | None
    mean_reference_after: float | None
    smd_before: float | None
    smd_after: float | None
    variance_ratio_before: float | None
    variance_ratio_after: float | None
    ks_before: float | None
    ks_after: float | None

    @property
    def is_made_worse(self) -> bool:
        """Whether matching left it further apart than before, and by more than ``MAX_SMD``."""
        if self.smd_before is None or self.smd_after is None:
            return False
        return abs(self.smd_after) > max(abs(self.smd_before), MAX_SMD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Balance of all covariates.

    ``rows``: in the order of the columns; categories level by level, all levels. ``denominator``: what the SMD are
    divided by. ``n_index``, ``n_reference``: patients before matching. ``n_pairs``: pairs; None where nothing was
    matched.
    """

    rows: tuple[CovariateBalance, ...]
    denominator: SmdDenominator
    n_index: int
    n_reference: int
    n_pairs: int | None

    @property
    def largest_before(self) -> CovariateBalance | None:
        """Covariate with the largest absolute SMD before matching."""
        defined = [row for row in self.rows if row.smd_before is not None]
        return max(defined, key=lambda row: abs(row.smd_before or 0.0), default=None)

    @property
    def largest_after(self) -> CovariateBalance | None:
        """Covariate with the largest absolute SMD after matching."""
        defined = [row for row in self.rows if row.smd_after is not None]
        return max(defined, key=lambda row: abs(row.smd_after or 0.0), default=None)

    @property
    def made_worse(self) -> tuple[CovariateBalance, ...]:
        """Covariates that matching left further apart than before and than ``MAX_SMD``, the worst first."""
        worse = [row for row in self.rows if row.is_made_worse]
        return tuple(sorted(worse, key=lambda row: -abs(row.smd_after or 0.0)))

    @property
    def why_no_effect(self) -> str:
        """Why no effect may be read from these pairs; empty where matching did not make the arms less alike."""
        worse = self.made_worse
        if not worse:
            return ""
        smds = ((row.name, abs(row.smd_before or 0.0), row.smd_after or 0.0) for row in worse[:MOST_NAMED])
        named = joined(
            ", ",
            (
                sentence(
                    "{covariate} (|SMD| {low:.2f} before, {high} after)",
                    covariate=name,
                    low=a,
                    high=_above_limit(b),
                )
                for name, a, b in smds
            ),
        )
        more = len(worse) - MOST_NAMED
        if more > 0:
            named = sentence("{covariates} and {n} more", covariates=named, n=more)
        return sentence("matching did not balance {covariates}", covariates=named)

    @property
    def sentence(self) -> str:
        """Number of pairs and the largest difference left, for captions."""
        before, after = self.largest_before, self.largest_after
        told = [
            sentence("{n} against {patients}", n=self.n_index, patients=counted(self.n_reference, "patient")),
            *(_largest(before.name, before.smd_before) if before else ()),
            sentence("not matched") if self.n_pairs is None else counted(self.n_pairs, "pair"),
            *(_largest(after.name, after.smd_after) if after else ()),
            self.denominator.sentence,
        ]
        return joined("; ", told)


def _largest(name: str, smd: float | None) -> tuple[str]:
    """Name the covariate that is furthest apart."""
    return (sentence("largest |SMD| {smd:.2f} ({covariate})", smd=abs(smd or 0.0), covariate=name),)


def _above_limit(smd: float) -> str:
    """Write a difference above ``MAX_SMD`` with as many decimals as show that it is."""
    texts = (f"{abs(smd):.{decimals}f}" for decimals in (2, 3, 4))
    return next((text for text in texts if float(text) > MAX_SMD), repr(abs(smd)))


def balance_of(
    columns: Mapping[str, npt.ArrayLike],
    is_index: npt.ArrayLike,
    pairs: MatchedPairs | None,
    *,
    denominator: SmdDenominator = SmdDenominator.ATT,
    categories: Sequence[str] = (),
) -> Balance:
    """Compare two groups before and after matching.

    ``columns``: covariates; numbers and yes/no as they are, text as one row for each level. ``is_index`` (n,):
    True where the index treatment was received; both groups must have patients. ``pairs``: pairs as rows of the
    columns; None where nothing was matched. ``denominator``: what the mean differences are divided by.
    ``categories``: columns that are categories even if they hold numbers. Returns: one row for each number and
    each level.
    """
    absent = [name for name in categories if name not in columns]
    if absent:
        raise MissingColumn(value=", ".join(absent))
    treated = np.asarray(is_index, dtype=bool)
    rows = tuple(
        _row(name, values, treated, pairs, denominator)
        for column in columns
        for name, values in _numbers(column, np.asarray(columns[column]), column in categories)
    )
    n_index = int(treated.sum())
    return Balance(
        rows=rows,
        denominator=denominator,
        n_index=n_index,
        n_reference=len(treated) - n_index,
        n_pairs=None if pairs is None else pairs.n_pairs,
    )


def _numbers(column: str, raw: npt.NDArray[np.generic], is_category: bool) -> list[tuple[str, Floats]]:
    """Number, or one 0/1 column for each level of a category."""
    if not is_category and raw.dtype.kind in "biuf":
        values = raw.astype(np.float64)
        if not np.isfinite(values).all():
            raise OutOfRange(field=column, value="missing or infinite", limit="finite numbers")
        return [(column, values)]
    text = np.array(as_text(raw), dtype=object)
    return [(f"{column}{level}", (text == level).astype(np.float64)) for level in levels_of(raw)]


def _row(
    name: str, values: Floats, treated: Bools, pairs: MatchedPairs | None, denominator: SmdDenominator
) -> CovariateBalance:
    """Compare one covariate."""
    is_binary = bool(np.isin(values, (0.0, 1.0)).all())
    index, reference = values[treated], values[~treated]
    # Standardised mean difference, variance ratio and Kolmogorov-Smirnov, before and after matching.
    before = _Spread(index, reference, is_binary)
    has_pairs = pairs is not None and pairs.n_pairs > 0
    after = _Spread(values[pairs.index], values[pairs.reference], is_binary) if pairs and has_pairs else None
    return CovariateBalance(
        name=name,
        is_binary=is_binary,
        mean_index_before=before.mean_index,
        mean_reference_before=before.mean_reference,
        mean_index_after=after.mean_index if after else None,
        mean_reference_after=after.mean_reference if after else None,
        smd_before=_standardised(before, before, denominator),
        smd_after=_standardised(after, before, denominator) if after else None,
        variance_ratio_before=before.variance_ratio,
        variance_ratio_after=after.variance_ratio if after else None,
        ks_before=before.ks,
        ks_after=after.ks if after else None,
    )


@dataclass(frozen=True, slots=True)
class _Spread:
    """One covariate in two groups."""

    index: Floats
    reference: Floats
    is_binary: bool

    @property
    def mean_index(self) -> float:
        return float(self.index.mean())

    @property
    def mean_reference(self) -> float:
        return float(self.reference.mean())

    @property
    def variances(self) -> tuple[float, float]:
        """Variances of index and reference; NaN where one patient has none."""
        return self._variance(self.index), self._variance(self.reference)

    def _variance(self, values: Floats) -> float:
        if self.is_binary:
            share = float(values.mean())
            return share * (1 - share)
        return float(values.var(ddof=1)) if len(values) > 1 else float("nan")

    @property
    def variance_ratio(self) -> float | None:
        index, reference = self.variances
        return None if self.is_binary or reference == 0 else known(index / reference)

    @property
    def ks(self) -> float:
        """Largest distance of the cumulative distributions."""
        at = np.unique(np.concatenate([self.index, self.reference]))
        below_index = np.searchsorted(np.sort(self.index), at, side="right") / len(self.index)
        below_reference = np.searchsorted(np.sort(self.reference), at, side="right") / len(self.reference)
        return float(np.abs(below_index - below_reference).max())


def _standardised(sample: _Spread, before: _Spread, denominator: SmdDenominator) -> float | None:
    """Divide the mean difference of a sample; None where the denominator is 0."""
    if denominator is SmdDenominator.ATT:
        variance = before.variances[0]
    else:
        source = before if denominator is SmdDenominator.POOLED else sample
        variance = sum(source.variances) / 2
    if not variance > 0:
        return None
    return known((sample.mean_index - sample.mean_reference) / float(np.sqrt(variance)))
