"""How far held-out churn stretches relative hazards."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models import hazard_slope as module
from icp_ml.models.hazard_slope import hazard_slope


def one_renewal(left: dict[float, tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Customers by margin, some of whom leave at month 12 and the others stay past it: margin, time, event, entry."""
    margin = np.concatenate([np.full(n, m) for m, (_, n) in left.items()])
    event = np.concatenate([np.arange(n) < k for k, n in left.values()])
    return margin, np.where(event, 12.0, 14.0), event, np.zeros(len(margin))


def test_two_groups_at_one_renewal_have_the_ratio_of_their_hazards() -> None:
    # 20 and 50 % leave: hazards -log(0.8) and -log(0.5), not 0.2 and 0.5.
    found = hazard_slope(*one_renewal({0.0: (20, 100), 1.0: (50, 100)}), 12.0, 5.0)
    assert found == pytest.approx(np.log(np.log(0.5) / np.log(0.8)), abs=2e-3)


def test_margins_that_point_the_wrong_way_have_no_slope() -> None:
    assert hazard_slope(*one_renewal({0.0: (50, 100), 1.0: (20, 100)}), 12.0, 5.0) == 0.0


def test_a_slope_above_the_largest_is_held_there() -> None:
    assert hazard_slope(*one_renewal({0.0: (1, 100), 1.0: (60, 100)}), 12.0, 1.5) == 1.5


@pytest.mark.parametrize("left", [{0.0: (20, 100)}, {0.0: (0, 100), 1.0: (0, 100)}])
def test_nothing_to_compare_has_no_slope(left: dict[float, tuple[int, int]]) -> None:
    assert hazard_slope(*one_renewal(left), 12.0, 1.5) == 0.0


def test_churn_after_the_horizon_does_not_count() -> None:
    margin, time, event, entry = one_renewal({0.0: (20, 100), 1.0: (50, 100)})
    assert hazard_slope(margin, time, event, entry, 11.0, 1.5) == 0.0


def test_who_comes_under_observation_later_was_not_at_risk_before() -> None:
    margin, time, event, entry = one_renewal({0.0: (20, 100), 1.0: (50, 100)})
    late = np.zeros(300), np.full(300, 14.0), np.zeros(300, dtype=bool), np.full(300, 13.0)
    both = [np.concatenate([own, other]) for own, other in zip((margin, time, event, entry), late, strict=True)]
    assert hazard_slope(*both, 12.0, 5.0) == hazard_slope(margin, time, event, entry, 12.0, 5.0)
    at_risk = np.concatenate([both[3][:200], np.full(300, 11.0)])
    assert hazard_slope(both[0], both[1], both[2], at_risk, 12.0, 5.0) > np.log(np.log(0.5) / np.log(0.8)) + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_rounded_margins_give_nearly_the_slope_of_exact_ones(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    margin = rng.normal(size=2000)
    lifetime = rng.exponential(30 / np.exp(0.8 * margin))
    followed = rng.uniform(2, 20, 2000)
    sample = margin, np.minimum(lifetime, followed), lifetime <= followed, np.zeros(2000)
    rounded = hazard_slope(*sample, 12.0, 1.5)
    monkeypatch.setattr(module, "_MOST_BINS", 10_000)
    assert rounded == pytest.approx(hazard_slope(*sample, 12.0, 1.5), abs=0.01)
    # Some 900 of 2,000 leave in time: the slope is known within about 0.035.
    assert rounded == pytest.approx(0.8, abs=0.12)
