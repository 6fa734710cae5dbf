"""The gate on simulated forecasts: who gets through by luck, and who is kept out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from icp_ml.models.comparison import Comparison, Pairs, compare
from icp_ml.release.gate import decide, is_better, not_worse
from icp_ml.release.holdout import HeldOut
from icp_ml.release.soundness import Check, _calibration

DRAWS = 400


def challenge(n: int, seed: int, champion: float, challenger: float, outcome: str = "win", rate: float = -1.0):
    """Forecasts of the true chance with noise on the log-odds: the more noise, the worse the model."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(rate, 0.8, n)
    event = rng.random(n) < expit(margin)
    old, new = (expit(margin + rng.normal(0, spread, n)) for spread in (champion, challenger))
    pairs = Pairs(outcome, old, new, event.astype(float), 1.0 - event, np.zeros(n, dtype=int))
    return compare(pairs, seed, DRAWS)


def both(n: int, seed: int, champion: float, challenger: float) -> tuple[Comparison, ...]:
    return tuple(
        challenge(n, 2 * seed + k, champion, challenger, outcome) for k, outcome in enumerate(("churn", "win"))
    )


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 200])
def test_an_equal_challenger_takes_over_by_luck_in_at_most_one_of_twenty(n: int) -> None:
    runs = 250
    promoted = sum(
        decide([], both(n, seed, 0.4, 0.4), newer=True, refresh=False).grounds is not None for seed in range(runs)
    )
    assert promoted / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    assert promoted > 0, "a gate that lets nobody through proves nothing"


def test_a_challenger_worse_by_a_planted_amount_is_refused_even_as_a_refresh() -> None:
    verdicts = [decide([], both(300, seed, 0.2, 1.0), newer=True, refresh=True) for seed in range(40)]
    assert [v.grounds for v in verdicts] == [None] * 40
    assert all("worse" in v.headline for v in verdicts)


def test_a_challenger_better_by_a_planted_amount_takes_over() -> None:
    verdicts = [decide([], both(600, seed, 1.0, 0.2), newer=False, refresh=False) for seed in range(40)]
    assert sum(v.grounds == "better" for v in verdicts) >= 38


def test_an_equal_challenger_with_newer_data_mostly_passes_as_a_refresh() -> None:
    verdicts = [decide([], both(300, seed, 0.3, 0.3), newer=True, refresh=True) for seed in range(60)]
    assert sum(v.grounds is not None for v in verdicts) >= 48


def test_better_at_one_outcome_does_not_make_up_for_worse_at_the_other() -> None:
    found = (challenge(400, 1, 1.2, 0.1, "churn"), challenge(400, 2, 0.1, 1.2, "win"))
    assert is_better(found[0], 2).passed
    verdict = decide([], found, newer=True, refresh=True)
    assert verdict.grounds is None
    assert verdict.headline == "Not promoted: win: worse beyond noise."


def test_two_outcomes_share_the_error_budget() -> None:
    found = next(
        c
        for seed in range(200)
        if is_better(c := challenge(80, seed, 0.6, 0.4), 1).passed and not is_better(c, 2).passed
    )
    low, _ = found.interval("brier", 0.95)
    assert low <= 0 < found.interval("brier", 0.90)[0]


def test_looking_much_worse_is_refused_though_noise_could_explain_it() -> None:
    found = next(
        c
        for seed in range(200)
        if (c := challenge(32, seed, 0.4, 1.0)).interval("brier")[1] > 0
        and c.gain("brier") < -0.10 * c.champion["brier"]
    )
    check = not_worse(found)
    assert check.passed is False
    assert check.gist == "win: worse by more than 10%, though noise could do that"


def test_a_closed_gate_keeps_a_better_challenger_out() -> None:
    found = both(300, 1, 1.0, 0.2)
    verdict = decide([Check("drift", False, "other accounts come in")], found, newer=True, refresh=True)
    assert verdict.grounds is None
    assert verdict.reasons == ("other accounts come in",)


def test_what_could_not_be_judged_closes_nothing() -> None:
    too_few = Check("churn_compared", None, "churn: too few to compare")
    assert decide([too_few], both(300, 1, 1.0, 0.2), newer=False, refresh=False).grounds == "better"


def test_with_too_few_to_compare_only_an_asked_for_refresh_takes_over() -> None:
    too_few = [Check("churn_compared", None, "churn: too few to compare")]
    refused = decide(too_few, (), newer=True, refresh=False)
    assert refused.grounds is None
    assert "--refresh takes such a release" in refused.headline
    taken = decide(too_few, (), newer=True, refresh=True)
    assert (taken.grounds, taken.headline) == (
        "refresh",
        "Promoted as a refresh: newer data, the two could not be compared.",
    )


def test_a_refresh_without_newer_data_is_refused() -> None:
    verdict = decide([], both(300, 6, 0.3, 0.3), newer=False, refresh=True)
    assert verdict.grounds is None
    assert "--refresh is for newer data" in verdict.headline


def held(p: np.ndarray, event: np.ndarray) -> HeldOut:
    frame = pd.DataFrame({"shipped": p, "case": event.astype(float), "control": 1.0 - event})
    return HeldOut(frame, frame)


def forecasts(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1, n)
    return margin, rng.random(n) < expit(margin)


def test_true_chances_are_hardly_ever_called_off() -> None:
    checks = []
    for seed in range(60):
        margin, event = forecasts(seed)
        checks.append(_calibration("win", "boosted", held(expit(margin), event), seed))
    assert sum(check.passed is False for check in checks) <= 2


@pytest.mark.parametrize(("stretch", "shift"), [(3.0, 0.0), (1.0, 1.5), (0.3, 0.0)])
def test_forecasts_too_spread_too_flat_or_off_altogether_are_refused(stretch: float, shift: float) -> None:
    for seed in range(10):
        margin, event = forecasts(seed)
        check = _calibration("win", "boosted", held(expit(stretch * (margin + 1) - 1 + shift), event), seed)
        assert check.passed is False, check.text


def test_few_accounts_can_hardly_be_clearly_off() -> None:
    margin, event = forecasts(1, n=25)
    assert _calibration("win", "boosted", held(expit(1.5 * margin), event), 1).passed is not False


def test_a_base_rate_is_not_asked_for_a_slope() -> None:
    rng = np.random.default_rng(0)
    rate = np.repeat([0.2, 0.3, 0.2], 150)
    event = rng.random(450) < np.repeat([0.3, 0.2, 0.2], 150)
    assert _calibration("win", "boosted", held(rate, event), 0).passed is False, "its slope is below 0"
    check = _calibration("win", "base_rate", held(rate, event), 0)
    assert check.passed is True
    assert "slope" not in check.text
