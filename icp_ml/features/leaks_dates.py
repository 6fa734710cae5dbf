"""Dates in disguise: columns that tell when, or how long, and not what kind of account."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_outcomes import Finding
from icp_ml.features.leaks_strength import level_codes, out_of_fold_means

_FEWEST = 30
# So many rows tell a rank correlation to a hundredth.
_MOST_ROWS = 20_000
_IN_STEP = 0.8
# Bigger firms may well take longer to sell to, and small groups vary more.
_IN_STEP_CLOSELY = 0.9
# A dozen dates, say ends of fiscal years, are names and not days on which something happened.
_FEW_DATES = 12
_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}( .*)?")
_TIMES = {
    "decided_at": "the day the deal was opened",
    "closed_at": "the day the deal was closed",
    "started_at": "the start of the first contract",
    "ended_at": "the day the customer left",
    "follow_up_months": "how long the customer has stayed",
    "cycle_days": "how long the deal took",
}


def find_date_text(column: pd.Series, kind: str, cohort: Cohort) -> list[Finding]:
    """Return a finding for a text column that holds dates."""
    if kind != "category" or column.notna().sum() < _FEWEST:
        return []
    text = column.dropna().astype(str).str.strip()
    iso, day_first = text.str.fullmatch(_ISO), text.str.fullmatch(_DAY_FIRST)
    if max(iso.mean(), day_first.mean()) < 0.9 or text.nunique() <= _FEW_DATES:
        return []
    parsed = pd.to_datetime(
        text, errors="coerce", dayfirst=bool(day_first.mean() > iso.mean()), format="mixed", utc=True
    )
    decided = cohort.accounts["decided_at"].loc[text.index]
    both = parsed.notna() & decided.notna()
    late = float((parsed.dt.tz_localize(None)[both] > decided[both]).mean()) if both.any() else 0.0
    words = f"it holds dates, {late:.0%} of them after the decision" if both.any() else "it holds dates"
    return [Finding("date", words, {"after_decision": round(late, 4), "n": len(text)})]


def find_in_step(column: pd.Series, kind: str, cohort: Cohort, seed: int) -> list[Finding]:
    """Return a finding for the date, or length of time, that an attribute moves with most closely.

    Numbers by Spearman's rank correlation, also among lost accounts, customers there and customers gone alone, since
    days since the last activity start anew with each; bands and other levels by that of their out-of-fold mean date.
    """
    if kind == "tags":
        return []
    closest: Finding | None = None
    known = column.notna().to_numpy()
    values = column.to_numpy(dtype=float, na_value=np.nan) if kind == "number" else level_codes(column, kind)
    for name, words in _TIMES.items():
        time = _as_number(cohort.accounts[name])
        for among, group in _groups(cohort, kind).items():
            there = np.flatnonzero(known & ~np.isnan(time) & group)
            if len(there) < _FEWEST:
                continue
            some = there[:: 1 + len(there) // _MOST_ROWS]
            together = _in_step(values[some], kind, time[some], seed)
            edge = _IN_STEP if among == "all" and name != "cycle_days" else _IN_STEP_CLOSELY
            if together > max(edge, closest.figures["rank_correlation"] if closest else 0.0):
                closest = _finding(name, words, together, len(there), among)
    return [closest] if closest else []


def _groups(cohort: Cohort, kind: str) -> dict[str, np.ndarray]:
    """Return among whom a time is compared: everybody, and with numbers each outcome alone."""
    everybody = {"all": np.ones(len(cohort.accounts), dtype=bool)}
    if kind != "number":
        return everybody
    lost = (cohort.accounts["outcome"] == "lost").to_numpy(dtype=bool, na_value=False)
    churned = cohort.accounts["churned"].to_numpy(dtype=bool)
    groups = {"lost accounts": lost, "customers still there": cohort.customers & ~churned}
    return everybody | groups | {"customers who left": cohort.customers & churned}


def _finding(name: str, words: str, together: float, n: int, among: str) -> Finding:
    """Say what an attribute moves in step with, and among whom."""
    where = "" if among == "all" else f" among {among}"
    return Finding(
        "date",
        f"it moves in step with {words}{where} (rank correlation {together:.2f}, 1.00 is the same order), "
        "so it tells when, or how long, and not what kind of account",
        {"with": name, "rank_correlation": round(together, 4), "n": n, "among": among},
    )


def _in_step(values: np.ndarray, kind: str, time: np.ndarray, seed: int) -> float:
    """Return the rank correlation, 0 to 1, of an attribute, or of its levels' codes, with a time."""
    if kind == "number":
        return abs(_rank_correlation(values, time))
    ranks = rankdata(time)
    return max(0.0, _rank_correlation(out_of_fold_means(values, ranks, seed), ranks))


def _as_number(column: pd.Series) -> np.ndarray:
    """Return days or lengths of time, NaN where unknown."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))
    return column.to_numpy(dtype=float, na_value=np.nan)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation, 0 where either is constant."""
    x, y = rankdata(a), rankdata(b)
    spread = float(x.std() * y.std())
    return float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread else 0.0
