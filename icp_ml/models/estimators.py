"""The churn and the win model as scikit-learn estimators: the product's own fitting, for pipelines and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin

from icp_ml.config.schema import Attribute
from icp_ml.models.concordance import uno_c
from icp_ml.models.crossfit import FOLDS
from icp_ml.models.estimator_base import AttributeModel
from icp_ml.models.estimator_input import churn_target, follow_up_of, won_target
from icp_ml.models.settings import BoosterSettings
from icp_ml.survival import ipcw_weights

_LONGEST = 120


class WinClassifier(ClassifierMixin, AttributeModel):
    """Binary classifier: shallow boosted trees whose flexibility and calibration are chosen on held-out rows.

    The product's win model. Rows are split into ``n_folds``; models of growing flexibility fitted on the other folds
    predict each, the flexibility with the least held-out log loss is taken, and ``log-odds = intercept + slope *
    margin`` is fitted to the held-out margins. The model is then refitted on all rows. On noise the slope goes to 0
    and everybody is given the base rate. Nothing is rebalanced. What the product does beyond that needs to know when
    each row was decided: the choice of the kind and an update of the calibration, both by later accounts.

    Parameters
    ----------
    kind : {"boosted", "logistic"}, default "boosted"
        Boosted trees, or the penalised logistic regression that is their baseline.
    attributes : mapping of str to Attribute, optional
        What columns are, where their dtype does not say it: tags, ordered categories, monotone numbers. Columns of an
        array are called ``x0``, ``x1`` and so on.
    settings : BoosterSettings, optional
        How trees are grown; the built-in settings if not given.
    n_folds : int, default 5
        Folds of the cross-fitting; at most one a row.
    random_state : int, RandomState or None, default 0
        Seed of folds and trees. None draws one, so that every fit differs.

    Attributes
    ----------
    classes_ : ndarray, shape (2,)
        The two labels in sorted order; the second is the one whose probability is modelled.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Their names, where ``X`` was a frame with text names.
    attributes_ : dict of str to Attribute
        What each column was taken for.
    cross_fit_ : CrossFit
        Held-out margins, folds, flexibility and calibration.
    scorer_ : Scorer
        The margin, refitted on all rows.
    predictor_ : FittedPredictor
        Margin and calibration together, as a release holds them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"size": rng.lognormal(4, 1, 400), "sector": rng.choice(["a", "b"], 400)})
    >>> won = rng.random(400) < np.where(X["sector"] == "a", 0.6, 0.2)
    >>> WinClassifier().fit(X, won).predict_proba(X).shape
    (400, 2)
    """

    def __init__(
        self,
        *,
        kind: Literal["boosted", "logistic"] = "boosted",
        attributes: Mapping[str, Attribute] | None = None,
        settings: BoosterSettings | None = None,
        n_folds: int = FOLDS,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        super().__init__(
            kind=kind, attributes=attributes, settings=settings, n_folds=n_folds, random_state=random_state
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any) -> WinClassifier:
        """Fit.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, n_features)
            Numbers; in a frame also booleans, text, categories and tags. Missing values are allowed.
        y : array-like, shape (n,)
            Two labels, each at least twice.

        Returns
        -------
        WinClassifier
            Itself.

        Raises
        ------
        ValueError
            If a parameter, ``X`` or ``y`` is not as said above.
        """
        frame = self._learn_columns(X, y)
        self.classes_, target = won_target(y, len(frame))
        self._fit(frame, target)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return calibrated log-odds of ``classes_[1]``, shape (n,)."""
        frame = self._read(X)
        return self.predictor_.link.log_margin(self.scorer_.margin(frame))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return calibrated probabilities of ``classes_``, shape (n, 2)."""
        frame = self._read(X)
        second = self.predictor_.predict(frame)
        return np.column_stack([1 - second, second])

    def predict(self, X: Any) -> np.ndarray:
        """Return the likelier label of each row, shape (n,)."""
        decision = self.decision_function(X)
        return self.classes_[(decision > 0).astype(int)]


class ChurnRegressor(RegressorMixin, AttributeModel):
    """Churn within a horizon from follow-up with censoring: a proportional hazard whose level varies with tenure.

    The product's churn model. Every customer counts for as long as it was seen: trees, or the penalised linear
    baseline, learn the log of churn seen over churn expected, where expected churn is the Nelson-Aalen hazard of all
    customers over the customer's own time under observation. Flexibility and calibration slope are chosen on held-out
    customers as in :class:`WinClassifier`, and the baseline hazard is fitted to them.

    Parameters
    ----------
    horizon : int, default 12
        Calendar months from the start within which churn is predicted, from 1 to 120. What happens later is not
        learned from. Churn in the very month of the horizon, on the anniversary, counts.
    kind, attributes, settings, n_folds, random_state
        As in :class:`WinClassifier`; ``logistic`` is a penalised Poisson regression over expected churn.

    Attributes
    ----------
    horizon_ : int
        The horizon fitted for.
    n_followed_ : int
        Rows learned from: those under observation for any time.
    n_features_in_, feature_names_in_, attributes_, cross_fit_, scorer_, predictor_
        As in :class:`WinClassifier`.

    Notes
    -----
    ``y`` is a structured array (event, time) or (event, time, entry), or signed months: ``7.0`` left after 7 months,
    ``-7.0`` was last seen, still a customer, after 7. ``entry`` is the month at which observation began, for
    customers known only from later on. Months between dates are what
    :func:`icp_ml.cohort.months.months_between` returns: anniversaries are whole numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"has_revops": rng.random(400) < 0.5})
    >>> left, seen = rng.exponential(np.where(X["has_revops"], 60, 15)), rng.uniform(1, 24, 400)
    >>> months = np.where(left <= seen, left, -seen)
    >>> ChurnRegressor().fit(X, months).predict_survival(X, [6, 12]).shape
    (400, 2)
    """

    def __init__(
        self,
        *,
        horizon: int = 12,
        kind: Literal["boosted", "logistic"] = "boosted",
        attributes: Mapping[str, Attribute] | None = None,
        settings: BoosterSettings | None = None,
        n_folds: int = FOLDS,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        super().__init__(
            kind=kind, attributes=attributes, settings=settings, n_folds=n_folds, random_state=random_state
        )
        self.horizon = horizon

    def fit(self, X: Any, y: Any) -> ChurnRegressor:
        """Fit.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, n_features)
            Numbers; in a frame also booleans, text, categories and tags. Missing values are allowed.
        y : structured array or array-like of float, shape (n,)
            Follow-up in months; see the notes.

        Returns
        -------
        ChurnRegressor
            Itself.

        Raises
        ------
        ValueError
            If a parameter, ``X`` or ``y`` is not as said above, or fewer than 2 rows are seen to churn within the
            horizon.
        """
        if not isinstance(self.horizon, (int, np.integer)) or not 1 <= self.horizon <= _LONGEST:
            raise ValueError(f"horizon must be a whole number of months from 1 to {_LONGEST}; found {self.horizon!r}")
        frame = self._learn_columns(X, y)
        target, seen = churn_target(follow_up_of(y, len(frame)), self.horizon)
        self.horizon_, self.n_followed_ = int(self.horizon), int(seen.sum())
        self._fit(frame[seen], target)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the probability of churn within the horizon, shape (n,)."""
        frame = self._read(X)
        return self.predictor_.predict(frame)

    def predict_survival(self, X: Any, months: Sequence[float] | None = None) -> pd.DataFrame:
        """Return the probability of still being a customer after each of ``months``.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, n_features)
            Columns as in ``fit``.
        months : sequence of float, optional
            Calendar months from the start, from 0 to the horizon; 1, 2 and so on to the horizon if not given.

        Returns
        -------
        DataFrame, shape (n, n_months)
            On the index of ``X``, one column a month; falling along each row.

        Raises
        ------
        ValueError
            If a month lies outside 0 to the horizon, where nothing was learned.
        """
        frame = self._read(X)
        link = self.predictor_.link
        asked = np.arange(1, self.horizon_ + 1) if months is None else np.asarray(months)
        if asked.ndim != 1 or not ((asked >= 0) & (asked <= self.horizon_)).all():
            raise ValueError(
                f"months must be a list of numbers from 0 to the horizon, {self.horizon_}; found {months!r}"
            )
        margin = self.scorer_.margin(frame)
        kept = {month: 1 - link.probability(margin, float(month)) for month in asked.tolist()}
        return pd.DataFrame(kept, index=frame.index)

    def score(self, X: Any, y: Any) -> float:
        """Return Uno's concordance up to the horizon of the predictions with follow-up ``y``.

        Of two customers, the share of pairs in which the one that left earlier was given the higher probability; 0.5 is
        a coin toss. Customers that came under observation late are left out, since they are survivors by choice. NaN
        where no pair can be compared.
        """
        predicted = self.predict(X)
        observations = follow_up_of(y, len(predicted))
        fresh = (observations.entry <= 0) & (observations.time > 0)
        time, event = observations.time[fresh], observations.event[fresh]
        horizon = self.horizon_
        case = ipcw_weights(time, event, horizon) * (event & (time <= horizon))
        same = np.zeros(len(time), dtype=int)
        return float(uno_c(np.ones((1, len(time))), predicted[fresh], time, event, case, same)[0])
