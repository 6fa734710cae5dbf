"""Forecasts of accounts that the models had not seen, and what became of these: at past cut-offs, or in folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.boosting import Trainer, as_known, train_booster
from icp_ml.models.crossfit import INNER_FOLDS, assign_folds, cross_fit
from icp_ml.models.history import Records, Split, random_splits, rolling_splits
from icp_ml.models.learners import Learner, learner_of
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.targets import ChurnTarget, Link, Target
from icp_ml.models.updating import Slice, Update, update_over_time
from icp_ml.survival import ipcw_weights, supported_horizon

KINDS = ("boosted", "logistic", "base_rate")
_LEAST_EACH = 10
"""Events and non-events among the tested, under which no figure is worth giving for the period after a cut-off."""
_LEAST_AT_RISK = 30
_LEAST_AT_RISK_CROSS_VALIDATED = 10


@dataclass(frozen=True)
class Plan:
    """How models are judged.

    Parameters
    ----------
    name : str
        ``out_of_time`` or ``cross_validated``.
    splits : list of Split
        Whom to fit on, and whom to forecast.
    months : float or None
        For churn, the months to judge at.
    """

    name: str
    splits: list[Split]
    months: float | None


@dataclass(frozen=True)
class HoldOut:
    """Predictions for accounts the models had not seen, and what became of these.

    Parameters
    ----------
    split : str
        ``out_of_time`` or ``cross_validated``.
    labels : tuple of str
        Cut-off days, or folds.
    rows : ndarray of int, shape (n,)
        Positions among the records.
    group : ndarray of int, shape (n,)
        Which split each account was tested in.
    predictions : dict of str to ndarray
        By kind, probabilities of the event by ``months``.
    case, control : ndarray of float, shape (n,)
        Weight as an account with, and without, the event.
    months : float or None
        For churn the months judged at: the horizon, or the longest time that enough tested customers were followed.
    time, event : ndarray, shape (n,), optional
        For churn the months followed, and whether that ended in churn.
    updates : mapping of str to Update or None
        By kind, what sets its forecasts right on later accounts; the predictions have it in them as far as it was known
        at each cut-off. None where it did not help.
    by_month : mapping of str to ndarray
        For churn, by kind, probabilities of having left by each month from 1 to the horizon, shape (n, horizon).
    """

    split: str
    labels: tuple[str, ...]
    rows: np.ndarray
    group: np.ndarray
    predictions: dict[str, np.ndarray]
    case: np.ndarray
    control: np.ndarray
    months: float | None
    time: np.ndarray | None = None
    event: np.ndarray | None = None
    updates: Mapping[str, Update | None] = field(default_factory=dict)
    by_month: Mapping[str, np.ndarray] = field(default_factory=dict)


def hold_out(
    records: Records,
    attributes: Mapping[str, Attribute],
    random_state: int,
    settings: BoosterSettings = BUILT_IN,
    plan: Plan | None = None,
    train: Trainer = train_booster,
) -> HoldOut:
    """Predict accounts begun after past cut-offs; by cross-validation where the history is too short for that.

    Parameters
    ----------
    records : Records
        Customers or decided accounts.
    attributes : mapping of str to Attribute
        What the models may use.
    random_state : int
        Seed of folds and trees.
    settings : BoosterSettings, optional
        How boosted trees are grown.
    plan : Plan, optional
        Who is predicted, if not those of :func:`judging_plan`.
    train : Trainer, optional
        What grows boosted trees; in memory if not given.

    Returns
    -------
    HoldOut
    """
    plan = plan or judging_plan(records, random_state)
    splits, months = plan.splits, plan.months
    rows = np.concatenate([s.test for s in splits])
    tested = records.target.take(rows)
    case, control = outcome_weights(tested, months)
    predictions = {"base_rate": np.concatenate([np.full(len(s.test), s.target.base_rate(months)) for s in splits])}
    updates: dict[str, Update | None] = {"base_rate": None}
    by_month = {}
    for kind in KINDS[:2]:
        slices: Sequence[Slice] = [
            forecast(
                learner_of(kind, attributes, random_state, settings.at(s.label), as_known(train, s.cutoff)),
                records,
                s,
                random_state,
            )
            for s in splits
        ]
        updates[kind] = None
        if plan.name == "out_of_time":
            updated = update_over_time(slices, records, random_state)
            slices, updates[kind] = updated.slices, updated.update
        predictions[kind] = np.concatenate([one.probability(months) for one in slices])
        if isinstance(tested, ChurnTarget):
            by_month[kind] = np.concatenate([_by_month(one, tested.horizon) for one in slices])
    return HoldOut(
        plan.name,
        tuple(split.label for split in splits),
        rows,
        np.repeat(np.arange(len(splits)), [len(split.test) for split in splits]),
        predictions,
        case,
        control,
        months,
        tested.time if isinstance(tested, ChurnTarget) else None,
        tested.event if isinstance(tested, ChurnTarget) else None,
        updates,
        by_month,
    )


def _by_month(one: Slice, horizon: float) -> np.ndarray:
    """Forecast churn by each month up to the horizon, shape (n, horizon)."""
    return np.column_stack([one.probability(float(month)) for month in range(1, int(horizon) + 1)])


def cross_validated(records: Records, fitted: Mapping[str, tuple[Link, np.ndarray]]) -> HoldOut:
    """Return the forecasts of models cross-fitted on all records, as a hold-out of everybody who can be tested.

    Parameters
    ----------
    records : Records
        What was cross-fitted.
    fitted : mapping of str to (Link, ndarray)
        By kind, link and held-out margins, shape (n_records,).

    Returns
    -------
    HoldOut
    """
    rows = np.flatnonzero(records.testable)
    tested = records.target.take(rows)
    months = judged_months(tested, _LEAST_AT_RISK_CROSS_VALIDATED)
    predictions = {kind: link.probability(margin[rows], months) for kind, (link, margin) in fitted.items()}
    predictions["base_rate"] = np.full(len(rows), records.target.base_rate(months))
    group = np.zeros(len(rows), dtype=int)
    return HoldOut("cross_validated", ("all",), rows, group, predictions, *outcome_weights(tested, months), months)


def judging_plan(records: Records, random_state: int) -> Plan:
    """Return how to judge models of some records.

    At past cut-offs, or by cross-validation where these give no figure.
    """
    splits = rolling_splits(records)
    tested = records.target.take(np.concatenate([s.test for s in splits]) if splits else np.empty(0, dtype=int))
    months = judged_months(tested)
    if judgeable(tested, months):
        return Plan("out_of_time", splits, months)
    splits = random_splits(records, random_state)
    tested = records.target.take(np.concatenate([s.test for s in splits]))
    return Plan("cross_validated", splits, judged_months(tested, _LEAST_AT_RISK_CROSS_VALIDATED))


def held_out_frame(records: Records, holdout: HoldOut, kind: str) -> pd.DataFrame:
    """Return a hold-out as a table: what gates, breakdowns by group and comparisons of two models start from.

    Parameters
    ----------
    records : Records
        What was held out from.
    holdout : HoldOut
        Its predictions and outcomes.
    kind : str
        The kind of model that ships.

    Returns
    -------
    DataFrame
        Indexed by account_id: ``cutoff`` (day or fold before which the model was fitted), ``begun`` (day from
        which the account would have been predicted), ``case`` and ``control`` (weights as an account with and without
        the event by ``months``), ``boosted``, ``logistic``, ``base_rate`` (probabilities of the event by ``months``)
        and ``shipped`` (that of ``kind``); for churn also ``months``, ``time`` (months followed) and ``event``.
    """
    frame = pd.DataFrame(
        {
            "cutoff": np.asarray(holdout.labels, dtype=object)[holdout.group],
            "begun": records.begun[holdout.rows],
            "case": holdout.case,
            "control": holdout.control,
            **{name: holdout.predictions[name] for name in KINDS},
            "shipped": holdout.predictions[kind],
        },
        index=records.frame.index[holdout.rows],
    )
    target = records.target
    if isinstance(target, ChurnTarget):
        return frame.assign(months=holdout.months, time=target.time[holdout.rows], event=target.event[holdout.rows])
    return frame


def forecast(learner: Learner, records: Records, split: Split, random_state: int) -> Slice:
    """Fit one kind on the training side of a split alone, everything chosen inside it, and forecast the test side."""
    train, test = records.frame.iloc[split.train], records.frame.iloc[split.test]
    fitted = cross_fit(learner, train, split.target, assign_folds(split.target.label, INNER_FOLDS, random_state))
    return Slice(split.label, split.test, fitted.refit(train, split.target).margin(test), fitted.link)


def predict_kind(
    learner: Learner, records: Records, split: Split, months: float | None, random_state: int
) -> np.ndarray:
    """Return the probabilities of :func:`forecast`."""
    return forecast(learner, records, split, random_state).probability(months)


def judged_months(target: Target, minimum: int = _LEAST_AT_RISK) -> float | None:
    """Months at which churn of the tested can be judged, 0 where at none; None for winning."""
    if not isinstance(target, ChurnTarget):
        return None
    supported = supported_horizon(target.time, target.event, int(target.horizon), minimum)
    return float(supported or 0)


def judgeable(target: Target, months: float | None) -> bool:
    """Whether tested accounts carry a figure by ``months``."""
    case, control = outcome_weights(target, months)
    return bool(min((case > 0).sum(), (control > 0).sum()) >= _LEAST_EACH)


def outcome_weights(target: Target, months: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each account as one with and without the event by ``months``; both 0 where that is not known."""
    if not isinstance(target, ChurnTarget):
        return target.label, 1 - target.label
    if not months:
        return np.zeros(len(target.time)), np.zeros(len(target.time))
    weight = ipcw_weights(target.time, target.event, months)
    churned = target.event & (target.time <= months)
    return weight * churned, weight * ~churned
