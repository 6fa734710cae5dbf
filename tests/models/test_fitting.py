"""The churn and win models on simulated cohorts whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from icp_ml.errors import ConfigError
from icp_ml.models import fit_models
from icp_ml.models.explanations import package_values, verify_additivity
from icp_ml.models.history import churn_records
from icp_ml.survival import churn_rate


def auc_of_truth(score: np.ndarray, chance: np.ndarray) -> float:
    """AUC over outcomes drawn from the true chances."""
    drawn = np.random.default_rng(1).random(len(chance)) < chance
    return float(roc_auc_score(drawn, score))


def test_the_models_rank_nearly_as_well_as_the_truth(world, fitted, simulate) -> None:
    fresh = simulate(seed=99, n=4000)
    for report, chance in ((fitted.churn, fresh.churn), (fitted.win, fresh.win)):
        predicted = report.predictor.predict(fresh.cohort.latest)
        assert auc_of_truth(predicted, chance) > auc_of_truth(chance, chance) - 0.03


@pytest.mark.parametrize("days", [1460, 600])
@pytest.mark.slow
def test_predicted_churn_has_the_true_level_under_light_and_heavy_censoring(simulate, days: int) -> None:
    gaps = []
    for seed in range(2):
        known = simulate(seed=seed, days=days, n=1200)
        models = fit_models(known.cohort, known.config, list(known.config.attributes))
        customers = known.cohort.customers
        predicted = models.churn.predictor.predict(known.cohort.attributes[customers])
        gaps.append(predicted.mean() - known.churn[customers].mean())
    assert abs(np.mean(gaps)) < 0.03


@pytest.mark.slow
def test_on_noise_the_base_rate_ships_and_nobody_is_told_apart(simulate) -> None:
    shipped = 0
    for seed in range(6):
        noise = simulate(effect=0.0, seed=seed, n=800)
        models = fit_models(noise.cohort, noise.config, list(noise.config.attributes))
        for report in (models.churn, models.win):
            if report.predictor.kind != "base_rate":
                shipped += 1
                continue
            assert "everybody is given the base rate" in report.verdict.lower()
            assert np.ptp(report.predictor.predict(noise.cohort.latest)) == 0.0
            assert (report.oof_shap.drop(columns="base") == 0).all(axis=None)
    # Two kinds of models pass a gate of 1 % each: 2 of 12 outcomes or more in one such test of forty.
    assert shipped <= 1


def test_the_base_rate_is_kaplan_meier(simulate) -> None:
    noise = simulate(effect=0.0, seed=0, n=1000)
    report = fit_models(noise.cohort, noise.config, ["noise"]).churn
    target = churn_records(noise.cohort, ["noise"]).target
    expected = churn_rate(target.time, target.event, 12.0)
    np.testing.assert_allclose(report.predictor.predict(noise.cohort.latest), expected, rtol=1e-6)


def test_shuffled_outcomes_leave_no_skill(world) -> None:
    order = np.random.default_rng(0).permutation(int(world.cohort.decided.sum()))
    accounts = world.cohort.accounts.copy()
    outcome = accounts.loc[world.cohort.decided, "outcome"].to_numpy()[order]
    accounts.loc[world.cohort.decided, "outcome"] = outcome
    shuffled = replace(world.cohort, accounts=accounts, has_churn=False)
    assert fit_models(shuffled, world.config, list(world.config.attributes)).win.predictor.kind == "base_rate"


def test_every_decided_account_is_explained_and_every_training_one_predicted(world, fitted) -> None:
    decided = world.cohort.accounts.index[world.cohort.decided | world.cohort.customers]
    for report, n in ((fitted.churn, world.cohort.customers.sum()), (fitted.win, world.cohort.decided.sum())):
        assert list(report.oof_shap.index) == list(decided)
        assert list(report.oof_shap.columns) == [*world.config.attributes, "base"]
        assert len(report.oof) == n
        assert not report.oof_shap.isna().any(axis=None)


def test_the_planted_attributes_matter_most(fitted) -> None:
    assert fitted.churn.importance["attribute"].iloc[0] == "employees"
    assert set(fitted.win.importance["attribute"].iloc[:2]) == {"industry", "has_revops"}
    effect = fitted.win.levels.set_index("level")["mean_shap"]
    assert effect["has_revops = yes"] > 0 > effect["industry = i3"]


def test_explanations_add_up_to_the_margin(world, fitted) -> None:
    for report in (fitted.churn, fitted.win):
        assert verify_additivity(report.predictor, world.cohort.latest) < 1e-3


def test_tree_explanations_are_those_of_the_shap_package(world, fitted) -> None:
    predictor = fitted.churn.predictor
    assert predictor.kind == "boosted"
    frame = world.cohort.latest.iloc[:50]
    columns = [c.attribute for c in predictor.scorer.encoder.columns_]
    values = pd.DataFrame(package_values(predictor.scorer, frame).T).groupby(columns, sort=False).sum().T
    explained = predictor.scorer.contributions(frame).drop(columns="base")
    np.testing.assert_allclose(values[list(explained.columns)], explained, atol=1e-5)


def test_figures_carry_interval_size_and_split_beside_both_baselines(fitted) -> None:
    for report in (fitted.churn, fitted.win):
        found = {(m.name, m.model): m for m in report.metrics}
        assert {m.split for m in report.metrics} == {"out_of_time"}
        for kind in ("boosted", "logistic", "base_rate"):
            for name in ("auc", "brier", "log_loss"):
                figure = found[name, kind]
                assert figure.low <= figure.value <= figure.high
                assert figure.n > 200
        assert found["auc", "base_rate"].value == 0.5
        assert found["brier_skill", report.predictor.kind].value > 0
    ranked = {m.model: m for m in fitted.churn.metrics if m.name == "uno_c"}
    assert ranked["base_rate"].value == 0.5 < ranked["boosted"].low
    assert not [m for m in fitted.win.metrics if m.name == "uno_c"], "winning is no time"


def test_reliability_covers_the_tested(fitted) -> None:
    table = fitted.churn.reliability
    tested = next(m.n for m in fitted.churn.metrics if m.name == "auc")
    assert table["n"].sum() == tested
    assert table["predicted"].is_monotonic_increasing
    assert ((table["low"] <= table["observed"]) & (table["observed"] <= table["high"])).all()


def test_the_same_input_gives_the_same_models(world, fitted) -> None:
    again = fit_models(world.cohort, world.config, list(world.config.attributes))
    for report, other in ((fitted.churn, again.churn), (fitted.win, again.win)):
        assert report.metrics == other.metrics
        assert report.predictor.state() == other.predictor.state()
        assert report.explained.dependence == other.explained.dependence
        assert report.explained.interactions == other.explained.interactions
        pd.testing.assert_frame_equal(report.explained.stability, other.explained.stability)
        assert report.predictor.trees() == other.predictor.trees()
        pd.testing.assert_frame_equal(report.oof_shap, other.oof_shap)


def test_a_short_history_is_cross_validated_and_says_so(simulate) -> None:
    short = simulate(n=600, days=80)
    report = fit_models(short.cohort, short.config, list(short.config.attributes)).win
    assert {m.split for m in report.metrics} == {"cross_validated"}
    assert "the history is too short to test on later ones" in report.verdict


def test_a_horizon_that_few_were_followed_to_is_marked(simulate, fitted) -> None:
    young = simulate(n=900, days=330)
    report = fit_models(young.cohort, young.config, list(young.config.attributes)).churn
    assert report.extrapolated
    assert not fitted.churn.extrapolated


def test_what_cannot_be_modelled_is_absent_with_the_reason(simulate, world) -> None:
    tiny = simulate(n=30)
    absent = fit_models(tiny.cohort, tiny.config, ["employees"]).absent
    assert "a churn model needs at least 40 customers" in absent["churn"]
    assert "a win model needs at least 40 decided accounts" in absent["win"]
    one_sided = fit_models(replace(tiny.cohort, has_churn=False, has_wins=False), tiny.config, ["employees"]).absent
    assert "churn was not measured" in one_sided["churn"]
    assert "winning was not measured" in one_sided["win"]
    assert "no attribute may be used" in fit_models(world.cohort, world.config, []).absent["churn"]


def test_an_attribute_that_is_not_declared_is_named(world) -> None:
    with pytest.raises(ConfigError, match=r"'employes' must be declared .* \(did you mean 'employees'"):
        fit_models(world.cohort, world.config, ["employes"])


def test_progress_is_told_in_words(simulate) -> None:
    small, told = simulate(n=400), []
    fit_models(small.cohort, small.config, ["employees"], told.append)
    assert told[0] == "churn model: testing on later accounts"


def test_the_cohort_stays_as_it_was(simulate) -> None:
    small = simulate(n=400)
    before = small.cohort.attributes.copy(deep=True), small.cohort.accounts.copy(deep=True)
    fit_models(small.cohort, small.config, list(small.config.attributes))
    pd.testing.assert_frame_equal(small.cohort.attributes, before[0])
    pd.testing.assert_frame_equal(small.cohort.accounts, before[1])
