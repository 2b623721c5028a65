"""Numbers as they are written everywhere: one rule for each kind.

A value that is None is written "not estimable", an interval that is None "CI not estimable"; nothing is ever
rounded into a certainty (p is never 0, nor 1). Spaces before units do not break.
"""

from __future__ import annotations

import numpy as np

from deeptepp.domain.study import clock_time as clock_time
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate
from deeptepp.wording.sentence import Words, glued, sentence

NOT_ESTIMABLE: Words = "not estimable"
"""For a value that the data do not determine."""

NO_INTERVAL: Words = "CI not estimable"
"""For an interval that the data do not determine."""

_NBSP = "\u00a0"
_EN_DASH = "\u2013"


def p_value(p: float | None) -> str:
    """Write a p-value.

    ``p``: in [0, 1]. Returns three decimals, with the sign of relation.

    >>> p_value(0.0481), p_value(0.00004), p_value(0.99999), p_value(None)
    ('p = 0.048', 'p < 0.001', 'p > 0.999', 'p not estimable')
    """
    if p is None:
        return sentence("p not estimable")
    # Decided after rounding, so that 0.0006 is 0.001 and 0.00049 is below it.
    if p < 0.0005:
        return "p < 0.001"
    return "p > 0.999" if p >= 0.9995 else f"p = {p:.3f}"


def percent(share: float | None, *, decimals: int = 1) -> str:
    """Write a share as percent.

    ``share``: in [0, 1]; ``decimals``: digits after the point. The result is with a no-break space before the
    sign.
    """
    return NOT_ESTIMABLE if share is None else f"{100 * share:.{decimals}f}{_NBSP}%"


def percent_ci(
    share: float | None, low: float | None, high: float | None, *, level: float | None = None, decimals: int = 1
) -> str:
    """Write a share with its interval.

    ``share``, ``low``, ``high``: in [0, 1]; ``level``: confidence level to name, left out where a heading names
    it; ``decimals``: digits after the point. The result is like ``98.0 % (96.1-99.0)`` with an en dash, or with
    ``95 % CI`` inside the brackets.
    """
    if share is None:
        return NOT_ESTIMABLE
    if low is None or high is None:
        return glued("{} ({})", percent(share, decimals=decimals), NO_INTERVAL)
    interval = f"{100 * low:.{decimals}f}{_EN_DASH}{100 * high:.{decimals}f}"
    return f"{percent(share, decimals=decimals)} ({_named(level)}{interval})"


def ratio_ci(
    value: float | None, low: float | None, high: float | None, *, name: str = "", level: float | None = None
) -> str:
    """Write a ratio with its interval.

    ``value``, ``low``, ``high``: above 0, an infinite limit is written as such; ``name``: put in front, for
    example ``HR``. Returns two decimals, or three significant digits from 100 on.
    """
    lead = f"{name}{_NBSP}" if name else ""
    if value is None:
        return glued("{}{}", lead, NOT_ESTIMABLE)
    if low is None or high is None:
        return glued("{} ({})", f"{lead}{_ratio(value)}", NO_INTERVAL)
    return f"{lead}{_ratio(value)} ({_named(level)}{_ratio(low)}{_EN_DASH}{_ratio(high)})"


def signed_ci(value: float | None, low: float | None, high: float | None) -> str:
    """Write a number that may lie below 0, such as a slope, with its interval.

    ``value``, ``low``, ``high``: any sign, None where it is not estimable. Returns two decimals, the limits parted
    by a word, since a dash would look like a sign.
    """
    if value is None:
        return NOT_ESTIMABLE
    written = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
    if low is None or high is None:
        return glued("{} ({})", written, NO_INTERVAL)
    least, most = (f"{limit:.2f}".replace("-", "\N{MINUS SIGN}") for limit in (low, high))
    return sentence("{value} ({low} to {high})", value=written, low=least, high=most)


def hazard_ratio(value: float | None, low: float | None, high: float | None, *, level: float | None = None) -> str:
    """Write a hazard ratio with its interval.

    ``value``, ``low``, ``high``: above 0. The result is like ``HR 0.42 (0.20-0.88)`` with an en dash.
    """
    return ratio_ci(value, low, high, name="HR", level=level)


def auc_ci(value: float | None, low: float | None, high: float | None, *, level: float | None = None) -> str:
    """Write an area under the ROC curve with its interval.

    ``value``, ``low``, ``high``: in [0, 1]. The result is like ``0.87 (0.83-0.91)`` with an en dash.
    """
    return ratio_ci(value, low, high, level=level)


def months(value: float | None) -> str:
    """Write a time.

    ``value``: months, None where a median was not reached. Returns whole months without a decimal, others with
    one.
    """
    if value is None:
        return sentence("not reached")
    rounded = round(value, 1)
    written = f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"
    return sentence("{value}\u00a0months", value=written)


def score(value: float | None) -> str:
    """Write a risk score.

    ``value``: in [0, 1], None where there is no score. Returns three decimals, 0.9999 stays below 1 and 0.0001
    above 0.

    >>> score(0.63049), score(0.99999), score(0.0001), score(None)
    ('0.630', '> 0.999', '< 0.001', 'not scored')
    """
    if value is None:
        return sentence("not scored")
    if 0 < value < 0.0005:
        return "< 0.001"
    return "> 0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def percentile(value: float | None) -> str:
    """Write a place in the reference cohort.

    ``value``: share of the cohort with a lower score, percent. The result is like ``higher than 87 %``, never 0 or
    100 by rounding.
    """
    if value is None:
        return NOT_ESTIMABLE
    if 0 < value < 1:
        return sentence("higher than less than 1\u00a0%")
    if 99 < value < 100:
        return sentence("higher than more than 99\u00a0%")
    return sentence("higher than {share:.0f}\u00a0%", share=value)


def count(n: int, singular: str, plural: str | None = None) -> str:
    r"""Write a number of things.

    Parameters
    ----------
    n : int
        How many.
    singular : str
        Word for one.
    plural : str, optional
        Word for several; ``singular`` with an s when left out.

    Returns
    -------
    str
        Number and word, kept on one line.

    Examples
    --------
    >>> count(1, "event"), count(0, "event"), count(3, "biopsy", "biopsies")
    ('1\xa0event', '0\xa0events', '3\xa0biopsies')
    """
    return sentence(f"{{n}}{_NBSP}{singular if n == 1 else plural or singular + 's'}", n=n)


def fixed(value: float, digits: int) -> str:
    """Write a number of unknown size, without an exponent.

    ``digits``: significant digits of what lies behind the point, whole digits are never rounded away.

    >>> fixed(1130.0, 3), fixed(12.345, 3), fixed(0.0000123, 3)
    ('1130', '12.3', '0.0000123')
    """
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return np.format_float_positional(value, precision=digits, unique=False, fractional=False, trim="-")


def count_of(n: int, total: int) -> str:
    """Write a number of patients and its share.

    The result is like ``439 (60.5 %)``, without a share when nobody is in the whole.
    """
    return f"{n} ({percent(n / total)})" if total else f"{n}"


def _named(level: float | None) -> str:
    """Name the interval inside its brackets."""
    return "" if level is None else f"{100 * level:g}{_NBSP}% CI "


def _ratio(value: float) -> str:
    """Two decimals; from 100 on three significant digits; infinity in words."""
    if value == float("inf"):
        return "infinity"
    if 0 < value < 0.005:
        return "< 0.01"
    return f"{value:.2f}" if value < 100 else f"{value:.3g}" if value < 1000 else "> 1000"


def out_of_hundred(estimate: SurvivalEstimate) -> int:
    """Patients of one hundred who had not had the event."""
    return round(100 * estimate.value)
