"""``segments_map.json``: accounts in two dimensions, near where they differ little in what is expected to happen.

t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014) of the space in which accounts were clustered.
Measured on the sample and two simulated CRMs of 1,500 points, by how many of a point's ten nearest neighbours in the
picture share its segment, and how many are among its ten nearest in the space:

- t-SNE 0.87 to 0.97, and 0.47 to 0.51
- Isomap 0.73 to 0.94, and 0.13 to 0.14
- principal components 0.68 to 0.92, and 0.09 to 0.13; with outcomes weighted equally 0.61 to 0.66, and 0.07 to 0.12
- principal components of the forecasts 0.64 to 0.75, and 0.07 to 0.09
- two forecasts as axes 0.50 to 0.77, and 0.05 to 0.09

The price is that how far apart groups lie means little. The picture is turned so that right is where the forecast that
it follows best gets better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from icp_ml.cohort.cohort import Cohort
from icp_ml.segments.document import SCHEMA_VERSION, assign_segments
from icp_ml.segments.figures import LEVEL
from icp_ml.segments.placed import Placed
from icp_ml.segments.types import Segment, SegmentsResult

FEWEST_SHOWN = 50
_NEIGHBOURS = 30  # perplexity: about how many accounts each is held near to
_STEPS = 500  # a thousand change the measures above by less than 0.01
_COARSE = 0.8  # Barnes-Hut angle; 0.5 takes twice as long for the same measures
_START = 1e-4  # spread of the first guess (Kobak and Berens 2019, doi:10.1038/s41467-019-13056-x)
_WORSE_WITH_MORE = ("churn",)
_NORMAL = 1.645  # of a 90 % interval


def segments_map(result: SegmentsResult, cohort: Cohort, seed: int) -> dict[str, Any]:
    """Return the content of ``segments_map.json``, JSON-ready but for rounding.

    Parameters
    ----------
    result : SegmentsResult
        What discovery found, with the accounts it placed.
    cohort : Cohort
        The same accounts.
    seed : int
        Seed of the layout.

    Returns
    -------
    dict
        ``accounts`` with an outcome, ``shown``, ``in_no_cluster`` of those, ``clusters``, ``axes`` (``x`` and ``y``:
        ``outcome`` whose forecast goes with the axis most and ``correlation``, positive where it rises rightwards or
        upwards) and ``points``: ``x`` and ``y`` (-1..1), ``segment`` ("" for none), ``pull`` (1..5 or None),
        ``outcome`` (``won``, ``lost``, ``kept`` so far, ``left``) and ``cluster`` (-1 noise). Where nothing can be
        drawn, ``absent`` with the reason stands in place of what was to be drawn.
    """
    counted = int(np.sum(cohort.decided | cohort.customers))
    heading = {"schema_version": SCHEMA_VERSION, "as_of": cohort.as_of.isoformat(), "accounts": counted}
    where = result.placed
    if where is None or len(where.accounts) < FEWEST_SHOWN:
        shown = 0 if where is None else len(where.accounts)
        return heading | {"absent": f"{shown} accounts were placed, fewer than {FEWEST_SHOWN}"}
    if where.space.shape[1] == 0:
        return heading | {"absent": "no attribute tells accounts apart in what is expected to happen"}
    xy, axes = turned(laid_out(where.space, seed), where.forecasts())
    return heading | {
        "shown": len(where.accounts),
        "in_no_cluster": int(np.sum(where.clusters == -1)),
        "clusters": int(where.clusters.max(initial=-1)) + 1,
        "axes": axes,
        "points": _points(xy, where, result.segments, cohort),
    }


def laid_out(space: np.ndarray, seed: int) -> np.ndarray:
    """Return two coordinates for each account, shape (n, 2), that keep near accounts near.

    Parameters
    ----------
    space : ndarray, shape (n, d)
        At most some thousand accounts, d at least 1.
    seed : int
        Seed of the layout, which starts from principal components.
    """
    padded = np.column_stack([space, np.zeros(len(space))]) if space.shape[1] == 1 else space
    start = PCA(2, svd_solver="full").fit_transform(padded)
    start *= _START / max(float(start[:, 0].std()), 1e-12)
    near = min(_NEIGHBOURS, (len(space) - 1) / 3)
    layout = TSNE(2, perplexity=near, init=start, max_iter=_STEPS, angle=_COARSE, random_state=seed, n_jobs=1)
    return np.asarray(layout.fit_transform(padded), dtype=float)


def turned(xy: np.ndarray, forecasts: Mapping[str, np.ndarray]) -> tuple[np.ndarray, dict[str, Any]]:
    """Turn a layout so that right and up are better, and say what the axes go with.

    Turning leaves all distances as they are. Right becomes the direction in which the forecast that a plane over the
    picture follows best rises, or falls where more of it is worse.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Coordinates.
    forecasts : mapping of str to ndarray, shape (n,)
        By outcome, at least one.

    Returns
    -------
    tuple
        Coordinates between -1 and 1, and for ``x`` and ``y`` the ``outcome`` and its ``correlation`` with interval.
    """
    centred = xy - xy.mean(axis=0)
    slopes = {name: np.linalg.lstsq(centred, f - f.mean(), rcond=None)[0] for name, f in forecasts.items()}
    followed = {name: abs(_correlation(centred @ slope, forecasts[name])) for name, slope in slopes.items()}
    best = max(followed, key=lambda name: round(followed[name], 9))
    right = slopes[best] / max(float(np.linalg.norm(slopes[best])), 1e-12)
    if not right.any():
        right = np.array([1.0, 0.0])
    found = centred @ np.column_stack([right, [-right[1], right[0]]])
    axes = {}
    for at, axis in enumerate(("x", "y")):
        goes_with = {name: _correlation(found[:, at], f) for name, f in forecasts.items()}
        outcome = max(goes_with, key=lambda name: round(abs(goes_with[name]), 9))
        if (goes_with[outcome] > 0) == (outcome in _WORSE_WITH_MORE):
            found[:, at] *= -1
            goes_with[outcome] *= -1
        axes[axis] = {"outcome": outcome, "correlation": _with_interval(goes_with[outcome], len(found))}
    return found / max(float(np.abs(found).max()), 1e-12), axes


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Pearson's correlation, 0 where one of the two does not vary."""
    spread = float(one.std() * other.std())
    return float(np.mean((one - one.mean()) * (other - other.mean()))) / spread if spread > 1e-12 else 0.0


def _with_interval(correlation: float, n: int) -> dict[str, float | int]:
    """Return a correlation with its interval (Fisher's transformation)."""
    middle, half = np.arctanh(np.clip(correlation, -1 + 1e-9, 1 - 1e-9)), _NORMAL / np.sqrt(n - 3)
    low, high = np.tanh(middle - half), np.tanh(middle + half)
    ends = {"estimate": correlation, "low": float(low), "high": float(high)}
    return {**{name: round(value, 3) for name, value in ends.items()}, "level": LEVEL, "n": n}


def _points(xy: np.ndarray, where: Placed, segments: Sequence[Segment], cohort: Cohort) -> list[dict[str, Any]]:
    ids = list(where.accounts)
    rows = cohort.accounts.loc[ids]
    named = assign_segments(segments, cohort.attributes.loc[ids])
    pull = rows["pull"].to_numpy(dtype=float)
    return [
        {
            "x": round(float(x), 3),
            "y": round(float(y), 3),
            "segment": str(segment),
            "pull": None if np.isnan(score) else round(float(score)),
            "outcome": outcome,
            "cluster": int(cluster),
        }
        for (x, y), segment, score, outcome, cluster in zip(
            xy, named, pull, _outcomes(rows), where.clusters, strict=True
        )
    ]


def _outcomes(rows: pd.DataFrame) -> list[str]:
    """Return what happened: of a customer whether it left, of others whether the deal was won."""
    customer, churned = rows["is_customer"].to_numpy(dtype=bool), rows["churned"].to_numpy(dtype=bool)
    won = (rows["outcome"] == "won").fillna(False).to_numpy(dtype=bool)
    return [str(found) for found in np.select([customer & churned, customer, won], ["left", "kept", "won"], "lost")]
