"""The scikit-learn estimators."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from estimator_data import FEW, KINDS, churn_data, deal_data, outcomes
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from icp_ml.cohort.months import months_between
from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import assign_folds, cross_fit
from icp_ml.models.estimators import ChurnRegressor, WinClassifier
from icp_ml.models.history import churn_records, win_records
from icp_ml.models.learners import BoostedLearner, LogisticLearner
from icp_ml.models.settings import BoosterSettings

# With a column that says nothing scikit-learn's solver starts at the optimum, where rounding hides any progress.
NOTHING_TO_IMPROVE = pytest.mark.filterwarnings("ignore:Line search of Newton solver")


@parametrize_with_checks([one(kind=kind) for one in (WinClassifier, ChurnRegressor) for kind in KINDS])
def test_scikit_learns_own_checks_pass(estimator, check) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def deals() -> tuple[pd.DataFrame, np.ndarray]:
    return deal_data()


class TestTheProductsOwnModels:
    @pytest.mark.parametrize("kind", KINDS)
    def test_winning_is_fitted_as_the_product_fits_it(self, world, kind) -> None:
        attributes, seed = dict(world.config.attributes), world.config.seed
        records = win_records(world.cohort, list(attributes))
        learner = BoostedLearner(attributes, seed) if kind == "boosted" else LogisticLearner(attributes)
        fold = assign_folds(records.target.label, 5, seed)
        product = cross_fit(learner, records.frame, records.target, fold)
        ours = WinClassifier(kind=kind, attributes=attributes, random_state=seed).fit(records.frame, records.target.won)
        margin = product.refit(records.frame, records.target).margin(records.frame)
        np.testing.assert_array_equal(ours.cross_fit_.margin, product.margin)
        np.testing.assert_array_equal(ours.decision_function(records.frame), product.link.log_margin(margin))

    @pytest.mark.parametrize("kind", KINDS)
    def test_churn_is_fitted_as_the_product_fits_it(self, world, kind) -> None:
        attributes, seed = dict(world.config.attributes), world.config.seed
        records = churn_records(world.cohort, list(attributes))
        target = records.target
        learner = BoostedLearner(attributes, seed) if kind == "boosted" else LogisticLearner(attributes)
        product = cross_fit(learner, records.frame, target, assign_folds(target.label, 5, seed))
        ours = ChurnRegressor(kind=kind, attributes=attributes, random_state=seed)
        ours.fit(records.frame, outcomes(target.event, target.time, target.entry))
        margin = product.refit(records.frame, target).margin(records.frame)
        np.testing.assert_array_equal(ours.predict(records.frame), product.link.probability(margin))

    def test_what_discovery_ships_has_the_same_margins(self, world, fitted) -> None:
        attributes, shipped = dict(world.config.attributes), fitted.churn.predictor
        records = churn_records(world.cohort, list(attributes))
        assert shipped.kind in KINDS
        ours = ChurnRegressor(kind=shipped.kind, attributes=attributes, random_state=world.config.seed)
        ours.fit(records.frame, np.where(records.target.event, records.target.time, -records.target.time))
        np.testing.assert_array_equal(ours.scorer_.margin(records.frame), shipped.scorer.margin(records.frame))

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_fit_repeated_predicts_the_same(self, deals, kind) -> None:
        first, second = (WinClassifier(kind=kind, settings=FEW).fit(*deals).predict_proba(deals[0]) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_another_seed_or_none_at_all_fits_otherwise(self, deals) -> None:
        fits = [WinClassifier(settings=FEW, random_state=seed).fit(*deals) for seed in (0, 1, None, None)]
        assert len({fit.decision_function(deals[0]).tobytes() for fit in fits}) == 4

    def test_the_settings_are_those_of_the_trees(self, deals) -> None:
        fit = WinClassifier(settings=BoosterSettings(rounds=(7,))).fit(*deals)
        assert fit.scorer_.booster.rounds == 7


class TestWinClassifier:
    def test_the_second_label_in_order_is_the_one_whose_probability_is_given(self, deals) -> None:
        frame, won = deals
        text = WinClassifier(settings=FEW).fit(frame, np.where(won, "won", "lost"))
        assert text.classes_.tolist() == ["lost", "won"]
        np.testing.assert_array_equal(
            text.predict_proba(frame), WinClassifier(settings=FEW).fit(*deals).predict_proba(frame)
        )
        np.testing.assert_array_equal(text.predict(frame) == "won", text.predict_proba(frame)[:, 1] > 0.5)

    def test_on_noise_everybody_is_given_about_the_base_rate(self) -> None:
        rng = np.random.default_rng(4)
        p = (
            WinClassifier()
            .fit(rng.normal(size=(1000, 8)), rng.random(1000) < 0.3)
            .predict_proba(rng.normal(size=(1000, 8)))
        )
        assert p[:, 1].std() < 0.02
        assert p[:, 1].mean() == pytest.approx(0.3, abs=0.03)

    def test_probabilities_are_calibrated_on_new_rows(self) -> None:
        rng = np.random.default_rng(5)
        X, chance = rng.normal(size=(4000, 3)), np.empty(4000)
        chance = 1 / (1 + np.exp(-X[:, 0] + 0.5 * (X[:, 1] > 0)))
        y = rng.random(4000) < chance
        p = WinClassifier().fit(X[:2000], y[:2000]).predict_proba(X[2000:])[:, 1]
        assert np.sqrt(((p - chance[2000:]) ** 2).mean()) < 0.06
        high = p > np.median(p)
        assert [p[high].mean(), p[~high].mean()] == pytest.approx(
            [y[2000:][high].mean(), y[2000:][~high].mean()], abs=0.05
        )

    @pytest.mark.parametrize(
        ("y", "said"),
        [
            ([0, 1, 2, 0, 1, 2], "Only binary classification is supported"),
            ([1] * 6, "found 1 class: 6 of class 1"),
            ([1] + [0] * 5, "at least 2 rows each.*5 of class 0, 1 of class 1"),
        ],
    )
    def test_labels_that_cannot_be_held_out_are_refused(self, y, said) -> None:
        with pytest.raises(ValueError, match=said):
            WinClassifier().fit(np.zeros((6, 1)), y)

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"kind": "forest"}, "kind must be 'boosted' or 'logistic'; found 'forest'"),
            ({"n_folds": 1}, "n_folds must"),
        ],
    )
    def test_a_wrong_parameter_is_refused_in_fit_not_before(self, deals, wrong, said) -> None:
        estimator = WinClassifier(**wrong)
        with pytest.raises(ValueError, match=said):
            estimator.fit(*deals)


class TestFollowUp:
    # Ten of 40 leave at 3 months, ten are last seen at 6, eight of the 20 others leave at 9, twelve are seen to stay.
    TIME = np.repeat([3.0, 6.0, 9.0, 12.0], [10, 10, 8, 12])
    EVENT = np.repeat([True, False, True, False], [10, 10, 8, 12])

    @NOTHING_TO_IMPROVE
    @pytest.mark.parametrize("kind", KINDS)
    def test_without_attributes_that_matter_churn_is_kaplan_meiers(self, kind) -> None:
        # 1 - 30/40 * 12/20 = 0.55; dropping the censored says 18/30 = 0.60, calling them retained 18/40 = 0.45.
        X = np.zeros((40, 1))
        fit = ChurnRegressor(kind=kind).fit(X, outcomes(self.EVENT, self.TIME))
        np.testing.assert_allclose(fit.predict(X), 0.55, atol=0.005)
        kept = fit.predict_survival(X).iloc[0]
        assert kept.index.tolist() == list(range(1, 13))
        np.testing.assert_allclose(kept, [1.0] * 2 + [0.75] * 6 + [0.45] * 4, atol=0.005)

    def test_the_exposure_of_the_censored_counts(self) -> None:
        X = np.zeros((40, 1))
        short, long = np.where(self.TIME == 6.0, 1.0, self.TIME), np.where(self.TIME == 6.0, 11.0, self.TIME)
        churn = [ChurnRegressor().fit(X, outcomes(self.EVENT, time)).predict(X[:1])[0] for time in (short, long)]
        # At risk: 30, then 20 where last seen at 1 month; 40, then 30 where last seen at 11.
        assert churn == pytest.approx([1 - 20 / 30 * 12 / 20, 1 - 30 / 40 * 22 / 30], abs=0.005)

    def test_a_hazard_is_found_that_dropping_or_keeping_the_censored_would_miss(self) -> None:
        frame, event, time = churn_data(3000)
        predicted = pd.Series(ChurnRegressor().fit(frame, outcomes(event, time)).predict(frame))
        flag = frame["flag"]
        for group, mean in ((flag, 12.0), (~flag, 48.0)):
            true = 1 - np.exp(-12 / mean)
            churned = event & (time <= 12)
            known = churned | (time >= 12)
            assert predicted[group].mean() == pytest.approx(true, abs=0.03)
            assert churned[group & known].mean() > true + 0.03
            assert churned[group].mean() < true - 0.03

    @pytest.mark.parametrize("kind", KINDS)
    def test_signed_months_and_a_structured_array_mean_the_same(self, kind) -> None:
        frame, event, time = churn_data()
        signed = ChurnRegressor(kind=kind, settings=FEW).fit(frame, np.where(event, time, -time))
        dtype = [("left", bool), ("months", float), ("from", float)]
        records = np.array(list(zip(event, time, np.zeros(len(time)), strict=True)), dtype=dtype)
        named = ChurnRegressor(kind=kind, settings=FEW).fit(frame, records)
        np.testing.assert_array_equal(signed.predict(frame), named.predict(frame))

    def test_churn_on_the_anniversary_counts_and_the_day_after_does_not(self) -> None:
        start = np.full(40, np.datetime64("2024-01-31"))
        days = ["2025-01-31", "2025-02-01", "2026-01-31"]
        end = np.repeat(np.array(days, dtype="datetime64[D]"), [10, 10, 20])
        fit = ChurnRegressor().fit(np.zeros((40, 1)), outcomes(np.arange(40) < 20, months_between(start, end)))
        kept = fit.predict_survival(np.zeros((1, 1)), [11, 11.99, 12]).to_numpy()[0]
        np.testing.assert_allclose(kept, [1.0, 1.0, 0.75], atol=0.005)
        assert fit.cross_fit_.link.horizon == 12.0

    def test_the_survival_view_ends_in_the_prediction_and_never_rises(self) -> None:
        frame, event, time = churn_data()
        fit = ChurnRegressor(horizon=18, settings=FEW).fit(frame, outcomes(event, time))
        kept = fit.predict_survival(frame)
        assert kept.shape == (600, 18)
        assert (kept.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)
        np.testing.assert_allclose(1 - kept[18], fit.predict(frame), rtol=1e-12)
        assert fit.predict_survival(frame.set_axis(range(7, 607)), [0]).index[0] == 7
        assert (fit.predict_survival(frame, [0])[0] == 1.0).all()

    def test_the_horizon_of_the_fit_holds_though_the_parameter_is_changed_later(self) -> None:
        frame, event, time = churn_data()
        fit = ChurnRegressor(settings=FEW).fit(frame, outcomes(event, time)).set_params(horizon=6)
        assert list(fit.predict_survival(frame).columns) == list(range(1, 13))

    @pytest.mark.parametrize("months", [[13], [-1], [[1]], [np.nan]])
    def test_months_beyond_the_horizon_are_refused(self, months) -> None:
        frame, event, time = churn_data()
        fit = ChurnRegressor(settings=FEW).fit(frame, outcomes(event, time))
        with pytest.raises(ValueError, match="from 0 to the horizon, 12"):
            fit.predict_survival(frame, months)

    def test_late_entrants_are_not_at_risk_before_they_enter(self) -> None:
        # Three of the 15 seen from the start leave at 2 months; 15 others come in at 3 months.
        entry, time = np.repeat([0.0, 3.0], 15), np.full(30, 12.0)
        time[:3] = 2.0
        fits = [ChurnRegressor().fit(np.zeros((30, 1)), outcomes(time == 2, time, e)) for e in (entry, None)]
        kept = [fit.predict_survival(np.zeros((1, 1)), [2]).iloc[0, 0] for fit in fits]
        assert kept == pytest.approx([12 / 15, 27 / 30], abs=0.005)

    def test_customers_never_under_observation_say_nothing(self) -> None:
        frame, event, time = churn_data()
        more = pd.concat([frame, frame[:20]], ignore_index=True)
        padded = outcomes(
            np.r_[event, [True] * 20], np.r_[time, [0.0] * 10, [3.0] * 10], np.r_[np.zeros(610), [3.0] * 10]
        )
        fit = ChurnRegressor(settings=FEW).fit(more, padded)
        assert fit.n_followed_ == 600
        alone = ChurnRegressor(settings=FEW).fit(frame, outcomes(event, time))
        np.testing.assert_array_equal(fit.predict(frame), alone.predict(frame))

    @pytest.mark.parametrize(
        ("y", "said"),
        [
            (np.full(20, -5.0), "at least 2 customers seen to churn within 12 months.*found 0 among 20 samples, 20 of"),
            (np.full(20, 13.0), "found 0 among 20 samples"),
            (np.r_[5.0, [0.0] * 19], "found 1 among 20 samples, 1 of them followed"),
            (np.r_[np.nan, np.ones(19)], "y contains NaN"),
            (np.ones(19), "inconsistent numbers of samples"),
            (outcomes(np.ones(20, dtype=int), np.ones(20)), r"event \(bool\), time \(months\).*found"),
            (outcomes(np.ones(20, dtype=bool), np.full(20, -1.0)), "time must be finite and not negative"),
            (outcomes(np.ones(20, dtype=bool), np.ones(20), np.full(20, np.nan)), "entry must not be missing"),
        ],
    )
    def test_follow_up_that_cannot_be_read_is_refused(self, y, said) -> None:
        with pytest.raises(ValueError, match=said):
            ChurnRegressor().fit(np.zeros((20, 1)), y)

    @pytest.mark.parametrize("horizon", [0, 121, 1.5, "12"])
    def test_a_horizon_that_is_no_whole_number_of_months_is_refused(self, horizon) -> None:
        with pytest.raises(ValueError, match="horizon must be a whole number of months from 1 to 120"):
            ChurnRegressor(horizon=horizon).fit(np.zeros((20, 1)), np.ones(20))

    def test_churn_seen_among_few_alone_counts_as_seen(self) -> None:
        y = np.r_[np.full(30, -2.0), [10.0, 10.0, -12.0]]
        fit = ChurnRegressor().fit(np.zeros((33, 1)), y)
        assert fit.predict(np.zeros((1, 1))) == pytest.approx([2 / 3])

    def test_the_score_is_the_share_of_pairs_in_the_right_order(self) -> None:
        frame, event, time = churn_data(120)
        fit = ChurnRegressor(settings=FEW).fit(frame, outcomes(event, time))
        left = np.random.default_rng(0).integers(1, 25, 120).astype(float)
        p, right, pairs = fit.predict(frame), 0.0, 0
        for i in range(120):
            for j in range(120):
                if left[i] <= 12 and left[i] < left[j]:
                    right, pairs = right + (p[i] > p[j]) + 0.5 * (p[i] == p[j]), pairs + 1
        assert fit.score(frame, left) == pytest.approx(right / pairs)

    def test_the_score_leaves_out_late_entrants_and_the_never_followed_and_is_undefined_without_a_pair(self) -> None:
        frame, event, time = churn_data(120)
        fit = ChurnRegressor(settings=FEW).fit(frame, outcomes(event, time))
        late = np.where(np.arange(120) < 40, 0.25, 0.0)
        assert fit.score(frame, outcomes(event, time, late)) == fit.score(frame[40:], outcomes(event[40:], time[40:]))
        never = np.where(np.arange(120) < 40, 0.0, time)
        assert fit.score(frame, outcomes(event | (never == 0), never)) == fit.score(
            frame[40:], outcomes(event[40:], time[40:])
        )
        assert np.isnan(fit.score(frame, -time))
        assert np.isnan(fit.score(frame, np.zeros(120)))


class TestAmongOtherEstimators:
    def test_cross_validation_takes_frames_and_structured_outcomes(self, deals) -> None:
        p = cross_val_predict(WinClassifier(settings=FEW), *deals, cv=3, method="predict_proba")[:, 1]
        assert p[deals[1]].mean() > p[~deals[1]].mean() + 0.1
        frame, event, time = churn_data()
        scores = cross_val_score(ChurnRegressor(settings=FEW), frame, outcomes(event, time), cv=3)
        assert (scores > 0.58).all()

    def test_a_pipeline_hands_on_its_columns_by_name(self, deals) -> None:
        frame, won = deals[0][["size", "sector"]], deals[1]
        prepare = make_column_transformer(
            (SimpleImputer(strategy="median"), ["size"]), remainder="passthrough", verbose_feature_names_out=False
        )
        pipeline = make_pipeline(prepare, WinClassifier(settings=FEW)).set_output(transform="pandas").fit(frame, won)
        assert pipeline[-1].feature_names_in_.tolist() == ["size", "sector"]
        assert pipeline[-1].attributes_["sector"].type == "category"
        assert pipeline.score(frame, won) > max(won.mean(), 1 - won.mean())

    def test_a_grid_search_chooses_kind_and_settings(self, deals) -> None:
        grid = {"kind": list(KINDS), "settings": [FEW, BoosterSettings(max_depth=1, rounds=(5,))]}
        search = GridSearchCV(WinClassifier(), grid, cv=2, scoring="neg_log_loss").fit(*deals)
        assert len({round(score, 9) for score in search.cv_results_["mean_test_score"]}) == 3

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_clone_fits_alike_and_a_pickle_in_memory_predicts_alike(self, deals, kind) -> None:
        estimator = WinClassifier(kind=kind, settings=FEW, attributes={"tools": Attribute(type="tags")}).fit(*deals)
        expected = estimator.predict_proba(deals[0])
        np.testing.assert_array_equal(clone(estimator).fit(*deals).predict_proba(deals[0]), expected)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(estimator)).predict_proba(deals[0]), expected)

    def test_no_warning_is_raised_in_ordinary_use(self, deals) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for kind in KINDS:
                WinClassifier(kind=kind, settings=FEW).fit(*deals).predict(deals[0])
