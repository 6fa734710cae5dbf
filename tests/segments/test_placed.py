from __future__ import annotations

import numpy as np

from icp_ml.segments.placed import MOST_SHOWN, placed


def test_a_picture_keeps_its_accounts_when_others_are_added_and_whatever_their_order() -> None:
    ids = [f"A{i:05d}" for i in range(4000)]
    clusters = np.arange(4000)
    few = placed(ids[:3000], clusters[:3000, None], ["win: size"], clusters[:3000], 7)
    many = placed(ids[::-1], clusters[::-1, None], ["win: size"], clusters[::-1], 7)
    assert len(few.accounts) == len(many.accounts) == MOST_SHOWN
    assert set(many.accounts) & set(ids[:3000]) <= set(few.accounts)
    assert list(few.accounts) == sorted(few.accounts)
    # Each account still stands beside its own place.
    assert [int(name[1:]) for name in many.accounts] == many.clusters.tolist() == many.space[:, 0].tolist()


def test_another_seed_shows_other_accounts() -> None:
    ids, nothing = [f"A{i}" for i in range(3000)], np.zeros(3000, dtype=int)
    first, second = (placed(ids, nothing[:, None], ["win: size"], nothing, seed) for seed in (1, 2))
    assert first.accounts != second.accounts


def test_a_forecast_is_the_sum_of_what_its_attributes_add() -> None:
    space = np.array([[0.1, 1.0, 0.2], [0.3, 2.0, -0.3]])
    here = placed(["a", "b"], space, ["churn: size", "win: size", "churn: industry"], np.array([0, 0]), 7)
    found = {name: forecast.round(9).tolist() for name, forecast in here.forecasts().items()}
    assert found == {"churn": [0.3, 0.0], "win": [1.0, 2.0]}
