"""New-business deals: who was worked, when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.sample.accounts import Population
from icp_ml.sample.calendar_days import AS_OF, FIRST_DAY, NEVER, day_number, workday_before
from icp_ml.sample.draws import Draws
from icp_ml.sample.names import COMPETITORS, LOSS_REASONS, SOURCES

_NEVER_WORKED, _REFUSED, _REFUSED_IN_EXCLUSION = 0.19, 0.02, 0.09
_WITHOUT_DEAL, _WITHOUT_PERIOD = 0.01, 0.007


@dataclass(frozen=True)
class Decisions:
    """The deciding deal of each account, arrays of shape (n_accounts,).

    Parameters
    ----------
    outcome : ndarray of str
        ``won``, ``lost``, ``refused``, ``open`` or empty for accounts never worked.
    created, closed : ndarray of int
        Days; an open deal's close is a forecast.
    amount : ndarray of int
        Annual value in the deal's currency.
    discount : ndarray of int
        Percent.
    pull : ndarray of float
        Latent pull.
    without_deal, without_period : ndarray of bool
        Customers whose deal, or whose contract period, is not in the CRM.
    """

    outcome: np.ndarray
    created: np.ndarray
    closed: np.ndarray
    amount: np.ndarray
    discount: np.ndarray
    pull: np.ndarray
    without_deal: np.ndarray
    without_period: np.ndarray


def decide(draws: Draws, population: Population, planted: pd.DataFrame) -> Decisions:
    """Draw each account's deciding deal from the planted probabilities."""
    n = len(planted)
    employees = population.true["employee_count"].to_numpy()
    excluded = (planted["churn"] > 0.3).to_numpy()
    pull = planted["pull"].to_numpy() + draws.normal("pull", n)
    created = _created(draws, n)
    closed = _closed(draws, created, employees, pull, excluded)
    won = draws.chance("won", planted["win"].to_numpy(), n)
    outcome = np.where(won, "won", "lost").astype(object)
    outcome[draws.chance("refused", np.where(excluded, _REFUSED_IN_EXCLUSION, _REFUSED), n)] = "refused"
    outcome[closed > day_number(AS_OF)] = "open"
    outcome[draws.chance("never worked", _NEVER_WORKED, n)] = ""
    won = outcome == "won"
    without_deal = won & draws.chance("without deal", _WITHOUT_DEAL, n)
    return Decisions(
        outcome,
        created,
        closed,
        _amount(draws, employees),
        _discount(draws, pull),
        pull,
        without_deal,
        won & ~without_deal & draws.chance("without period", _WITHOUT_PERIOD, n),
    )


def _created(draws: Draws, n: int) -> np.ndarray:
    """Draw creation days, a third more deals at the end than at the start."""
    first, last = day_number(FIRST_DAY), day_number(AS_OF)
    u = draws.uniform("created", n)
    share = 3 * (np.sqrt(1 + 7 / 9 * u) - 1)
    return workday_before(np.floor(first + 4 + share * (last - first - 4)).astype(np.int64))


def _closed(
    draws: Draws, created: np.ndarray, employees: np.ndarray, pull: np.ndarray, excluded: np.ndarray
) -> np.ndarray:
    """Draw close days: larger accounts take longer, intense pull and quick signers less."""
    log_days = (
        3.9 + 0.12 * np.log(employees / 60) - 0.28 * pull - 0.5 * excluded + 0.35 * draws.normal("cycle", len(created))
    )
    return workday_before(created + np.clip(np.rint(np.exp(log_days)), 6, 330).astype(np.int64))


def _amount(draws: Draws, employees: np.ndarray) -> np.ndarray:
    """Draw the annual value, growing with the square root of headcount, rounded to 100."""
    drawn = 9_000 * np.sqrt(employees / 60) * np.exp(0.3 * draws.normal("amount", len(employees)))
    return np.maximum(np.rint(drawn / 100) * 100, 1_200).astype(np.int64)


def _discount(draws: Draws, pull: np.ndarray) -> np.ndarray:
    """Draw the discount in steps of 5 %: the weaker the pull, the more of it."""
    drawn = 9 - 5 * pull + 7 * draws.normal("discount", len(pull))
    return (np.clip(np.rint(drawn / 5), 0, 7) * 5).astype(np.int64)


def new_deals(draws: Draws, population: Population, decisions: Decisions) -> pd.DataFrame:
    """Return every deal of kind ``new``: the deciding ones, earlier losses, and losses worked again.

    Returns
    -------
    DataFrame
        ``account`` (position), ``kind``, ``outcome``, ``created``, ``closed``, ``amount``, ``discount`` and the words
        that only new deals carry.
    """
    n = len(decisions.outcome)
    worked = np.flatnonzero((decisions.outcome != "") & ~decisions.without_deal)
    decided = np.isin(decisions.outcome, ["won", "lost"]) & ~decisions.without_deal
    earlier_created = workday_before(decisions.created - draws.integers("earlier gap", 150, 420, n))
    earlier = np.flatnonzero(
        decided & draws.chance("earlier loss", 0.10, n) & (earlier_created >= day_number(FIRST_DAY))
    )
    again_created = workday_before(day_number(AS_OF) - draws.integers("again", 3, 60, n))
    again = np.flatnonzero(
        (decisions.outcome == "lost") & draws.chance("worked again", 0.05, n) & (decisions.closed < again_created - 90)
    )
    frame = pd.concat(
        [
            _deals(worked, decisions.outcome[worked], decisions.created[worked], decisions.closed[worked]),
            _deals(earlier, "lost", earlier_created[earlier], workday_before(earlier_created[earlier] + 45)),
            _deals(again, "open", again_created[again], workday_before(again_created[again] + 90)),
        ],
        ignore_index=True,
    )
    account = frame["account"].to_numpy()
    frame["amount"] = decisions.amount[account]
    frame["discount"] = decisions.discount[account]
    return _with_words(draws, frame, (population.true["employee_count"] < 20).to_numpy()[account])


def _deals(account: np.ndarray, outcome: np.ndarray | str, created: np.ndarray, closed: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"account": account, "kind": "new", "outcome": outcome, "created": created, "closed": closed})


def _with_words(draws: Draws, frame: pd.DataFrame, small: np.ndarray) -> pd.DataFrame:
    """Add source, loss reason, competitor and services; some open deals have no forecast yet."""
    n, outcome = len(frame), frame["outcome"].to_numpy()
    reason = draws.pick("loss reason", LOSS_REASONS, n, (0.3, 0.18, 0.16, 0.12, 0.1, 0.08, 0.06))
    reason = np.where(outcome == "lost", reason, np.where(outcome == "refused", "Not ICP", ""))
    known_rival = draws.chance("competitor known", 0.2, n) | (reason == "lost to competitor")
    services = np.rint(frame["amount"].to_numpy() * 0.15 / 100) * 100 * draws.chance("services", 0.35, n)
    exception = (outcome == "won") & small & draws.chance("exception", 0.06, n)
    no_forecast = (outcome == "open") & draws.chance("no forecast", 0.15, n)
    return frame.assign(
        source=draws.pick("source", SOURCES, n, (0.3, 0.28, 0.14, 0.1, 0.08, 0.1)),
        loss_reason=reason,
        competitor=np.where(known_rival, draws.pick("competitor", COMPETITORS, n, (0.3, 0.22, 0.18, 0.14, 0.16)), ""),
        services=np.where(outcome == "won", services, 0).astype(np.int64),
        exception=exception,
        closed=np.where(no_forecast, NEVER, frame["closed"]),
    )
