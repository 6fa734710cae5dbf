"""Targets of the models: judged where they can be, on the figures they name."""

from __future__ import annotations

import pytest

from benchmarks import models_summary as summary
from benchmarks.models_worlds import KINDS, Case, Plan, measure, read_plan, report


def outcome(gap=0.0, sd=0.1, spread=0.1, slope=1.0, told=1.0):
    """Return one model's figures."""
    return {
        "auc": 0.7, "gap": gap, "boosted_gap": 0.001, "unreachable": 0.001, "sd": sd, "spread": spread, "bias": 0.0,
        "slope": slope, "slope_reported": told, "excess": 0.01, "kind": "boosted",
    }  # fmt: skip


def world(churn, win=None, **more):
    """Return one world's result."""
    return {
        "churn": churn,
        "win": win or {"absent": "no deals"},
        "seconds": 2.0,
        "customers": 1500,
        "censored": 0.3,
    } | more


def models(ours=0.10, dropped=0.20, retained=0.20, oracle=0.10):
    """Return figures of a censored world's models."""
    briers = {"ours": ours, "dropped": dropped, "retained": retained, "oracle": oracle}
    concordances = {"ours": 0.68, "dropped": 0.6, "retained": 0.6, "oracle": 0.70}
    return {name: {"uno_c": concordances[name], "ipcw_brier": b, "brier": b} for name, b in briers.items()}


def holds(verdicts):
    """Return whether each target holds."""
    return [verdict.holds for verdict in verdicts]


def test_a_kind_may_name_the_years_of_its_history():
    plan = read_plan({"KINDS": "noise monthly:1.4", "SEEDS": "2:5", "YEARS": "3", "WORKERS": "1"})
    assert plan.cases == (Case("noise", 3.0), Case("monthly", 1.4))
    assert [case.name for case in plan.cases] == ["noise:3", "monthly:1.4"]
    assert (plan.seeds, plan.accounts, plan.workers) == (range(2, 5), 4000, 1)
    assert [case.name for case in read_plan({"KINDS": ""}).cases] == list(KINDS)


@pytest.mark.parametrize(
    ("kinds", "words"), [("nose", "KINDS must be among"), ("noise:long", "years of a history must be a number")]
)
def test_what_there_is_not_is_named(kinds, words):
    with pytest.raises(SystemExit, match=words):
        read_plan({"KINDS": kinds})


@pytest.mark.parametrize(("gaps", "passed"), [((0.007, 0.0089), True), ((0.007, 0.0092), False)])
def test_the_gap_is_the_mean_over_models_with_signal(gaps, passed):
    silent = world(outcome(gap=0.5, sd=0.0, spread=0.0))
    (gap, noise, *_) = summary.truth_verdicts({"a": [world(outcome(gap=g)) for g in gaps], "noise": [silent]})
    assert (gap.holds, noise.holds) == (passed, True)


def test_noise_that_spreads_is_missed_and_says_in_how_many_models():
    found = [world(outcome(sd=sd, spread=0.0)) for sd in (0.0, 0.09)]
    (verdict,) = summary.truth_verdicts({"noise": found})
    assert verdict.line() == (
        "missed: predictions spread by 0.0450 over 2 models of noise, at most 0.02; "
        "by more than that in 1, by 0.090 where most"
    )


def test_slopes_are_judged_from_twenty_models_on_and_models_without_one_do_not_count():
    few = [world(outcome(slope=1.05, told=0.8)) for _ in range(19)] + [world(outcome(slope=None, told=None))]
    assert holds(summary.truth_verdicts({"a": few})) == [True, None, None]
    assert holds(summary.truth_verdicts({"a": [*few, world(outcome(slope=1.05, told=0.8))]})) == [True, False, True]


def test_censored_worlds_are_judged_beside_the_oracle_and_both_wrong_labels():
    verdicts = summary.censored_verdicts("censored", [{"censored_models": models()}] * 3)
    assert holds(verdicts) == [True, True, True, True]
    worse = summary.censored_verdicts("censored", [{"censored_models": models(ours=0.19)}] * 3)
    assert holds(worse) == [True, False, False, False]


def test_an_improvement_that_the_oracle_itself_does_not_reach_is_no_miss_and_no_pass():
    found = [{"censored_models": models(ours=0.19, dropped=0.20, oracle=0.185)}] * 3
    dropped = summary.censored_verdicts("censored", found)[2]
    assert dropped.holds is None
    assert "out of reach" in dropped.text


def test_the_report_has_a_line_for_each_outcome_and_each_model_and_says_what_is_absent():
    plan = Plan((Case("censored", None),), range(2), 4000, 1)
    told, verdicts = report(plan, {"censored": [world(outcome(gap=0.02), censored_models=models())] * 2})
    assert "| censored | churn | 2 | 2/0/0 | 0.700 | 0.0200 |" in told
    assert "| censored | win | 0 of 2 |" in told
    assert "| censored | 2 | 0.30 | ours | 0.6800 | 0.1000 | 0.1000 |" in told
    assert "| censored | 2 | 0.30 | dropped | 0.6000 | 0.2000 | 0.2000 | +50.0 % |" in told
    assert "| censored | 0 |  | grown up |" in told
    assert any(verdict.holds is False for verdict in verdicts)
    assert "- missed: AUC 0.0200" in told


@pytest.mark.slow
def test_a_world_is_measured_end_to_end_and_kept(tmp_path):
    task = (Case("monthly", 1.4), 1)
    found = measure(tmp_path, 600, task)
    assert set(found["churn"]) >= {"gap", "kind"} or "absent" in found["churn"]
    assert set(found["censored_models"]) >= {"retained", "oracle", "base rate"}
    best = found["censored_models"]["oracle"]
    assert all(best["brier"] <= model["brier"] for model in found["censored_models"].values())
    assert [path.name for path in tmp_path.iterdir()] == ["monthly-1.4-600-1.json"]
    assert measure(tmp_path, 600, task) == found
