"""Pull: how strongly a customer behaves like one that needed the product, 1 to 5, relative to customers of its time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.months import months_between, to_days
from icp_ml.config.schema import PullPart
from icp_ml.errors import ConfigError, nearest

# Opportunity behaviours a pull part may name, and where the cohort keeps them.
OPPORTUNITY_PARTS = {"sales_cycle_days": "cycle_days", "discount_pct": "discount_pct", "amount": "amount"}


def measure_pull(
    parts: list[PullPart],
    deal: pd.DataFrame,
    signals: pd.DataFrame | None,
    started_at: pd.Series,
    as_of: np.datetime64,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the pull of every customer, and what a reader must know of it.

    Each part is a percentile ``(rank - 1/2) / n`` among customers started in the same 12 months, counted back from
    ``as_of``, turned so that 1 is intense. ``pull_score`` is the mean of the parts present where at least half are;
    ``pull`` is its fifth among all measured customers, 1 to 5.

    Parameters
    ----------
    parts : list of PullPart
        Of the config.
    deal : DataFrame
        ``cycle_days``, ``discount_pct``, ``amount`` of the deciding deal, in account order.
    signals : DataFrame or None
        ``account``, ``occurred``, ``signal``, ``value``.
    started_at : Series of datetime64
        First start, NaT for accounts that are no customers.
    as_of : datetime64[D]
        Last day covered.

    Returns
    -------
    DataFrame
        ``pull_score`` : float 0..1. ``pull`` : float 1..5. NaN where unmeasured.
    list of str
        Notes, for instance on a signal that never occurs.

    Raises
    ------
    ConfigError
        If a part names an opportunity behaviour there is none of.
    """
    started = to_days(started_at)
    cohort = np.floor(months_between(started, as_of) / 12)
    percentiles, notes = [], []
    for number, part in enumerate(parts):
        if part.opportunity is not None:
            values = _deal_part(part.opportunity, deal, number)
        else:
            values, note = _signal_part(part, signals, started, as_of)
            notes.extend(note)
        percentile = _percentile(np.where(np.isnat(started), np.nan, values), cohort)
        percentiles.append(1 - percentile if part.direction == "lower" else percentile)
    score = _mean_of_present(percentiles, len(started))
    return pd.DataFrame({"pull_score": score, "pull": _fifths(score)}), notes


def _deal_part(name: str, deal: pd.DataFrame, number: int) -> np.ndarray:
    """Values of a behaviour seen in the deal."""
    if name not in OPPORTUNITY_PARTS:
        raise ConfigError(
            f"pull[{number}].opportunity must be one of {', '.join(OPPORTUNITY_PARTS)}; found "
            f"{name!r}{nearest(name, OPPORTUNITY_PARTS)}; correct the name"
        )
    return deal[OPPORTUNITY_PARTS[name]].to_numpy(dtype=float)


def _signal_part(
    part: PullPart, signals: pd.DataFrame | None, started: np.ndarray, as_of: np.datetime64
) -> tuple[np.ndarray, list[str]]:
    """One value a customer from the signals of its first days, NaN where the window has not passed."""
    names = [] if signals is None else sorted(signals["signal"].dropna().unique())
    if signals is None or part.signal not in names:
        hint = nearest(str(part.signal), names)
        return np.full(len(started), np.nan), [f"pull: no signal {part.signal!r} occurs{hint}; this part is unmeasured"]
    window = np.timedelta64(part.window_days, "D")
    own = signals[signals["signal"] == part.signal]
    begin, occurred = started[own["account"].to_numpy()], to_days(own["occurred"])
    within = own[(occurred >= begin) & (occurred <= begin + window)]
    values = _aggregate(within, part.aggregate, len(started))
    return np.where(started + window <= as_of, values, np.nan), []


def _aggregate(within: pd.DataFrame, aggregate: str, n: int) -> np.ndarray:
    """Aggregate by account; where nothing occurred a count or sum is 0 and anything else is missing."""
    if aggregate == "count":
        return np.bincount(within["account"].to_numpy(), minlength=n).astype(float)
    by_account = within.sort_values("occurred", kind="stable").groupby("account")["value"]
    values = by_account.sum(min_count=1) if aggregate == "sum" else by_account.agg(aggregate)
    every = values.reindex(range(n))
    if aggregate == "sum":
        every = every.where(every.index.isin(within["account"]), 0.0)
    return every.to_numpy(dtype=float)


def _percentile(values: np.ndarray, cohort: np.ndarray) -> np.ndarray:
    """Middle percentile of each value among the known ones of its cohort."""
    known = pd.Series(values).groupby(cohort)
    return ((known.rank() - 0.5) / known.transform("count")).to_numpy()


def _mean_of_present(percentiles: list[np.ndarray], n: int) -> np.ndarray:
    """Mean of the parts present, NaN where fewer than half are."""
    if not percentiles:
        return np.full(n, np.nan)
    parts = np.vstack(percentiles)
    present = (~np.isnan(parts)).sum(axis=0)
    enough = present * 2 >= len(parts)
    return np.divide(np.nansum(parts, axis=0), present, out=np.full(n, np.nan), where=enough & (present > 0))


def _fifths(score: np.ndarray) -> np.ndarray:
    """Fifth of each score among the measured, 1..5; equal scores share their middle rank."""
    measured = pd.Series(score)
    middle = (measured.rank() - 0.5) * 5 / measured.count()
    return np.floor(middle.to_numpy()) + 1
