"""What censoring does to a churn model: ours beside the two wrong ways to a plain label, judged on later accounts.

``dropped``: customers whose status at the horizon is unknown are left out, which keeps the young that churned and drops
the young that did not. ``retained``: they count as kept. ``grown up``: only those whose horizon has passed are used,
which is unbiased and wasteful. ``weighted``: those whose status is known, weighted by inverse chances of being
followed. All four are the same trees as ``boosted``, the boosted model on the whole follow-up; ``ours`` is what ships,
which may be a simpler one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.models_compare import expected
from benchmarks.models_ours import fit_ours
from benchmarks.models_problems import grown_up
from benchmarks.models_truth import fit_boosted
from benchmarks.models_weighted import fit_weighted
from benchmarks.worlds import World
from benchmarks.worlds_cohort import cohort_of
from benchmarks.worlds_tables import draw_history
from icp_ml.cohort.cohort import Cohort
from icp_ml.models import metrics
from icp_ml.models.concordance import uno_c
from icp_ml.models.history import churn_records
from icp_ml.models.targets import WinTarget
from icp_ml.models.types import Models
from icp_ml.survival import ipcw_weights

LATER = 40_000
WRONG = ("dropped", "retained")
MODELS = ("ours", "boosted", "weighted", *WRONG, "grown up", "oracle", "base rate")
_LATER_SEED = 3_000_000
_LEAST_EACH = 10


def judge_censored(world: World, models: Models) -> dict[str, dict[str, float]]:
    """Return ``uno_c``, ``ipcw_brier`` and ``brier`` (expected under the truth) by model that could be fitted."""
    known, truth = world.fresh(LATER, world.seed + _LATER_SEED)
    churn = truth["churn"].to_numpy()
    predicted = {name: p for name, p in _predictions(world, models, known).items() if p is not None}
    predicted["oracle"] = churn
    cohort = follow_later(world, known, truth)
    customer = cohort.customers & (cohort.accounts["follow_up_months"] > 0).to_numpy()
    time = cohort.accounts["follow_up_months"].to_numpy()[customer]
    event = cohort.accounts["churned"].to_numpy(dtype=bool)[customer]
    return {
        name: judge_followed(p[customer], time, event, float(cohort.horizon)) | {"brier": expected(churn, p)[1]}
        for name, p in predicted.items()
    }


def follow_later(world: World, known: pd.DataFrame, truth: pd.DataFrame) -> Cohort:
    """Return fresh accounts with outcomes followed as long as the world follows its own, censored like them."""
    rng = np.random.default_rng([world.seed, _LATER_SEED])
    recipe = world.recipe
    no_discount = np.full(len(known), np.nan)
    return cohort_of(known, draw_history(rng, truth, recipe.years, recipe.at_anniversary, no_discount))


def judge_followed(predicted: np.ndarray, time: np.ndarray, event: np.ndarray, horizon: float) -> dict[str, float]:
    """Return Uno's concordance up to the horizon, and the Brier score weighted against censoring."""
    weight, one = ipcw_weights(time, event, horizon), np.ones((1, len(time)))
    left = event & (time <= horizon)
    case, control = weight * left, weight * ~left
    concordance = uno_c(one, predicted, time, event, case, np.zeros(len(time), dtype=int))
    return {
        "uno_c": float(concordance[0]),
        "ipcw_brier": float(metrics.brier(one, predicted, case, control)[0]),
    }


def _predictions(world: World, models: Models, known: pd.DataFrame) -> dict[str, np.ndarray | None]:
    """Predict churn by every model but the oracle."""
    records = churn_records(world.cohort, list(world.config.attributes))
    target = records.target
    churned = target.label > 0
    followed = churned | (target.time >= target.horizon)

    def plain(rows: np.ndarray) -> np.ndarray | None:
        if min(churned[rows].sum(), (~churned[rows]).sum()) < _LEAST_EACH:
            return None
        label = WinTarget(churned[rows])
        return fit_ours(records.frame[rows], label, world.config.attributes, world.seed)(known)

    return {
        "ours": models.churn.predictor.predict(known) if models.churn else None,
        "boosted": fit_boosted(world, "churn")(known) if models.churn else None,
        "weighted": fit_weighted(records.frame, target, world.config.attributes, world.seed)(known),
        "dropped": plain(followed),
        "retained": plain(np.ones(len(churned), dtype=bool)),
        "grown up": plain(grown_up(world, records.frame.index)),
        "base rate": np.full(len(known), target.base_rate()),
    }
