"""The churn and win models of one world held against its truth: rank, spread and level, on accounts nobody has seen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.models_compare import expected
from benchmarks.models_ours import Predict, fit_ours
from benchmarks.worlds import World
from benchmarks.worlds_attributes import draw_attributes, draw_discounts, true_probabilities
from benchmarks.worlds_regions import unseen
from icp_ml.models import metrics
from icp_ml.models.fitting import fit_models
from icp_ml.models.history import churn_records, win_records
from icp_ml.models.types import ModelReport, Models

GUESSES = 20
_GUESS_SEED = 4_000_000
_LEAST_SPREAD = 1e-9  # equal probabilities differ by rounding

Result = dict[str, Any]


def fit_world(world: World) -> tuple[Models, float]:
    """Fit both models as the product does; return them with the CPU seconds it took."""
    begun = time.process_time()
    models = fit_models(world.cohort, world.config, list(world.config.attributes))
    return models, time.process_time() - begun


def judge_world(world: World, models: Models) -> dict[str, Result]:
    """Return the figures of each outcome's model, JSON-ready; an outcome without a model says why."""
    known, truth = unseen(world)
    within_reach = reachable(world, known)
    found: dict[str, Result] = {}
    for outcome in ("churn", "win"):
        report: ModelReport | None = getattr(models, outcome)
        if report is None:
            found[outcome] = {"absent": models.absent[outcome]}
            continue
        true, best = truth[outcome].to_numpy(), within_reach[outcome].to_numpy()
        boosted = fit_boosted(world, outcome)(known)
        found[outcome] = judge(report.predictor.predict(known), true, best) | {
            "kind": report.predictor.kind,
            "slope_reported": reported_slope(report),
            "boosted_gap": expected(true, true)[0] - expected(true, boosted)[0],
        }
    return found


def fit_boosted(world: World, outcome: str) -> Predict:
    """Fit the boosted model of an outcome, whichever kind ships."""
    make = {"churn": churn_records, "win": win_records}[outcome]
    records = make(world.cohort, list(world.config.attributes))
    return fit_ours(records.frame, records.target, world.config.attributes, world.config.seed)


def judge(predicted: np.ndarray, truth: np.ndarray, within_reach: np.ndarray) -> Result:
    """Hold predictions against true probabilities.

    Parameters
    ----------
    predicted, truth : ndarray of float, shape (n,)
        Probabilities of the event.
    within_reach : ndarray of float, shape (n,)
        The best anybody can say who knows the world but not the values that are missing.

    Returns
    -------
    dict
        ``auc`` of the truth and ``gap`` to it, ``unreachable`` (the part of the gap that missing values make), ``sd``
        of predictions, ``spread`` of the truth, ``bias`` (mean predicted less true), ``slope`` of calibration (None
        where all predictions are the same), ``excess`` of the Brier score over that of the truth, relative.
    """
    best, brier = expected(truth, truth)
    auc, own_brier = expected(truth, predicted)
    slope = float(metrics.calibration(np.ones((1, len(truth))), predicted, truth, 1 - truth, False)[0])
    return {
        "auc": best,
        "gap": best - auc,
        "unreachable": best - expected(truth, within_reach)[0],
        "sd": float(predicted.std()),
        "spread": float(truth.std()),
        "bias": float(predicted.mean() - truth.mean()),
        "slope": slope if np.isfinite(slope) else None,
        "excess": own_brier / brier - 1,
    }


def reachable(world: World, known: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of the true probabilities over guesses at missing values, each drawn as the world draws it."""
    rng = np.random.default_rng([world.seed, _GUESS_SEED])
    now = np.ones(len(known))
    total = pd.DataFrame(0.0, index=known.index, columns=["win", "churn", "churn_own"])
    for _ in range(GUESSES):
        drawn = draw_attributes(world.recipe, rng, now)
        filled = known.where(known.notna(), drawn).astype(drawn.dtypes.to_dict())
        discount = draw_discounts(world.recipe.discounting, filled, rng)
        total += true_probabilities(world.recipe, filled, now, discount)
    return total / GUESSES


def reported_slope(report: ModelReport) -> float | None:
    """Return the out-of-time calibration slope that the report gives of the model that ships; None without one."""
    found = [
        m.value
        for m in report.metrics
        if (m.name, m.model, m.split) == ("calibration_slope", report.predictor.kind, "out_of_time")
    ]
    return found[0] if found else None


def has_signal(result: Mapping[str, Any]) -> bool:
    """Whether accounts truly differ in this outcome."""
    return bool(result.get("spread", 0.0) > _LEAST_SPREAD)
