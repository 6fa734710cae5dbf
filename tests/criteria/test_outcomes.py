import numpy as np
import pandas as pd

from icp_ml.criteria.outcomes import Outcome, period_strata

# Four customers: churn at 6, censored at 12, churn at 12, kept to 20; two lost deals. Horizon 12.
TIME = np.array([6.0, 12.0, 12.0, 20.0, np.nan, np.nan])
CHURNED = np.array([True, False, True, False, False, False])
WON = np.array([1.0, 1, 1, 1, 0, 0])


def _outcome(name: str) -> Outcome:
    n = len(WON)
    entry = np.where(np.isnan(TIME), np.nan, 0.0)
    return Outcome(name, np.arange(n), np.zeros(n, int), 12, WON, TIME, entry, CHURNED, np.empty(0))


def test_winning_and_keeping_is_the_win_rate_times_kaplan_meier_retention():
    # at risk 4 at month 6: 3/4; at month 12 three at risk, one churns: 3/4 * 2/3 = 1/2; win rate 4/6
    rate = _outcome("won_and_kept").rate(np.ones(6, bool))
    assert np.isclose(rate.estimate, 4 / 6 * 1 / 2)
    assert (rate.n, rate.events) == (6, 2)


def test_a_group_without_a_win_has_kept_nobody():
    assert _outcome("won_and_kept").rate(WON == 0).estimate == 0


def test_churn_counts_customers_only_and_the_anniversary():
    rate = _outcome("churn").rate(np.ones(6, bool))
    assert (rate.n, rate.events) == (4, 2)
    assert np.isclose(rate.estimate, 0.5)


def test_an_empty_group_has_no_rate():
    assert _outcome("won").rate(np.zeros(6, bool)) is None


def test_scores_of_each_outcome_sum_to_zero():
    for name in ("won", "won_and_kept"):
        assert np.isclose(_outcome(name).scores().sum(), 0)
    customers = _outcome("churn").subset(WON == 1)
    assert np.isclose(customers.scores().sum(), 0)


def test_outcomes_are_named_as_the_contract_does():
    assert [_outcome(n).label for n in ("churn", "won", "won_and_kept", "pull")] == [
        "churn_12m", "won", "won_and_kept_12m", "pull",
    ]  # fmt: skip


def test_periods_are_of_equal_size_and_in_order_of_time():
    dates = pd.Series(pd.date_range("2024-01-01", periods=1000)[::-1])
    strata = period_strata(dates)
    assert np.bincount(strata).tolist() == [250] * 4
    assert strata[0] == 3


def test_a_won_account_of_which_nothing_is_known_yet_counts_as_won_and_is_kept_like_the_others():
    outcome = _outcome("won_and_kept")
    unknown = Outcome(
        "won_and_kept", outcome.rows, outcome.strata, 12, np.array([1.0, 1, 1, 1, 1, 0]), outcome.time, outcome.entry,
        CHURNED, np.empty(0),
    )  # fmt: skip
    # win rate 5/6, retention of the four that are followed 1/2
    assert np.isclose(unknown.rate(np.ones(6, bool)).estimate, 5 / 6 * 1 / 2)
    assert np.isclose(unknown.values()[4], 1 / 2)
