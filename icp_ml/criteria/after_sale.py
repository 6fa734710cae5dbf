"""What customers of a rule ask for and give back after the sale, against all other customers.

Follow-up differs from customer to customer, so that nothing is a raw count: what happens over and over is counted per
customer and year at risk, what happens once or is a level is averaged per customer.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.survival.ratios import Ends, difference_interval, ratio_interval

LEVEL = 0.90
FEWEST = 5
_ONBOARDED_YEARS = 0.25  # at risk for less, a customer may still be in onboarding
_CHANCE = 0.05
_SHOWN_OTHERS = 3

About = Literal["onboarding", "feature requests", "references", "other"]
Per = Literal["customer", "customer and year"]

# What a signal is about, by the words of its name; signals keep the names the company gave them.
_WORDS: dict[About, str] = {
    "onboarding": r"onboard|implement|go live|golive|kick ?off|roll ?out|setup|set up|training",
    "feature requests": r"feature (request|wish|idea|ask)|enhancement|product request|change request|roadmap request",
    "references": r"refer|testimonial|case stud|advoca|recommendation|success stor",
}
_ADDS_UP = re.compile(r"\b(hours?|minutes?|days?|tickets?|calls?|sessions?|cases?|visits?|costs?|spend|credits?)\b")
_LEVEL_OF = re.compile(r"\b(pct|percent|rate|ratio|score|nps|csat|ces|index|level|share|avg|average|mean)\b")


def signal_about(name: str) -> About:
    """Return what a signal is about, judged by the words of its name.

    >>> signal_about("OnboardingHours"), signal_about("feature_request"), signal_about("usage_breadth_pct")
    ('onboarding', 'feature requests', 'other')
    """
    words = _words(name)
    return next((about for about, known in _WORDS.items() if re.search(rf"\b({known})", words)), "other")


def after_sale(cohort: Cohort, inside: np.ndarray) -> list[dict[str, Any]]:
    """Return each signal among a rule's customers against all other customers.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    inside : ndarray, shape (n_accounts,), bool
        The rule's accounts; only customers whose follow-up can be counted are measured.

    Returns
    -------
    list of dict
        ``signal`` (the company's name), ``about``, ``per`` (``customer and year`` or ``customer``), ``inside`` and
        ``elsewhere`` (``estimate, low, high, level, n``), their ``difference``, and whether it ``differs`` by more
        than chance, all signals looked at taken into account; or ``absent`` with the reason. Signals about onboarding,
        feature requests and references are always there; of others, the three that differ most, if they differ.
    """
    if cohort.signals is None:
        return []
    names = sorted(str(n) for n in cohort.signals.index.get_level_values("signal").unique())
    entries = [
        _entry(cohort, name, _by_account(cohort.signals, name, cohort.accounts.index), inside, len(names))
        for name in names
    ]
    named = [e for e in entries if e["about"] != "other"]
    others = sorted((e for e in entries if e["about"] == "other" and e.get("differs")), key=lambda e: -e["strength"])
    order = list(_WORDS)
    shown = sorted(named, key=lambda e: order.index(e["about"])) + others[:_SHOWN_OTHERS]
    return [{k: v for k, v in e.items() if k != "strength"} for e in shown]


def cost_to_serve(cohort: Cohort, inside: np.ndarray) -> dict[str, Any] | None:
    """Return the cost to serve a customer for a year at risk, inside and elsewhere; None where no signal has a cost."""
    table = cohort.accounts
    cost, years = _floats(table, "service_cost"), _floats(table, "years_at_risk")
    counted = cohort.customers & ~np.isnan(cost) & (years > 0)
    return _compared(cost, years, counted, inside) if counted.any() else None


def services_share(cohort: Cohort, inside: np.ndarray) -> dict[str, Any] | None:
    """Return services sold with the deciding deal over first-year recurring revenue, inside and elsewhere.

    An empty amount counts as none sold, unless the table also writes zeros: then it is unknown. None where no deal
    names services.
    """
    table = cohort.accounts
    services, arr = _floats(table, "services_amount"), _floats(table, "arr_start")
    arr = np.where(np.isnan(arr), _floats(table, "amount"), arr)
    won = (table["outcome"] == "won").fillna(False).to_numpy(dtype=bool)
    if not np.any(services[won] > 0):
        return None
    if not np.any(services == 0):
        services = np.nan_to_num(services)
    return _compared(services, arr, won & ~np.isnan(services) & (arr > 0), inside)


def _entry(
    cohort: Cohort, name: str, measured: dict[str, np.ndarray], inside: np.ndarray, looked_at: int
) -> dict[str, Any]:
    """Compare one signal inside and elsewhere; ``strength`` is the difference in standard errors."""
    about = signal_about(name)
    years = _floats(cohort.accounts, "years_at_risk")
    followed = cohort.customers & (years > 0)
    per = _per(name, about, measured)
    if per == "customer and year":
        happened = about != "onboarding" and (about != "other" or not _ADDS_UP.search(_words(name)))
        top = np.nan_to_num(measured["count" if happened else "sum"])
        compared = _compared(top, years, followed, inside, counts=happened)
    else:
        level = bool(_LEVEL_OF.search(_words(name))) or about == "other"
        top = measured["mean" if level else "sum"]
        settled = followed & ~np.isnan(top) & (level | (years >= _ONBOARDED_YEARS))
        compared = _compared(top, np.ones(len(top)), settled, inside)
    return {"signal": name, "about": about, "per": per} | compared | _differs(compared, looked_at)


def _per(name: str, about: About, measured: dict[str, np.ndarray]) -> Per:
    """Return how a signal compares: what happens, or adds up, per year; onboarding and levels per customer.

    A signal whose values are all 1 or empty says no more than that it happened.
    """
    if about == "onboarding":
        return "customer"
    only_happens = not np.any(np.abs(np.nan_to_num(measured["mean"], nan=1.0) - 1) > 1e-9)
    if about != "other" or only_happens or _ADDS_UP.search(_words(name)):
        return "customer and year"
    return "customer"


def _by_account(signals: pd.DataFrame, name: str, accounts: pd.Index) -> dict[str, np.ndarray]:
    """Return count, sum and mean of a signal by account, NaN where it never occurred."""
    own = signals.xs(name, level="signal")
    return {column: own[column].reindex(accounts).to_numpy(dtype=float) for column in own.columns}


def _compared(
    top: np.ndarray, bottom: np.ndarray, counted: np.ndarray, inside: np.ndarray, counts: bool = False
) -> dict[str, Any]:
    """Return the ratio of sums inside and elsewhere with their difference, or why it is absent."""
    here, rest = counted & inside, counted & ~inside
    few = [f"{int(m.sum())} {where}" for m, where in ((here, "in it"), (rest, "elsewhere")) if m.sum() < FEWEST]
    if few:
        return {"absent": f"fewer than {FEWEST} customers measured: {' and '.join(few)}"}
    ends = [_ends(top[m], bottom[m], counts) for m in (here, rest)]
    return {
        "inside": _figure(ends[0], int(here.sum())),
        "elsewhere": _figure(ends[1], int(rest.sum())),
        "difference": _figure(difference_interval(ends[0], ends[1])),
    }


def _ends(top: np.ndarray, bottom: np.ndarray, counts: bool) -> Ends:
    """Return a ratio of sums with its interval; where nothing ever happened, the bound that one event would set."""
    estimate, low, high = ratio_interval(top, bottom, LEVEL)
    if counts and not top.any():
        return 0.0, 0.0, -float(np.log((1 - LEVEL) / 2)) / float(bottom.sum())
    return estimate, max(low, 0.0) if top.min() >= 0 else low, high


def _differs(compared: dict[str, Any], looked_at: int) -> dict[str, Any]:
    """Tell whether inside and elsewhere differ by more than chance, the budget shared among all signals."""
    if "absent" in compared:
        return {}
    difference = compared["difference"]
    side = difference["low"] if difference["estimate"] > 0 else difference["high"]
    error = abs(difference["estimate"] - side) / float(stats.norm.ppf(0.5 + LEVEL / 2))
    strength = abs(difference["estimate"]) / error if error > 0 else 0.0
    return {"differs": bool(strength > stats.norm.isf(_CHANCE / 2 / max(looked_at, 1))), "strength": strength}


def _figure(ends: Ends, n: int | None = None) -> dict[str, Any]:
    figure: dict[str, Any] = {"estimate": ends[0], "low": ends[1], "high": ends[2], "level": LEVEL}
    return figure if n is None else figure | {"n": n}


def _words(name: str) -> str:
    """Return a name as lower-case words: ``OnboardingHours`` and ``onboarding_hours`` read the same."""
    return " ".join(re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))


def _floats(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as numbers; a cohort made without it knows none of them."""
    return table[name].to_numpy(dtype=float, na_value=np.nan) if name in table else np.full(len(table), np.nan)
