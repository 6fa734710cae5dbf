import numpy as np
import pytest

from icp_ml.survival.ratios import difference_interval, ratio_interval


def test_a_ratio_of_sums_weighs_each_customer_by_its_time():
    # 3 events in 0.5 years and none in 1.5 years are 1.5 a year, not the mean of 6 and 0.
    assert ratio_interval([3.0, 0.0], [0.5, 1.5])[0] == 1.5


def test_the_interval_of_a_mean_is_students():
    # Mean 2, sd 1, n 3: 2 +- 2.920 / sqrt(3).
    assert ratio_interval([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) == pytest.approx((2.0, 2 - 1.6858, 2 + 1.6858), abs=1e-3)


def test_the_interval_holds_the_true_rate_as_often_as_it_says():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        years = rng.uniform(0.2, 1.0, 80)
        _, low, high = ratio_interval(rng.poisson(1.3 * years), years)
        held += low <= 1.3 <= high
    assert 0.86 <= held / 400 <= 0.94


def test_a_difference_of_two_certain_figures_is_certain_and_errors_add_as_squares():
    assert difference_interval((5.0, 5.0, 5.0), (2.0, 2.0, 2.0)) == (3.0, 3.0, 3.0)
    assert difference_interval((5.0, 2.0, 8.0), (2.0, -2.0, 6.0)) == (3.0, -2.0, 8.0)


def test_one_customer_has_no_interval():
    with pytest.raises(ValueError, match="at least two customers and a positive sum must be given; found 1 and 1"):
        ratio_interval([1.0], [1.0])
