"""Judge models on accounts of after their training, beside the base rate and the penalised logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models import metrics
from icp_ml.models.crossfit import INNER_FOLDS, assign_folds, cross_fit
from icp_ml.models.history import Records, Split, random_splits, rolling_splits
from icp_ml.models.learners import BoostedLearner, Learner, LogisticLearner
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.targets import ChurnTarget, Target
from icp_ml.models.types import Metric
from icp_ml.survival import ipcw_weights, supported_horizon

KINDS = ("boosted", "logistic", "base_rate")
DRAWS = 300
_LEAST_EACH = 10
"""Events and non-events among the tested, under which no figure is worth giving for the period after a cut-off."""
_LEAST_AT_RISK = 30
_LEAST_AT_RISK_CROSS_VALIDATED = 10


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
    """

    split: str
    labels: tuple[str, ...]
    rows: np.ndarray
    group: np.ndarray
    predictions: dict[str, np.ndarray]
    case: np.ndarray
    control: np.ndarray
    months: float | None


@dataclass(frozen=True)
class Scores:
    """Figures of a hold-out: by name and kind, the value on the sample and on each resample, shape (draws + 1,)."""

    draws: dict[tuple[str, str], np.ndarray]
    holdout: HoldOut

    def value(self, name: str, kind: str) -> float:
        """Return a figure on the sample itself."""
        return float(self.draws[name, kind][0])

    def interval(self, name: str, kind: str, level: float = 0.90) -> tuple[float | None, float | None]:
        """Return a figure's bootstrap interval."""
        return metrics.interval(self.draws[name, kind][1:], level)

    def metrics(self) -> tuple[Metric, ...]:
        """Return every defined figure with its 90 % interval."""
        n, split = len(self.holdout.rows), self.holdout.split
        found = [Metric("events", "base_rate", float((self.holdout.case > 0).sum()), n=n, split=split)]
        for (name, kind), draws in self.draws.items():
            if np.isfinite(draws[0]):
                low, high = self.interval(name, kind)
                found.append(Metric(name, kind, float(draws[0]), low, high, n, split))
        return tuple(found)


def hold_out(
    records: Records,
    attributes: Mapping[str, Attribute],
    random_state: int,
    settings: BoosterSettings = BUILT_IN,
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

    Returns
    -------
    HoldOut
    """
    splits = rolling_splits(records)
    rows = np.concatenate([s.test for s in splits]) if splits else np.empty(0, dtype=int)
    name, months = "out_of_time", _months(records.target.take(rows))
    if not _judgeable(records.target.take(rows), months):
        splits = random_splits(records, random_state)
        rows = np.concatenate([s.test for s in splits])
        name, months = "cross_validated", _months(records.target.take(rows), _LEAST_AT_RISK_CROSS_VALIDATED)
    case, control = _outcome_weights(records.target.take(rows), months)
    predicted = [predict_split(records, split, attributes, months, random_state, settings) for split in splits]
    return HoldOut(
        name,
        tuple(split.label for split in splits),
        rows,
        np.repeat(np.arange(len(splits)), [len(split.test) for split in splits]),
        {kind: np.concatenate([p[kind] for p in predicted]) for kind in KINDS},
        case,
        control,
        months,
    )


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
        which the account would have been predicted), ``case`` and ``control`` (weights as an account with and without the
        event by ``months``), ``boosted``, ``logistic``, ``base_rate`` (probabilities of the event by ``months``) and
        ``shipped`` (that of ``kind``); for churn also ``months``, ``time`` (months followed) and ``event``.
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


def predict_split(
    records: Records,
    split: Split,
    attributes: Mapping[str, Attribute],
    months: float | None,
    random_state: int,
    settings: BoosterSettings = BUILT_IN,
) -> dict[str, np.ndarray]:
    """Fit each kind on the training side of a split alone, everything chosen inside it, and predict the test side."""
    train, test = records.frame.iloc[split.train], records.frame.iloc[split.test]
    fold = assign_folds(split.target.label, INNER_FOLDS, random_state)
    predictions = {}
    learners: tuple[Learner, ...] = (BoostedLearner(attributes, random_state, settings), LogisticLearner(attributes))
    for learner in learners:
        fitted = cross_fit(learner, train, split.target, fold)
        margin = fitted.refit(train, split.target).margin(test)
        predictions[learner.kind] = fitted.link.probability(margin, months)
    return predictions | {"base_rate": np.full(len(test), split.target.base_rate(months))}


def score(holdout: HoldOut, random_state: int, draws: int = DRAWS) -> Scores:
    """Compute every figure, on the sample and on account-level bootstrap resamples shared by all kinds."""
    weight = metrics.resample_weights(len(holdout.rows), draws, random_state)
    case, control = holdout.case, holdout.control
    found: dict[tuple[str, str], np.ndarray] = {}
    for kind in KINDS:
        p = holdout.predictions[kind]
        found["auc", kind] = metrics.auc(weight, p, case, control, holdout.group)
        found["brier", kind] = metrics.brier(weight, p, case, control)
        found["log_loss", kind] = metrics.log_loss(weight, p, case, control)
        found["calibration_intercept", kind] = metrics.calibration(weight, p, case, control, True)
    for kind in ("boosted", "logistic"):
        p = holdout.predictions[kind]
        found["brier_skill", kind] = 1 - found["brier", kind] / found["brier", "base_rate"]
        found["calibration_slope", kind] = metrics.calibration(weight, p, case, control, False)
        found["lift_top_decile", kind] = metrics.top_lift(weight, p, case, control)
    return Scores(found, holdout)


def reliability(holdout: HoldOut, target: Target, kind: str, bins: int = 10) -> pd.DataFrame:
    """Return predicted against observed rates by bins of the prediction; see :class:`~icp_ml.models.types.ModelReport`.

    Observed churn is Kaplan-Meier, with its interval; bins have about equally many accounts, at least 20.
    """
    p = holdout.predictions[kind]
    count = int(np.clip(len(p) // 20, 1, bins))
    edges = np.unique(np.quantile(p, np.linspace(0, 1, count + 1)[1:-1]))
    which = np.searchsorted(edges, p, side="right")
    rows = []
    for label in np.unique(which):
        inside = which == label
        observed, low, high = target.take(holdout.rows[inside]).observed_rate(holdout.months)
        rows.append((float(p[inside].mean()), observed, low, high, int(inside.sum())))
    return pd.DataFrame(rows, columns=["predicted", "observed", "low", "high", "n"])


def _months(target: Target, minimum: int = _LEAST_AT_RISK) -> float | None:
    """Months at which churn of the tested can be judged, 0 where at none; None for winning."""
    if not isinstance(target, ChurnTarget):
        return None
    supported = supported_horizon(target.time, target.event, int(target.horizon), minimum)
    return float(supported or 0)


def _judgeable(target: Target, months: float | None) -> bool:
    """Whether the tested accounts carry a figure."""
    case, control = _outcome_weights(target, months)
    return bool(min((case > 0).sum(), (control > 0).sum()) >= _LEAST_EACH)


def _outcome_weights(target: Target, months: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each account as one with and without the event."""
    if not isinstance(target, ChurnTarget):
        return target.label, 1 - target.label
    if not months:
        return np.zeros(len(target.time)), np.zeros(len(target.time))
    weight = ipcw_weights(target.time, target.event, months)
    churned = target.event & (target.time <= months)
    return weight * churned, weight * ~churned
