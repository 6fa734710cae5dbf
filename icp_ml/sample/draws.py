"""Named random streams, so that a column added later changes no other column.

Only ``random`` and ``standard_normal`` of a PCG64 generator are used: their streams have not changed since numpy 1.17,
so the same seed gives the same sample on every supported version.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np


class Draws:
    """Independent random streams of one seed, one a name.

    Parameters
    ----------
    seed : int
        At least 0; the same seed and name give the same numbers.

    Examples
    --------
    >>> draws = Draws(7)
    >>> bool((draws.uniform("size", 3) == draws.uniform("size", 3)).all())
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _generator(self, name: str) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())])))

    def uniform(self, name: str, n: int) -> np.ndarray:
        """Return ``n`` numbers in [0, 1)."""
        return self._generator(name).random(n)

    def normal(self, name: str, n: int) -> np.ndarray:
        """Return ``n`` standard normal numbers."""
        return self._generator(name).standard_normal(n)

    def integers(self, name: str, low: int, high: int, n: int) -> np.ndarray:
        """Return ``n`` whole numbers from ``low`` to ``high``, both ends counted."""
        return low + np.floor(self.uniform(name, n) * (high - low + 1)).astype(np.int64)

    def chance(self, name: str, probability: float | np.ndarray, n: int) -> np.ndarray:
        """Return ``n`` booleans, true with the given probability each."""
        return self.uniform(name, n) < probability

    def pick(self, name: str, levels: Sequence[str], n: int, weights: Sequence[float] | None = None) -> np.ndarray:
        """Return ``n`` of the levels (object array), drawn by weight; equal weights if none are given."""
        share = np.cumsum(np.ones(len(levels)) if weights is None else np.asarray(weights, dtype=float))
        position = np.searchsorted(share / share[-1], self.uniform(name, n), side="right")
        return np.asarray(levels, dtype=object)[np.minimum(position, len(levels) - 1)]
