"""One account, one id: keys that must be unique, and ids that other tables spell in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.tables.tables import Issue
from icp_ml.tables.view import FILE, INSTANT, ROW, TableView

Spelling = Callable[[str], str]
_SALESFORCE_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def salesforce_15(account_id: str) -> str:
    """Return the 15-character form of an 18-character Salesforce id, anything else unchanged.

    The last three characters say which of the others are capitals, so an id of another system is not mistaken for one.

    >>> salesforce_15("001D000000IqhSLIAZ"), salesforce_15("001D000000IqhSLIAA")
    ('001D000000IqhSL', '001D000000IqhSLIAA')
    """
    if len(account_id) != 18 or not (account_id.isascii() and account_id.isalnum()):
        return account_id
    expected = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, letter in enumerate(account_id[start : start + 5]) if letter.isupper())
        expected += _SALESFORCE_CHECK[bits]
    return account_id[:15] if account_id[15:].upper() == expected else account_id


def match_accounts(view: TableView, accounts: TableView, config: Config) -> TableView:
    """Return the view with each account id spelled as the accounts spell it, where it can only mean that one.

    An id that is unknown as it stands is looked up without outer spaces, without the ``.0`` of a number, in
    Salesforce's 15 characters, and, where the column may hold company names (HubSpot's "Associated Company"), by name.
    Of a list (``tables.*.lists``) the first known id counts.
    """
    cells = view.frame["account_id"]
    accounts_known = accounts.frame["account_id"].dropna()
    known = set(accounts_known.tolist())
    strange = [cell for cell in cells.dropna().unique().tolist() if cell not in known]
    if not strange:
        return view
    lookups = [(spelling, _unique_by(accounts_known, accounts_known, spelling)) for spelling in _SPELLINGS]
    if config.preset == "hubspot":
        named = accounts.frame.dropna(subset=["account_id", "name"])
        lookups.append((str.strip, _unique_by(named["name"], named["account_id"], str.strip)))
    table = config.table(view.name)
    separator = table.lists.get("account_id")
    meant = {cell: _meant(cell, lookups, separator) for cell in strange}
    return view.with_frame(view.frame.assign(account_id=cells.replace(meant).astype("str")))


def _meant(cell: str, lookups: Sequence[tuple[Spelling, Mapping[str, str]]], separator: str | None) -> str:
    """Return the id that a cell, or the first of its parts that is one, can only mean; else the cell."""
    parts = [cell, *(part.strip() for part in cell.split(separator))] if separator else [cell]
    return next(
        (found[spelling(part)] for part in parts for spelling, found in lookups if spelling(part) in found), cell
    )


def _whole(account_id: str) -> str:
    return account_id.strip().removesuffix(".0")


# The ways in which one id may be written, the most exact first.
_SPELLINGS: tuple[Spelling, ...] = (str, str.strip, _whole, salesforce_15)


def _unique_by(keys: pd.Series, ids: pd.Series, spelling: Spelling) -> Mapping[str, str]:
    """Return spelled key: id, for the keys that only one id has."""
    pairs = pd.DataFrame({"key": [spelling(k) for k in keys.tolist()], "id": ids.tolist()}).drop_duplicates()
    pairs = pairs[~pairs["key"].duplicated(keep=False)]
    return dict(zip(pairs["key"], pairs["id"], strict=True))


def known_accounts_only(view: TableView, known: set[str]) -> tuple[TableView, list[Issue]]:
    """Return the view without rows of unknown accounts, and how many there were."""
    orphan = ~view.frame["account_id"].isin(known)
    must = "every account id must be one of the accounts"
    do = "these rows are left out; add the accounts, or check which id the file holds"
    aside = view.aside
    issues = view.issue("orphan_account", "handled", orphan, must, do, "account_id", more=aside.orphans)
    kept = replace(view, aside=replace(aside, rows=aside.rows - aside.orphans, orphans=0))
    return kept.keep(~orphan), issues


def unique_deals(view: TableView) -> list[Issue]:
    """Return deals whose id stands more than once."""
    ids = view.frame["opportunity_id"]
    twice = ids.notna() & ids.duplicated(keep=False)
    do = "one row must be one deal: remove the repeats, or choose by 'where'"
    return view.issue("duplicate_key", "stop", twice, "every opportunity id must stand once", do, "opportunity_id")


def unique_accounts(view: TableView) -> tuple[TableView, list[Issue]]:
    """Return the accounts with one row an account, or one an account and day, and what stood twice.

    Rows that repeat one another in every column are left out and counted. Rows of one day are one observation, the
    latest of the day. Rows that contradict one another stop.
    """
    frame = view.frame
    if not frame["account_id"].dropna().duplicated().any():
        return view, []
    told = [c for c in frame.columns if c not in (ROW, FILE)]
    repeats = frame["account_id"].notna() & frame[told].astype({c: "str" for c in told}).duplicated()
    do = "repeats of the same row are left out"
    must = "an account must stand once, or once an observed_at"
    issues = view.issue("duplicate_key", "handled", repeats, must, do, "account_id")
    view = view.keep(~repeats)
    frame = view.frame
    key = ["account_id", INSTANT] if INSTANT in frame.columns else ["account_id"]
    clash = frame["account_id"].notna() & frame.duplicated(key, keep=False)
    do = "their rows differ, so it is open which holds: remove one, or add observed_at, the day each became known"
    issues += view.issue("duplicate_key", "stop", clash, must, do, "account_id")
    if INSTANT in frame.columns:
        latest = frame.sort_values(INSTANT, kind="stable").drop_duplicates(["account_id", "observed_at"], keep="last")
        view = view.keep(np.asarray(frame.index.isin(latest.index) | clash))
    return view, issues
