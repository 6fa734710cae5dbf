import numpy as np
import pytest
from scipy import stats
from scipy.special import xlogy

from icp_ml.criteria.deviance import Deviance


def _unscaled(kind: str, mean: float, n: int, direction: int = 1) -> Deviance:
    """The deviance of scores that vary exactly as theory says, so that nothing is divided out."""
    theory = mean * (1 - mean) if kind == "binomial" else mean
    return Deviance(kind, mean, direction, variance=theory * (n - 1) / n)


def _poisson_ratio(events: np.ndarray, accounts: np.ndarray) -> float:
    """Twice the log likelihood of a rate for each group, less that of one rate for all, for counts of events."""
    apart = stats.poisson.logpmf(events, np.maximum(events, 1e-300))
    together = stats.poisson.logpmf(events, accounts * events.sum() / accounts.sum())
    return float(2 * (apart - together).sum())


def _binomial_ratio(events: np.ndarray, accounts: np.ndarray) -> float:
    """The same for shares."""
    apart = stats.binom.logpmf(events, accounts, events / accounts)
    together = stats.binom.logpmf(events, accounts, events.sum() / accounts.sum())
    return float(2 * (apart - together).sum())


RATIOS = {"poisson": _poisson_ratio, "binomial": _binomial_ratio}
TABLES = [(3, 4, 1, 6), (1, 6, 3, 4), (0, 3, 4, 7), (4, 4, 1, 6), (0, 5, 5, 5), (5, 5, 0, 5), (20, 300, 180, 1200)]


@pytest.mark.parametrize("kind", ["poisson", "binomial"])
@pytest.mark.parametrize(("inside", "accounts", "outside", "others"), TABLES)
def test_the_root_squared_is_the_likelihood_ratio_of_two_groups(kind, inside, accounts, outside, others):
    n, mean = accounts + others, (inside + outside) / (accounts + others)
    total = np.array(inside - accounts * mean)
    root = float(_unscaled(kind, mean, n).root(total, np.array(accounts), n))
    naive = RATIOS[kind](np.array([inside, outside]), np.array([accounts, others]))
    assert np.isclose(root**2, naive, atol=1e-4)
    assert np.sign(root) == np.sign(inside / accounts - outside / others)


def test_three_events_of_four_against_one_of_six_by_hand():
    # 1.6 and 2.4 are expected: 2 (3 ln(3 / 1.6) + ln(1 / 2.4)) = 2.02073; with the 1 and 5 that had none, of
    # 2.4 and 3.6: 2 (ln(1 / 2.4) + 5 ln(5 / 3.6)) = 1.53410 more
    total, count = np.array(3 - 1.6), np.array(4)
    assert np.isclose(_unscaled("poisson", 0.4, 10).root(total, count, 10), np.sqrt(2.02073), atol=1e-5)
    assert np.isclose(_unscaled("binomial", 0.4, 10).root(total, count, 10), np.sqrt(2.02073 + 1.53410), atol=1e-5)


def test_a_group_without_events_is_far_below_and_not_undefined():
    # 10 of 20 accounts without any of the 4 events, 2 expected in each half: 2 * 4 ln 2 = 5.5452
    root = _unscaled("poisson", 0.2, 20).root(np.array(-2.0), np.array(10), 20)
    assert np.isclose(root, -np.sqrt(8 * np.log(2)), atol=1e-5)


def test_fewer_events_than_none_where_more_were_expected_is_no_error():
    """Where a group was followed for longer than most, more events were expected in it than an average group has."""
    roots = _unscaled("poisson", 0.2, 20).root(np.array([-2.0, -3.0]), np.array([10, 10]), 20)
    assert roots[1] < roots[0] < 0


@pytest.mark.parametrize("kind", ["poisson", "binomial"])
def test_a_search_for_less_sees_the_same_distance_with_the_other_sign(kind):
    more, less = _unscaled(kind, 0.3, 40), _unscaled(kind, 0.3, 40, direction=-1)
    total, count = np.array([4.2, -2.4]), np.array([6, 8])
    assert np.allclose(less.root(-total, count, 40), -more.root(total, count, 40), atol=1e-12)
    assert less.root(np.array(2.4), np.array(8), 40) > 0  # none of 8 where 2.4 were expected: what was looked for
    assert not np.isclose(less.root(np.array(2.4), np.array(8), 40), more.root(np.array(2.4), np.array(8), 40))


@pytest.mark.parametrize("kind", ["poisson", "binomial"])
def test_scores_that_vary_twice_as_much_as_counts_should_count_half(kind):
    once, total, count = _unscaled(kind, 0.3, 40), np.array(4.2), np.array(6)
    twice = Deviance(kind, 0.3, variance=2 * once.variance)
    assert np.isclose(twice.root(total, count, 40) ** 2, once.root(total, count, 40) ** 2 / 2)


def test_plain_shares_vary_as_theory_says_but_for_the_one_mean_taken_off():
    outcome = np.array([1.0, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    scale = Deviance("binomial", 0.4, variance=float(outcome.var()))
    root = scale.root(np.array(3 - 1.6), np.array(4), 10)
    assert np.isclose(root**2, _binomial_ratio(np.array([3, 1]), np.array([4, 6])) * 9 / 10)


@pytest.mark.parametrize(
    "scale",
    [Deviance(variance=0.24), Deviance("binomial", 0.0, variance=0.24), Deviance("binomial", 1.0, variance=0.24),
     Deviance("poisson", 0.0, variance=0.24)],
)  # fmt: skip
def test_means_and_outcomes_that_nobody_or_everybody_has_are_compared_by_the_standardised_sum(scale):
    # the variance of a sum of 4 of 10 drawn without replacement: 4 * 6 / 9 * 0.24 = 0.64
    assert np.isclose(scale.root(np.array(1.4), np.array(4), 10), 1.4 / 0.8)


def test_single_precision_is_no_farther_off_than_it_must_be_and_never_undefined():
    total = np.concatenate([np.linspace(-1e-3, 1e-3, 201), np.linspace(-60, 540, 301)])
    count = np.full(total.shape, 600.0)
    for kind, mean in (("poisson", 0.1), ("binomial", 0.1), ("binomial", 0.9)):
        scale = Deviance(kind, mean, variance=mean * (1 - mean))
        inside = np.abs(total) <= 60 if mean > 0.5 else np.full(total.shape, True)
        double = scale.root(total[inside], count[inside], 3000)
        single = scale.root(total[inside].astype(np.float32), count[inside].astype(np.float32), 3000)
        assert np.all(np.isfinite(single))
        assert np.allclose(single, double, rtol=1e-3, atol=5e-3)  # a statistic is told apart in its second decimal


@pytest.mark.parametrize("kind", ["normal", "poisson", "binomial"])
def test_a_group_like_all_others_stands_at_nothing_and_more_events_stand_farther_out(kind):
    total = np.arange(-6.0, 14.0)
    roots = Deviance(kind, 0.3, variance=0.21).root(total, np.full(total.shape, 20), 100)
    assert roots[6] == 0
    assert np.all(np.diff(roots) > 0)


@pytest.mark.parametrize(("events", "accounts"), [(4, 15), (5, 20), (7, 30), (9, 60)])
def test_the_chance_of_a_small_group_is_nearer_to_the_exact_one_than_that_of_the_sum(events, accounts):
    """With 50 events among 1,000 accounts, the exact chance is hypergeometric (half of the point itself)."""
    drawn = stats.hypergeom(1000, 50, accounts)
    exact = drawn.sf(events) + drawn.pmf(events) / 2
    total, variance = np.array(events - 0.05 * accounts), 0.05 * 0.95
    by_root = stats.norm.sf(Deviance("binomial", 0.05, variance=variance).root(total, np.array(accounts), 1000))
    by_sum = stats.norm.sf(Deviance(variance=variance).root(total, np.array(accounts), 1000))
    assert abs(np.log(by_root / exact)) < abs(np.log(by_sum / exact)) / 2


def test_many_groups_at_once_are_each_compared_among_their_own_accounts():
    scale = _unscaled("binomial", 0.4, 10)
    total, count, n = np.array([[1.4, -0.6], [0.6, -1.4]]), np.array([[4, 4], [6, 6]]), np.array([[10, 12], [10, 12]])
    together = scale.root(total, count, n)
    apart = [[float(scale.root(total[i, j], count[i, j], n[i, j])) for j in range(2)] for i in range(2)]
    assert np.allclose(together, apart)
    assert together[0, 0] != together[0, 1]


def test_the_ratio_used_here_is_the_textbook_one():
    """Twice the sum of observed times the log of observed over expected, over all four cells of the table."""
    observed = np.array([[3, 1], [1, 5]])
    expected = observed.sum(axis=1, keepdims=True) * observed.sum(axis=0) / observed.sum()
    textbook = 2 * xlogy(observed, observed / expected).sum()
    assert np.isclose(_binomial_ratio(np.array([3, 1]), np.array([4, 6])), textbook)
