"""What segment discovery did on one world, held against the truth."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.segment_recipes import SegmentRecipe
from benchmarks.segment_worlds import SegmentWorld, cell_of, delivered, equal_cells, planted
from icp_ml.models.types import Models
from icp_ml.segments import Segment, SegmentsResult, assign_segments, discover_segments

FRESH = 40_000
NEAR_TIE = 0.10
HIGH_PULL = "high pull"
NO_MODELS = Models(None, None, {})
_FIGURES = ("win_rate", "churn", "grr", "nrr", "pull", "arr", "cost_to_serve", "opportunity_value")
_OF_SIZE = ("arr", "opportunity_value")

Result = dict[str, Any]


def measure_segments(world: SegmentWorld) -> Result:
    """Return what discovery did on one world, and how many seconds of one core it took."""
    begun = time.process_time()
    found = discover(world)
    return {"seconds": time.process_time() - begun} | score_segments(world, found)


def discover(world: SegmentWorld) -> SegmentsResult:
    """Return the segments of a world."""
    return discover_segments(world.cohort, NO_MODELS, world.config, list(world.config.attributes), world.seed)


def score_segments(world: SegmentWorld, found: SegmentsResult) -> Result:
    """Return segments held against the truth, JSON-ready.

    ``ari``, ``eta_pull``, ``eta_churn`` are those of 40,000 fresh accounts; with ``_counted`` those of the world's own
    accounts with an outcome, on which others are compared; ``ari_planted`` is that of the planted rules themselves on
    the fresh accounts as the CRM knows them: gaps in the data bound everybody. ``first`` is None where undefined.
    ``intervals`` holds, for each figure of each segment, its name, the truth, estimate, low and high.
    """
    known, cell = world.fresh(FRESH, world.seed + 1_000_000)
    labels, counted = assign_segments(found.segments, known), counted_accounts(world)
    own = assign_segments(found.segments, world.cohort.attributes[counted])
    on_counted = agreement(world.recipe, world.cell[counted], own)
    return {
        "segments": len(found.segments),
        **agreement(world.recipe, cell, labels),
        **{f"{name}_counted": value for name, value in on_counted.items()},
        "ari_planted": agreement(world.recipe, cell, cell_of(world.recipe, known))["ari"],
        "first": ranked_first(world.recipe, found, labels, cell),
        "stability": [s.stability for s in found.segments],
        "names": [f"{s.id} {s.name} [{s.verdict}]" for s in found.segments],
        "intervals": [row for s in found.segments for row in _intervals(world.recipe, s, cell[labels == s.id])],
        "chosen": found.looked_at.get("chosen"),
        "unstable": found.looked_at.get("unstable", []),
        "not_confirmed": found.looked_at.get("not_confirmed", []),
    }


def counted_accounts(world: SegmentWorld) -> np.ndarray:
    """Return which accounts have an outcome, shape (n,), bool."""
    return np.asarray(world.cohort.decided | world.cohort.customers, dtype=bool)


def agreement(recipe: SegmentRecipe, cell: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return how well labels tell the planted cells apart.

    Parameters
    ----------
    recipe : SegmentRecipe
        What was planted.
    cell : ndarray of int, shape (n,)
        True cell of each account.
    labels : ndarray, shape (n,)
        Group of each account; those of no group are a group of their own.

    Returns
    -------
    dict
        ``ari``: adjusted Rand index to the cells, those of equal true pull and churn taken as one; ``eta_pull``,
        ``eta_churn``: share of the variance of the true latent pull and of the true probability of churn between
        groups. None where all accounts are of one cell, or alike in that.
    """
    told = equal_cells(recipe)[cell]
    found = np.unique(labels.astype(str), return_inverse=True)[1]
    return {
        "ari": float(adjusted_rand_score(told, found)) if np.ptp(told) else None,
        "eta_pull": eta_squared(found, planted(recipe, "pull")[cell]),
        "eta_churn": eta_squared(found, planted(recipe, "churn")[cell]),
    }


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


def high_pull_cell(recipe: SegmentRecipe) -> int | None:
    """Return the place of the planted high-pull cell where a first place is defined for it, else None.

    It must be a region of its own, and what an opportunity is truly worth there must exceed that of every other cell by
    at least 10 %: where two lie closer, either may come first.
    """
    value = [delivered(recipe, alone)["opportunity_value"] for alone in np.eye(len(recipe.cells))]
    best = int(np.argmax(value))
    others = [v for at, v in enumerate(value) if at != best]
    clear = all(value[best] - other >= NEAR_TIE * abs(value[best]) for other in others)
    cell = recipe.cells[best]
    return best if clear and cell.name == HIGH_PULL and cell.rule.conditions else None


def ranked_first(recipe: SegmentRecipe, found: SegmentsResult, labels: np.ndarray, cell: np.ndarray) -> bool | None:
    """Return whether most accounts of the segment ranked first by expected value are of the high-pull cell.

    None where no first place is defined (:func:`high_pull_cell`); False where no segment was found.
    """
    at = high_pull_cell(recipe)
    if at is None:
        return None
    order = (found.looked_at.get("ranking") or {}).get("by_opportunity_value") or []
    return bool(order) and bool(np.mean(cell[labels == order[0]] == at) > 0.5)


def _intervals(recipe: SegmentRecipe, segment: Segment, cell: np.ndarray) -> list[list[Any]]:
    """Return the intervals of a segment beside the truth of the fresh accounts in it; empty where none is."""
    if not len(cell):
        return []
    true = delivered(recipe, np.bincount(cell, minlength=len(recipe.cells)).astype(float))
    names = [n for n in _FIGURES if recipe.size == "none" or n not in _OF_SIZE]
    figures = {name: segment.figures[name] for name in names}
    return [[n, true[n], f["estimate"], f["low"], f["high"]] for n, f in figures.items() if _has_truth(f)]


def _has_truth(figure: Mapping[str, Any]) -> bool:
    """Return whether a figure is told, of a whole year, with every part of it measured."""
    return "absent" not in figure and figure.get("months", 12) == 12 and "without" not in figure
