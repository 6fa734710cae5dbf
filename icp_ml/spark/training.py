"""Grows boosted trees in Spark, with xgboost's own estimator: the same loss, settings and result as in memory.

Records are spread over workers, each of which holds its share; splits are found over all of them together. The only
module besides :mod:`icp_ml.models.boosting` that imports xgboost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import Booster, Loss, column_kinds, encoded_values, train_booster, tree_parameters
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.spark.encoding import LABEL, OFFSET, RECORD
from icp_ml.spark.further import FurtherRecords
from icp_ml.spark.rows import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# The same settings in the names of xgboost's estimators.
_NAMES = {"eta": "learning_rate", "seed": "random_state"}


def train_on_spark(
    records: DataFrame,
    columns: Sequence[tuple[str, str]],
    loss: Loss,
    *,
    workers: int,
    rounds: int,
    monotone: Sequence[int] = (),
    random_state: int = 0,
    settings: BoosterSettings = BUILT_IN,
) -> Booster:
    """Fit boosted trees on records that Spark holds.

    Parameters
    ----------
    records : DataFrame of Spark
        One row a record, with the columns named, ``label`` (0/1) and ``offset`` (added to the trees' sum in training:
        the log of expected events; zeros where nothing is expected). Spread by ``repartition`` or as it was read:
        workers that must run at once cannot start from a ``coalesce``.
    columns : sequence of (str, str)
        Name and kind of each encoded column, as :class:`icp_ml.features.encoding.AttributeEncoder` gives them: ``q``
        for a number, ``c`` for the code of a category; NULL where missing.
    loss : {"poisson", "logistic", "squared"}
        As in memory.
    workers : int
        Tasks that train together; Spark must be able to run so many at once.
    rounds : int
        Number of trees.
    monotone : sequence of {-1, 0, 1}, optional
        One a column: falling, free, rising.
    random_state : int
        Seed of row and column sampling; each worker samples its own share.
    settings : BoosterSettings, optional
        How the trees are grown.

    Returns
    -------
    Booster
        The same as :func:`icp_ml.models.boosting.train_booster` gives: what comes after does not know where it was
        grown. The same records in the same parts give the same trees.
    """
    from xgboost.spark import SparkXGBRegressor

    names = [f"f{i}" for i in range(len(columns))]
    cells = [f"CAST({quoted(name)} AS FLOAT) AS {own}" for own, (name, _) in zip(names, columns, strict=True)]
    placed = records.selectExpr(*cells, LABEL, OFFSET)
    parameters = tree_parameters(loss, monotone, random_state, settings)
    with _quietly():
        model = SparkXGBRegressor(
            features_col=names,
            feature_types=[kind for _, kind in columns],
            label_col=LABEL,
            base_margin_col=OFFSET,
            num_workers=workers,
            n_estimators=rounds,
            verbose=False,
            **{_NAMES.get(name, name): value for name, value in parameters.items()},
        ).fit(placed)
    trees = model.get_booster()
    trees.feature_names = None
    trees.feature_types = None
    return Booster(trees)


@dataclass(frozen=True)
class SparkTrainer:
    """A :class:`~icp_ml.models.boosting.Trainer` that hands encoded frames to Spark.

    Parameters
    ----------
    session : SparkSession
        Where the trees are grown.
    workers : int
        Tasks that train together.
    further : FurtherRecords, optional
        Records to learn from beside those handed over.
    cutoff : datetime64[D], optional
        What was known of the further ones on this day is learned from; by default all.
    """

    session: SparkSession
    workers: int
    further: FurtherRecords | None = None
    cutoff: np.datetime64 | None = None

    def known_by(self, day: np.datetime64) -> SparkTrainer:
        """Return the trainer as it could have been on a day."""
        return replace(self, cutoff=day)

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
        """Fit boosted trees; without any column there is nothing to spread, and a mean is learned in memory."""
        rounds = rounds or settings.rounds[-1]
        told: dict[str, Any] = {"monotone": monotone, "random_state": random_state, "settings": settings}
        if not encoded.shape[1]:
            return train_booster(encoded, label, loss, offset=offset, rounds=rounds, **told)
        kinds = column_kinds(encoded)
        columns = [(f"c{i}", kind) for i, kind in enumerate(kinds)]
        names = [name for name, _ in columns]
        frame = pd.DataFrame(encoded_values(encoded), columns=names)
        frame[LABEL] = np.asarray(label, dtype=float)
        frame[OFFSET] = np.zeros(len(frame)) if offset is None else np.asarray(offset, dtype=float)
        frame[RECORD] = np.arange(len(frame))
        records = self.session.createDataFrame(frame)
        if self.further is not None and encoder is not None:
            beside = self.further.encoded(encoder, names, self.cutoff)
            # Dealt out by number and put in order, since sums depend on both.
            dealt = records.unionByName(beside).repartition(self.workers, RECORD)
            records = dealt.sortWithinPartitions(RECORD)
        # Spark cuts a frame into as many equal shares as it has cores; ranges are drawn anew each time.
        elif records.rdd.getNumPartitions() != self.workers:
            records = records.repartitionByRange(self.workers, RECORD)
        return train_on_spark(records, columns, loss, workers=self.workers, rounds=rounds, **told)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep xgboost from telling of every fit."""
    loggers = [logging.getLogger(name) for name in ("XGBoost-PySpark", "SparkXGBRegressor")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
