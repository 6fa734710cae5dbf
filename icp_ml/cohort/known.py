"""What was known of each account, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import Records
from icp_ml.cohort.decisions import last_deal
from icp_ml.cohort.months import to_days
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables


def rows_known(records: Records, until: np.ndarray, undated: bool) -> np.ndarray:
    """Return the position in the accounts table of each account's latest row observed on or before a day.

    Parameters
    ----------
    records : Records
        What was on record.
    until : ndarray of datetime64[D], shape (n_accounts,)
        The day that counts for each account.
    undated : bool
        Whether rows without a date may serve, as the oldest of all.

    Returns
    -------
    ndarray of int
        Positions, -1 where nothing was known by then. Of rows of one day the last in the file counts.
    """
    rows = records.rows
    observed, account = to_days(rows["observed"]), rows["account"].to_numpy()
    eligible = rows[np.where(np.isnat(observed), undated, observed <= until[account])]
    latest = eligible.sort_values(["observed", "row"], na_position="first").drop_duplicates("account", keep="last")
    found = np.full(len(until), -1)
    found[latest["account"].to_numpy()] = latest["row"].to_numpy()
    return found


def attributes_known(
    records: Records, tables: Tables, config: Config, decisions: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Return the attributes at the decision and as known last, and how many accounts were unknown when decided.

    Undecided accounts have what is known last in both. Attributes of the deal come from the deciding deal; where none
    decided, and in the frame of what is known last, from the latest open one.

    Parameters
    ----------
    records : Records
        What was on record by ``as_of``.
    tables : Tables
        Where the attributes stand.
    config : Config
        Which attributes there are.
    decisions : DataFrame
        Of :func:`icp_ml.cohort.decisions.decide`.

    Returns
    -------
    attributes, latest : DataFrame
        One row an account, indexed by ``account_id``, one column an attribute in the config's order.
    unknown : int
        Decided accounts with no row observed by then.
    """
    decided = decisions["outcome"].notna().to_numpy()
    now = np.full(len(decisions), records.as_of)
    last = rows_known(records, now, undated=True)
    at_decision = rows_known(records, to_days(decisions["decided_at"]), undated=not records.dated)
    at_decision = np.where(decided, at_decision, last)
    deal_then, deal_now = _deal_rows(records, decisions)
    attributes = _typed_columns(tables, config, records.ids, at_decision, deal_then)
    latest = _typed_columns(tables, config, records.ids, last, deal_now)
    return attributes, latest, int((decided & (at_decision < 0)).sum())


def _deal_rows(records: Records, decisions: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Positions in the opportunities table of the deal that speaks for each account, at the decision and now."""
    n, deals = len(decisions), records.deals
    if deals is None or not len(deals):
        return np.full(n, -1), np.full(n, -1)
    deciding, prospect, newest = decisions["deal"].to_numpy(), last_deal(deals, n, "open"), last_deal(deals, n, None)
    prospect_or_newest = np.where(prospect >= 0, prospect, newest)
    then = np.where(decisions["outcome"].notna(), deciding, prospect_or_newest)
    now = np.where(prospect >= 0, prospect, np.where(deciding >= 0, deciding, prospect_or_newest))
    row = np.append(deals["row"].to_numpy(), -1)
    return row[then], row[now]


def _typed_columns(
    tables: Tables, config: Config, ids: pd.Index, account_row: np.ndarray, deal_row: np.ndarray
) -> pd.DataFrame:
    """Every attribute at the given rows, missing where the row is -1."""
    columns = {}
    for name, spec in config.attributes.items():
        table, row = (tables.accounts, account_row) if spec.from_ == "accounts" else (tables.opportunities, deal_row)
        source = pd.Series(np.nan, index=range(0), dtype="float64") if table is None else table[name]
        taken = source.reset_index(drop=True).reindex(row)
        if spec.type == "tags":
            # A mask on tags tells missing by None, which reindexing writes as NaN.
            taken = taken.astype(object).where(row >= 0, None)
        columns[name] = taken.set_axis(ids)
    return pd.DataFrame(columns, index=ids)
