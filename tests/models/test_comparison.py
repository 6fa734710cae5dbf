from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import t

from icp_ml.models import comparison
from icp_ml.models.comparison import Pairs, compare


def pairs(champion, challenger, event, known=None, group=None):
    event = np.asarray(event, dtype=bool)
    known = np.ones(len(event)) if known is None else np.asarray(known, dtype=float)
    group = np.zeros(len(event), dtype=int) if group is None else np.asarray(group)
    champion, challenger = np.asarray(champion, dtype=float), np.asarray(challenger, dtype=float)
    return Pairs("win", champion, challenger, known * event, known * ~event, group)


def simulated(n, seed, spread=0.5):
    """Two forecasts of equal quality: the true chance, each with noise of its own."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 0.8, n)
    event = rng.random(n) < expit(margin)
    first, second = (expit(margin + rng.normal(0, spread, n)) for _ in range(2))
    return pairs(first, second, event)


def test_figures_of_four_accounts_are_those_computed_by_hand():
    found = compare(pairs([0.5, 0.5, 0.5, 0.5], [0.8, 0.4, 0.6, 0.2], [1, 1, 0, 0]), random_state=1)
    assert found.champion["brier"] == pytest.approx(0.25)
    assert found.challenger["brier"] == pytest.approx((0.04 + 0.36 + 0.36 + 0.04) / 4)
    assert found.gain("brier") == pytest.approx(0.05), "a lower Brier score is a gain"
    assert (found.champion["auc"], found.challenger["auc"]) == (0.5, 0.75)
    assert found.gain("auc") == pytest.approx(0.25), "a higher AUC is a gain"
    assert found.gain("log_loss") == pytest.approx(np.log(2) + np.log(0.8 * 0.4 * 0.4 * 0.8) / 4)


def test_ranks_are_compared_only_between_forecasts_of_the_same_two_fits():
    one = compare(pairs([0.5] * 4, [0.9, 0.2, 0.8, 0.1], [1, 0, 1, 0]), 1)
    two = compare(pairs([0.5] * 4, [0.9, 0.2, 0.1, 0.05], [1, 0, 1, 0], group=[0, 0, 1, 1]), 1)
    assert (one.challenger["auc"], two.challenger["auc"]) == (1.0, 1.0)


def test_accounts_whose_outcome_is_not_known_count_for_nothing():
    known = compare(pairs([0.5] * 3, [0.9, 0.2, 0.1], [1, 0, 0]), 1)
    more = compare(pairs([0.5] * 4, [0.9, 0.2, 0.1, 0.99], [1, 0, 0, 0], known=[1, 1, 1, 0]), 1)
    assert more.gain("brier") == pytest.approx(known.gain("brier"))
    assert more.errors["brier"] == pytest.approx(known.errors["brier"])
    assert (more.pairs.events, more.pairs.others) == (1, 2)


def test_two_models_that_forecast_the_same_differ_by_exactly_nothing():
    p = np.linspace(0.1, 0.9, 40)
    found = compare(pairs(p, p, np.arange(40) % 3 == 0), 1)
    assert found.interval("brier") == found.interval("auc") == found.interval("log_loss") == (0, 0)


def test_the_standard_error_is_that_of_a_mean_of_paired_differences():
    given = simulated(60, seed=3)
    event = given.case.astype(bool)
    loss = [np.where(event, (1 - p) ** 2, p**2) for p in (given.champion, given.challenger)]
    expected = np.std(loss[0] - loss[1], ddof=1) / np.sqrt(60)
    assert compare(given, 1, draws=50).errors["brier"] == pytest.approx(expected)


def test_the_interval_holds_the_t_interval_and_the_resamples_middle():
    found = compare(simulated(40, seed=5), 2)
    low, high = found.interval("brier")
    reach = t.ppf(0.95, 39) * found.errors["brier"]
    assert low <= found.gain("brier") - reach
    assert high >= found.gain("brier") + reach
    assert low <= np.quantile(found.gains["brier"][1:], 0.05)
    assert high >= np.quantile(found.gains["brier"][1:], 0.95)


def test_both_models_are_judged_on_the_same_resamples():
    given = simulated(50, seed=4)
    same = Pairs("win", given.champion, given.champion, given.case, given.control, given.group)
    assert not np.any(compare(same, 3).gains["brier"])


def test_resamples_come_in_parts_whose_number_is_exact(monkeypatch):
    monkeypatch.setattr(comparison, "_CELLS", 7 * 30)
    found = compare(simulated(30, seed=1), 1, draws=100)
    assert len(found.gains["brier"]) == 101
    assert len(np.unique(found.gains["brier"][1:].round(15))) > 90, "each part has resamples of its own"


def test_the_same_seed_gives_the_same_resamples():
    given = simulated(50, seed=8)
    np.testing.assert_array_equal(compare(given, 5).gains["auc"], compare(given, 5).gains["auc"])


@pytest.mark.parametrize(
    ("events", "others", "enough"), [(10, 20, True), (9, 40, False), (40, 9, False), (14, 15, False)]
)
def test_a_comparison_needs_thirty_accounts_and_ten_of_either_kind(events, others, enough):
    event = np.arange(events + others) < events
    assert pairs([0.5] * len(event), [0.4] * len(event), event).enough is enough
