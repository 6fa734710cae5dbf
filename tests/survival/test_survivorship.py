from __future__ import annotations

import numpy as np
import pytest

from icp_ml.survival import find_missing_endings, find_missing_survivors


def customers(seed, memory=None, n=400):
    """Exponential churn of 25 % a year for starts in 2019 to 2024; before ``memory`` only survivors are held."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(2019, 2025, n)
    lifetime = rng.exponential(12 / -np.log(0.75), n)
    censored = (2025 - start) * 12
    time, event = np.minimum(lifetime, censored), lifetime <= censored
    entry = np.zeros(n) if memory is None else np.maximum(memory - start, 0) * 12
    held = time > entry
    return start[held].astype(int), time[held], event[held], entry[held]


def test_endings_expected_at_the_later_pace_worked_out_by_hand():
    # 2021: 4 of 10 churn at 6 months, hazard 0.4; of 40 customers of 2020 16 endings are due and 1 was seen.
    years = [2020] * 40 + [2021] * 10
    event = [True] + [False] * 39 + [True] * 4 + [False] * 6
    found = find_missing_endings(years, [6.0] * 50, event, 12)
    assert (found.last_year, found.customers, found.seen) == (2020, 40, 1)
    assert found.expected == pytest.approx(16)


@pytest.mark.parametrize("seed", range(5))
def test_years_of_which_only_survivors_are_held_are_found_and_late_entry_mends_it(seed):
    years, time, event, entry = customers(seed, memory=2022)
    assert find_missing_endings(years, time, event, 12).last_year in (2020, 2021)
    assert find_missing_endings(years, time, event, 12, entry) is None


@pytest.mark.parametrize("seed", range(10))
def test_complete_records_raise_no_suspicion(seed):
    years, time, event, _ = customers(seed)
    assert find_missing_endings(years, time, event, 12) is None


def test_few_endings_that_chance_explains_raise_no_suspicion():
    years = [2020] * 10 + [2021] * 10
    assert find_missing_endings(years, [6.0] * 20, [False] * 10 + [True] * 4 + [False] * 6, 12) is None


def test_one_year_alone_has_nothing_to_be_compared_with():
    assert find_missing_endings([2020, 2020], [6.0, 7.0], [False, True], 12) is None
    assert find_missing_endings([], [], [], 12) is None


def leavers_of_before(seed, year):
    """As above, of those started before ``year`` only the ones who left in their first year."""
    years, time, event, _ = customers(seed)
    held = (years >= year) | (event & (time <= 12))
    return years[held], time[held], event[held]


def test_survivors_expected_at_the_later_pace_worked_out_by_hand():
    # 2021: 10 of 40 leave at 6 months, so that 30 of 40 are there after 12; of 20 of 2020 15 should be, and 1 is.
    years = [2020] * 20 + [2021] * 40
    time = [6.0] * 19 + [12.0] + [6.0] * 10 + [12.0] * 30
    found = find_missing_survivors(years, time, [True] * 19 + [False] + [True] * 10 + [False] * 30, 12)
    assert (found.last_year, found.customers, found.seen, found.months) == (2020, 20, 1, 12)
    assert found.expected == pytest.approx(15)


@pytest.mark.parametrize("seed", range(5))
def test_years_of_which_only_leavers_are_held_are_found(seed):
    found = find_missing_survivors(*leavers_of_before(seed, 2022), 12)
    assert found.last_year in (2020, 2021)


@pytest.mark.parametrize("seed", range(10))
def test_complete_records_are_not_said_to_lack_those_who_stayed(seed):
    years, time, event, _ = customers(seed)
    assert find_missing_survivors(years, time, event, 12) is None
    late = customers(seed, memory=2022)
    assert find_missing_survivors(*late[:3], 12, late[3]) is None


def test_later_customers_too_young_to_say_who_stays_accuse_nobody():
    assert (
        find_missing_survivors([2020] * 40 + [2021] * 40, [6.0] * 40 + [0.5] * 40, [True] * 40 + [False] * 40, 12)
        is None
    )
