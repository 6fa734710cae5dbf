"""Shallow, slow, regularised boosted trees: the only module that imports xgboost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import pandas as pd
import xgboost as xgb

from icp_ml.errors import DataError
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.settings import BUILT_IN, ROUNDS, BoosterSettings
from icp_ml.models.tree_margins import SmallTrees
from icp_ml.models.tree_shap import Tree

# One thread: sums in one order, so the same bytes on every machine; at these sizes a second one gains nothing.
_ENGINE: dict[str, Any] = {"nthread": 1}

_MANY = 20_000
"""Accounts from which on reading the trees pays."""

Loss = Literal["poisson", "logistic", "squared"]
_OBJECTIVES: dict[str, dict[str, Any]] = {
    # A neutral intercept makes the margin the trees' sum alone, whatever the offset in training was.
    "poisson": {"objective": "count:poisson", "base_score": 1.0},
    "logistic": {"objective": "binary:logistic", "base_score": 0.5},
    "squared": {"objective": "reg:squarederror", "base_score": 0.0},
}


@dataclass(frozen=True)
class Booster:
    """Fitted trees over an encoded frame; ``trees`` is the xgboost model."""

    trees: xgb.Booster

    @property
    def rounds(self) -> int:
        """How many trees there are."""
        return int(self.trees.num_boosted_rounds())

    def margin(self, encoded: pd.DataFrame, rounds: int | None = None) -> np.ndarray:
        """Return the sum of the first ``rounds`` trees (default all) by row, shape ``(len(encoded),)``.

        Several threads may ask at once, unlike for :meth:`path`, once one answer has been given.
        """
        values, most = _values_of(encoded), min(rounds or self.rounds, self.rounds)
        if not len(values):
            return np.zeros(0)
        if len(values) >= _MANY and most == self.rounds and self._small is not None:
            return self._small.sums(values).astype(float)
        margin = self.trees.inplace_predict(
            values, predict_type="margin", iteration_range=(0, most), validate_features=False
        )
        return np.asarray(margin, dtype=float)

    @cached_property
    def _small(self) -> SmallTrees | None:
        """The trees for a faster sum of the same bits; None where they are too large, or do not start from nothing."""
        small = SmallTrees.of(self.tables())
        unknown = np.full((1, self.trees.num_features()), np.nan, dtype=np.float32)
        if small is None or small.sums(unknown) != self.trees.inplace_predict(unknown, predict_type="margin"):
            return None
        return small

    def path(self, encoded: pd.DataFrame, rounds: Sequence[int] = ROUNDS) -> np.ndarray:
        """Return the margins after each number of trees, shape ``(len(encoded), len(rounds))``."""
        matrix = _matrix(encoded)
        return np.column_stack([self._margin(matrix, r) for r in rounds])

    def first(self, rounds: int) -> Booster:
        """Return the first ``rounds`` trees alone."""
        return self if rounds >= self.rounds else Booster(self.trees[:rounds])

    def contributions(self, encoded: pd.DataFrame) -> np.ndarray:
        """Return TreeSHAP values, shape ``(len(encoded), n_columns + 1)``; the last column is the base.

        Path-dependent TreeSHAP (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9), xgboost's own and exact; each row
        adds up to :meth:`margin`.
        """
        values = self.trees.predict(_matrix(encoded), pred_contribs=True, validate_features=False)
        # Without any account xgboost gives no columns either; without any column it was given one of zeros.
        columns = max(encoded.shape[1], 1)
        return np.asarray(values, dtype=float).reshape(len(encoded), columns + 1)[:, columns - encoded.shape[1] :]

    def interactions(self, encoded: pd.DataFrame) -> np.ndarray:
        """Return SHAP interaction values, shape ``(len(encoded), n_columns + 1, n_columns + 1)``.

        xgboost's own: symmetric, each row adding up to :meth:`contributions`. Its cost grows with the columns times the
        trees; :func:`icp_ml.models.tree_shap.tree_interactions` gives the same many times faster.
        """
        values = self.trees.predict(_matrix(encoded), pred_interactions=True, validate_features=False)
        return np.asarray(values, dtype=float)

    def tables(self) -> list[Tree]:
        """Return each tree as arrays."""
        model = json.loads(bytes(self.trees.save_raw("json")))["learner"]["gradient_booster"]["model"]
        return [_tree(state) for state in model["trees"]]

    def matrix(self, encoded: pd.DataFrame) -> xgb.DMatrix:
        """Return an encoded frame as xgboost's own input."""
        return _matrix(encoded)

    def to_bytes(self) -> bytes:
        """Return the trees as UBJSON, a data format that runs no code when read."""
        return bytes(self.trees.save_raw("ubj"))

    @classmethod
    def from_bytes(cls, raw: bytes, where: str) -> Booster:
        """Read trees back.

        Raises
        ------
        DataError
            If ``raw``, found at ``where``, is no xgboost model.
        """
        try:
            return cls(xgb.Booster(params={"nthread": 1}, model_file=bytearray(raw)))
        except (xgb.core.XGBoostError, ValueError) as err:
            raise DataError(
                f"{where} must hold an xgboost model in UBJSON; found {len(raw)} bytes that xgboost cannot read; "
                "write the release again"
            ) from err

    def _margin(self, matrix: xgb.DMatrix, rounds: int) -> np.ndarray:
        margin = self.trees.predict(
            matrix, output_margin=True, iteration_range=(0, min(rounds, self.rounds)), validate_features=False
        )
        return np.asarray(margin, dtype=float)


class Trainer(Protocol):
    """What fits trees: :func:`train_booster` in memory, or another engine that keeps to its arguments."""

    def __call__(
        self,
        encoded: pd.DataFrame,
        label: np.ndarray,
        loss: Loss,
        *,
        offset: np.ndarray | None = None,
        monotone: Sequence[int] = (),
        rounds: int | None = None,
        random_state: int = 0,
        settings: BoosterSettings = BUILT_IN,
        encoder: AttributeEncoder | None = None,
    ) -> Booster:
        """Fit boosted trees, as :func:`train_booster` says; ``encoder`` is what made ``encoded``."""
        ...


@runtime_checkable
class RecordKeeper(Protocol):
    """A trainer with records of its own, which it encodes alike and learns from beside those it is given."""

    def known_by(self, day: np.datetime64) -> Trainer:
        """Return the trainer as it could have been on a day: its records hold what was known then."""
        ...


def as_known(train: Trainer, day: np.datetime64 | None) -> Trainer:
    """Return a trainer that knows no more of its own records than was known on a day; None is today."""
    return train.known_by(day) if day is not None and isinstance(train, RecordKeeper) else train


def train_booster(
    encoded: pd.DataFrame,
    label: np.ndarray,
    loss: Loss,
    *,
    offset: np.ndarray | None = None,
    monotone: Sequence[int] = (),
    rounds: int | None = None,
    random_state: int = 0,
    settings: BoosterSettings = BUILT_IN,
    encoder: AttributeEncoder | None = None,
) -> Booster:
    """Fit boosted trees.

    Parameters
    ----------
    encoded : DataFrame, shape (n, n_columns)
        From :meth:`icp_ml.features.encoding.AttributeEncoder.transform`: float columns and categories.
    label : ndarray of float, shape (n,)
        0/1; any centred score for ``squared``.
    loss : {"poisson", "logistic", "squared"}
        ``poisson`` learns the log of events over expected events, ``logistic`` the log-odds, ``squared`` the mean.
    offset : ndarray of float, shape (n,), optional
        Added to the trees' sum in training: the log of expected events.
    monotone : sequence of {-1, 0, 1}, optional
        One a column: falling, free, rising.
    rounds : int, optional
        Number of trees; the most that the settings allow if not given.
    random_state : int
        Seed of row and column sampling.
    settings : BoosterSettings, optional
        How the trees are grown.
    encoder : AttributeEncoder, optional
        What made ``encoded``; here nothing else is to be encoded.

    Returns
    -------
    Booster
    """
    parameters = tree_parameters(loss, monotone, random_state, settings) | _ENGINE
    matrix = _matrix(encoded)
    matrix.set_info(label=np.asarray(label, dtype=float))
    if offset is not None:
        matrix.set_info(base_margin=np.asarray(offset, dtype=float))
    return Booster(xgb.train(parameters, matrix, rounds or settings.rounds[-1]))


def tree_parameters(
    loss: Loss, monotone: Sequence[int], random_state: int, settings: BoosterSettings
) -> dict[str, Any]:
    """Return what decides the trees in xgboost's own names, whichever engine grows them."""
    parameters = settings.parameters() | _OBJECTIVES[loss] | {"tree_method": "hist", "seed": random_state}
    if any(monotone):
        parameters["monotone_constraints"] = tuple(int(m) for m in monotone)
    return parameters


def column_kinds(encoded: pd.DataFrame) -> list[str]:
    """Return xgboost's kind of each encoded column: ``c`` for categories, by their codes, else ``q``."""
    return ["c" if isinstance(dtype, pd.CategoricalDtype) else "q" for dtype in encoded.dtypes]


def _matrix(encoded: pd.DataFrame) -> xgb.DMatrix:
    """Return an encoded frame as xgboost's own input."""
    kinds = column_kinds(encoded) or None
    return xgb.DMatrix(_values_of(encoded), feature_types=kinds, enable_categorical=True, nthread=1)


def _values_of(encoded: pd.DataFrame) -> np.ndarray:
    """Return an encoded frame as numbers, one column of zeros where it has none."""
    # Where no attribute has a level frequent enough to encode, xgboost refuses to learn a mean from nothing.
    return encoded_values(encoded) if encoded.shape[1] else np.zeros((len(encoded), 1), dtype=np.float32)


def encoded_values(encoded: pd.DataFrame) -> np.ndarray:
    """Return an encoded frame as float32, NaN where missing.

    Codes rather than pandas categories: levels are the encoder's to know, so the model need not repeat them.
    """
    values = np.empty(encoded.shape, dtype=np.float32)
    for j, dtype in enumerate(encoded.dtypes):
        column = encoded.iloc[:, j]
        if isinstance(dtype, pd.CategoricalDtype):
            values[:, j] = column.cat.codes.to_numpy()
            values[values[:, j] < 0, j] = np.nan
        else:
            values[:, j] = column.to_numpy()
    return values


def _tree(state: Mapping[str, Any]) -> Tree:
    """Read one tree of xgboost's JSON; a category among the listed ones goes right."""
    codes = np.asarray(state["categories"], dtype=int)
    spans = zip(state["categories_nodes"], state["categories_segments"], state["categories_sizes"], strict=True)
    return Tree(
        left=np.asarray(state["left_children"], dtype=int),
        right=np.asarray(state["right_children"], dtype=int),
        column=np.asarray(state["split_indices"], dtype=int),
        value=np.asarray(state["split_conditions"], dtype=np.float32),
        default_left=np.asarray(state["default_left"], dtype=bool),
        cover=np.asarray(state["sum_hessian"], dtype=float),
        right_codes={int(node): codes[first : first + size] for node, first, size in spans},
    )
