"""What happened to each account of a world, as the makers of leaking and honest attributes need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort

Words = np.ndarray
Needs = Literal["won", "left", "either"]


@dataclass(frozen=True)
class Life:
    """One row an account; arrays of shape (n,), days as datetime64[D].

    Parameters
    ----------
    rng : Generator
        Draws of one attribute.
    won, lost, left : ndarray of bool
        Outcomes; ``left`` are customers who churned.
    created, closed, stopped : ndarray of datetime64[D]
        First seen (known for all), deal closed (NaT where none), and customer until (today while it lasts, else NaT).
    today : datetime64[D]
        When the CRM was exported.
    arr : ndarray of float
        Annual value, NaN for all but customers.
    """

    rng: np.random.Generator
    won: np.ndarray
    lost: np.ndarray
    left: np.ndarray
    created: np.ndarray
    closed: np.ndarray
    stopped: np.ndarray
    today: np.datetime64
    arr: np.ndarray

    @property
    def n(self) -> int:
        """Accounts."""
        return len(self.won)

    @property
    def tenure(self) -> np.ndarray:
        """Days as a customer, 0 for all others."""
        return np.where(self.won, days(self.stopped) - days(self.closed), 0.0)

    def some(self, share: float | np.ndarray) -> np.ndarray:
        """Return a random selection of accounts."""
        return self.rng.random(self.n) < share

    def one_of(self, *words: str) -> Words:
        """Return a random word an account."""
        return self.rng.choice(np.array(words, dtype=object), self.n)

    def flipped(self, truth: np.ndarray, share: float) -> np.ndarray:
        """Return the truth, wrong for a share of the accounts."""
        return truth ^ self.some(share)


@dataclass(frozen=True)
class Column:
    """How one attribute is made, and whether it leaks.

    Parameters
    ----------
    name : str
        What a CRM would call it.
    kind : str
        What makes it leak, or honest, in a few words; figures are pooled by it.
    type : str
        Attribute type.
    make : callable
        Values as the CRM holds them today.
    needs : {"won", "left", "either"}
        Which outcome must be recorded for the leak to leak.
    before : object
        What stood there before the decision, where accounts are recorded over time: ``None`` for nothing, ``"same"``
        for the same value as today.
    """

    name: str
    kind: str
    type: str
    make: Callable[[Life], object] = field(repr=False)
    needs: Needs = "won"
    before: object = None


def days(values: np.ndarray) -> np.ndarray:
    """Return days since 1970 as floats, NaN for NaT."""
    return np.where(np.isnat(values), np.nan, values.astype("datetime64[D]").astype(np.int64).astype(float))


def only(where: np.ndarray, values: object) -> np.ndarray:
    """Return the values where the accounts have them, and nothing elsewhere."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu":
        return np.where(where, array.astype(float), np.nan)
    return np.where(where, array.astype(object), None)


def flag(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Return a boolean attribute."""
    return pd.array(values, dtype="boolean")


def life_of(cohort: Cohort, rng: np.random.Generator) -> Life:
    """Read a cohort; accounts that were never decided are given a day on which they were first seen."""
    accounts, today = cohort.accounts, np.datetime64(cohort.as_of, "D")
    outcome = accounts["outcome"].astype(object).to_numpy()
    won = (outcome == "won") | cohort.customers
    created, closed, started, ended = (
        accounts[c].to_numpy().astype("datetime64[D]") for c in ("decided_at", "closed_at", "started_at", "ended_at")
    )
    decided = ~np.isnat(created)
    first = created[decided].min()
    drawn = first + np.floor(rng.random(len(created)) * int((today - first).astype(int))).astype("timedelta64[D]")
    begun = np.where(np.isnat(started), closed, started)
    return Life(
        rng=rng,
        won=won,
        lost=outcome == "lost",
        left=accounts["churned"].to_numpy(dtype=bool) & won,
        created=np.where(decided, created, drawn),
        closed=np.where(won, begun, closed),
        stopped=np.where(won, np.where(np.isnat(ended), today, ended), np.datetime64("NaT", "D")),
        today=today,
        arr=accounts["arr_start"].to_numpy(dtype=float),
    )
