"""Pairs that mean more together than apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import CrossFit, assign_folds, cross_fit
from icp_ml.models.interactions import find_interactions
from icp_ml.models.learners import BoostedLearner, LogisticLearner
from icp_ml.models.targets import ChurnTarget, WinTarget
from icp_ml.models.types import Interaction

ATTRIBUTES = {
    "size": Attribute(type="number", unit="people"),
    "has_revops": Attribute(type="boolean"),
    "industry": Attribute(type="category"),
    "noise": Attribute(type="number"),
}


def _world(together: float, seed: int, n: int = 2000) -> tuple[pd.DataFrame, np.ndarray]:
    """Attributes, and the log-odds; small accounts without RevOps do ``together`` beyond what both do apart."""
    rng = np.random.default_rng(seed)
    revops = rng.random(n) < 0.5
    frame = pd.DataFrame(
        {
            "size": np.exp(rng.normal(4, 1, n)),
            "has_revops": pd.array(revops, dtype="boolean"),
            "industry": [f"i{k}" for k in rng.integers(0, 4, n)],
            "noise": rng.normal(size=n),
        }
    )
    small = frame["size"].to_numpy() < 40
    return frame, -1.2 + 0.9 * small - 0.7 * revops + together * (small & ~revops)


def _found(
    together: float, seed: int, outcome: str = "win", learner: type = BoostedLearner
) -> tuple[tuple[Interaction, ...], str]:
    frame, eta = _world(together, seed)
    rng = np.random.default_rng(seed + 100)
    if outcome == "win":
        target = WinTarget(rng.random(len(frame)) < 1 / (1 + np.exp(-eta)))
    else:
        months = np.ceil(rng.exponential(12 * np.exp(-eta)))
        seen = rng.uniform(2, 30, len(frame))
        target = ChurnTarget(np.minimum(months, seen), months <= seen, np.zeros(len(frame)), 12.0)
    fitted = cross_fit(learner(ATTRIBUTES, seed), frame, target, assign_folds(target.label, 5, seed))
    return _of(fitted, frame, target)


def _of(fitted: CrossFit, frame: pd.DataFrame, target) -> tuple[tuple[Interaction, ...], str]:
    values = fitted.explain(frame, fitted.fold)
    return find_interactions(fitted, frame, target, values, ATTRIBUTES, 0.3, 7)


@pytest.mark.parametrize("outcome", ["win", "churn"])
def test_a_planted_pair_is_found_with_its_cell_and_direction(outcome: str) -> None:
    found, none = _found(1.5, 0, outcome)
    assert none == ""
    assert (found[0].first, found[0].second) == ("size", "has_revops")
    size, revops = found[0].cell
    assert (size.startswith("size at most"), revops) == (True, "has no revops")
    assert found[0].effect > 0
    assert found[0].points > 0.02
    assert found[0].agreeing >= 4


def test_effects_that_add_up_make_no_pair_in_nine_worlds_of_ten() -> None:
    told = [_found(0.0, seed) for seed in range(1, 11)]
    assert sum(bool(found) for found, _ in told) <= 1
    assert all(none for found, none in told if not found)


def test_a_pair_that_held_out_outcomes_do_not_bear_out_is_not_reported() -> None:
    frame, eta = _world(1.5, 3)
    target = WinTarget(np.random.default_rng(9).random(len(frame)) < 1 / (1 + np.exp(-eta)))
    fitted = cross_fit(BoostedLearner(ATTRIBUTES, 3), frame, target, assign_folds(target.label, 5, 3))
    assert _of(fitted, frame, target)[0]
    # The same trees, and outcomes in which nothing is joint.
    _, apart = _world(0.0, 3)
    other = WinTarget(np.random.default_rng(10).random(len(frame)) < 1 / (1 + np.exp(-apart)))
    found, none = _of(replace(fitted, link=other.link(fitted.margin)), frame, other)
    assert found == ()
    assert "accounts that the models had not seen bear out none" in none


def test_a_linear_model_has_none_by_construction() -> None:
    frame, eta = _world(1.5, 5)
    target = WinTarget(np.random.default_rng(5).random(len(frame)) < 1 / (1 + np.exp(-eta)))
    fitted = cross_fit(LogisticLearner(ATTRIBUTES), frame, target, assign_folds(target.label, 5, 5))
    found, none = _of(fitted, frame, target)
    assert found == ()
    assert "adds its attributes up" in none
