import numpy as np
import pytest
from scipy.stats import t as student

from icp_ml.survival.ratios import difference_interval, effective_number, mean_interval, ratio_interval


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


def test_the_interval_is_that_of_leaving_out_each_customer_in_turn():
    top, bottom = np.array([3.0, 0.0, 5.0, 1.0]), np.array([1.0, 2.0, 3.0, 0.5])
    left_out = [(top.sum() - top[i]) / (bottom.sum() - bottom[i]) for i in range(4)]
    ratio = 9 / 6.5
    error = np.sqrt(3 / 4 * np.sum((np.array(left_out) - ratio) ** 2))
    half = error * student.ppf(0.95, 6.5**2 / (1 + 4 + 9 + 0.25) - 1)
    assert ratio_interval(top, bottom) == pytest.approx((ratio, ratio - half, ratio + half))


def test_the_interval_holds_where_a_few_large_customers_pull_the_ratio():
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(600):
        paid = np.exp(rng.standard_normal(30))
        _, low, high = ratio_interval(rng.gamma(4.0, 0.25, 30) * paid, paid)
        held += low <= 1.0 <= high
    assert 0.86 <= held / 600 <= 0.94  # 0.84 where the ratio is linearised


def test_the_interval_of_a_skewed_mean_leans_to_its_long_tail_and_holds_more_often_than_students():
    low, high = mean_interval([1.0, 1.0, 1.0, 1.0, 6.0])[1:]
    assert high - 2.0 > 2.0 - low
    rng = np.random.default_rng(7)
    drawn = np.exp(rng.standard_normal((600, 30)))
    leaning = [mean_interval(values) for values in drawn]
    symmetric = [ratio_interval(values, np.ones(30)) for values in drawn]
    true = np.exp(0.5)
    held, held_before = (np.mean([low <= true <= high for _, low, high in ends]) for ends in (leaning, symmetric))
    assert 0.84 <= held <= 0.94
    assert held > held_before + 0.02


def test_equal_values_have_a_mean_and_no_width():
    assert mean_interval([4.0, 4.0, 4.0]) == (4.0, 4.0, 4.0)


def test_unequal_weights_carry_less():
    assert effective_number(np.array([2.0, 2.0, 2.0])) == 3.0
    assert effective_number(np.array([8.0, 1.0, 1.0])) == pytest.approx(100 / 66)


def test_a_difference_of_two_certain_figures_is_certain_and_errors_add_as_squares():
    assert difference_interval((5.0, 5.0, 5.0), (2.0, 2.0, 2.0)) == (3.0, 3.0, 3.0)
    assert difference_interval((5.0, 2.0, 8.0), (2.0, -2.0, 6.0)) == (3.0, -2.0, 8.0)


def test_one_customer_has_no_interval():
    with pytest.raises(ValueError, match="at least two customers and a positive sum must be given; found 1 and 1"):
        ratio_interval([1.0], [1.0])
