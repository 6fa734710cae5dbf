"""Whether percentages may be called probabilities."""

from __future__ import annotations

import re

import numpy as np
import pytest

from icp_ml.models.calibration import judge_calibration
from icp_ml.models.evaluation import score
from icp_ml.models.holdout import HoldOut
from icp_ml.models.types import Calibration


def judged(
    n: int = 2000, shift: float = 0.0, stretch: float = 1.0, split: str = "out_of_time", kind: str = "boosted"
) -> Calibration:
    """Judge forecasts whose log-odds are ``shift + stretch`` times the true ones, N(-1.5, 1)."""
    rng = np.random.default_rng(5)
    truth = rng.normal(-1.5, 1.0, n)
    event = (rng.random(n) < 1 / (1 + np.exp(-truth))).astype(float)
    said = 1 / (1 + np.exp(-(shift + stretch * (truth + 1.5) - 1.5)))
    forecasts = {"boosted": said, "logistic": said, "base_rate": np.full(n, said.mean())}
    zeros = np.zeros(n, dtype=int)
    return judge_calibration(
        score(HoldOut(split, ("x",), np.arange(n), zeros, forecasts, event, 1 - event, None), 7), kind
    )


def test_forecasts_that_came_true_are_probabilities() -> None:
    found = judged()
    assert found.probabilities
    assert found.sentence.startswith("Its percentages are probabilities: they held on later accounts (")
    assert "calibration slope 1.0" in found.sentence or "calibration slope 0.9" in found.sentence


def test_a_level_that_moved_leaves_the_order_alone() -> None:
    found = judged(shift=1.4)
    assert (found.probabilities, found.level_off) == (False, True)
    # True log-odds N(-1.5, 1) are 22 % on average, those 1.4 higher 48 %.
    assert re.search(r"\(48% forecast on average, 2[23]% came about\)", found.sentence)
    assert not judged(shift=0.3).level_off


@pytest.mark.parametrize(("stretch", "words"), [(1.7, "too extreme"), (0.5, "too cautious")])
def test_a_spread_that_is_off_leaves_the_order_alone(stretch: float, words: str) -> None:
    found = judged(stretch=stretch)
    assert (found.probabilities, found.level_off) == (False, False)
    assert words in found.sentence


def test_the_base_rate_has_a_level_and_no_spread() -> None:
    assert judged(kind="base_rate").probabilities
    assert judged(kind="base_rate", shift=1.4).level_off


def test_forecasts_never_tried_on_later_accounts_are_not_called_probabilities() -> None:
    found = judged(split="cross_validated")
    assert not found.probabilities
    assert "too short to test them on later accounts" in found.sentence


def test_few_events_show_nothing() -> None:
    found = judged(n=80)
    assert not found.probabilities
    assert "of the later accounts did meet it" in found.sentence
