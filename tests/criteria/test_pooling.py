from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from icp_ml.criteria.pooling import SCALE, given_spread, heterogeneity, pool


def test_a_known_spread_gives_the_textbook_estimates() -> None:
    """Weights 1/(0.01+0.01)=50, 1/(0.04+0.01)=20; mean (50*0.1+20*0.45)/70=0.2; shares of their own 0.5 and 0.2."""
    mean, variance, groups, spread, gaps, gap_spread = given_spread(np.array([0.1, 0.45]), np.array([0.01, 0.04]), 0.1)
    assert mean == pytest.approx(0.2)
    assert variance == pytest.approx(1 / 70)
    np.testing.assert_allclose(groups, [0.2 + 0.5 * -0.1, 0.2 + 0.2 * 0.25])
    np.testing.assert_allclose(gaps, [-0.05, 0.05])
    np.testing.assert_allclose(spread, [0.5 * 0.01 + 0.25 / 70, 0.2 * 0.04 + 0.64 / 70])
    np.testing.assert_allclose(gap_spread, [0.5 * 0.01 + 0.25 / 70, 0.2 * 0.04 + 0.04 / 70])


def test_cochrans_q_counts_squared_distances_from_the_weighted_mean() -> None:
    """Weights 100 and 25, mean 0.1: 100 * 0.1**2 + 25 * 0.4**2 = 5."""
    assert heterogeneity(np.array([0.0, 0.5]), np.array([0.01, 0.04])) == pytest.approx(5.0)


def test_intervals_agree_with_integrating_over_the_spread_by_quadrature() -> None:
    d, v = np.array([0.35, 0.05, 0.30, 0.60]), np.array([0.002, 0.004, 0.01, 0.05])
    pooled = pool(d, v)

    def likelihood(spread: float) -> float:
        total = v + spread**2
        mean = np.sum(d / total) / np.sum(1 / total)
        density = np.prod(stats.norm.pdf(d, mean, np.sqrt(total))) / np.sqrt(np.sum(1 / total))
        return float(density * stats.halfnorm.pdf(spread, scale=SCALE))

    def below(group: int, bound: float, spread: float) -> float:
        _, _, groups, variances, _, _ = given_spread(d, v, spread)
        return likelihood(spread) * float(stats.norm.cdf(bound, groups[group], np.sqrt(variances[group])))

    whole = integrate.quad(likelihood, 0, 2)[0]
    for group, interval in enumerate(pooled.groups):
        for bound, chance in ((interval.low, 0.05), (interval.high, 0.95)):
            exact = integrate.quad(lambda spread, g=group, b=bound: below(g, b, spread), 0, 2)[0] / whole
            assert exact == pytest.approx(chance, abs=0.003)
    assert pooled.spread == pytest.approx(integrate.quad(lambda t: t * likelihood(t), 0, 2)[0] / whole, abs=0.002)


def test_a_tiny_group_is_drawn_to_the_whole_and_a_large_one_keeps_its_own_figure() -> None:
    d, v = np.array([0.30, 0.32, 0.28, 0.0, 0.9]), np.array([1e-4, 1e-4, 1e-4, 1e-4, 0.2])
    pooled = pool(d, v)
    assert abs(pooled.groups[3].estimate - 0.0) < 0.01
    assert pooled.groups[4].estimate < 0.45
    assert pooled.gaps[3].high < 0 < pooled.gaps[4].high
    assert pooled.gaps[4].low < 0


def test_one_group_alone_is_the_whole() -> None:
    pooled = pool(np.array([0.2]), np.array([0.01]))
    assert pooled.groups[0].estimate == pytest.approx(pooled.overall.estimate) == pytest.approx(0.2)


@pytest.mark.parametrize(("d", "v"), [([], []), ([0.1], [0.0]), ([0.1, 0.2], [0.1])])
def test_groups_without_a_variance_are_refused(d: list[float], v: list[float]) -> None:
    with pytest.raises(ValueError, match="each group needs an estimate and a variance above 0"):
        pool(np.array(d), np.array(v))
