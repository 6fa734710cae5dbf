from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from worlds import world

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.territories import holm, outcome_named, pooled_rates, territory_effects
from icp_ml.criteria.types import Evidence, Interval, Proposal

BAD = Rule((Condition("industry", "in", ("agency",)), Condition("employee_count", "below", 50)))
REVOPS = Rule((Condition("has_revops", "is", True),))
SHARES = np.array([0.30, 0.22, 0.17, 0.12, 0.10, 0.06, 0.03])


def _proposal(identity: str, rule: Rule, outcome: str = "churn_12m") -> Proposal:
    nothing = Interval(0.0, 0.0, 0.0)
    return Proposal(identity, "exclude", rule, rule.text(), Evidence(outcome, 0, 0, 0.0, 0.0, nothing, 0.0))


def _divided(seed: int, accounts: int = 4000, base: bool = False, inside: dict[int, float] | None = None) -> Cohort:
    """Return a world in seven territories; accounts of the bad region churn at 50 %, or as ``inside`` says."""
    cohort, bad = world(seed, accounts)
    rng = np.random.default_rng(10_000 + seed)
    place = rng.choice(len(SHARES), accounts, p=SHARES)
    risk = np.where(bad, 0.5, 0.1) + (np.linspace(0.2, -0.05, len(SHARES))[place] if base else 0.0)
    for number, churn in (inside or {}).items():
        risk = np.where(bad & (place == number), churn, risk)
    table = cohort.accounts
    customer = table["is_customer"].to_numpy(dtype=bool)
    months = np.maximum((pd.Timestamp("2026-06-01") - table["decided_at"]).dt.days.to_numpy() / 30.4375, 0.1)
    ends = np.where(rng.random(accounts) < risk, 12.0, 999.0)
    owners = [f"{p}{who}" for p, who in zip(place, rng.choice(list("abc"), accounts), strict=True)]
    return replace(
        cohort,
        accounts=table.assign(
            territory=[f"T{p}" for p in place],
            owner=owners,
            churned=customer & (ends <= months),
            follow_up_months=np.where(customer, np.minimum(ends, months), np.nan),
        ),
    )


def _claims(found: dict) -> list[tuple[str, str]]:
    return [(e["rule"], e["by"]) for e in found["effects"] if e.get("differs")]


def _named(found: dict, rule: str = "X1", by: str = "territory") -> dict[str, str]:
    (entry,) = [e for e in found["effects"] if (e["rule"], e["by"]) == (rule, by)]
    return {g["name"]: g["verdict"] for g in entry["groups"] if g["verdict"] != "as elsewhere"}


def test_p_values_are_multiplied_by_the_questions_still_open() -> None:
    assert holm([0.02, 0.01, 0.9]) == [0.04, 0.03, 0.9]
    assert holm([0.4, 0.5]) == [0.8, 0.8]
    assert holm([]) == []


@pytest.mark.slow
def test_where_rules_work_alike_everywhere_a_difference_is_claimed_in_one_world_of_twenty_at_most() -> None:
    """Sixty worlds whose territories differ in level but not in effect: 3 claims are expected, 8 or more in 1 %."""
    rules = [_proposal("X1", BAD), _proposal("X2", REVOPS), _proposal("C1", REVOPS, "won_and_kept_12m")]
    claimed = [bool(_claims(territory_effects(_divided(seed, 2500, base=True), rules, seed))) for seed in range(60)]
    assert sum(claimed) <= 7


def test_a_rule_that_does_not_hold_in_one_large_territory_is_found_there() -> None:
    found = [territory_effects(_divided(seed, 6000, inside={0: 0.02}), [_proposal("X1", BAD)], 7) for seed in range(5)]
    assert all(("X1", "territory") in _claims(each) for each in found)
    assert all(_named(each).get("T0") in ("no effect shown", "reversed", "weaker") for each in found)
    others = sum(len(_named(each)) - 1 for each in found)
    assert others <= 2


def test_nobody_is_named_where_the_whole_is_not_uneven_enough() -> None:
    cohort = _divided(0, 6000, inside={0: 0.02})
    found = territory_effects(cohort, [_proposal("X1", BAD)], 7, error_rate=1e-6)
    assert _claims(found) == []
    assert _named(found) == {}


def test_a_rule_that_reverses_in_a_large_territory_is_called_reversed() -> None:
    cohort = _divided(1, 9000)
    flipped = cohort.accounts["territory"] == "T0"
    attributes = cohort.attributes.copy()
    attributes["has_revops"] = (cohort.accounts["churned"].to_numpy() ^ flipped.to_numpy()).astype(bool)
    attributes["has_revops"] ^= np.random.default_rng(0).random(9000) < 0.2
    attributes["has_revops"] = attributes["has_revops"].astype("boolean")
    found = territory_effects(replace(cohort, attributes=attributes), [_proposal("X1", REVOPS)], 7)
    assert _named(found)["T0"] == "reversed"


def test_a_tiny_territory_with_an_extreme_rate_is_not_named() -> None:
    for seed in range(4):
        found = territory_effects(_divided(seed, 7000, inside={6: 1.0}), [_proposal("X1", BAD)], 7)
        entry = found["effects"][0]
        (tiny,) = [g for g in entry["groups"] if g["name"] == "T6"]
        assert tiny["inside"] < 15
        assert tiny["observed"] > 0.6
        assert tiny["gap"]["estimate"] < 0.5 * (tiny["observed"] - entry["overall"]["estimate"])
        assert "T6" not in _named(found)


def test_the_same_seed_gives_the_same_answer_and_no_frame_is_changed() -> None:
    cohort, rules = _divided(3, 1500), [_proposal("X1", BAD)]
    before = cohort.accounts.copy()
    assert territory_effects(cohort, rules, 7) == territory_effects(cohort, rules, 7)
    pd.testing.assert_frame_equal(cohort.accounts, before)


def test_territories_that_nobody_recorded_are_absent_with_the_reason() -> None:
    cohort = _divided(3, 600)
    unknown = cohort.accounts.assign(territory=pd.Series(index=cohort.accounts.index, dtype="str"))
    found = territory_effects(replace(cohort, accounts=unknown), [_proposal("X1", REVOPS)], 7)
    assert found["absent"] == {"territory": "no territory is known of any decided account or customer"}
    assert {e["by"] for e in found["effects"]} == {"owner"}


def test_a_rule_inside_one_territory_is_not_compared() -> None:
    cohort = _divided(3, 1500)
    attributes = cohort.attributes.assign(has_revops=(cohort.accounts["territory"] == "T0").astype("boolean"))
    found = territory_effects(replace(cohort, attributes=attributes), [_proposal("X1", REVOPS)], 7)
    assert found["effects"][0]["absent"] == (
        "0 of the territory groups have 20 accounts, 5 of them inside the rule and 5 outside"
    )


def test_groups_carry_their_counts_and_observed_difference() -> None:
    cohort = _divided(5, 3000)
    (entry, _) = territory_effects(cohort, [_proposal("X1", REVOPS, "won")], 7)["effects"]
    table, inside = cohort.accounts, REVOPS.mask(cohort.attributes)
    for group in entry["groups"]:
        here = (table["territory"] == group["name"]).to_numpy()
        assert (group["n"], group["inside"]) == (here.sum(), (here & inside).sum())
        won = (table["outcome"] == "won").to_numpy()
        plain = won[here & inside].mean() - won[here & ~inside].mean()
        assert group["observed"] == pytest.approx(plain, abs=0.02)  # beside the periods, so nearly the plain one
        assert group["effect"]["low"] < group["effect"]["estimate"] < group["effect"]["high"]


def test_rates_of_groups_are_drawn_together_and_small_groups_have_none() -> None:
    values = np.r_[np.ones(20), np.zeros(20), np.ones(10), np.zeros(30), np.ones(5)]
    rates = pooled_rates(values, pd.Series(["a"] * 40 + ["b"] * 40 + ["c"] * 5, dtype="str"))
    assert list(rates) == ["a", "b"]
    assert 0.375 < rates["a"].estimate < 0.5
    assert 0.25 < rates["b"].estimate < 0.375
    assert pooled_rates(values[:40], pd.Series(["a"] * 40, dtype="str")) == {}


@pytest.mark.parametrize("label", ["churn_12m", "churn_8m", "won", "won_and_kept_6m"])
def test_an_outcome_is_the_one_its_label_names(label: str) -> None:
    assert outcome_named(_divided(1, 100), label).label == label
