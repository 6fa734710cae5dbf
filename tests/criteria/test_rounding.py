import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icp_ml.criteria.rounding import round_cuts, roundest_between, roundness

numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(numbers, numbers)
def test_the_roundest_number_lies_in_its_interval_and_none_rounder_of_one_digit_does(a, b):
    low, high = min(a, b), max(a, b)
    if not low < high:
        return
    value = roundest_between(low, high)
    assert low < value <= high
    if roundness(value) > 1 and high > 0:
        one_digit = [d * 10.0**p for p in range(-6, 10) for d in (1, 5)]
        assert not any(low < v <= high for v in one_digit if low > 0 and high / low < 10)


def test_an_empty_interval_has_no_round_number():
    with pytest.raises(ValueError, match="empty"):
        roundest_between(5, 5)


def test_cuts_part_the_accounts_at_numbers_a_person_would_say():
    values = np.concatenate([np.arange(1, 101, dtype=float), [np.nan]])
    # around the quartiles: (19.6, 31.9], (43.3, 56.7], (69.1, 81.4]; of several tens the one nearest the middle
    assert round_cuts(values, 4).tolist() == [30.0, 50.0, 80.0]


def test_a_constant_attribute_has_no_cut():
    assert round_cuts(np.full(9, 3.0), 5).size == 0


def test_few_distinct_values_are_cut_between_all_of_them():
    assert round_cuts(np.array([0.0, 1.0, 1.0, 2.0]), 8).tolist() == [1.0, 2.0]
