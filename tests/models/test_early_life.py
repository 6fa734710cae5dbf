"""The early-life churn model on companies whose truth is known."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from early_worlds import Company, company

from icp_ml.errors import ConfigError
from icp_ml.models import Models, load_predictors, save_models
from icp_ml.models.comparison import Pairs, compare
from icp_ml.models.early_life import EarlyChurn, fit_early_churn, gains
from icp_ml.models.explanations import verify_additivity

NAMES = ["size", "noise"]


def fit(given: Company) -> EarlyChurn:
    return fit_early_churn(given.cohort, given.tables, given.config, NAMES)


def noisy(given: Company) -> Company:
    """Return the same company with values that have nothing to do with health."""
    drawn = np.random.default_rng(1).normal(size=len(given.tables.signals))
    return given.with_signals(given.tables.signals.assign(value=drawn))


@pytest.fixture(scope="module")
def told() -> Company:
    return company()


@pytest.fixture(scope="module")
def early(told: Company) -> EarlyChurn:
    return fit(told)


def test_signals_that_show_who_leaves_are_found_to_tell_more(early: EarlyChurn) -> None:
    assert early.tells_more
    assert early.comparison.gain("auc") > 0.05
    size = early.report.importance.set_index("attribute")["mean_abs_shap"]
    assert size[size.index.str.startswith("usage")].sum() > size["size"] > size["noise"]
    assert "usage, average" in early.report.predictor.attributes


def test_signals_of_noise_are_not_and_what_ships_does_without_them(told: Company) -> None:
    found = fit(noisy(told))
    assert not found.tells_more
    assert found.comparison is not None
    assert set(found.report.predictor.attributes) == {"size", "noise", "arr_at_start"}


@pytest.mark.slow
def test_noise_passes_for_a_signal_in_at_most_one_run_in_six() -> None:
    assert sum(fit(noisy(company(400, seed=seed))).tells_more for seed in range(6)) <= 1


def test_what_ships_knows_nothing_of_after_the_window(told: Company, early: EarlyChurn) -> None:
    signals = told.tables.signals
    start = signals["account_id"].map(told.tables.subscriptions.set_index("account_id")["started_at"])
    ended = signals["account_id"].map(told.tables.subscriptions.set_index("account_id")["ended_at"])
    later = signals.assign(occurred_at=start + pd.Timedelta(days=90), value=ended.isna() * 1000.0)
    announced = later.assign(signal="gave notice", occurred_at=start + pd.Timedelta(days=91))
    again = fit(told.with_signals(pd.concat([signals, later, announced])))
    assert again.report.predictor.state() == early.report.predictor.state()
    assert again.report.predictor.trees() == early.report.predictor.trees()
    assert again.report.metrics == early.report.metrics


def test_signals_moved_past_the_window_leave_nothing_to_learn_from(told: Company) -> None:
    signals = told.tables.signals
    moved = told.with_signals(signals.assign(occurred_at=signals["occurred_at"] + pd.Timedelta(days=90)))
    found = fit(moved)
    assert found.report is None
    assert found.absent == "hardly any signal was seen in a customer's first 90 days"


def test_the_chance_to_leave_is_that_of_who_is_still_there(early: EarlyChurn) -> None:
    customers, months = early.frame.index[:3], np.array([3.2, 7.0, 11.5])
    predictor = early.report.predictor
    whole = predictor.predict(early.frame.loc[customers])
    by_now = [predictor.predict_by(early.frame.loc[[c]], m)[0] for c, m in zip(customers, months, strict=True)]
    expected = 1 - (1 - whole) / (1 - np.array(by_now))
    np.testing.assert_allclose(early.chance_to_leave(customers, months), expected, rtol=1e-9)
    assert (early.chance_to_leave(customers, np.full(3, 12.0)) == 0).all()
    assert len(early.chance_to_leave(customers[:0], np.empty(0))) == 0


def test_forecasts_have_the_level_of_what_came_about(early: EarlyChurn, told: Company) -> None:
    accounts = told.cohort.accounts.loc[early.report.oof.index]
    full = (accounts["follow_up_months"] >= 12) | accounts["churned"]
    left = accounts["churned"] & (accounts["follow_up_months"] <= 12)
    weight = full & (accounts["started_at"] < "2025-05-31")
    assert early.report.oof["prediction"][weight].mean() == pytest.approx(left[weight].mean(), abs=0.05)


def test_explanations_add_up_and_the_same_input_gives_the_same_model(told: Company, early: EarlyChurn) -> None:
    assert verify_additivity(early.report.predictor, early.frame) < 1e-3
    assert fit(told).report.predictor.state() == early.report.predictor.state()


def test_the_model_is_written_and_read_beside_the_others(early: EarlyChurn, tmp_path: Path) -> None:
    save_models(Models(None, None, {}, early.report), tmp_path)
    loaded = load_predictors(tmp_path)
    assert list(loaded) == ["early_churn"]
    np.testing.assert_array_equal(
        loaded["early_churn"].predict(early.frame), early.report.predictor.predict(early.frame)
    )
    assert loaded["early_churn"].outcome == "early_churn"


def test_without_attributes_the_signals_are_compared_with_the_base_rate(told: Company) -> None:
    bare = Company(
        told.tables.__class__(**{**vars(told.tables), "subscriptions": told.tables.subscriptions.assign(arr=1.0)}),
        told.config,
    )
    found = fit_early_churn(bare.cohort, bare.tables, bare.config, [])
    assert found.comparison.champion["auc"] == 0.5
    assert found.tells_more


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        ({"observation_window_days": 0}, "the observation window has no days"),
        ({"observation_window_days": 365}, r"the observation window \(365 days\) must end before the churn horizon"),
        ({"observation_window_days": 90, "churn_horizon_months": 3}, "there is nothing left to foretell"),
    ],
)
def test_a_window_that_leaves_nothing_to_foretell_is_named(outcomes: dict[str, int], says: str) -> None:
    small = company(60, **outcomes)
    assert re.search(says, fit(small).absent)


def test_too_few_customers_and_no_signals_are_named() -> None:
    small = company(45)
    assert "an early-life churn model needs at least 40 customers still there after the window" in fit(small).absent
    for signals in (None, small.tables.signals.iloc[:0]):
        assert "there is no signals table" in fit(small.with_signals(signals)).absent
    with pytest.raises(ValueError, match="there is no early-life churn model: "):
        fit(small).chance_to_leave(pd.Index(["A0001"]), np.array([4.0]))


def test_an_attribute_that_is_not_declared_is_named(told: Company) -> None:
    with pytest.raises(ConfigError, match=r"'sise' must be declared .* \(did you mean 'size'"):
        fit_early_churn(told.cohort, told.tables, told.config, ["sise"])


def test_a_better_ranking_alone_is_no_gain_where_the_error_grows() -> None:
    rng = np.random.default_rng(0)
    case = (rng.random(400) < 0.3).astype(float)
    ranking = np.clip(0.5 + 0.3 * case + rng.normal(0, 0.1, 400), 0.01, 0.99)
    flat, group = np.full(400, 0.3), np.zeros(400, dtype=int)
    better = compare(Pairs("early_churn", flat, np.clip(ranking - 0.4, 0.01, 0.99), case, 1 - case, group, 12.0), 1)
    shifted = compare(Pairs("early_churn", flat, ranking, case, 1 - case, group, 12.0), 1)
    assert better.gain("auc") == shifted.gain("auc") > 0
    assert gains(better)
    assert not gains(shifted)
