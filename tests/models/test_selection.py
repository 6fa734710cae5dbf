"""Which kind of model ships."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models.evaluation import Scores
from icp_ml.models.holdout import HoldOut
from icp_ml.models.selection import choose, confirm


def scores(boosted: tuple[float, float], logistic: tuple[float, float], events: int = 200) -> Scores:
    """Scores whose resamples spread by 0.02 in AUC and 0.01 in Brier; each kind is (AUC, Brier), the base rate 0.20."""
    spread = np.linspace(-1, 1, 101)
    draws = {("brier", "base_rate"): np.r_[0.20, 0.20 + 0.01 * spread]}
    for kind, (auc, brier) in {"boosted": boosted, "logistic": logistic}.items():
        draws["auc", kind] = np.r_[auc, auc + 0.02 * spread]
        draws["brier", kind] = np.r_[brier, brier + 0.01 * spread]
        draws["brier_skill", kind] = 1 - draws["brier", kind] / draws["brier", "base_rate"]
    n = 5 * events
    predictions = {kind: np.full(n, 0.5) for kind in ("boosted", "logistic", "base_rate")}
    case = np.repeat([1.0, 0.0], [events, n - events])
    holdout = HoldOut(
        "out_of_time", ("2025-03-31",), np.arange(n), np.zeros(n, dtype=int), predictions, case, 1 - case, 12.0
    )
    return Scores(draws, holdout)


@pytest.mark.parametrize(
    ("boosted", "logistic", "kind", "says"),
    [
        ((0.70, 0.17), (0.65, 0.18), "boosted", "better in 100% of resamples"),
        ((0.65, 0.18), (0.65, 0.18), "logistic", "The boosted model does not beat it"),
        ((0.50, 0.20), (0.65, 0.18), "logistic", "which the boosted model does not"),
        ((0.65, 0.18), (0.51, 0.20), "boosted", "which the penalised logistic regression does not"),
        ((0.51, 0.19), (0.50, 0.21), "base_rate", "Nothing beats the base rate out of time"),
        ((0.70, 0.21), (0.70, 0.21), "base_rate", "everybody is given the base rate"),
    ],
)
def test_the_simplest_kind_that_is_not_beaten_ships(
    boosted: tuple[float, float], logistic: tuple[float, float], kind: str, says: str
) -> None:
    choice = choose(scores(boosted, logistic))
    assert choice.kind == kind
    assert says in choice.verdict


def test_the_verdict_says_how_many_were_judged_and_when() -> None:
    assert (
        "1,000 later accounts at 1 cut-off, churn within 12 months" in choose(scores((0.7, 0.17), (0.6, 0.19))).verdict
    )


def test_a_model_silent_on_all_accounts_does_not_ship() -> None:
    choice = choose(scores((0.7, 0.17), (0.6, 0.19)))
    assert confirm(choice, 0.9) is choice
    silent = confirm(choice, 0.02)
    assert (silent.kind, silent.boosted_has_skill) == ("base_rate", False)
    assert "calibration slope 0.02" in silent.verdict


def _leaning(gain: float, seed: int = 0, events: int = 200) -> Scores:
    """Both kinds beat the base rate; the boosted one's Brier score is lower by ``gain``, give or take 0.01."""
    noise = np.random.default_rng(seed).normal(0, 0.01, 300)
    found = scores((0.70, 0.17), (0.69, 0.17), events)
    draws = dict(found.draws)
    draws["brier", "logistic"] = np.r_[0.17, np.full(300, 0.17)]
    draws["brier", "boosted"] = np.r_[0.17 - gain, 0.17 - gain + noise]
    return Scores(draws, found.holdout)


@pytest.mark.parametrize(
    ("later", "everybody", "kind"),
    [
        # A gain of 0.000 is seen in half of the resamples, one of 0.03 in all, of -0.01 in a sixth, of -0.03 in none.
        (0.0, 0.03, "boosted"),
        (-0.01, 0.03, "boosted"),
        (0.0, 0.0, "logistic"),
        (-0.03, 0.03, "logistic"),
        (0.03, -0.03, "boosted"),
    ],
)
def test_cross_validation_decides_only_where_later_accounts_do_not(later: float, everybody: float, kind: str) -> None:
    choice = choose(_leaning(later), _leaning(everybody))
    assert choice.kind == kind
    assert ("do not decide" in choice.verdict) == (kind == "boosted" and later <= 0.0)


def test_too_few_later_events_do_not_speak_against_the_boosted_model() -> None:
    assert choose(_leaning(-0.03, events=49), _leaning(0.03)).kind == "boosted"
    assert choose(_leaning(-0.03, events=49), _leaning(0.0)).kind == "logistic"


def _ranking(auc: float, brier: float = 0.17, events: int = 200) -> Scores:
    """Both kinds have this AUC, give or take 0.02, and this Brier score; the base rate's is 0.20."""
    return scores((auc, brier), (auc, brier), events)


@pytest.mark.parametrize(
    ("later", "everybody", "ships"),
    # The AUC's resamples spread evenly over 0.02 to both sides: 0.53 is sure, 0.517 leans, 0.51 does not.
    [(0.53, None, True), (0.517, 0.53, True), (0.517, 0.515, False), (0.51, 0.60, False), (0.517, None, False)],
)
def test_a_ranking_that_later_accounts_lean_to_must_be_sure_in_cross_validation(
    later: float, everybody: float | None, ships: bool
) -> None:
    choice = choose(_ranking(later), None if everybody is None else _ranking(everybody))
    assert (choice.kind != "base_rate") == ships


@pytest.mark.parametrize(
    ("later", "everybody", "ships"),
    [
        # 49 events lean to nothing, whatever their AUC; 50 do.
        (_ranking(0.51, events=49), 0.53, True),
        (_ranking(0.51, events=50), 0.53, False),
        (_ranking(0.51, events=49), 0.515, False),
        # A Brier score above the base rate's in every resample speaks against the model.
        (_ranking(0.51, 0.23, events=49), 0.53, False),
    ],
)
def test_too_few_later_events_leave_it_to_cross_validation(later: Scores, everybody: float, ships: bool) -> None:
    choice = choose(later, _ranking(everybody))
    assert (choice.kind != "base_rate") == ships
    assert ("Later accounts alone are too few to decide that, out of time (245 " in choice.verdict) == ships
