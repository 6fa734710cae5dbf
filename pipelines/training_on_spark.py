"""``icp train --engine spark``: the churn model's trees are grown in Spark, and set beside those grown in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.models.boosting import Trainer
from icp_ml.models.engines import EngineFigure, compare_engines
from icp_ml.models.fitting import model_attributes, model_records
from icp_ml.models.settings import BoosterSettings
from icp_ml.models.types import Models


@contextmanager
def trainers(master: str | None) -> Iterator[dict[str, Trainer]]:
    """Give what grows trees, by outcome, where it is not this process; ConfigError if Spark cannot be had."""
    if master is None:
        yield {}
        return
    # What it needs is an extra.
    from icp_ml.spark.session import cores, spark_session
    from icp_ml.spark.training import SparkTrainer

    with spark_session(master) as session:
        yield {"churn": SparkTrainer(session, cores(session))}


def beside_memory(
    cohort: Cohort, config: Config, usable: Sequence[str], models: Models, settings: BoosterSettings
) -> tuple[EngineFigure, ...]:
    """Return the figures of the churn model grown in Spark beside those of one in memory; none without a model."""
    if models.churn is None:
        return ()
    attributes = model_attributes(config, usable)
    records = model_records(cohort, attributes)[0]["churn"]
    return compare_engines(records, attributes, config.seed, models.churn.holdout["boosted"].to_numpy(), settings)
