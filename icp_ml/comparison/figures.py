"""What either release would have done with the same decided accounts: figures before, after, and the difference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from icp_ml.comparison.margin import Margins, NoMargins, net_margins
from icp_ml.comparison.paired import Difference, Ratio, difference, skewed_difference
from icp_ml.comparison.population import Population
from icp_ml.config.schema import Economics
from icp_ml.release.folder import Release
from icp_ml.release.rules import GREEN, RED
from icp_ml.survival import ipcw_weights, supported_horizon

LEAST_ACCOUNTS, LEAST_EVENTS = 30, 5
"""Accounts behind a rate under either release, and accounts with and without the event."""


@dataclass(frozen=True)
class Figures:
    """Two releases on the same decided accounts.

    Parameters
    ----------
    accounts, won : int
        Decided accounts, and those of them that were won.
    differing, differing_won : int
        Of these, accounts that one release pursues and the other refuses.
    found : dict of str to Difference
        ``net_margin`` and ``received`` (an opportunity), ``green``, ``red`` (shares of decided accounts),
        ``win_rate_green``, ``churn_green``, ``arr_refused`` (share of the ARR won), each where it can be told.
    absent : dict of str to str
        Why the others cannot.
    no_margin : NoMargins or None
        What is missing for money.
    months : int or None
        By when churn of green customers counts.
    without : tuple of str
        Costs that are unknown and count as none.
    """

    accounts: int
    won: int
    differing: int
    differing_won: int
    found: dict[str, Difference] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    no_margin: NoMargins | None = None
    months: int | None = None
    without: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON."""
        figures: dict[str, Any] = {name: found.as_dict() for name, found in self.found.items()}
        figures |= {name: {"absent": reason} for name, reason in self.absent.items()}
        plain = {name: getattr(self, name) for name in ("accounts", "won", "differing", "differing_won", "months")}
        return {**plain, "without": list(self.without), "figures": figures}


def compared_figures(
    before: Release,
    after: Release,
    accounts: Population,
    which: np.ndarray,
    economics: Economics | None,
    random_state: int = 0,
) -> Figures:
    """Return every figure of two releases on some decided accounts, judged on what was known at each decision.

    Parameters
    ----------
    before, after : Release
        The releases.
    accounts : Population
        Where the accounts are.
    which : ndarray of bool, shape (n_accounts,)
        The decided accounts to compare on.
    economics : Economics or None
        For money.
    random_state : int, optional
        Seed of the resamples.
    """
    tiers = [r.rules.score_frame(accounts.at_decision(r)[which])["icp_tier"].to_numpy() for r in (before, after)]
    decided = accounts.cohort.accounts[which]
    won = (decided["outcome"] == "won").to_numpy(dtype=bool)
    pursued = [tier != RED for tier in tiers]
    apart = pursued[0] != pursued[1]
    found: dict[str, Difference] = {}
    absent: dict[str, str] = {}
    margins = net_margins(accounts.cohort, which, economics)
    if isinstance(margins, Margins):
        for name, each in (("net_margin", margins.net), ("received", margins.received)):
            found[name] = skewed_difference(each * pursued[0], each * pursued[1], random_state)
    else:
        absent |= dict.fromkeys(("net_margin", "received"), margins.reason)
    if len(decided):
        for name, tier in (("green", GREEN), ("red", RED)):
            found[name] = _shares(np.ones(len(decided)), *(t == tier for t in tiers))
    _keep(found, absent, "win_rate_green", _rates(won, *(t == GREEN for t in tiers)))
    months, churn = _churn(accounts, which, [t == GREEN for t in tiers])
    _keep(found, absent, "churn_green", churn)
    paid = np.nan_to_num(decided["arr_start"].to_numpy(dtype=float)) * won
    if np.sum(paid > 0) >= LEAST_ACCOUNTS:
        found["arr_refused"] = _shares(paid, *(t == RED for t in tiers))
    else:
        absent["arr_refused"] = f"fewer than {LEAST_ACCOUNTS} won accounts of known ARR"
    told = isinstance(margins, Margins)
    return Figures(
        len(decided),
        int(won.sum()),
        int(apart.sum()),
        int((apart & won).sum()),
        found,
        absent,
        None if isinstance(margins, Margins) else margins,
        months,
        margins.without if told and isinstance(margins, Margins) else (),
    )


def _keep(found: dict[str, Difference], absent: dict[str, str], name: str, figure: Difference | str) -> None:
    if isinstance(figure, str):
        absent[name] = figure
    else:
        found[name] = figure


def _shares(size: np.ndarray, before: np.ndarray, after: np.ndarray) -> Difference:
    """Return which share of a size a tier holds."""
    return difference(Ratio(size * before, size), Ratio(size * after, size))


def _rates(happened: np.ndarray, before: np.ndarray, after: np.ndarray) -> Difference | str:
    """Return how often something happened inside a tier."""
    for inside in (before, after):
        if reason := _too_few(happened & inside, inside, "decided"):
            return reason
    return difference(*(Ratio((happened & inside).astype(float), inside.astype(float)) for inside in (before, after)))


def _churn(accounts: Population, which: np.ndarray, inside: list[np.ndarray]) -> tuple[int | None, Difference | str]:
    """Return the share of green customers that left, by Kaplan-Meier, and by which month."""
    rows = accounts.cohort.accounts[which]
    seen = (rows["is_customer"].astype(bool) & (rows["entry_months"].fillna(0.0) <= 0)).to_numpy(dtype=bool)
    time, event = rows["follow_up_months"].to_numpy(dtype=float), rows["churned"].to_numpy(dtype=bool)
    green = [mask & seen for mask in inside]
    if min(mask.sum() for mask in green) < LEAST_ACCOUNTS:
        return None, f"fewer than {LEAST_ACCOUNTS} green customers"
    by = [supported_horizon(time[mask], event[mask], accounts.cohort.horizon, LEAST_ACCOUNTS) for mask in green]
    if None in by:
        return None, f"fewer than {LEAST_ACCOUNTS} green customers were followed for a month"
    months = min(month for month in by if month is not None)
    for mask in green:
        if reason := _too_few(event & (time <= months) & mask, mask, "customers"):
            return months, reason
    return months, difference(*(_left(time, event, mask, months) for mask in green))


def _left(time: np.ndarray, event: np.ndarray, mask: np.ndarray, months: int) -> Ratio:
    """Return churn by a month as a ratio of sums: the censoring weights make it one minus Kaplan-Meier."""
    weight = np.zeros(len(mask))
    weight[mask] = ipcw_weights(time[mask], event[mask], months)
    return Ratio(weight * (event & (time <= months)), mask.astype(float))


def _too_few(happened: np.ndarray, inside: np.ndarray, who: str) -> str:
    n, events = int(inside.sum()), int(happened.sum())
    if n < LEAST_ACCOUNTS:
        return f"{n:,} {who} in green under one of the two, and {LEAST_ACCOUNTS} are needed"
    if min(events, n - events) < LEAST_EVENTS:
        return f"it happened to {events:,} of {n:,}, too few or too many for a range"
    return ""
