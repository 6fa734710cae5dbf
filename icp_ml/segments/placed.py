"""Accounts in the space in which they were clustered: what the map of accounts is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icp_ml.segments.folds import account_digests

MOST_SHOWN = 1_500  # points a picture can show; beyond them dots only cover dots


@dataclass(frozen=True)
class Placed:
    """A sample of accounts where distance means that they differ for a reason that matters.

    Parameters
    ----------
    accounts : tuple of str, length n
        Account ids.
    space : ndarray, shape (n, d)
        Contributions to forecasts of models that had not seen the account.
    dimensions : tuple of str, length d
        What each one is, such as ``churn: industry``.
    clusters : ndarray of int, shape (n,)
        Density cluster, -1 noise.
    """

    accounts: tuple[str, ...]
    space: np.ndarray
    dimensions: tuple[str, ...]
    clusters: np.ndarray

    def forecasts(self) -> dict[str, np.ndarray]:
        """Return by outcome what the attributes add to its forecast, each of shape (n,)."""
        outcomes = [name.partition(": ")[0] for name in self.dimensions]
        return {
            outcome: self.space[:, [at for at, name in enumerate(outcomes) if name == outcome]].sum(axis=1)
            for outcome in dict.fromkeys(outcomes)
        }


def placed(
    accounts: Sequence[str], space: np.ndarray, dimensions: Sequence[str], clusters: np.ndarray, seed: int
) -> Placed:
    """Return at most 1,500 of the accounts, in order of their ids.

    A keyed digest of the id decides who is shown, so that the picture keeps its accounts when others are added.

    Parameters
    ----------
    accounts : sequence of str, length n
        Account ids.
    space : ndarray, shape (n, d)
        Where they are.
    dimensions : sequence of str, length d
        What each dimension is.
    clusters : ndarray of int, shape (n,)
        Cluster of each, -1 noise.
    seed : int
        Key of the digest.

    >>> placed(["b", "a"], np.array([[1.0], [2.0]]), ["churn: size"], np.array([0, -1]), 7).accounts
    ('a', 'b')
    """
    ids = [str(account) for account in accounts]
    digests = account_digests(ids, f"map {seed}")
    first = sorted(range(len(ids)), key=lambda at: (digests[at], ids[at]))[:MOST_SHOWN]
    rows = sorted(first, key=lambda at: ids[at])
    return Placed(tuple(ids[at] for at in rows), space[rows], tuple(dimensions), clusters[rows])
