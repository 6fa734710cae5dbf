"""Which accounts form segments and which measure them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np


def forming_half(account_ids: Iterable[str], seed: int) -> np.ndarray:
    """Return which accounts form segments, about half of them; the others measure.

    A keyed digest of the id decides, so that an account stays in its half when others are added next quarter, whatever
    their number and order: segments then change with the data and not with the draw.

    >>> bool(forming_half(["a", "b", "c"], 7)[0] == forming_half(["z", "a"], 7)[1])
    True
    """
    key = f"segments {seed}".encode()
    digests = (hashlib.blake2b(str(i).encode(), key=key, digest_size=1).digest()[0] for i in account_ids)
    return np.fromiter((d % 2 == 0 for d in digests), dtype=bool)
