"""Signals: what happened after the sale, in long form. All of them follow the latent pull."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.sample.calendar_days import AS_OF, day_number
from icp_ml.sample.contracts import Contracts
from icp_ml.sample.draws import Draws

_QUARTER_DAYS = 91


def draw_signals(
    draws: Draws, contracts: Contracts, pull: np.ndarray, employees: np.ndarray, excluded: np.ndarray
) -> pd.DataFrame:
    """Draw every signal while the first relationship lasts.

    Parameters
    ----------
    draws : Draws
        Source of everything random.
    contracts : Contracts
        First relationships.
    pull, employees, excluded : ndarray
        Latent pull, headcount and whether in a planted exclusion, shape (n_accounts,).

    Returns
    -------
    DataFrame
        ``account`` (position), ``day``, ``signal``, ``value`` (text); one row a signal, sorted by account and day.
    """
    who = contracts.account
    rows = [
        _onboarding(draws, contracts, pull[who]),
        _quarterly(draws, contracts, pull[who], employees[who], excluded[who]),
    ]
    frame = pd.concat(rows, ignore_index=True)
    lasting = frame["day"].to_numpy() <= np.minimum(frame.pop("ended").to_numpy(), day_number(AS_OF))
    return frame[lasting].sort_values(["account", "day", "signal"], kind="stable", ignore_index=True)


def _onboarding(draws: Draws, contracts: Contracts, pull: np.ndarray) -> pd.DataFrame:
    """Return the days until live, known on the day of going live."""
    n = len(pull)
    days = np.clip(np.rint(np.exp(3.75 - 0.33 * pull + 0.25 * draws.normal("onboarding", n))), 5, 240).astype(np.int64)
    return _rows(contracts, np.arange(n), contracts.started + days, "onboarding_days", days.astype(str))


def _quarterly(
    draws: Draws, contracts: Contracts, pull: np.ndarray, employees: np.ndarray, excluded: np.ndarray
) -> pd.DataFrame:
    """Return usage and support by quarter, and what some customers do in some quarters."""
    n = len(pull)
    quarters = (day_number(AS_OF) - int(contracts.started.min(initial=day_number(AS_OF)))) // _QUARTER_DAYS + 1
    who = np.repeat(np.arange(n), quarters)
    quarter = np.tile(np.arange(quarters), n)
    size, p = len(who), pull[who]
    day = contracts.started[who] + quarter * _QUARTER_DAYS + draws.integers("signal day", 40, 85, size)
    own = 6 * draws.normal("usage level", n)[who]
    usage = np.clip(np.rint(46 + 13 * p + own + 4 * draws.normal("usage", size)), 2, 99).astype(np.int64)
    log_hours = 0.7 + 0.3 * np.log(employees[who] / 60) + 0.8 * excluded[who] + 0.5 * draws.normal("support", size)
    half_hours = np.clip(np.rint(2 * np.exp(log_hours)), 0, 200).astype(np.int64)
    hours = np.char.add(np.char.add((half_hours // 2).astype(str), "."), (5 * (half_hours % 2)).astype(str))
    some = {
        "referral": np.clip(0.05 + 0.07 * p, 0.005, 0.5),
        "reference": np.clip(0.03 + 0.03 * p, 0.003, 0.3),
        "feature_request": np.clip(0.16 + 0.04 * p, 0.02, 0.6),
    }
    rows = [
        _rows(contracts, who, day, "usage_breadth_pct", usage.astype(str)),
        _rows(contracts, who, day + 3, "support_hours", hours)[half_hours > 0],
    ]
    for offset, (signal, chance) in enumerate(some.items()):
        happens = draws.chance(signal, chance, size)
        rows.append(_rows(contracts, who, day + 5 * (offset + 1), signal, np.full(size, "1"))[happens])
    return pd.concat(rows, ignore_index=True)


def _rows(contracts: Contracts, who: np.ndarray, day: np.ndarray, signal: str, value: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account": contracts.account[who],
            "day": day,
            "signal": signal,
            "value": value.astype(object),
            "ended": contracts.ended[who],
        }
    )
