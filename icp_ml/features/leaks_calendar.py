"""Numbers that are dates: 20260131, a spreadsheet's day number, days to the renewal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_outcomes import Finding

_FEWEST = 30
_FEW_DATES = 12
_DATES = 0.98
_YEAR = 365.25
_WINDOW = 8
# By chance a window of eight days holds 2 % of a year.
_ANNIVERSARIES, _SPREAD = 0.6, 0.3
# Above this a number of days would lie after the year 2200, so it counts seconds or milliseconds.
_DAYS, _SECONDS = 1.2e5, 1e11


def find_date_number(column: pd.Series, kind: str, cohort: Cohort) -> list[Finding]:
    """Return a finding for a number that is written as a date, or that falls on the anniversaries of a contract."""
    if kind != "number" or column.notna().sum() < _FEWEST:
        return []
    values = column.to_numpy(dtype=float, na_value=np.nan)
    written = _as_written(values)
    days = values if written is None else written
    if written is None and np.nanmax(np.abs(values)) > _DAYS:
        days = values / (86_400 if np.nanmax(np.abs(values)) < _SECONDS else 86_400_000)
    return _of_the_calendar(written, cohort) + _on_anniversaries(days, cohort)


def _as_written(values: np.ndarray) -> np.ndarray | None:
    """Return days since 1970 of numbers such as 20260131, or nothing where they are no such dates."""
    known = ~np.isnan(values)
    number = np.where(known, values, 0.0)
    year, month, day = np.floor(number / 1e4), np.floor(number / 100) % 100, number % 100
    valid = known & (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    if valid.sum() < _DATES * known.sum() or (number != np.floor(number)).any():
        return None
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0).astype(np.int64).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    return np.where(valid, first + day - 1, np.nan)


def _of_the_calendar(days: np.ndarray | None, cohort: Cohort) -> list[Finding]:
    """Return a finding for written dates, where some of them are of the time the records cover."""
    first = cohort.accounts["decided_at"].min()
    if days is None or pd.isna(first) or len(np.unique(days[~np.isnan(days)])) <= _FEW_DATES:
        return []
    recent = float((days[~np.isnan(days)] >= first.to_datetime64().astype("datetime64[D]").astype(np.int64)).mean())
    if recent < 1 - _DATES:
        return []
    n = int((~np.isnan(days)).sum())
    words = f"it holds dates written as numbers, {recent:.0%} of them after the first decision on record"
    return [Finding("date", words, {"since_first_decision": round(recent, 4), "n": n})]


def _on_anniversaries(days: np.ndarray, cohort: Cohort) -> list[Finding]:
    """Return a finding where values fall on one day of the year of the contract, counted up or down."""
    for name, words in (("started_at", "the start of the first contract"), ("closed_at", "the day the deal was won")):
        there = ~np.isnan(days) & cohort.accounts[name].notna().to_numpy()
        there &= cohort.customers | (cohort.accounts["outcome"] == "won").to_numpy(dtype=bool, na_value=False)
        if there.sum() < _FEWEST:
            continue
        time = cohort.accounts[name].to_numpy().astype("datetime64[D]").astype(np.int64)[there].astype(float)
        # Values or starts that all fall on one day of the year agree without meaning anything.
        if max(_gathered(days[there]), _gathered(time)) > _SPREAD:
            continue
        share = max(_gathered(days[there] - time), _gathered(days[there] + time))
        if share >= _ANNIVERSARIES:
            sentence = f"for {share:.0%} of customers it falls on anniversaries of {words}, so it is a date in disguise"
            return [Finding("date", sentence, {"with": name, "share": round(share, 4), "n": int(there.sum())})]
    return []


def _gathered(days: np.ndarray) -> float:
    """Return the largest share of values within eight days of the year, whichever year."""
    of_year = np.sort(days % _YEAR)
    around = np.concatenate([of_year, of_year + _YEAR])
    within = np.searchsorted(around, of_year + _WINDOW, side="right") - np.arange(len(of_year))
    return float(within.max() / len(days))
