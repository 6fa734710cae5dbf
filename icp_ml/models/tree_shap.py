"""Exact SHAP values and interaction values of trees, leaf by leaf.

With few conditions in a leaf the sums over coalitions are short, and whole columns of accounts are computed at once.
That is many times faster than the general algorithm for interaction values, and, being another one, a check on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np


@dataclass(frozen=True)
class Tree:
    """One tree as arrays, one entry a node; node 0 is the root.

    Parameters
    ----------
    left, right : ndarray of int
        Children, -1 for a leaf.
    column : ndarray of int
        Encoded column that a node asks about.
    value : ndarray of float32
        A number below it goes left; at a leaf what the leaf adds.
    default_left : ndarray of bool
        Where the missing go.
    cover : ndarray of float
        Weight of the training accounts in the node.
    right_codes : dict of int to ndarray of int
        By node that asks about a category: the codes that go right.
    """

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    value: np.ndarray
    default_left: np.ndarray
    cover: np.ndarray
    right_codes: dict[int, np.ndarray]


Pairs = dict[tuple[int, int], np.ndarray]


def tree_contributions(trees: Sequence[Tree], values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Return path-dependent SHAP values by owner, shape ``(len(values), owner.max() + 1)``.

    Parameters
    ----------
    trees : sequence of Tree
        From :meth:`icp_ml.models.boosting.Booster.tables`.
    values : ndarray of float32, shape (n, n_columns)
        Encoded accounts, NaN where missing.
    owner : ndarray of int, shape (n_columns,)
        Attribute of each column, by position; the columns of one are added up.
    """
    found = np.zeros((len(values), int(owner.max(initial=-1)) + 1))
    for weight, columns, present, absent in _leaves(trees, values):
        for i, column in enumerate(columns):
            rest = [j for j in range(len(columns)) if j != i]
            found[:, owner[column]] += weight * (present[i] - absent[i]) * _coalitions(present, absent, rest, 1)
    return found


def tree_interactions(trees: Sequence[Tree], values: np.ndarray, owner: np.ndarray) -> Pairs:
    """Return the SHAP interaction values of pairs of owners, both halves added up.

    Parameters
    ----------
    trees, values, owner
        As in :func:`tree_contributions`.

    Returns
    -------
    dict
        Pair of positions, the smaller first, to its values, shape (n,). Pairs that share no leaf are left out: theirs
        are 0. Interactions between columns of one owner stay with that owner.

    References
    ----------
    Fujimoto, Kojadinovic and Marichal (2006), doi:10.1016/j.geb.2005.03.002; Lundberg et al. (2020),
    doi:10.1038/s42256-019-0138-9, section "SHAP interaction values". A leaf is worth its weight times, over its
    conditions, "fulfilled" for those in the coalition and "share of training accounts that fulfil it" for the others;
    so the sum over coalitions factors.
    """
    found: Pairs = {}
    for weight, columns, present, absent in _leaves(trees, values):
        for i, j in combinations(range(len(columns)), 2):
            pair = sorted((int(owner[columns[i]]), int(owner[columns[j]])))
            if pair[0] == pair[1]:
                continue
            rest = [k for k in range(len(columns)) if k not in (i, j)]
            part = weight * (present[i] - absent[i]) * (present[j] - absent[j]) * _coalitions(present, absent, rest, 2)
            key = (pair[0], pair[1])
            found[key] = found[key] + part if key in found else part
    return found


def _coalitions(present: Sequence[np.ndarray], absent: Sequence[float], rest: list[int], players: int) -> np.ndarray:
    """Weighted sum, over the coalitions of the other conditions, of what each is worth."""
    size = len(rest) + players
    total = np.zeros_like(present[0]) if present else np.zeros(0)
    for count in range(len(rest) + 1):
        weight = factorial(count) * factorial(size - count - players) / factorial(size - players + 1)
        for inside in combinations(rest, count):
            worth = np.full_like(present[0], weight)
            for k in rest:
                worth *= present[k] if k in inside else absent[k]
            total += worth
    return total


def _leaves(
    trees: Sequence[Tree], values: np.ndarray
) -> Iterator[tuple[float, list[int], list[np.ndarray], list[float]]]:
    """Of each leaf: what it adds, its columns, whether each account fulfils its conditions on each, and which share."""
    for tree in trees:
        yield from _walk(tree, values, 0, {})


def _walk(
    tree: Tree, values: np.ndarray, node: int, path: dict[int, tuple[np.ndarray, float]]
) -> Iterator[tuple[float, list[int], list[np.ndarray], list[float]]]:
    if tree.left[node] < 0:
        yield (
            float(tree.value[node]),
            list(path),
            [fulfilled for fulfilled, _ in path.values()],
            [share for _, share in path.values()],
        )
        return
    column, left = int(tree.column[node]), _goes_left(tree, values, node)
    before, share = path.get(column, (np.ones(len(values)), 1.0))
    for child, taken in ((int(tree.left[node]), left), (int(tree.right[node]), ~left)):
        ratio = float(tree.cover[child]) / float(tree.cover[node])
        yield from _walk(tree, values, child, path | {column: (before * taken, share * ratio)})


def _goes_left(tree: Tree, values: np.ndarray, node: int) -> np.ndarray:
    column = values[:, tree.column[node]]
    missing = np.isnan(column)
    if node in tree.right_codes:
        goes = ~np.isin(column, tree.right_codes[node])
    else:
        with np.errstate(invalid="ignore"):
            goes = column < tree.value[node]
    return np.asarray(np.where(missing, tree.default_left[node], goes), dtype=bool)
