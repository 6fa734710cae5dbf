"""Early-life churn in a release: what ``metrics.json`` says of it, and ``customers_at_risk.csv``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, months_between, to_days
from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.features.early_life import Seen
from icp_ml.models.comparison import Comparison
from icp_ml.models.early_life import EarlyChurn
from icp_ml.release.wording import value_words
from icp_ml.report.counting import present_customers
from icp_ml.report.metrics import Figures, model_document
from icp_ml.report.words import money, plain_size
from icp_ml.wording import condition_words, label_words, number_words

_REASONS = 3
_NEGLIGIBLE = 0.05
"""On the log scale: what raises the chance by less than a twentieth of itself is no reason."""
_LEAST_PART = 0.1
"""Part of the largest reason under which another is not worth a word."""
_DIGITS = 4
_FIRST_DAY = 0.95
"""Share of a signal dated on the day of the start, from which its dates are doubted."""


@dataclass(frozen=True)
class AtRisk:
    """Present customers who are past their window and before the horizon.

    Parameters
    ----------
    frame : DataFrame
        Rows of ``customers_at_risk.csv``, the likeliest to leave first: ``rank``, ``account_id``, ``name``,
        ``chance_to_leave`` (by ``leaves_by``, the horizon's day, given that it is a customer now), ``arr``,
        ``arr_at_risk`` (their product), ``currency``, ``contract_ends``, ``reasons``. Chance and ARR at risk are
        missing where the chances were off altogether on later customers.
    bound_longer : int
        Customers left out since their contract runs beyond the horizon.
    """

    frame: pd.DataFrame
    bound_longer: int


def early_life_document(early: EarlyChurn) -> dict[str, Any]:
    """Return what ``metrics.json`` says of the model under ``models.early_churn``; ``absent`` where there is none."""
    if early.report is None:
        return {"absent": early.absent, "window_days": early.window_days}
    seen = early.seen
    doubted = [] if seen is None else [s for s in seen.signals if seen.on_first_day.get(s, 0.0) >= _FIRST_DAY]
    return {
        **model_document(early.report),
        "window_days": early.window_days,
        "customers": len(early.report.oof),
        "tells_more": early.tells_more,
        "comparison": _compared(early.comparison),
        "signals": [] if seen is None else seen.signals,
        "dated_on_first_day": doubted,
    }


def early_life_figures(early: EarlyChurn) -> Figures:
    """Return what the signals add, by flat name; empty where it was not measured."""
    found = _compared(early.comparison)
    split = "out_of_time" if early.report is None else early.report.metrics[0].split
    if "absent" in found:
        return {}
    return {
        f"early_churn_{figure}_gained_by_signals_{split}": {
            "value": found[figure]["gain"],
            "low": found[figure]["low"],
            "high": found[figure]["high"],
            "n": found["n"],
        }
        for figure in ("auc", "brier")
    }


def customers_at_risk(early: EarlyChurn, cohort: Cohort) -> AtRisk | None:
    """Return the customers to look after; None where no model tells them apart.

    Parameters
    ----------
    early : EarlyChurn
        The model.
    cohort : Cohort
        All accounts.
    """
    if early.report is None or early.seen is None or early.report.predictor.kind == "base_rate":
        return None
    accounts = cohort.accounts.iloc[early.seen.rows]
    started, as_of = to_days(accounts["started_at"]), np.datetime64(cohort.as_of, "D")
    months, due = months_between(started, as_of), add_months(started, cohort.horizon)
    staying = present_customers(accounts).to_numpy() & ~accounts["churned"].to_numpy(dtype=bool)
    staying &= months < cohort.horizon
    bound = staying & (to_days(accounts["period_end"]) > due)
    listed = np.flatnonzero(staying & ~bound)
    customers = accounts.iloc[listed]
    chance = early.chance_to_leave(customers.index, months[listed])
    arr = customers["arr_now"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "account_id": customers.index.astype("str"),
            "name": customers["name"].to_numpy(),
            "chance_to_leave": np.minimum(chance.round(_DIGITS), 1 - 10.0**-_DIGITS),
            "leaves_by": due[listed].astype(str),
            "arr": arr.round(2),
            "arr_at_risk": (chance * arr).round(2),
            "currency": cohort.currency or "",
            "contract_ends": [None if pd.isna(day) else str(day.date()) for day in customers["period_end"]],
            "reasons": ["; ".join(reasons) for reasons in _Reasons(early, cohort.currency).of(customers.index)],
        }
    )
    order = np.lexsort((frame["account_id"], -frame["arr"].fillna(0.0), -chance.round(9)))
    ranked = frame.iloc[order]
    if early.level_off:
        ranked = ranked.assign(chance_to_leave=np.nan, arr_at_risk=np.nan)
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    return AtRisk(ranked.reset_index(drop=True), int(bound.sum()))


class _Reasons:
    """What raises a customer's chance to leave, in words; the columns of one signal count together."""

    def __init__(self, early: EarlyChurn, currency: str | None) -> None:
        self.early, self.currency = early, currency
        self.seen = early.seen.columns if early.seen is not None else {}
        numbers = [name for name, spec in early.attributes.items() if spec.type == "number"]
        self.typical = early.frame[numbers].astype(float).median()

    def of(self, customers: pd.Index) -> Iterator[list[str]]:
        """Give each customer's reasons, the largest first."""
        if self.early.report is None or not len(customers):
            return
        frame = self.early.frame.loc[customers]
        effects = self.early.report.predictor.explain(frame).drop(columns="base")
        owners = np.array([self._owner(str(name)) for name in effects.columns])
        for row, values in zip(frame.to_dict("records"), effects.to_numpy(dtype=float), strict=True):
            yield self._largest(row, values, list(effects.columns), owners)

    def _largest(self, row: dict[Any, Any], effects: np.ndarray, columns: list[str], owners: np.ndarray) -> list[str]:
        """Return the reasons of one customer."""
        summed = {owner: float(effects[owners == owner].sum()) for owner in dict.fromkeys(owners)}
        least = max(_NEGLIGIBLE, _LEAST_PART * max(summed.values(), default=0.0))
        raising = sorted((o for o in summed if summed[o] >= least), key=lambda o: (-summed[o], o))
        told = []
        for owner in raising[:_REASONS]:
            own = np.flatnonzero(owners == owner)
            name = columns[own[np.argmax(effects[own])]]
            told.append(self._words(name, row[name]))
        return told

    def _owner(self, column: str) -> str:
        """Return what a column is counted with: its signal, or itself."""
        seen = self.seen.get(column)
        return column if seen is None or seen.signal is None else f"signal {seen.signal}"

    def _words(self, column: str, value: Any) -> str:
        seen, spec = self.seen.get(column), self.early.attributes[column]
        if seen is None:
            return _attribute_words(column, value, spec) + self._usual(column, value, _short)
        if seen.signal is None:
            if pd.isna(value):
                return "ARR at the start unknown"
            usual = self._usual(column, value, lambda v: money(v, self.currency))
            return f"{money(value, self.currency)} a year at the start{usual}"
        return self._seen_words(column, seen, value)

    def _seen_words(self, column: str, seen: Seen, value: float) -> str:
        label = label_words(str(seen.signal))
        if pd.isna(value):
            return f"no {label} seen"
        usual = self._usual(column, value, plain_size)
        if seen.aggregate == "count":
            times = f"{label} {value:,.0f} {'time' if value == 1 else 'times'}" if value else f"no {label}"
            return f"{times}{usual}"
        repeated = any(s.signal == seen.signal and s.aggregate == "sum" for s in self.seen.values())
        how = {"mean": " on average", "sum": " in total", "last": " at last"}[seen.aggregate] if repeated else ""
        return f"{label} {plain_size(value)}{how}{usual}"

    def _usual(self, column: str, value: Any, words: Callable[[float], str]) -> str:
        """Say what half of the customers are above, where the customer is not there itself."""
        if column not in self.typical.index or pd.isna(self.typical[column]):
            return ""
        middle = float(self.typical[column])
        return "" if not pd.isna(value) and words(float(value)) == words(middle) else f" (typically {words(middle)})"


def _attribute_words(name: str, value: Any, spec: Attribute) -> str:
    """Say what an account's attribute is."""
    if spec.type in ("boolean", "category") and not pd.isna(value):
        op, held = ("is", bool(value)) if spec.type == "boolean" else ("in", (str(value),))
        return condition_words(Condition(name, op, held), spec.unit)
    return f"{label_words(name)} {value_words(value, spec)}"


def _short(value: float) -> str:
    """Write a number at three digits, since a median of two is no measured number."""
    return number_words(float(f"{value:.3g}"))


def _compared(comparison: Comparison | None) -> dict[str, Any]:
    """Return the figures with and without signals, each with what they gain."""
    if comparison is None:
        return {"absent": "too few of the tested customers left, or stayed, to compare with and without signals"}
    pairs = comparison.pairs
    found: dict[str, Any] = {"n": len(pairs.case), "events": pairs.events, "months": pairs.months}
    for figure in ("auc", "brier"):
        low, high = comparison.interval(figure)
        found[figure] = {
            "with_signals": comparison.challenger[figure],
            "without_signals": comparison.champion[figure],
            "gain": comparison.gain(figure),
            "low": low,
            "high": high,
            "level": 0.9,
        }
    return found
