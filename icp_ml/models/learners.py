"""Two ways to learn a margin from attributes: boosted trees, and a penalised linear model as baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import Booster, Trainer, train_booster
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.targets import Target

PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0)
"""L2 penalties on the summed loss among which cross-fitting chooses; a unit is two standard deviations of a number."""

_CHUNK = 10_000
"""Accounts explained at once: a value for each of their encoded columns fits in a few dozen megabytes."""

_DIRECTION = {"increasing": 1, "decreasing": -1, None: 0}


class Scorer(Protocol):
    """A fitted margin."""

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the margin of each row of typed attributes, shape (len(frame),)."""
        ...

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what each attribute adds to the margin, and ``base``."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what is JSON-ready of the model."""
        ...


class Path(Protocol):
    """Models of growing or falling flexibility fitted on the same accounts."""

    def margins(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the margin at each setting, shape (len(frame), n_settings)."""
        ...

    def at(self, setting: int) -> Scorer:
        """Return the model at one setting, by position."""
        ...


class Learner(Protocol):
    """What cross-fitting needs of a kind of model."""

    @property
    def kind(self) -> str:
        """``boosted`` or ``logistic``."""
        ...

    def fit_path(self, frame: pd.DataFrame, target: Target) -> Path:
        """Fit at every setting."""
        ...

    def fit(self, frame: pd.DataFrame, target: Target, setting: int) -> Scorer:
        """Fit at one setting, by position."""
        ...


@dataclass(frozen=True)
class BoostedScorer:
    """Boosted trees over encoded attributes."""

    encoder: AttributeEncoder
    booster: Booster

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the sum of the trees."""
        return self.booster.margin(self.encoder.transform(frame))

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return TreeSHAP values by attribute; the columns of a tags attribute are added up."""
        owners = [c.attribute for c in self.encoder.columns_]
        parts = []
        for first in range(0, max(len(frame), 1), _CHUNK):
            some = frame.iloc[first : first + _CHUNK]
            parts.append(_by_attribute(self.booster.contributions(self.encoder.transform(some)), owners, some.index))
        return pd.concat(parts)

    def state(self) -> dict[str, Any]:
        """Return the encoder; the trees have a format of their own."""
        return {"encoder": self.encoder.state()}


@dataclass(frozen=True)
class BoostedPath:
    """The same trees after each of ``rounds``."""

    scorer: BoostedScorer
    rounds: tuple[int, ...]

    def margins(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the margins after each number of rounds."""
        return self.scorer.booster.path(self.scorer.encoder.transform(frame), self.rounds)

    def at(self, setting: int) -> Scorer:
        """Return the first trees alone."""
        return BoostedScorer(self.scorer.encoder, self.scorer.booster.first(self.rounds[setting]))


@dataclass(frozen=True)
class BoostedLearner:
    """Learns boosted trees, with whatever grows them."""

    attributes: Mapping[str, Attribute]
    random_state: int
    settings: BoosterSettings = BUILT_IN
    kind: str = "boosted"
    train: Trainer = train_booster

    def fit_path(self, frame: pd.DataFrame, target: Target) -> BoostedPath:
        """Fit as many trees as there may be."""
        return BoostedPath(self.fit(frame, target, len(self.settings.rounds) - 1), self.settings.rounds)

    def fit(self, frame: pd.DataFrame, target: Target, setting: int) -> BoostedScorer:
        """Fit ``settings.rounds[setting]`` trees."""
        encoder = AttributeEncoder(self.attributes).fit(frame)
        encoded = encoder.transform(frame)
        booster = self.train(
            encoded,
            target.label,
            target.loss,
            offset=target.offset,
            monotone=_directions(encoder, self.attributes),
            rounds=self.settings.rounds[setting],
            random_state=self.random_state,
            settings=self.settings,
            encoder=encoder,
        )
        return BoostedScorer(encoder, booster)


@dataclass(frozen=True)
class LinearScorer:
    """A linear margin over the dense design; ``coefficients`` has one a dense column."""

    encoder: AttributeEncoder
    coefficients: np.ndarray
    intercept: float

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Return intercept plus weighted columns."""
        return self.intercept + self.encoder.dense(frame) @ self.coefficients

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return each attribute's part; the design is centred, so these are linear SHAP values."""
        parts = self.encoder.dense(frame) * self.coefficients
        values = np.column_stack([parts, np.full(len(frame), self.intercept)])
        return _by_attribute(values, [c.attribute for c in self.encoder.dense_columns], frame.index)

    def state(self) -> dict[str, Any]:
        """Return encoder, coefficients and intercept."""
        return {
            "encoder": self.encoder.state(),
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept,
        }


@dataclass(frozen=True)
class LinearPath:
    """One linear model a penalty, over one encoder."""

    scorers: tuple[LinearScorer, ...]

    def margins(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the margins at each penalty."""
        design = self.scorers[0].encoder.dense(frame)
        return np.column_stack([s.intercept + design @ s.coefficients for s in self.scorers])

    def at(self, setting: int) -> Scorer:
        """Return the model at one penalty."""
        return self.scorers[setting]


@dataclass(frozen=True)
class LogisticLearner:
    """Learns the penalised linear baseline: logistic for winning, Poisson over expected churn for churn."""

    attributes: Mapping[str, Attribute]
    kind: str = "logistic"

    def fit_path(self, frame: pd.DataFrame, target: Target) -> LinearPath:
        """Fit at each of :data:`PENALTIES`."""
        encoder = AttributeEncoder(self.attributes).fit(frame)
        design = encoder.dense(frame)
        return LinearPath(tuple(self._fit(encoder, design, target, penalty) for penalty in PENALTIES))

    def fit(self, frame: pd.DataFrame, target: Target, setting: int) -> LinearScorer:
        """Fit at ``PENALTIES[setting]``."""
        encoder = AttributeEncoder(self.attributes).fit(frame)
        return self._fit(encoder, encoder.dense(frame), target, PENALTIES[setting])

    def _fit(self, encoder: AttributeEncoder, design: np.ndarray, target: Target, penalty: float) -> LinearScorer:
        """Fit, and again without the columns that run against a monotone direction."""
        direction = _dense_directions(encoder, self.attributes)
        used = np.ones(design.shape[1], dtype=bool)
        while True:
            coefficients = np.zeros(design.shape[1])
            coefficients[used], intercept = _penalised(design[:, used], target, penalty)
            against = used & (coefficients * direction < 0)
            if not against.any():
                return LinearScorer(encoder, coefficients, intercept)
            used &= ~against


def learner_of(
    kind: str,
    attributes: Mapping[str, Attribute],
    random_state: int,
    settings: BoosterSettings = BUILT_IN,
    train: Trainer = train_booster,
) -> Learner:
    """Return what learns a kind, ``boosted`` or ``logistic``; seed, settings and trainer are those of the trees."""
    if kind == "logistic":
        return LogisticLearner(attributes)
    return BoostedLearner(attributes, random_state, settings, train=train)


def _penalised(design: np.ndarray, target: Target, penalty: float) -> tuple[np.ndarray, float]:
    """Coefficients and intercept of an L2-penalised regression."""
    if not design.shape[1]:
        return np.zeros(0), 0.0
    if target.loss == "logistic":
        model = LogisticRegression(C=1 / penalty, solver="newton-cholesky").fit(design, target.label)
        return model.coef_[0], float(model.intercept_[0])
    # An offset in a log-linear model is a rate per expected event, weighted by the expected events.
    expected = np.exp(target.offset)
    model = PoissonRegressor(alpha=penalty / expected.sum(), solver="newton-cholesky")
    model.fit(design, target.label / expected, sample_weight=expected)
    return model.coef_, float(model.intercept_)


def _directions(encoder: AttributeEncoder, attributes: Mapping[str, Attribute]) -> list[int]:
    """Monotone direction of each encoded column."""
    return [_direction(attributes, column) for column in encoder.columns_]


def _direction(attributes: Mapping[str, Attribute], column: Any) -> int:
    """Monotone direction of one column: only numbers have one."""
    return _DIRECTION[attributes[column.attribute].monotone] if column.kind in ("number", "rank") else 0


def _dense_directions(encoder: AttributeEncoder, attributes: Mapping[str, Attribute]) -> np.ndarray:
    """Monotone direction of each dense column; the one that says missing is free."""
    columns = encoder.dense_columns
    first = [j == 0 or columns[j - 1] is not column for j, column in enumerate(columns)]
    directions = [_direction(attributes, c) * own for c, own in zip(columns, first, strict=True)]
    return np.array(directions, dtype=float)


def _by_attribute(values: np.ndarray, owners: list[str], index: pd.Index) -> pd.DataFrame:
    """Add columns up by attribute; the last column of ``values`` is the base."""
    names = list(dict.fromkeys(owners))
    summed = {name: values[:, [j for j, owner in enumerate(owners) if owner == name]].sum(axis=1) for name in names}
    return pd.DataFrame(summed | {"base": values[:, -1]}, index=index)
