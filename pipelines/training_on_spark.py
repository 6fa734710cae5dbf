"""``icp train --engine spark``: the churn model's trees are grown in Spark, from more customers than memory holds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute, Config
from icp_ml.errors import ConfigError
from icp_ml.models.boosting import Trainer
from icp_ml.models.engines import EngineFigure, compare_engines
from icp_ml.models.fitting import model_attributes, model_records
from icp_ml.models.history import ChurnRecords, churn_records
from icp_ml.models.settings import BoosterSettings
from icp_ml.models.types import Models
from icp_ml.tables.shares import SplitTables, read_share, split_tables

AT_ONCE = 200_000


@dataclass(frozen=True)
class OnSpark:
    """Where Spark runs, and what stays out of this process's memory.

    Parameters
    ----------
    master : str
        As Spark takes it.
    at_once : int
        Accounts that memory holds; further ones are read in shares of as many, and learned from in Spark alone.
    scratch : str, optional
        Folder that driver and workers see, for the further ones; a temporary one where Spark runs on this machine.
    """

    master: str
    at_once: int = AT_ONCE
    scratch: str | None = None


@dataclass(frozen=True)
class Growing:
    """What grows trees, by outcome, and how many customers it learns from beside those in memory."""

    trainers: Mapping[str, Trainer]
    further: int = 0


@contextmanager
def shared_tables(config: Config, base: Path, spark: OnSpark | None) -> Iterator[SplitTables | None]:
    """Cut tables that hold more accounts than memory is to; None where it holds all, or Spark is not asked for."""
    if spark is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="icp-shares-") as folder:
        split = split_tables(config, base, Path(folder), spark.at_once)
        if split is not None and spark.scratch is None and not spark.master.startswith("local"):
            raise ConfigError(
                f"--scratch must name a folder that {spark.master} and this machine both see, such as "
                f"hdfs:///tmp/icp: {split.accounts:,} accounts are more than memory is to hold ({spark.at_once:,})"
            )
        yield split


@contextmanager
def growing(
    spark: OnSpark | None,
    split: SplitTables | None,
    config: Config,
    usable: Sequence[str],
    note: Callable[[str], None],
) -> Iterator[Growing]:
    """Give what grows trees, by outcome, where it is not this process; ConfigError if Spark cannot be had."""
    if spark is None:
        yield Growing({})
        return
    # What it needs is an extra.
    from icp_ml.spark.further import further_records
    from icp_ml.spark.session import cores, spark_session
    from icp_ml.spark.training import SparkTrainer

    attributes = model_attributes(config, usable)
    with spark_session(spark.master) as session, tempfile.TemporaryDirectory(prefix="icp-further-") as folder:
        shares = further_customers(split, attributes, note)
        with further_records(session, shares, attributes, spark.scratch or Path(folder).as_uri()) as further:
            trainer = SparkTrainer(session, cores(session), further)
            yield Growing({"churn": trainer}, 0 if further is None else further.n)


def further_customers(
    split: SplitTables | None, attributes: Mapping[str, Attribute], note: Callable[[str], None]
) -> Iterator[ChurnRecords]:
    """Give the customers of each share but the first, which is in memory."""
    if split is None:
        return
    for share in range(1, split.shares):
        note(f"churn model: reading further customers, share {share + 1} of {split.shares}")
        tables = read_share(split, share)
        yield churn_records(build_cohort(tables, split.config), list(attributes))


def beside_memory(
    cohort: Cohort, config: Config, usable: Sequence[str], models: Models, settings: BoosterSettings
) -> tuple[EngineFigure, ...]:
    """Return the figures of the churn model grown in Spark beside those of one in memory; none without a model."""
    if models.churn is None:
        return ()
    attributes = model_attributes(config, usable)
    records = model_records(cohort, attributes)[0]["churn"]
    return compare_engines(records, attributes, config.seed, models.churn.holdout["boosted"].to_numpy(), settings)
