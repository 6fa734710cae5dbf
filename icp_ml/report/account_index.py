"""Every account in a few bytes, for looking one up in the report, sorting customers and choosing a territory."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.months import months_between, to_days
from icp_ml.conditions import AttributeLike
from icp_ml.config.schema import Economics
from icp_ml.release.frames import with_absent
from icp_ml.release.kept_cohort import KeptCohort
from icp_ml.release.rules import ActiveRules
from icp_ml.report.account_cards import alike_columns, change_columns, whole_numbers, within
from icp_ml.report.counting import no_customers, present_customers

MOST_BYTES = 1_700_000
"""Of packed text: with 100,000 accounts the whole report stays under 3 MB."""
_STATES = ("customer", "deal open", "never worked", "declined by us before", "lost before", "customer before")
_STATUS = {"open": 1, "never worked": 2, "refused": 3, "lost": 4, "customer": 5}
_SMALLER = 0.7


def account_index(
    kept: KeptCohort,
    scored: pd.DataFrame,
    criteria: Mapping[str, Any],
    segments: Mapping[str, Any],
    economics: Economics,
    attributes: Mapping[str, AttributeLike],
    models: Mapping[str, Any],
) -> dict[str, Any]:
    """Return every account as columns of short values.

    Parameters
    ----------
    kept : KeptCohort
        All accounts, and whose each is now.
    scored : DataFrame
        Columns of ``icp score``, the same accounts in the same order.
    criteria, segments : mapping
        Content of ``criteria.json`` and ``segments.json``.
    economics : Economics
        For the margin a customer leaves a year.
    attributes : mapping of str to Attribute
        What each attribute is.
    models : mapping
        ``models`` of ``metrics.json``: what makes accounts alike.

    Returns
    -------
    dict
        ``base``, ``tiers``; ``rules``: words of each active rule by id; ``states``, ``territories``, ``owners``,
        ``segments``: names that columns point to by position, ``none`` being -1; ``told``: each different score, tier
        and reasons once; ``changes`` and ``values``: see :func:`icp_ml.report.account_cards.change_columns`; ``alike``:
        see :func:`icp_ml.report.account_cards.alike_columns`; ``accounts``: columns ``id``, ``name`` (empty where it is
        the id), ``told``, ``state``, ``territory``, ``owner``, ``segment``, ``change``, ``now``, ``pipeline``, ``arr``,
        ``margin``, ``months`` (a customer now: whole numbers, else None), the accounts that are decided on most first;
        ``total``: how many accounts there are.
    """
    cohort, accounts = kept.cohort, kept.cohort.accounts
    in_line = np.argsort(_place(accounts, scored), kind="stable")
    ordered, alike = alike_columns(cohort, in_line, attributes, models)
    changes = change_columns(with_absent(cohort.latest, attributes), ActiveRules.from_document(criteria), attributes)
    told, each = _told(scored)
    columns: dict[str, list[Any]] = {
        "id": scored["account_id"].astype(str).tolist(),
        "name": [
            n if isinstance(n, str) and n != i else ""
            for n, i in zip(accounts["name"], scored["account_id"], strict=True)
        ],
        "told": each,
        "state": _states(accounts),
        "pipeline": _whole(accounts["open_pipeline"].where(accounts["open_pipeline"] > 0)),
        "change": changes["change"],
        "now": changes["now"],
        **_customers(accounts, cohort.as_of, economics),
    }
    named = {segment["id"]: f"{segment['id']} · {segment['name']}" for segment in segments["segments"]}
    names: dict[str, list[str]] = {}
    for column, values in (
        ("territory", kept.now.get("territory")),
        ("owner", kept.now.get("owner")),
        ("segment", scored["segment"].map(named)),
    ):
        names[column], columns[column] = _coded(values, len(accounts))
    return {
        "base": criteria["scorecard"]["base"],
        "tiers": {edge: criteria["tiers"][edge] for edge in ("green", "red")},
        "rules": {c["id"]: c["text"] for c in criteria["criteria"] if c["status"] != "rejected"},
        "states": list(_STATES),
        "territories": names["territory"],
        "owners": names["owner"],
        "segments": names["segment"],
        "told": told,
        "changes": changes["changes"],
        "values": changes["values"],
        "alike": alike,
        "accounts": {name: [values[i] for i in ordered] for name, values in columns.items()},
        "total": len(accounts),
    }


def packed_index(index: Mapping[str, Any], most: int = MOST_BYTES) -> str:
    """Return the index as base64 of zlib's format, cut to the accounts that fit; those left out stand last.

    Parameters
    ----------
    index : mapping
        From :func:`account_index`.
    most : int, optional
        Characters.
    """
    kept = len(index["accounts"]["id"])
    while True:
        shown = {name: values[:kept] for name, values in index["accounts"].items()}
        cut = {**index, "accounts": shown, "alike": within(index["alike"], kept)}
        text = json.dumps(cut, ensure_ascii=False, separators=(",", ":"))
        packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
        if len(packed) <= most or kept == 0:
            return packed
        kept = int(kept * max(_SMALLER, 0.97 * most / len(packed))) if len(packed) < 2 * most else kept // 2


def _place(accounts: pd.DataFrame, scored: pd.DataFrame) -> np.ndarray:
    """Return where each account stands in line for room: open deals, customers, then green ones, then the rest."""
    open_deal = (accounts["open_pipeline"].fillna(0) > 0).to_numpy()
    wanted = (scored["icp_tier"] == "green").to_numpy() & no_customers(accounts).to_numpy()
    return np.select([open_deal, present_customers(accounts).to_numpy(), wanted], [0, 1, 2], 3)


def _told(scored: pd.DataFrame) -> tuple[list[list[Any]], list[int]]:
    """Return each different score, tier, matched rules and reasons once, and which of them each account has."""
    codes, different = pd.factorize(
        pd.MultiIndex.from_frame(scored[["icp_score", "icp_tier", "matched_criteria", "reasons"]].fillna(""))
    )
    told = [
        [int(score), tier, matched, [[r["text"], r["points"]] for r in json.loads(reasons)]]
        for score, tier, matched, reasons in different
    ]
    return told, codes.tolist()


def _states(accounts: pd.DataFrame) -> list[int]:
    status = accounts["status"].map(_STATUS).to_numpy()
    status = np.where((accounts["open_pipeline"].fillna(0) > 0).to_numpy(), _STATUS["open"], status)
    return np.where(present_customers(accounts).to_numpy(), 0, status).astype(int).tolist()


def _customers(accounts: pd.DataFrame, as_of: Any, economics: Economics) -> dict[str, list[int | None]]:
    """Return what customers of now pay, leave as margin a year and how many months they have been there."""
    present = present_customers(accounts)
    arr = accounts["arr_now"].where(present & (accounts["arr_now"] > 0))
    cost = accounts["cost_to_serve"] if economics.signal_costs else 0.0
    margin = arr * economics.gross_margin - cost
    months = months_between(to_days(accounts["started_at"]), np.datetime64(as_of, "D"))
    there = pd.Series(np.floor(months), index=accounts.index).where(present)
    return {"arr": _whole(arr), "margin": _whole(margin), "months": _whole(there)}


def _whole(values: pd.Series) -> list[int | None]:
    return whole_numbers(values.to_numpy(dtype=float, na_value=np.nan).tolist())


def _coded(values: pd.Series | None, n: int) -> tuple[list[str], list[int]]:
    """Return the names in order, and each account's position among them, -1 for none."""
    if values is None:
        return [], [-1] * n
    coded = pd.Categorical(values.astype("str").where(values.notna()))
    return [str(name) for name in coded.categories], coded.codes.astype(int).tolist()
