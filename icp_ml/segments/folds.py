"""In which fifth of the accounts each one lies: rules formed on the other four are measured there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

FOLDS = 5


def account_folds(account_ids: Iterable[str], seed: int) -> np.ndarray:
    """Return the fold of each account, 0 to 4, shape (n,), int.

    A keyed digest of the id decides, so that an account stays in its fold when others are added next quarter, whatever
    their number and order: segments then change with the data and not with the draw.

    >>> bool(account_folds(["a", "b", "c"], 7)[0] == account_folds(["z", "a"], 7)[1])
    True
    """
    key = f"segments {seed}".encode()
    digests = (hashlib.blake2b(str(i).encode(), key=key, digest_size=4).digest() for i in account_ids)
    return np.fromiter((int.from_bytes(d, "big") % FOLDS for d in digests), dtype=int)
