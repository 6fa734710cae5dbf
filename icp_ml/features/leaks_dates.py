"""Identifiers and dates in disguise: columns that tell which account, or when, and not what kind."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_outcomes import Finding
from icp_ml.features.leaks_strength import level_codes, out_of_fold_means

_FEWEST = 30
_IN_STEP = 0.8
_ONE_EACH = 0.9
# A dozen dates, say ends of fiscal years, are names and not days on which something happened.
_FEW_DATES = 12
_RUNNING = 0.97
_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}( .*)?")
_TIMES = {
    "decided_at": "the day the deal was opened",
    "closed_at": "the day the deal was closed",
    "started_at": "the start of the first contract",
    "ended_at": "the day the customer left",
    "follow_up_months": "how long the customer has stayed",
}


def find_identifier(column: pd.Series, kind: str) -> list[Finding]:
    """Return a finding for a text with nearly one level an account, or a number that counts accounts up."""
    known = column.dropna()
    if len(known) < _FEWEST or kind not in ("category", "number"):
        return []
    different = known.nunique()
    if kind == "category" and different > _ONE_EACH * len(known):
        return [
            Finding(
                "identifier",
                f"it has {different:,} different values on {len(known):,} accounts, "
                "so it names accounts and can say nothing of new ones",
                {"levels": int(different), "n": len(known)},
            )
        ]
    values = known.to_numpy(dtype=float) if kind == "number" else np.empty(0)
    if (
        kind == "number"
        and _dense_and_unique(values)
        and abs(_rank_correlation(values, np.arange(len(values)))) > _RUNNING
    ):
        return [
            Finding(
                "identifier",
                f"it is a running number: different on each of {len(known):,} accounts and growing with their order",
                {"levels": int(different), "n": len(known)},
            )
        ]
    return []


def _dense_and_unique(values: np.ndarray) -> bool:
    """Tell whether numbers are whole, all different and close together, as numbers given out one by one are."""
    whole = bool((values == np.floor(values)).all())
    return whole and len(np.unique(values)) == len(values) and values.max() - values.min() < 20 * len(values)


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
    """Return a finding for the date, or length of stay, that an attribute moves with most closely.

    Numbers by Spearman's rank correlation; bands and other levels by that of their out-of-fold mean date.
    """
    if kind == "tags":
        return []
    closest: Finding | None = None
    most = _IN_STEP
    for name, words in _TIMES.items():
        there = (column.notna() & cohort.accounts[name].notna()).to_numpy()
        if there.sum() < _FEWEST or column[there].nunique() < 2:
            continue
        time = _as_number(cohort.accounts[name][there])
        together = _in_step(column[there], kind, time, seed)
        if together > most:
            most = together
            figures = {"with": name, "rank_correlation": round(together, 4), "n": int(there.sum())}
            closest = Finding(
                "date",
                f"it moves in step with {words} (rank correlation {together:.2f}), "
                "so it tells when, or how long, and not what kind of account",
                figures,
            )
    return [closest] if closest else []


def _in_step(column: pd.Series, kind: str, time: np.ndarray, seed: int) -> float:
    """Return the rank correlation, 0 to 1, of an attribute with a time."""
    if kind == "number":
        return abs(_rank_correlation(column.to_numpy(dtype=float), time))
    ranks = rankdata(time)
    return max(0.0, _rank_correlation(out_of_fold_means(level_codes(column, kind), ranks, seed), ranks))


def _as_number(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.to_numpy().astype("datetime64[D]").astype(float)
    return column.to_numpy(dtype=float)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rank correlation, 0 where either is constant."""
    x, y = rankdata(a), rankdata(b)
    spread = float(x.std() * y.std())
    return float(((x - x.mean()) * (y - y.mean())).mean() / spread) if spread else 0.0
