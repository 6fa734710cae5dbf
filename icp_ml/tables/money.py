"""Amounts in the reporting currency, none of them negative. Contract, section 2."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.tables.tables import Issue
from icp_ml.tables.view import TableView

# More than any company's yearly revenue in any currency; sums of what lies beyond overflow.
MOST = 1e15
AMOUNTS = {"opportunities": ("amount", "services_amount"), "subscriptions": ("arr",)}


def reporting_currency(views: Mapping[str, TableView], config: Config) -> str | None:
    """Return the currency of the config, else the only one in the data, else None."""
    if config.money.currency is not None:
        return _code(config.money.currency)
    found = {code for name in AMOUNTS if name in views for code in _codes(views[name]).dropna().unique()}
    return found.pop() if len(found) == 1 else None


def in_reporting_currency(view: TableView, config: Config, currency: str | None) -> tuple[TableView, list[Issue]]:
    """Return the view with its amounts converted, and the amounts for which no rate is given.

    An amount without a currency is in the reporting currency.
    """
    frame, codes = view.frame.copy(), _codes(view)
    rates = {_code(c): rate for c, rate in config.money.rates.items()} | ({currency: 1.0} if currency else {})
    factor = codes.map(rates).astype("float64").where(codes.notna(), 1.0)
    amounts = list(AMOUNTS[view.name])
    unrated = factor.isna() & frame[amounts].notna().any(axis=1)
    for column in amounts:
        frame[column] = frame[column] * factor
    do = (
        f"give money.rates what one unit is worth in {currency}"
        if currency
        else "say money.currency, the reporting one, and money.rates for the others"
    )
    must = f"amounts must be in {currency or 'one currency'} or have a rate"
    issues = view.issue("currency_without_rate", "stop", unrated, must, do, "currency", codes)
    return view.with_frame(frame), issues


def plausible_amounts(view: TableView) -> tuple[TableView, list[Issue]]:
    """Return the view with negative amounts, and such as no contract has, missing, and how many there were."""
    frame, issues = view.frame.copy(), []
    for column in AMOUNTS[view.name]:
        negative = frame[column] < 0
        do = "they count as missing; mend them, or leave credits out by 'where'"
        issues += view.issue("negative_amount", "handled", negative, "an amount must not be negative", do, column)
        beyond = frame[column] > MOST
        issues += view.issue(
            "huge_amount",
            "handled",
            beyond,
            f"an amount must be at most {MOST:,.0f}",
            "they count as missing; mend them",
            column,
        )
        frame[column] = frame[column].mask(negative | beyond)
    return view.with_frame(frame), issues


def _codes(view: TableView) -> pd.Series:
    codes = view.frame["currency"]
    return codes.map({c: _code(c) for c in codes.dropna().unique()}).astype("str")


def _code(currency: str) -> str:
    return currency.strip().upper()
