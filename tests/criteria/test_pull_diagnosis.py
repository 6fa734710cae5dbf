from dataclasses import replace

import numpy as np
import pytest
from worlds import config, world

from icp_ml.criteria.pull_diagnosis import diagnose_pull

NAMES = ["employee_count", "industry", "has_revops", "noise_number", "noise_level"]


def _cohort(seed, effect, n=900):
    """Customers whose pull is uniform, more by ``effect`` where they have revops."""
    cohort, _ = world(seed, n, win=1.0)
    revops = cohort.attributes["has_revops"].to_numpy(dtype=bool)
    score = np.clip(np.random.default_rng(seed).random(n) * 0.6 + 0.2 + effect * (revops - 0.5), 0, 1)
    fifth = np.ceil((np.argsort(np.argsort(score)) + 1) / n * 5)
    return replace(cohort, accounts=cohort.accounts.assign(pull_score=score, pull=fifth)), revops


def _diagnose(cohort, fits=None, names=NAMES):
    fits = np.ones(len(cohort.accounts), bool) if fits is None else fits
    return diagnose_pull(cohort, config(), fits, names, 12, 0.005, 7)


def test_what_separates_five_of_five_from_two_of_five_is_named_with_both_shares():
    cohort, revops = _cohort(1, 0.2)
    told = _diagnose(cohort)
    more, less = told["rules"]
    assert (more["text"], more["pull"], more["n"]) == ("Has revops", "more", revops.sum())
    assert (less["text"], less["pull"]) == ("Has no revops", "less")
    assert more["q_value"] <= 0.05
    pull = cohort.accounts["pull"].to_numpy()
    for fifth in (5, 2):
        share = more["meets"][str(fifth)]
        assert share["estimate"] == pytest.approx(revops[pull == fifth].mean())
        assert share["n"] == (pull == fifth).sum()
    assert more["meets"]["5"]["estimate"] > more["meets"]["2"]["estimate"]
    assert more["difference"]["low"] < more["rate"] - more["rate_elsewhere"] < more["difference"]["high"] + 0.05
    assert told["error_budget"] == 0.005


def test_only_customers_inside_the_stated_icp_are_compared():
    cohort, revops = _cohort(2, 0.2)
    told = _diagnose(cohort, fits=revops)
    assert told["n"] == revops.sum()
    assert "rules" not in told


def test_where_nothing_separates_the_answer_is_the_smallest_difference():
    cohort, _ = _cohort(3, 0.0)
    told = _diagnose(cohort)
    assert told["none_because"].startswith("nothing separates strong from weak pull among 900 customers inside it")
    # Spread of a uniform 0.6 wide is 0.173; a quarter of 900 against the rest has an error of 0.0133.
    assert 4 * 0.0133 < told["smallest_difference"] < 6 * 0.0133


def test_too_few_customers_and_no_pull_at_all_are_told_apart():
    cohort, _ = _cohort(4, 0.2)
    assert _diagnose(cohort, np.arange(900) < 40)["none_because"] == (
        "only 40 customers inside it have pull measured, 60 are needed to search"
    )
    bare, _ = world(4, 300)
    assert _diagnose(bare)["none_because"] == "pull was not measured"
