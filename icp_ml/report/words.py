"""Figures as a GTM lead reads them: percent, points, money, evidence in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from icp_ml.wording import label_words, number_words

_LARGE = 1_000_000
_DETAIL_UNDER = 0.10
_DETAIL_OVER = 0.985
_TRACE = 0.0005


def percent(rate: float) -> str:
    """Write a share as percent, with a decimal where it is small or close to all.

    >>> percent(0.484), percent(0.034), percent(0.0), percent(1.0)
    ('48 %', '3.4 %', '0 %', '100 %')
    >>> percent(0.9971), percent(0.9999), percent(0.0001)
    ('99.7 %', 'over 99.9 %', 'under 0.1 %')
    """
    if 0 < rate < _TRACE or 0 < 1 - rate < _TRACE:
        return "under 0.1 %" if rate < _TRACE else "over 99.9 %"
    detailed = abs(rate) < _DETAIL_UNDER or _DETAIL_OVER < rate < 1
    return f"{_trimmed(100 * rate, 1 if detailed else 0)} %"


def points(low: float, high: float) -> str:
    """Write the ends of a difference of shares as percentage points, the smaller size first.

    >>> points(0.29, 0.45), points(-0.21, -0.12), points(-0.02, 0.05)
    ('29 to 45 points more', '12 to 21 points less', '2 points less to 5 points more')
    >>> points(-0.01, 0.02)
    '1 point less to 2 points more'
    """
    if low < 0 < high:
        return f"{_point(low)} less to {_point(high)} more"
    small, large = sorted((low, high), key=abs)
    return f"{_trimmed(abs(100 * small), _digits(small))} to {_point(large)} {'more' if high > 0 else 'less'}"


def money(amount: float, currency: str | None) -> str:
    """Write an amount with its currency.

    >>> money(1234.5, "EUR"), money(23_456_000, "EUR"), money(-3, None)
    ('EUR 1,234', 'EUR 23.5 million', '-3')
    >>> money(2_329_940, "EUR")
    'EUR 2.33 million'
    """
    digits = 2 if abs(amount) < 10 * _LARGE else 1
    words = f"{amount / _LARGE:,.{digits}f} million" if abs(amount) >= _LARGE else f"{amount:,.0f}"
    return f"{currency} {words}" if currency else words


def span(low: str, high: str) -> str:
    """Write a range between two figures in words; what both carry is said once.

    >>> span("39 %", "42 %"), span("EUR 15,142", "EUR 16,981"), span("44 days", "47 days"), span("2.9", "3.1")
    ('39 to 42 %', 'EUR 15,142 to 16,981', '44 to 47 days', '2.9 to 3.1')
    >>> span("under 0.1 %", "2 %"), span("EUR -3", "EUR 0.95 million")
    ('under 0.1 to 2 %', 'EUR -3 to 0.95 million')
    """
    unit = next((u for u in (" %", " days") if low.endswith(u) and high.endswith(u)), "")
    currency = re.match(r"([A-Z]{3} )(?=-?\d)", low)
    if currency and high.startswith(currency[1]):
        high = high.removeprefix(currency[1])
    return f"{low.removesuffix(unit)} to {high}"


def count(n: int, one: str, many: str | None = None) -> str:
    """Write a number of things.

    >>> count(1, "customer"), count(1200, "customer"), count(2, "company", "companies")
    ('1 customer', '1,200 customers', '2 companies')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def months_of(outcome: str) -> int | None:
    """Return the horizon that an outcome's name holds, None for an outcome without one.

    >>> months_of("churn_12m"), months_of("won")
    (12, None)
    """
    found = re.search(r"_(\d+)m$", outcome)
    return int(found.group(1)) if found else None


def evidence_sentence(evidence: Mapping[str, Any]) -> str:
    r"""Say what a rule rests on, in a sentence without jargon.

    >>> print(evidence_sentence({"outcome": "churn_12m", "n": 212, "events": 101, "rate": 0.48, "rate_elsewhere": 0.11,
    ...     "risk_difference": {"estimate": 0.37, "low": 0.29, "high": 0.45, "level": 0.9}}).replace(" (", "\n("))
    48 % of them left within 12 months, against 11 % of the rest
    (difference 29 to 45 points; 212 customers, 101 seen to leave)
    """
    if "rate" not in evidence or "rate_elsewhere" not in evidence:
        return "nothing was measured: a person chose this rule"
    outcome, inside, outside = evidence["outcome"], evidence["rate"], evidence["rate_elsewhere"]
    if outcome == "pull":
        told = f"their pull averages {inside:.2f} on a scale of 0 to 1, against {outside:.2f} for the rest"
    else:
        told = f"{percent(inside)} of them {_happened(outcome)}, against {percent(outside)} of the rest"
    return f"{told} ({'; '.join([*_difference(evidence), _counted(evidence)])})"


def figure_words(name: str, value: Any, currency: str | None) -> str:
    """Write a named figure whose kind its name tells.

    >>> figure_words("arr_won", 1200.0, "EUR"), figure_words("win_rate", 0.25, None), figure_words("owner", "Ann", None)
    ('EUR 1,200', '25 %', 'Ann')
    >>> figure_words("cycle_days", 34.74, None), figure_words("pull", 3.815, None)
    ('35 days', '3.8')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, float)):
        return str(value)
    if re.search(r"(^|_)(arr|revenue|pipeline|cost|amount|profit|value|ltv|acv)(_|$)", name):
        return money(value, currency)
    if re.search(r"(rate|share|churn|grr|nrr|kept|match|fidelity|precision|recall|grown|pct)", name):
        return percent(value)
    if name.endswith("_days"):
        return f"{value:,.0f} days"
    return f"{value:.1f}" if name.startswith("pull") else number_words(round(value, 3))


def plain_size(value: float) -> str:
    """Write a number without a unit at three digits or so.

    >>> plain_size(1234.4), plain_size(41.26), plain_size(1.904), plain_size(0.0)
    ('1,234', '41.3', '1.9', '0')
    """
    return _trimmed(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)


def label(name: str) -> str:
    """Write a figure's name as a label.

    >>> label("win_rate"), label("nrr"), label("arr_won")
    ('Win rate', 'NRR', 'ARR won')
    """
    words = " ".join(w.upper() if w in ("arr", "nrr", "grr", "auc", "icp") else w for w in label_words(name).split())
    return words[:1].upper() + words[1:]


def _happened(outcome: str) -> str:
    months = months_of(outcome)
    within = f"{months} month{'' if months == 1 else 's'}"
    if outcome.startswith("churn_"):
        return f"left within {within}"
    return f"were won and stayed {within}" if outcome.startswith("won_and_kept_") else "were won"


def _difference(evidence: Mapping[str, Any]) -> list[str]:
    difference = evidence.get("risk_difference")
    if not difference:
        return []
    if evidence["outcome"] == "pull":
        return [f"difference {difference['low']:.2f} to {difference['high']:.2f}"]
    small, large = sorted((difference["low"], difference["high"]), key=abs)
    if small * large < 0:
        return [f"difference {_signed(difference['low'])} to {_signed(difference['high'])} points"]
    return [f"difference {_trimmed(abs(100 * small), _digits(small))} to {_point(large)}"]


def _counted(evidence: Mapping[str, Any]) -> str:
    outcome = evidence["outcome"]
    if outcome == "pull":
        return count(evidence["n"], "customer")
    if outcome.startswith("churn_"):
        return f"{count(evidence['n'], 'customer')}, {evidence['events']:,} seen to leave"
    happened = "won and kept" if outcome.startswith("won_and_kept_") else "won"
    return f"{count(evidence['n'], 'decided account')}, {evidence['events']:,} {happened}"


def _point(difference: float) -> str:
    size = _trimmed(abs(100 * difference), _digits(difference))
    return f"{size} point{'' if size == '1' else 's'}"


def _signed(difference: float) -> str:
    return f"{'-' if difference < 0 else '+'}{_trimmed(abs(100 * difference), _digits(difference))}"


def _digits(difference: float) -> int:
    return 1 if abs(difference) < 0.02 else 0


def _trimmed(value: float, digits: int) -> str:
    """Write a number with at most so many decimals, without a trailing zero or a negative zero."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
