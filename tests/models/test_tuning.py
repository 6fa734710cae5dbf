from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError
from icp_ml.models.comparison import Pairs, compare
from icp_ml.models.fitting import model_attributes, model_records
from icp_ml.models.history import WinRecords, rolling_splits
from icp_ml.models.holdout import predict_kind
from icp_ml.models.learners import BoostedLearner
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.targets import WinTarget
from icp_ml.models.tuning import need_optuna, tune_outcome
from icp_ml.models.tuning_period import tuning_period
from icp_ml.models.tuning_result import SUPPORT, Tuning

ATTRIBUTES = {name: Attribute(type="number") for name in ("a", "b", "c", "d")}


def _deals(n: int, chance: Callable[[pd.DataFrame], np.ndarray], seed: int = 0) -> WinRecords:
    """Deals spread evenly over three years; four numbers, of which ``chance`` makes the chance to win."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"), index=[f"A{i}" for i in range(n)])
    begun = np.datetime64("2022-01-01") + (np.arange(n) * 1095 // n).astype("timedelta64[D]")
    return WinRecords(frame, WinTarget(rng.random(n) < chance(frame)), begun)


def _waves(frame: pd.DataFrame) -> np.ndarray:
    """A strong pattern with many turns, for which the built-in settings are too cautious."""
    return np.where(np.sin(5 * frame["a"]) > 0, 0.95, 0.05)


def _rising(frame: pd.DataFrame) -> np.ndarray:
    return 1 / (1 + np.exp(-1.2 * frame["a"].to_numpy()))


@pytest.fixture(scope="module")
def records() -> WinRecords:
    return _deals(500, _rising)


@pytest.fixture(scope="module")
def tuned(records: WinRecords) -> Tuning:
    return tune_outcome(records, ATTRIBUTES, 7, trials=8)


def test_the_same_data_and_seed_give_the_same_tries_and_settings(records: WinRecords, tuned: Tuning) -> None:
    again = tune_outcome(records, ATTRIBUTES, 7, trials=8)
    assert again.trials == tuned.trials
    assert (again.settings, again.verdict) == (tuned.settings, tuned.verdict)


def test_the_built_in_settings_are_the_first_try_and_the_budget_is_kept(tuned: Tuning) -> None:
    assert tuned.trials[0].settings == BUILT_IN
    assert tuned.trials[0].complete
    assert [trial.number for trial in tuned.trials] == list(range(8))


def test_the_loss_of_a_try_is_that_of_later_accounts_inside_the_tuning_period(
    records: WinRecords, tuned: Tuning
) -> None:
    known, losses = tuning_period(records).known, []
    for split in rolling_splits(known):
        p = predict_kind(BoostedLearner(ATTRIBUTES, 7, BUILT_IN), known, split, None, 7)
        won = known.target.label[split.test] == 1
        losses += (-np.log(np.where(won, p, 1 - p))).tolist()
    assert tuned.trials[0].loss == pytest.approx(np.mean(losses), rel=1e-9)
    assert tuned.trials[0].cutoffs == len(rolling_splits(known))


def test_tuning_never_sees_the_later_accounts(records: WinRecords, tuned: Tuning) -> None:
    later = records.begun > np.datetime64(tuned.until)
    assert later.mean() == pytest.approx(0.3, abs=0.01)
    other = replace(
        records,
        target=WinTarget(records.target.won ^ later),
        frame=records.frame.where(~pd.Series(later, index=records.frame.index), 99.0, axis=0),
    )
    changed = tune_outcome(other, ATTRIBUTES, 7, trials=8)
    assert changed.trials == tuned.trials
    assert changed.candidate == tuned.candidate


def test_churn_tuning_never_sees_what_happened_after_its_last_day(simulate: Callable[..., object]) -> None:
    world = simulate(900, 3)
    attributes = model_attributes(world.config, ["employees", "has_revops"])
    records = model_records(world.cohort, attributes)[0]["churn"]
    before = tune_outcome(records, attributes, 7, trials=3)
    later = records.begun > np.datetime64(before.until)
    target = replace(records.target, event=records.target.event ^ later)
    ended = np.where(target.event, records.begun + np.timedelta64(200, "D"), np.datetime64("NaT"))
    ended = np.where(later, ended, records.ended).astype("datetime64[D]")
    after = tune_outcome(replace(records, target=target, ended=ended), attributes, 7, trials=3)
    assert before.trials
    assert after.trials == before.trials


def test_settings_are_found_where_the_built_in_ones_are_too_cautious() -> None:
    found = tune_outcome(_deals(1200, _waves), ATTRIBUTES, 7, trials=10)
    assert found.found, found.verdict
    assert found.settings.tuned_until == found.until
    assert found.support is not None
    assert found.support >= SUPPORT
    assert "beats the built-in ones" in found.verdict


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pure_noise_keeps_the_built_in_settings(seed: int) -> None:
    noise = tune_outcome(_deals(400, lambda frame: np.full(len(frame), 0.4), seed), ATTRIBUTES, seed, trials=5)
    assert noise.trials
    assert not noise.found
    assert noise.settings == BUILT_IN
    assert noise.verdict.startswith("The built-in settings stay")


def test_what_decides_is_the_paired_comparison_on_the_later_accounts() -> None:
    records = _deals(1200, _waves)
    tuned = tune_outcome(records, ATTRIBUTES, 7, trials=6)
    assert tuned.candidate is not None
    assert tuned.comparison is not None
    period = tuning_period(records)
    (split,) = period.later.splits
    old, new = (
        predict_kind(BoostedLearner(ATTRIBUTES, 7, settings), records, split, None, 7)
        for settings in (BUILT_IN, tuned.candidate)
    )
    won = records.target.label[split.test]
    naive = compare(Pairs("win", old, new, won, 1 - won, np.zeros(len(won), dtype=int)), 7)
    assert tuned.comparison.champion["brier"] == pytest.approx(np.mean((won - old) ** 2))
    assert tuned.comparison.challenger["brier"] == pytest.approx(np.mean((won - new) ** 2))
    assert tuned.support == pytest.approx((naive.gains["brier"][1:] > 0).mean())


def test_a_hopeless_try_is_given_up_early() -> None:
    tuned = tune_outcome(_deals(1200, _waves), ATTRIBUTES, 7, trials=6)
    best = min(trial.loss for trial in tuned.trials if trial.complete)
    given_up = [trial for trial in tuned.trials if not trial.complete]
    last = tuned.trials[0].cutoffs
    assert given_up
    assert all(trial.cutoffs < last and trial.loss > best for trial in given_up)


def test_a_monotone_direction_holds_in_every_try() -> None:
    attributes = ATTRIBUTES | {"a": Attribute(type="number", monotone="decreasing")}
    records = _deals(500, _rising)
    tuned = tune_outcome(records, attributes, 7, trials=4)
    grid = pd.DataFrame({"a": np.linspace(-3, 3, 60), "b": 0.3, "c": -0.2, "d": 0.0})
    for trial in tuned.trials:
        scorer = BoostedLearner(attributes, 7, trial.settings).fit(records.frame, records.target, 3)
        assert (np.diff(scorer.margin(grid)) <= 1e-6).all(), "the data rise, the config says they fall"
    free = BoostedLearner(ATTRIBUTES, 7, BUILT_IN).fit(records.frame, records.target, 3)
    assert (np.diff(free.margin(grid)) > 1e-6).any(), "without the direction they rise"


def test_too_little_data_is_no_search_and_says_what_is_missing() -> None:
    few = tune_outcome(_deals(80, _rising), ATTRIBUTES, 7, trials=5)
    assert (few.settings, few.found, few.trials) == (BUILT_IN, False, ())
    assert "at least 100 accounts known by" in few.verdict


def test_every_try_is_told_as_it_ends(records: WinRecords) -> None:
    seen = []
    tuned = tune_outcome(records, ATTRIBUTES, 7, trials=2, watch=seen.append)
    assert tuple(seen) == tuned.trials


def test_what_was_tried_can_be_written_and_read_back_exactly(tuned: Tuning) -> None:
    for trial in tuned.trials:
        assert BoosterSettings.from_state(trial.settings.state()) == trial.settings


def test_optuna_says_nothing_and_its_own_settings_are_put_back(
    records: WinRecords, capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    tune_outcome(records, ATTRIBUTES, 7, trials=2)
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
    assert optuna.logging.get_verbosity() == before


def test_without_optuna_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'icp-ml\[tune\]', or give --trials 0"):
        need_optuna()
