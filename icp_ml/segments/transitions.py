"""What became of each segment: kept, moved, split, merged, died or born. Written rules on counts of accounts.

The ordered rules of both releases are laid over the same accounts, as they are now, so that a change tells of rules and
never of accounts that came or changed in between. An earlier segment's accounts are thus those it would hold today.

``split``
    One earlier segment, two or more new ones: most accounts of each of these were in it, each holds more than a few of
    its accounts, and together they hold most of them. One of the parts may keep the id.
``merged``
    The mirror image: most accounts of two or more earlier segments are in one new one, each brings more than a few of
    its accounts, and together they bring most of them.
``kept``
    The same id, and but for a few the same accounts.
``moved``
    The same id, and more than a few accounts left or joined.
``died``
    None of these: no new segment is the successor of this earlier one.
``born``
    None of these: no earlier segment is the predecessor of this new one.

Each segment is told once. Where a split and a merge share a segment, the one that concerns more accounts is told, and
the others are told as died or born, with where their accounts are or were. A part that keeps the id of a split segment
is told with the split, however far its boundary moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

FEW = 0.05  # of a segment's accounts: what the target of 95 % kept allows, and no list to act on looks different
MOST = 0.5  # of a segment's accounts: only one other segment can hold more than half

Kind = Literal["split", "merged", "kept", "moved", "died", "born"]


@dataclass(frozen=True)
class Change:
    """What became of some segments.

    Parameters
    ----------
    kind : str
        One of the words above.
    before, now : tuple of int
        Places of the earlier segments and of the new ones, in order; one of both is empty where one died or was born.
    """

    kind: Kind
    before: tuple[int, ...]
    now: tuple[int, ...]


def flows(then: np.ndarray, now: np.ndarray, earlier: int, new: int) -> np.ndarray:
    """Return how many accounts went from each earlier segment to each new one, shape (earlier + 1, new + 1), int.

    Parameters
    ----------
    then, now : ndarray of int, shape (n,)
        Place of each account's segment in either release, -1 for none, which is the last row and column.
    earlier, new : int
        How many segments either release has.

    >>> flows(np.array([0, 0, -1]), np.array([0, -1, -1]), 1, 1).tolist()
    [[1, 1], [0, 1]]
    """
    counts = np.zeros((earlier + 1, new + 1), dtype=int)
    np.add.at(counts, (then, now), 1)
    return counts


def what_changed(counts: np.ndarray, same: Mapping[int, int]) -> list[Change]:
    """Return what became of each segment, new ones in order and then those that died.

    Parameters
    ----------
    counts : ndarray of int, shape (earlier + 1, new + 1)
        From :func:`flows`.
    same : mapping of int to int
        Earlier segment to the new one of the same id.
    """
    both = counts[:-1, :-1]
    before, now = counts[:-1].sum(axis=1), counts[:, :-1].sum(axis=0)
    splits = [Change("split", (whole,), parts) for whole, parts in _wholes(both, before, now).items()]
    merges = [Change("merged", parts, (whole,)) for whole, parts in _wholes(both.T, now, before).items()]
    found = _largest_first([*splits, *merges], both)
    old = {at for change in found for at in change.before}
    new = {at for change in found for at in change.now}
    for left, right in sorted(same.items()):
        if left not in old and right not in new:
            gone, joined = before[left] - both[left, right], now[right] - both[left, right]
            few = gone <= FEW * before[left] and joined <= FEW * now[right]
            found.append(Change("kept" if few else "moved", (left,), (right,)))
            old.add(left)
            new.add(right)
    found += [Change("born", (), (at,)) for at in range(len(now)) if at not in new]
    found += [Change("died", (at,), ()) for at in range(len(before)) if at not in old]
    return sorted(found, key=lambda change: (min(change.now, default=len(now)), change.before))


def _wholes(both: np.ndarray, wholes: np.ndarray, parts: np.ndarray) -> dict[int, tuple[int, ...]]:
    """Return each segment of one release that several of the other are the parts of, with these."""
    found = {}
    for at, shared in enumerate(both):
        inside = np.flatnonzero((shared > MOST * parts) & (shared > FEW * wholes[at]))
        if len(inside) > 1 and shared[inside].sum() > MOST * wholes[at]:
            found[at] = tuple(int(part) for part in inside)
    return found


def _largest_first(changes: list[Change], both: np.ndarray) -> list[Change]:
    """Return the changes that share no segment with one of more accounts; a split comes before a merge of as many."""
    found: list[Change] = []
    size = {change: int(both[np.ix_(change.before, change.now)].sum()) for change in changes}
    for change in sorted(changes, key=lambda c: (-size[c], c.kind != "split", c.before)):
        if not any(set(c.before) & set(change.before) or set(c.now) & set(change.now) for c in found):
            found.append(change)
    return found
