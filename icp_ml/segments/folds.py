"""In which fifth of the accounts each one lies: rules formed on the other four are measured there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

FOLDS = 5
_LATER, _FEWEST_LATER = 0.4, 0.2


def account_folds(account_ids: Iterable[str], seed: int) -> np.ndarray:
    """Return the fold of each account, 0 to 4, shape (n,), int.

    A keyed digest of the id decides, so that an account stays in its fold when others are added next quarter, whatever
    their number and order: segments then change with the data and not with the draw.

    >>> bool(account_folds(["a", "b", "c"], 7)[0] == account_folds(["z", "a"], 7)[1])
    True
    """
    return np.array([digest % FOLDS for digest in account_digests(account_ids, f"segments {seed}")], dtype=int)


def account_digests(account_ids: Iterable[str], key: str) -> list[int]:
    """Return a number for each account that depends on its id and the key alone, 0 to 2**32 - 1."""
    digests = (hashlib.blake2b(str(i).encode(), key=key.encode(), digest_size=4).digest() for i in account_ids)
    return [int.from_bytes(digest, "big") for digest in digests]


def later_accounts(decided_at: pd.Series, counted: np.ndarray) -> np.ndarray:
    """Return the counted accounts decided last, about two fifths of them, shape (n,), bool.

    Accounts of the day on which the line falls all count as earlier. Nobody is later where that leaves less than a
    fifth: dates that hardly differ tell no order.

    Parameters
    ----------
    decided_at : Series of datetime64, length n
        Day of each decision, NaT where there is none: those count as earlier.
    counted : ndarray of bool, shape (n,)
        Accounts to part.
    """
    days = decided_at[counted]
    later = counted & (decided_at > days.quantile(1 - _LATER)).to_numpy() if days.notna().any() else counted & False
    return later if later.sum() >= _FEWEST_LATER * counted.sum() else np.zeros_like(counted)
