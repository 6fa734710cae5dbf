"""How much better the forecasts got with the number of accounts learned from: whether more data would help."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models import metrics
from icp_ml.models.crossfit import assign_folds
from icp_ml.models.evaluation import DRAWS
from icp_ml.models.history import Records, Split
from icp_ml.models.holdout import HoldOut, judging_plan, predict_kind
from icp_ml.models.learners import Learner, learner_of
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.types import LearningCurve

_SPLITS = 2
"""Cut-offs judged at, each with its own random halves, which repeats the curve; more would double the time to fit."""
_PARTS = (1, 2)
"""Quarters of the training accounts."""
_MOST = 50_000
"""Accounts a part of the curve learns from at most."""
_LEAST_EACH = 10
_MUCH = 0.03
"""Fall of the Brier score, as a share of it, from which doubling the data helped much."""

_WORDS = {"churn": "customers", "win": "decided accounts", "early_churn": "customers"}


def learning_curve(
    records: Records,
    holdout: HoldOut,
    kind: str,
    attributes: Mapping[str, Attribute],
    random_state: int,
    settings: BoosterSettings = BUILT_IN,
    draws: int = DRAWS,
) -> LearningCurve:
    """Learn from a quarter and from half of the accounts, and test on the same later ones.

    At the two cut-offs that test most, a random half of the training accounts, and half of that half, are learned from
    as if there were no others: everything is chosen inside them. All of them gave the forecasts in ``holdout``.

    Parameters
    ----------
    records : Records
        What ``holdout`` was made from, by :func:`icp_ml.models.holdout.judging_plan`.
    holdout : HoldOut
        Forecasts of models fitted on all training accounts.
    kind : str
        The kind that ships.
    attributes : mapping of str to Attribute
        What the models may use.
    random_state : int
        Seed of halves, folds, trees and resamples.
    settings : BoosterSettings, optional
        How boosted trees are grown.
    draws : int, optional
        How many resamples.

    Returns
    -------
    LearningCurve
    """
    if kind == "base_rate":
        return LearningCurve(
            absent="everybody is given the base rate, which hardly changes with the number of accounts"
        )
    chosen = _chosen(records, holdout, random_state)
    if not chosen:
        return LearningCurve(absent=f"half of the accounts hold fewer than {_LEAST_EACH} with, or without, the outcome")

    def learner(part: Split) -> Learner:
        return learner_of(kind, attributes, random_state, settings.at(part.label))

    forecasts = []
    for quarters in _PARTS:
        parts = [_part(split, quarters, random_state + at) for at, split in chosen.items()]
        if all(_fewer(part.target.label) >= _LEAST_EACH for part in parts):
            p = [predict_kind(learner(part), records, part, holdout.months, random_state) for part in parts]
            forecasts.append((_learned_from(parts), np.concatenate(p)))
    rows = np.concatenate([np.flatnonzero(holdout.group == at) for at in chosen])
    forecasts.append((_learned_from(chosen.values()), holdout.predictions[kind][rows]))
    return _curve(forecasts, holdout, rows, records.target.outcome, random_state, draws)


def _chosen(records: Records, holdout: HoldOut, random_state: int) -> dict[int, Split]:
    """Return the splits that test most accounts of known outcome, by position, if half of the data can learn there."""
    splits = judging_plan(records, random_state).splits
    tested = [_tested(holdout, at) for at in range(len(splits))]
    able = [at for at in range(len(splits)) if tested[at] and _learnable(splits[at], random_state + at)]
    best = sorted(able, key=lambda at: (-tested[at], at))[:_SPLITS]
    return {at: splits[at] for at in sorted(best)}


def _tested(holdout: HoldOut, at: int) -> int:
    """Accounts tested at a split that had the outcome, or that had not, whichever are fewer."""
    inside = holdout.group == at
    return int(min((holdout.case[inside] > 0).sum(), (holdout.control[inside] > 0).sum()))


def _learnable(split: Split, random_state: int) -> bool:
    return _fewer(_part(split, _PARTS[-1], random_state).target.label) >= _LEAST_EACH


def _part(split: Split, quarters: int, random_state: int) -> Split:
    """Return the split with one or two quarters of its training accounts, one inside two; fewer of very many."""
    folds = max(4, math.ceil(_PARTS[-1] * len(split.train) / _MOST))
    rows = np.flatnonzero(assign_folds(split.target.label, folds, random_state) < quarters)
    return Split(split.train[rows], split.test, split.target.take(rows), split.label)


def _fewer(label: np.ndarray) -> int:
    """Accounts with, or without, the outcome, whichever are fewer."""
    return int(min((label > 0).sum(), (label <= 0).sum()))


def _learned_from(splits: Iterable[Split]) -> int:
    """Accounts learned from, on average over the splits."""
    return round(float(np.mean([len(split.train) for split in splits])))


def _curve(
    forecasts: Sequence[tuple[int, np.ndarray]], holdout: HoldOut, rows: np.ndarray, outcome: str,
    random_state: int, draws: int,
) -> LearningCurve:  # fmt: skip
    """Judge forecasts on the same resamples, by how many accounts they were learned from."""
    weight = metrics.resample_weights(len(rows), draws, random_state)
    case, control, group = holdout.case[rows], holdout.control[rows], holdout.group[rows]
    briers = [metrics.brier(weight, p, case, control) for _, p in forecasts]
    table = [
        (learned, *_with_interval(metrics.auc(weight, p, case, control, group)), *_with_interval(brier), len(rows))
        for (learned, p), brier in zip(forecasts, briers, strict=True)
    ]
    columns = ["learned_from", "auc", "auc_low", "auc_high", "brier", "brier_low", "brier_high", "n"]
    gain = _with_interval(briers[-2] - briers[-1])
    learned = (forecasts[-2][0], forecasts[-1][0])
    return LearningCurve(pd.DataFrame(table, columns=columns), _sentence(learned, gain, float(briers[-2][0]), outcome))


def _with_interval(draws: np.ndarray) -> tuple[float, float | None, float | None]:
    return float(draws[0]), *metrics.interval(draws[1:])


def _sentence(
    learned: tuple[int, int], gain: tuple[float, float | None, float | None], before: float, outcome: str
) -> str:
    """Say what the last doubling brought, and what to expect of the next."""
    who = _WORDS[outcome]
    value, low, high = gain
    if low is None or high is None:
        return f"Whether more {who} would help cannot be told: too few of the tested had the outcome."
    change = f"{abs(value):.4f} {'better' if value >= 0 else 'worse'}"
    what = (
        f"learning from {learned[1]:,} of them instead of {learned[0]:,} made the Brier score {change} "
        f"(90 % interval {low:+.4f} to {high:+.4f}, + is better)"
    )
    much = _MUCH * before
    if low > 0:
        return f"More {who} would probably help {'much' if value >= much else 'a little'}: {what}."
    if high < much:
        return f"More {who} would probably help little: {what}."
    return f"Whether more {who} would help cannot be told: {what}; too few were tested to see a difference."
