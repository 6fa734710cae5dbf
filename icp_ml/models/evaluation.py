"""Judge models on accounts of after their training, beside the base rate and the penalised logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.models import metrics
from icp_ml.models.concordance import uno_c
from icp_ml.models.holdout import KINDS, HoldOut
from icp_ml.models.targets import Target
from icp_ml.models.types import Metric

DRAWS = 300


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
    return Scores(found | _concordances(holdout, weight), holdout)


def _concordances(holdout: HoldOut, weight: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Uno's concordance of each kind for churn; the base rate, all the same at a cut-off, is a coin toss."""
    if holdout.time is None or holdout.event is None:
        return {}
    found = {
        ("uno_c", kind): uno_c(
            weight, holdout.predictions[kind], holdout.time, holdout.event, holdout.case, holdout.group
        )
        for kind in ("boosted", "logistic")
    }
    defined = np.isfinite(found["uno_c", "boosted"])
    return found | {("uno_c", "base_rate"): np.where(defined, 0.5, np.nan)}


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
