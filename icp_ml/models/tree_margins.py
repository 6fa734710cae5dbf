"""The sum of small trees over many accounts, question by question, to the bit what xgboost gives.

A shallow tree asks few questions, and trees share them. Each question is asked once of a whole block of accounts, and
the answers, as bits of a number, say in which leaf an account is. That is several times faster than walking down each
tree for each account, as long as a tree's questions fit in one byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icp_ml.models.tree_shap import Tree

MOST_QUESTIONS = 8
BLOCK = 32_768
"""Accounts at once: the answers in use stay in the processor's cache."""


@dataclass(frozen=True)
class Question:
    """What a node asks: whether an account goes left."""

    column: int
    below: float
    right_codes: tuple[int, ...] | None
    missing_left: bool

    def answers(self, values: np.ndarray, codes: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Return who goes left, of one column's values, its codes (-1 where missing) and who misses it."""
        if self.right_codes is not None:
            left = np.ones(max(*self.right_codes, int(codes.max()), 0) + 2, dtype=bool)
            left[list(self.right_codes)] = False
            left[-1] = self.missing_left
            return left[codes]
        below = values < np.float32(self.below)
        return below | missing if self.missing_left else below


@dataclass(frozen=True)
class SmallTree:
    """One tree: its questions by position, and the leaf of every combination of their answers."""

    questions: tuple[int, ...]
    leaves: np.ndarray


@dataclass(frozen=True)
class SmallTrees:
    """Trees that can be summed question by question."""

    questions: tuple[Question, ...]
    trees: tuple[SmallTree, ...]

    @classmethod
    def of(cls, tables: Sequence[Tree]) -> SmallTrees | None:
        """Return the trees; None where one of them asks too many questions."""
        known: dict[Question, int] = {}
        trees = []
        for table in tables:
            asked = {int(node): _question(table, int(node)) for node in np.flatnonzero(table.left >= 0)}
            own = list(dict.fromkeys(asked.values()))
            if len(own) > MOST_QUESTIONS:
                return None
            places = {node: own.index(question) for node, question in asked.items()}
            leaves = [_leaf(table, places, answers) for answers in range(1 << len(own))]
            trees.append(
                SmallTree(tuple(known.setdefault(q, len(known)) for q in own), np.array(leaves, dtype=np.float32))
            )
        return cls(tuple(known), tuple(trees))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of the trees, shape ``(n,)``, float32.

        Parameters
        ----------
        values : ndarray of float32, shape (n, n_columns)
            Encoded accounts, NaN where missing.
        """
        sums = np.zeros(len(values), dtype=np.float32)
        for first in range(0, len(values), BLOCK):
            self._add(np.ascontiguousarray(values[first : first + BLOCK].T), sums[first : first + BLOCK])
        return sums

    def _add(self, columns: np.ndarray, sums: np.ndarray) -> None:
        missing = np.isnan(columns)
        asked = {q.column for q in self.questions if q.right_codes is not None}
        codes = {c: np.where(missing[c], -1, columns[c]).astype(np.intp) for c in asked}
        none = np.empty(0, dtype=np.intp)
        answers = [
            q.answers(columns[q.column], codes.get(q.column, none), missing[q.column]).view(np.uint8)
            for q in self.questions
        ]
        shifted = np.empty(len(sums), dtype=np.uint8)
        for tree in self.trees:
            combination = np.zeros(len(sums), dtype=np.uint8)
            for bit, question in enumerate(tree.questions):
                np.multiply(answers[question], np.uint8(1 << bit), out=shifted)
                np.bitwise_or(combination, shifted, out=combination)
            # In the trees' order, in single precision: sums round as xgboost's do.
            sums += tree.leaves.take(combination)


def _question(table: Tree, node: int) -> Question:
    codes = table.right_codes.get(node)
    right = None if codes is None else tuple(sorted(codes.tolist()))
    below = float(table.value[node]) if right is None else 0.0
    return Question(int(table.column[node]), below, right, bool(table.default_left[node]))


def _leaf(table: Tree, places: dict[int, int], answers: int) -> np.float32:
    """Return what the leaf adds in which all those are who answer so."""
    node = 0
    while node in places:
        node = int(table.left[node] if answers >> places[node] & 1 else table.right[node])
    leaf: np.float32 = table.value[node]
    return leaf
