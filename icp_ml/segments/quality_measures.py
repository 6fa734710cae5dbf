"""What measures each dimension of segment quality: what the config names, else what any CRM may hold.

| dimension | measured by |
|---|---|
| urgency | pull; days to close a won deal; discount on won deals |
| access | share worked (told only); share of deals through usable channels; their win rate |
| proof | customers kept past the horizon; references and referrals a customer a year |
| product_fit | churn; the other signals that pull names |
| economics | what an opportunity earns; ARR; cost to serve out of ARR |
| expansion | NRR; share of kept customers that pay more than at the start |
| competitive_path | win rate where a competitor is named; share of losses that went to one |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.pull import OPPORTUNITY_PARTS
from icp_ml.config.schema import Config
from icp_ml.config.segment_quality import DIMENSIONS, FIGURES, SHARES, Dimension, Direction, QualityMeasure
from icp_ml.errors import nearest
from icp_ml.segments.figures import Figure
from icp_ml.segments.per_account import Counted, Mean, Ratio
from icp_ml.segments.quality_shares import NEEDS, channels_of, share_of

_PROOF_SIGNALS = ("reference", "referral")
_DEAL_COLUMNS = {**OPPORTUNITY_PARTS, "services_amount": "services_amount"}
_UNITS = {
    **dict.fromkeys(("win_rate", "churn", "grr", "nrr"), "share"),
    **dict.fromkeys(("arr", "cost_to_serve", "opportunity_value", "amount", "services_amount"), "money"),
    **dict.fromkeys(("cycle_days", "sales_cycle_days"), "days"),
    "pull": "score",
    "discount_pct": "percent",
}
_FIGURES_NEED = {
    "win_rate": "opportunities: deals won and lost",
    "churn": "subscriptions: contracts, with started_at and ended_at",
    "grr": "subscriptions.arr: each contract period with what it pays a year",
    "nrr": "subscriptions.arr: each contract period with what it pays a year",
    "pull": "the pull section of the config, with what intense use looks like in signals",
    "arr": "subscriptions.arr: what each contract pays a year",
    "cycle_days": "opportunities.created_at and closed_at",
    "cost_to_serve": "signals and economics.signal_costs: what serving a customer takes and what that costs",
    "opportunity_value": "opportunities, and subscriptions with their arr",
}
_FIGURES_OF = {"win_rate": "decided accounts", "cycle_days": "won deals", "opportunity_value": "decided accounts"}
# The column of the cohort without which a figure is measured nowhere.
_FIGURE_COLUMNS = {"pull": "pull", "arr": "arr_start", "grr": "grr", "nrr": "nrr", "cycle_days": "cycle_days",
                   "cost_to_serve": "service_cost"}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One measure of a dimension.

    Parameters
    ----------
    key : str
        Unique name, under which its figures are held.
    spec : QualityMeasure
        As the config would spell it.
    direction : {"higher", "lower"} or None
        Which end is good; None is told and judged by nobody.
    unit : str
        ``share``, ``money``, ``days``, ``percent`` (0..100), ``score`` (1..5), ``a_year`` (a customer) or ``number``.
    needs : str
        The column or table that would measure it.
    counted : Share, Ratio, Mean, str or None
        How it is counted from accounts; why it cannot be; None for a figure that every segment has.
    detail : dict
        What a reader has to know beside it: the ``sources`` that count as channels.
    """

    key: str
    spec: QualityMeasure
    direction: Direction | None
    unit: str
    needs: str
    counted: Counted | str | None
    detail: dict[str, list[str]]

    def figure(self, members: np.ndarray) -> Figure:
        """Return the measure in a group given as a mask, absent with the reason where the data lacks it."""
        if isinstance(self.counted, str):
            return {"absent": self.counted}
        return {"absent": "no figure of the segment"} if self.counted is None else self.counted.figure(members)

    def entry(self) -> dict[str, Any]:
        """Return what the table says of it beside figures: how it is spelled, judged and counted (``of`` whom)."""
        spelled = self.spec.model_dump(exclude_none=True)
        of = {} if self.counted is None or isinstance(self.counted, str) else {"of": self.counted.who}
        of = {"of": _FIGURES_OF.get(self.spec.figure, "customers")} if self.spec.figure else of
        return spelled | {"direction": self.direction, "unit": self.unit, **of, **self.detail}


def measures_of(cohort: Cohort, config: Config) -> dict[Dimension, tuple[Measure, ...]]:
    """Return the measures of each dimension, in the order of :data:`icp_ml.config.segment_quality.DIMENSIONS`.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    config : Config
        ``segments.quality`` replaces the measures of the dimensions it names; an empty list leaves one unmeasured.
    """
    chosen = {name: config.segments.quality.get(name, _by_itself(name, config)) for name in DIMENSIONS}
    return {name: tuple(_measure(spec, cohort, config) for spec in specs) for name, specs in chosen.items()}


def _by_itself(dimension: Dimension, config: Config) -> list[QualityMeasure]:
    """Return the measures of a dimension that the config says nothing of."""
    if dimension == "product_fit":
        return [QualityMeasure(figure="churn"), *_pull_signals(config)]
    return [QualityMeasure.model_validate(spec) for spec in _DEFAULTS[dimension]]


_DEFAULTS: dict[str, list[dict[str, str]]] = {
    "urgency": [{"figure": "pull"}, {"figure": "cycle_days"}, {"opportunity": "discount_pct", "direction": "lower"}],
    "access": [{"share": "worked"}, {"share": "through_channels"}, {"share": "won_through_channels"}],
    "proof": [{"share": "kept_customers"}, *({"signal": name, "aggregate": "count"} for name in _PROOF_SIGNALS)],
    "economics": [{"figure": "opportunity_value"}, {"figure": "arr"}, {"share": "cost_of_arr"}],
    "expansion": [{"figure": "nrr"}, {"share": "paying_more"}],
    "competitive_path": [{"share": "won_against_competitor"}, {"share": "lost_to_competitor"}],
}


def _pull_signals(config: Config) -> list[QualityMeasure]:
    """Return the signals of use that pull names, those left out that speak for another dimension."""
    elsewhere = {m.signal for measures in config.segments.quality.values() for m in measures} | set(_PROOF_SIGNALS)
    found: dict[str, QualityMeasure] = {}
    for part in config.pull:
        if part.signal is not None and part.signal not in elsewhere:
            aggregate = part.aggregate if part.aggregate in ("sum", "count") else "mean"
            spec = {"signal": part.signal, "aggregate": aggregate, "direction": part.direction}
            found.setdefault(part.signal, QualityMeasure.model_validate(spec))
    return list(found.values())


def _measure(spec: QualityMeasure, cohort: Cohort, config: Config) -> Measure:
    if spec.figure is not None:
        name = spec.figure
        lacking = _no_figure(name, cohort)
        return Measure(name, spec, FIGURES[name], _UNITS[name], _FIGURES_NEED[name], lacking, {})
    if spec.share is not None:
        counted = share_of(spec.share, cohort, config.segments)
        named = spec.share.endswith("through_channels") and not isinstance(counted, str)
        detail = {"sources": channels_of(cohort, config.segments)} if named else {}
        key, direction = f"share {spec.share}", SHARES[spec.share]
        return Measure(key, spec, direction, "share", NEEDS[spec.share], counted, detail)
    direction = spec.direction or "higher"
    if spec.opportunity is not None:
        name = spec.opportunity
        needs = f"opportunities.{'created_at and closed_at' if name == 'sales_cycle_days' else name}"
        return Measure(f"opportunity {name}", spec, direction, _UNITS[name], needs, _of_won_deals(name, cohort), {})
    aggregate = spec.aggregate or "mean"
    key, needs = f"signal {spec.signal} {aggregate}", f"signals: {spec.signal}"
    unit = "number" if aggregate == "mean" else "a_year"
    return Measure(key, spec, direction, unit, needs, _of_signal(str(spec.signal), aggregate, cohort), {})


def _no_figure(name: str, cohort: Cohort) -> str | None:
    """Return why a figure is measured in no group, None where it is in some."""
    if name == "win_rate" or name == "churn":
        measured = cohort.has_wins if name == "win_rate" else cohort.has_churn
    else:
        column = _FIGURE_COLUMNS.get(name)
        measured = column is None or bool(cohort.accounts[column].notna().any())
    return None if measured else "the data does not hold it"


def _of_won_deals(name: str, cohort: Cohort) -> Mean | str:
    values = cohort.accounts[_DEAL_COLUMNS[name]].to_numpy(dtype=float)
    won = (cohort.accounts["outcome"] == "won").fillna(False).to_numpy(dtype=bool)
    known = np.where(won, values, np.nan)
    return "no won deal says it" if np.isnan(known).all() else Mean(known, "won deals")


def _of_signal(name: str, aggregate: str, cohort: Cohort) -> Mean | Ratio | str:
    """Return how a signal is counted: its mean by customer, or how often or how much of it in a customer's year.

    Customers are there for unlike lengths of time, so that what adds up is given for a year.
    """
    if cohort.signals is None:
        return "there is no signals table"
    known = sorted(cohort.signals.index.get_level_values("signal").unique())
    if name not in known:
        return f"no signal {name!r} occurs{nearest(name, known)}"
    own = cohort.signals[cohort.signals.index.get_level_values("signal") == name]
    by_account = own.droplevel("signal").reindex(cohort.accounts.index)
    values = by_account[aggregate].to_numpy(dtype=float)
    if aggregate == "mean":
        return Mean(np.where(cohort.customers, values, np.nan), "customers that it is known of")
    # Nothing on record is none of it; a record without a value is not known.
    values = np.where(by_account["count"].isna(), 0.0, values)
    years = cohort.accounts["years_at_risk"].to_numpy(dtype=float)
    return Ratio(np.where(cohort.customers, values, np.nan), years, "customers", counted=aggregate == "count")
