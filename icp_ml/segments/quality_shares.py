"""The shares that a dimension of segment quality may be measured by, from deciding deals and contracts.

Each is counted from accounts alone, or comes with the reason why the data does not hold it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.segment_quality import SegmentSettings
from icp_ml.segments.figures import LEVEL
from icp_ml.segments.per_account import Ratio, Share
from icp_ml.survival import wilson_interval

_FEWEST_OF_SOURCE = 30
_NO_BEST_SOURCE = "no source wins clearly more often than the others"
# "Lost to competitor", "Konkurrenz", "Wettbewerb", "concurrent": what CRMs hold most.
_SAYS_COMPETITOR = re.compile(r"compet|konkurr|wettbewerb|mitbewerb|concurr|concorr", re.IGNORECASE)
_NOBODY = frozenset({"", "-", "n/a", "na", "no", "none", "no competitor", "unknown"})

# What would measure each, where the data lacks it.
NEEDS = {
    "worked": "opportunities with all deals, and accounts with companies that nobody has worked yet",
    "through_channels": "opportunities.source, and segments.channels in the config: which channels you can use",
    "won_through_channels": "opportunities.source, and segments.channels in the config: which channels you can use",
    "kept_customers": "subscriptions: contracts of customers, some of them older than the horizon",
    "cost_of_arr": "signals and economics.signal_costs: what serving a customer takes and what that costs",
    "paying_more": "subscriptions.arr: each contract period with what it pays a year",
    "won_against_competitor": "opportunities.competitor: who else was in the deal, on won deals too",
    "lost_to_competitor": "opportunities.loss_reason: why each deal was lost, to a competitor or not",
}


def share_of(name: str, cohort: Cohort, settings: SegmentSettings) -> Share | Ratio | str:
    """Return how a share is counted, or why it cannot be.

    Parameters
    ----------
    name : str
        One of :data:`icp_ml.config.segment_quality.SHARES`.
    cohort : Cohort
        One row an account.
    settings : SegmentSettings
        Channels, and reasons for a loss that mean a competitor.
    """
    return _COUNTED[name](cohort, settings)


def channels_of(cohort: Cohort, settings: SegmentSettings) -> list[str]:
    """Return the sources that can be used at will.

    Those the config names; else the one that wins more often than all other deals, its interval clear of theirs, or
    none. It is chosen among all accounts and not for any segment: the source that happens to do best in a small group
    would look better than it is. Sources with fewer than 30 decided accounts are not looked at.
    """
    if settings.channels:
        return list(settings.channels)
    source, won = cohort.accounts["source"], _won(cohort)
    known = cohort.decided & source.notna().to_numpy()
    found: list[tuple[float, str]] = []
    for name in sorted(source[known].unique()):
        mine = known & (source == name).fillna(False).to_numpy(dtype=bool)
        others = known & ~mine
        if min(mine.sum(), others.sum()) < _FEWEST_OF_SOURCE:
            continue
        low = wilson_interval(int(won[mine].sum()), int(mine.sum()), LEVEL)[0]
        if low > wilson_interval(int(won[others].sum()), int(others.sum()), LEVEL)[1]:
            found.append((-low, str(name)))
    return [min(found)[1]] if found else []


def _worked(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    status = cohort.accounts["status"]
    if not status.isin(["lost", "open", "refused"]).any():
        return "no deals but won ones are on record"
    worked = (status != "never worked").to_numpy(dtype=bool)
    if worked.all():
        return "every account on record was worked"
    return Share(worked, np.ones(len(worked), dtype=bool), "accounts")


def _through_channels(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    source = cohort.accounts["source"]
    known = cohort.decided & source.notna().to_numpy()
    if not known.any():
        return "no deal says where it came from"
    through = known & source.isin(channels_of(cohort, settings)).to_numpy(dtype=bool)
    if not through.any():
        return f"no deal came from {' or '.join(settings.channels)}" if settings.channels else _NO_BEST_SOURCE
    return Share(through, known, "deals of a known source")


def _won_through_channels(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    through = _through_channels(cohort, settings)
    return through if isinstance(through, str) else Share(_won(cohort), through.hits, "deals of these sources")


def _kept_customers(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    """Count customers seen to stay past the horizon, of all decided accounts: those a new buyer can be shown."""
    accounts = cohort.accounts
    months = accounts["follow_up_months"].to_numpy(dtype=float)
    gone = accounts["churned"].to_numpy(dtype=bool) & (months <= cohort.horizon)
    kept = cohort.customers & (months >= cohort.horizon) & ~gone
    if not kept.any():
        return f"no customer was followed for {cohort.horizon} months and stayed"
    return Share(kept, cohort.decided | cohort.customers, "decided accounts")


def _cost_of_arr(cohort: Cohort, settings: SegmentSettings) -> Ratio | str:
    accounts = cohort.accounts
    cost, years = accounts["service_cost"].to_numpy(dtype=float), accounts["years_at_risk"].to_numpy(dtype=float)
    if not np.nansum(cost) > 0:
        return "no signal has a cost"
    paid = accounts["arr_start"].to_numpy(dtype=float) * years
    return Ratio(np.where(cohort.customers, cost, np.nan), paid, "customers with measured cost")


def _paying_more(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    start, then = (cohort.accounts[name].to_numpy(dtype=float) for name in ("arr_start", "arr_horizon"))
    kept = cohort.customers & (start > 0) & (then > 0)
    if not np.any(kept & (then != start)):
        return "no customer kept pays another amount than at the start"
    return Share(then > start, kept, "customers kept")


def _won_against_competitor(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    named = cohort.decided & _rivals(cohort).notna().to_numpy()
    if not named.any():
        return "no deal names a competitor"
    won = _won(cohort)
    if not np.any(named & won):
        return "competitors are named on lost deals only"
    return Share(won, named, "decided accounts with a competitor named")


def _lost_to_competitor(cohort: Cohort, settings: SegmentSettings) -> Share | str:
    """Of the losses with a reason, those whose reason says a competitor won.

    A competitor merely named on a lost deal was there, and need not have won it.
    """
    accounts = cohort.accounts
    lost = (accounts["outcome"] == "lost").fillna(False).to_numpy(dtype=bool)
    given = lost & accounts["loss_reason"].notna().to_numpy()
    if not given.any():
        return "no lost deal names a reason"
    rivals = set(_rivals(cohort).dropna()) - {"other"}
    reasons = settings.competitor_reasons
    meant = {
        reason
        for reason in accounts.loc[given, "loss_reason"].unique()
        if (reason in reasons if reasons else _says_competitor(str(reason), rivals))
    }
    if not meant:
        return "no reason for a loss speaks of a competitor"
    return Share(accounts["loss_reason"].isin(meant).to_numpy(dtype=bool), given, "lost accounts with a reason")


def _says_competitor(reason: str, rivals: Collection[str]) -> bool:
    """Tell whether a reason for a loss speaks of competitors, or is one of them ("lost to Acme")."""
    said = reason.strip().lower()
    return _SAYS_COMPETITOR.search(said) is not None or said.removeprefix("lost to ") in rivals


def _rivals(cohort: Cohort) -> pd.Series:
    """Competitors as named on the deciding deals, in small letters; missing where that means nobody."""
    named = cohort.accounts["competitor"].astype("str").str.strip().str.lower()
    return named.mask(named.isin(_NOBODY))


def _won(cohort: Cohort) -> np.ndarray:
    outcome: pd.Series = cohort.accounts["outcome"]
    return (outcome == "won").fillna(False).to_numpy(dtype=bool)


_COUNTED: dict[str, Callable[[Cohort, SegmentSettings], Share | Ratio | str]] = {
    "worked": _worked,
    "through_channels": _through_channels,
    "won_through_channels": _won_through_channels,
    "kept_customers": _kept_customers,
    "cost_of_arr": _cost_of_arr,
    "paying_more": _paying_more,
    "won_against_competitor": _won_against_competitor,
    "lost_to_competitor": _lost_to_competitor,
}
