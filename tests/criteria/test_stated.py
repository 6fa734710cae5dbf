from dataclasses import replace

import numpy as np
import pytest
from worlds import config, world

from icp_ml.conditions import Rule
from icp_ml.criteria.stated import audit_stated
from icp_ml.criteria.types import Evidence, Interval, Proposal

AGENCIES = [{"attribute": "industry", "in": ["agency"]}]
SMALL_AGENCIES = [*AGENCIES, {"attribute": "employee_count", "below": 50}]
NOISE = [{"attribute": "noise_level", "in": ["p"]}]


def _money(cohort):
    """Every customer pays 1,000; the kept pay 1,100 at the horizon; a customer costs 200 a year, an agency 600."""
    table = cohort.accounts
    lost = (table["churned"] & (table["follow_up_months"] <= 12)).to_numpy(dtype=bool)
    reached = (table["follow_up_months"] >= 12).to_numpy(dtype=bool)
    agency = (cohort.attributes["industry"] == "agency").to_numpy()
    net = np.where(lost, 0.0, np.where(reached, 1.1 + 0.001 * (np.arange(len(lost)) % 7), np.nan))
    costs = np.where(agency, 600.0, 200.0) + np.arange(len(lost)) % 5
    told = {"nrr": net, "grr": np.minimum(net, 1.0), "service_cost": costs, "years_at_risk": 1.0}
    return replace(cohort, accounts=table.assign(**told))


def _audit(cohort, stated, proposals=(), **more):
    return audit_stated(cohort, config(stated_icp=stated, **more), [], proposals, 12, 0.005, 7)


def test_what_happened_in_and_out_of_the_stated_icp_has_intervals_on_both_sides():
    cohort, _ = world(21)
    audit = _audit(_money(cohort), AGENCIES)
    assert set(audit.figures) == {
        "match_rate_pursued", "match_rate_won", "match_rate_kept", "won_and_kept_12m", "churn_12m", "won", "nrr", "grr",
        "cost_to_serve",
    }  # fmt: skip
    churn, nrr, cost = (audit.figures[name] for name in ("churn_12m", "nrr", "cost_to_serve"))
    for figure in (churn, nrr, cost):
        assert figure["low_inside"] < figure["inside"] < figure["high_inside"]
        assert figure["low_outside"] < figure["outside"] < figure["high_outside"]
        gap = figure["inside"] - figure["outside"]
        assert figure["difference"]["low"] < gap < figure["difference"]["high"]
    assert cost["inside"] == pytest.approx(602, abs=1)
    assert cost["outside"] == pytest.approx(202, abs=1)
    # What is kept grew by a tenth: NRR is (1 - churn) x 1.103.
    assert nrr["outside"] == pytest.approx((1 - churn["outside"]) * 1.103, abs=0.002)


def test_the_stated_icp_itself_is_judged_as_one_criterion():
    cohort, _ = world(22)
    audit = _audit(cohort, SMALL_AGENCIES)
    assert audit.whole["supported"] is False
    assert audit.whole["evidence"]["outcome"] == "won_and_kept_12m"


def test_a_stated_exclusion_that_only_holds_through_a_proposed_one_is_told_so():
    cohort, _ = world(23)
    rule = Rule.parse(SMALL_AGENCIES, config().attributes)
    proposal = Proposal(
        "X1", "exclude", rule, "small agencies", Evidence("churn_12m", 1, 1, 0, 0, Interval(0, 0, 0), 0)
    )
    stated = [{"when": AGENCIES, "reason": "they leave", "owner": "Ann"}, {"when": NOISE}]
    wide, noise = _audit(cohort, [], [proposal], stated_exclusions=stated).exclusions
    assert wide["supported"] is True
    assert (wide["reason"], wide["owner"], wide["review_on"]) == ("they leave", "Ann", None)
    assert wide["evidence"]["adjustment"]["verdict"] == "stands in for X1"
    assert wide["evidence"]["q_value"] >= wide["p_value"]
    assert wide["receipt"]["arr_lost_to_churn"] > 0
    assert noise["supported"] is False


def test_an_exclusion_inside_the_stated_icp_makes_it_too_broad():
    cohort, _ = world(24)
    rule = Rule.parse(SMALL_AGENCIES, config().attributes)
    proposal = Proposal(
        "X1", "exclude", rule, "small agencies", Evidence("churn_12m", 1, 1, 0, 0, Interval(0, 0, 0), 0)
    )
    (sentence,) = _audit(cohort, AGENCIES, [proposal]).findings
    assert sentence.startswith("Too broad: ")
    assert sentence.endswith("are in X1 (small agencies), which the data says to refuse.")


def test_a_condition_that_changes_nothing_is_named_with_what_it_could_still_hide():
    cohort, _ = world(25, churn_in=0.95)
    findings = _audit(cohort, [*NOISE, {"attribute": "industry", "not_in": ["agency"]}]).findings
    assert [f.split(". Among")[0] for f in findings] == ["No visible effect: “noise level is p”"]
    assert "points lower to" in findings[0]


def test_without_a_stated_icp_the_exclusions_are_audited_all_the_same():
    cohort, _ = world(26)
    audit = _audit(cohort, [], stated_exclusions=[{"when": SMALL_AGENCIES}])
    assert audit.text == "No ICP is stated in the config."
    assert audit.exclusions[0]["supported"] is True
    assert (audit.figures, audit.whole, audit.quarters) == ({}, {}, ())
