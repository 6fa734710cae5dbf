"""What segment discovery did on one world, held against the truth on accounts nobody has seen."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.segment_worlds import SegmentWorld, delivered, equal_cells, planted
from icp_ml.models.types import Models
from icp_ml.segments import SegmentsResult, assign_segments, discover_segments

FRESH = 40_000
_FIGURES = ("win_rate", "churn", "grr", "nrr", "pull", "arr", "cost_to_serve", "opportunity_value")
NO_MODELS = Models(None, None, {})

Result = dict[str, Any]


def measure_segments(world: SegmentWorld) -> Result:
    """Return what discovery did on one world."""
    begun = time.perf_counter()
    found = discover(world)
    return {"seconds": time.perf_counter() - begun} | score_segments(world, found)


def discover(world: SegmentWorld) -> SegmentsResult:
    """Return the segments of a world."""
    return discover_segments(world.cohort, NO_MODELS, world.config, list(world.config.attributes), world.seed)


def score_segments(world: SegmentWorld, found: SegmentsResult) -> Result:
    """Return segments held against the truth, as figures of one world, JSON-ready."""
    known, cell = world.fresh(FRESH, world.seed + 1_000_000)
    labels = assign_segments(found.segments, known)
    same = equal_cells(world.recipe)
    pull, churn = planted(world.recipe, "pull")[cell], planted(world.recipe, "churn")[cell]
    result: Result = {
        "segments": len(found.segments),
        "ari": float(adjusted_rand_score(same[cell], labels)),
        "ari_counted": float(
            adjusted_rand_score(same[world.cell], assign_segments(found.segments, world.cohort.attributes))
        ),
        "eta_pull": eta_squared(labels, pull),
        "eta_churn": eta_squared(labels, churn),
        "first": ranked_first(world, found, labels, cell),
        "stability": [s.stability for s in found.segments],
        "names": [f"{s.id} {s.name} [{s.verdict}]" for s in found.segments],
        "intervals": [],
        "chosen": found.looked_at.get("chosen"),
        "unstable": found.looked_at.get("unstable", []),
        "not_confirmed": found.looked_at.get("not_confirmed", []),
    }
    for segment in found.segments:
        weights = np.bincount(cell[labels == segment.id], minlength=len(world.recipe.cells)).astype(float)
        true = delivered(world.recipe, weights)
        for name in _FIGURES:
            figure = segment.figures[name]
            if "absent" not in figure:
                result["intervals"].append([name, true[name], figure["estimate"], figure["low"], figure["high"]])
    return result


def eta_squared(labels: np.ndarray, values: np.ndarray) -> float | None:
    """Return the share of a value's variance that lies between groups, None where it does not vary.

    >>> eta_squared(np.array(["a", "a", "b", "b"]), np.array([0.0, 0.0, 1.0, 1.0]))
    1.0
    """
    if np.ptp(values) == 0:
        return None
    codes = np.unique(labels, return_inverse=True)[1]
    size = np.bincount(codes)
    mean = np.bincount(codes, values) / size
    return float(np.sum(size * (mean - values.mean()) ** 2) / np.sum((values - values.mean()) ** 2))


def ranked_first(world: SegmentWorld, found: SegmentsResult, labels: np.ndarray, cell: np.ndarray) -> bool | None:
    """Return whether the segment with the highest expected value is mostly the planted high-pull cell.

    None where no cell of that name is a region of its own.
    """
    names = [c.name for c in world.recipe.cells]
    at = names.index("high pull") if "high pull" in names else -1
    if at < 0 or not world.recipe.cells[at].rule.conditions:
        return None
    order = (found.looked_at.get("ranking") or {}).get("by_opportunity_value") or []
    return bool(order) and bool(np.mean(cell[labels == order[0]] == at) > 0.5)
