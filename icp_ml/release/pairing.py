"""Two releases' forecasts for the same later accounts, made before either could have seen them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.models.comparison import Pairs
from icp_ml.models.holdout import outcome_weights
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.targets import ChurnTarget
from icp_ml.models.types import Predictor
from icp_ml.release.folder import COHORT, Release
from icp_ml.release.holdout import HeldOut, held_out


@dataclass(frozen=True)
class Side:
    """What one release brings to a comparison of one outcome.

    Parameters
    ----------
    release : Release
        The release.
    held_out : HeldOut or None
        Its held-out accounts with this outcome.
    predictor : Predictor or None
        Its model, refitted on everything; None where it has none.
    """

    release: Release
    held_out: HeldOut | None
    predictor: Predictor | None


def sides(release: Release) -> dict[str, Side]:
    """Return what a release brings to comparisons, by outcome."""
    kept, predictors = held_out(release), release.predictors
    return {o: Side(release, kept.get(o), predictors.get(o)) for o in ("churn", "win")}


def pair(outcome: str, champion: Side, challenger: Side) -> Pairs:
    """Return the accounts that both forecast, with the outcomes as the challenger knows them.

    The rows are the challenger's held-out accounts, forecast by fits of before their time. The champion's forecast is

    - of its shipped model, for accounts begun after its data ended and unknown to it as an outcome: a forecast as in
      use. Only beside a challenger judged out of time; cross-validation would show it contemporaries of the account;
    - the one in its own ``holdout.parquet``, for accounts begun before, where both releases held them out in the same
      way, for the same months, and agree on the day they began;
    - the base rate, where it has no model of this outcome.

    Other accounts are left out. For churn, censoring weights are those of the accounts that are left.

    Parameters
    ----------
    outcome : str
        ``churn`` or ``win``.
    champion, challenger : Side
        The releases; the challenger has held-out accounts.

    Returns
    -------
    Pairs
    """
    if challenger.held_out is None:
        raise ValueError(f"the challenger must have held-out accounts for {outcome}")
    rows = challenger.held_out.frame
    if champion.predictor is None:
        forecast, origin = rows["base_rate"].to_numpy(dtype=float), np.full(len(rows), "base rate", dtype=object)
    else:
        forecast, origin = _forecasts(outcome, champion, challenger, challenger.held_out)
    both = np.isfinite(forecast)
    rows, months = rows[both], _months(rows)
    case, control = _outcomes(rows, months)
    return Pairs(
        outcome,
        forecast[both],
        rows["shipped"].to_numpy(dtype=float),
        case,
        control,
        pd.factorize(rows["cutoff"].to_numpy(dtype=object) + "|" + origin[both])[0],
        months,
    )


def _forecasts(outcome: str, champion: Side, challenger: Side, theirs: HeldOut) -> tuple[np.ndarray, np.ndarray]:
    """Return the champion's forecasts, NaN where it has none that counts, and which fit each is of."""
    forecast, origin = _from_holdout(champion.held_out, theirs.frame)
    fresh = _fresh(outcome, champion.release, theirs.frame)
    if champion.predictor is not None and fresh.any() and _answerable(champion, challenger):
        forecast[fresh] = _deployed(champion.predictor, theirs.attributes[fresh], _months(theirs.frame))
        origin[fresh] = "as shipped"
    return forecast, origin


def _from_holdout(own: HeldOut | None, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts the champion made of accounts when it held them out itself."""
    if own is None:
        return np.full(len(frame), np.nan), np.full(len(frame), "", dtype=object)
    mine = own.frame.reindex(frame.index)
    same = (mine["split"] == frame["split"]) & (mine["begun"] == frame["begun"])
    if frame["months"].notna().any():
        same &= mine["months"] == frame["months"]
    forecast = mine["shipped"].where(same).to_numpy(dtype=float, copy=True)
    return forecast, mine["cutoff"].fillna("").to_numpy(dtype=object, copy=True)


def _fresh(outcome: str, champion: Release, frame: pd.DataFrame) -> np.ndarray:
    """Return the accounts whose outcome the champion's shipped model cannot have learned from."""
    after = (frame["begun"] > pd.Timestamp(champion.criteria["as_of"])) & (frame["split"] == "out_of_time")
    known = champion.table(COHORT).select(["account_id", "outcome", "started_at"]).to_pandas()
    learned = known.loc[known["outcome" if outcome == "win" else "started_at"].notna(), "account_id"]
    return (after & ~frame.index.isin(learned)).to_numpy(dtype=bool)


def _answerable(champion: Side, challenger: Side) -> bool:
    """Whether the challenger's accounts carry every attribute the champion's model was fitted on, in the same type."""
    mine, theirs = champion.release.attributes, challenger.release.attributes
    needed = champion.predictor.attributes if isinstance(champion.predictor, FittedPredictor) else tuple(mine)
    return all(name in mine and name in theirs and mine[name].type == theirs[name].type for name in needed)


def _deployed(predictor: Predictor, frame: pd.DataFrame, months: float | None) -> np.ndarray:
    """Return a shipped model's forecasts, of churn by the months that are judged."""
    if months is not None and isinstance(predictor, FittedPredictor):
        return predictor.predict_by(frame, months)
    return np.asarray(predictor.predict(frame), dtype=float)


def _months(frame: pd.DataFrame) -> float | None:
    known = frame["months"].dropna()
    return float(known.iloc[0]) if len(known) else None


def _outcomes(frame: pd.DataFrame, months: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the weight of each account with and without the event."""
    if months is None or frame.empty:
        return frame["case"].to_numpy(dtype=float), frame["control"].to_numpy(dtype=float)
    time, event = frame["time"].to_numpy(dtype=float), frame["event"].to_numpy(dtype=bool)
    return outcome_weights(ChurnTarget(time, event, np.zeros(len(time)), months), months)
