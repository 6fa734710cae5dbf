"""Scores accounts in Spark: rules and segments as the exported SELECT, models in its workers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from icp_ml.errors import DataError
from icp_ml.exports.cells import written
from icp_ml.exports.scope import Scope
from icp_ml.exports.sql import sql_query
from icp_ml.release.files import folder_aside
from icp_ml.release.folder import Release
from icp_ml.release.reading import AccountRows, check_columns, columns_found
from icp_ml.release.rules import GREEN, RED, YELLOW
from icp_ml.release.scored import OUTCOMES
from icp_ml.release.scoring import ScoreSummary, summary_of
from icp_ml.spark.forecasting import SCHEMA, forecaster, release_files
from icp_ml.spark.rows import SPARK, quoted, standard_rows
from icp_ml.spark.session import LOCAL, read_table, reading_files, register_forecast, spark_session

_RAW, _ROWS, _FORECAST, _CHANCES = "icp_accounts", "icp_rows", "icp_forecast", "icp_chances"
_OURS = ("part-", ".part-", "_SUCCESS", "._SUCCESS")


def score_on_spark(
    accounts: str,
    release: Release,
    out: Path,
    *,
    master: str = LOCAL,
    allow_missing: bool = False,
    models: bool = True,
) -> ScoreSummary:
    """Score a table of any size and write a folder of Parquet files with the columns of ``icp score``, whole or not.

    Parameters
    ----------
    accounts : str
        CSV or Parquet file, folder of one of them, or name of a table, with standard or source column names.
    release : Release
        Rules, segments and models.
    out : Path
        Folder to write, on a disk that driver and workers share. One that an earlier scoring wrote is replaced.
    master : str, default "local[*]"
        Where Spark runs.
    allow_missing : bool, default False
        Take a missing column that an active rule uses as missing for every account, instead of refusing.
    models : bool, default True
        Whether ``p_win`` and ``p_churn`` are filled in.

    Returns
    -------
    ScoreSummary
        Rows are in input order, unless they are dated.

    Raises
    ------
    ConfigError
        If Spark does not start.
    DataError
        If the input cannot be read or lacks a column, or ``out`` cannot be written.
    """
    _check_out(out)
    with spark_session(master) as session:
        frame = read_table(session, accounts)
        found = columns_found(frame.columns, release)
        missing = tuple(name for name in release.attributes if found[name] is None)
        rows = standard_rows(release, _RAW, frame.columns, accounts)
        given = AccountRows(accounts, rows, {}, tuple(frame.columns), missing)
        if not allow_missing:
            check_columns(given, release, release.rules.attributes)
        frame.createOrReplaceTempView(_RAW)
        forecast = models and bool(release.predictors)
        if forecast:
            register_forecast(session, _FORECAST, SCHEMA, forecaster(release_files(release)))
        session.sql(_with_chances(rows, release, missing, forecast)).createOrReplaceTempView(_ROWS)
        with folder_aside(out) as aside, reading_files(accounts):
            # Into the empty folder that is there: one made anew would not be locked against other runs' clearing up.
            session.sql(_scores(release)).write.mode("append").parquet(str(aside))
            counted = session.sql(
                f"SELECT icp_tier, count(*), count(account_id) FROM parquet.{quoted(str(aside))} GROUP BY icp_tier"
            ).collect()
            _check_ids(accounts, sum(n for _, n, _ in counted), sum(n for _, _, n in counted))
    tiers = dict.fromkeys((GREEN, YELLOW, RED), 0) | {tier: int(n) for tier, n, _ in counted}
    return summary_of(str(out), tiers, release, given)


def _with_chances(rows: str, release: Release, missing: tuple[str, ...], forecast: bool) -> str:
    """Return the rows with a column of both chances, empty where nothing is forecast."""
    if not forecast:
        return f"SELECT *, CAST(NULL AS STRUCT<p_win: DOUBLE, p_churn: DOUBLE>) AS {_CHANCES} FROM ({rows})"
    cells = ", ".join(["account_id", *(quoted(name) for name in release.attributes if name not in missing)])
    return f"SELECT *, {_FORECAST}(struct({cells})) AS {_CHANCES} FROM ({rows})"


def _scores(release: Release) -> str:
    """Return the SELECT of the columns of ``icp score``."""
    standard = Scope(_one_row_an_account(release), "standard")
    query = written(sql_query(standard, SPARK, _ROWS, segment=True, reasons=True, carried=(_CHANCES,)), SPARK)
    chances = ", ".join(f"{_CHANCES}.{column}" for column, _ in OUTCOMES)
    return (
        "SELECT account_id, CAST(icp_score AS INT) AS icp_score, icp_tier, matched_criteria, reasons, "
        f"{chances}, segment FROM ({query})"
    )


def _one_row_an_account(release: Release) -> Release:
    """Return the release as if its accounts were not dated: which of their rows counts is settled."""
    criteria: Mapping[str, object] = release.criteria
    kept = {key: value for key, value in criteria.items() if key != "found_columns"}
    return Release(release.folder, kept, release.segments)


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; --engine spark writes a folder of Parquet files, give another --out")
    foreign = sorted(p.name for p in out.iterdir() if not p.name.startswith(_OURS)) if out.is_dir() else []
    if foreign:
        raise DataError(
            f"{out} holds other things than scores ({', '.join(foreign[:5])}); give another --out, nothing was "
            "overwritten"
        )


def _check_ids(label: str, rows: int, identified: int) -> None:
    if rows != identified:
        raise DataError(
            f"{label}: every row must have an account id; {rows - identified:,} have none; fill it in or take the "
            "rows out"
        )
