"""Early-life churn: who leaves by the horizon, foretold at the end of the observation window.

For customer success. Nothing here may become a criterion, a segment, a score or ``p_churn``: what is seen after the
sale cannot say whom to sell to.

This is a landmark analysis (van Houwelingen 2007, doi:10.1111/j.1467-9469.2006.00529.x): only customers who are still
there, and still followed, when their window has passed enter, and the chance is that of leaving by the horizon given
that. Time stays on the scale of months from the start, since leaving sits at anniversaries of it; nobody of those who
enter can have left before the window's end, so rates and weights are what they would be counted from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import records_by
from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import months_between
from icp_ml.config.schema import Attribute, Config
from icp_ml.features.early_life import EarlyLife, early_life
from icp_ml.models.comparison import Comparison, Pairs, compare
from icp_ml.models.early_records import OUTCOME, EarlyRecords, early_records
from icp_ml.models.evaluation import score
from icp_ml.models.fitting import fit_outcome, model_attributes, too_little
from icp_ml.models.holdout import HoldOut, hold_out
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.selection import choose
from icp_ml.models.settings import BoosterSettings, ModelSettings
from icp_ml.models.types import ModelReport
from icp_ml.tables.tables import Tables


@dataclass(frozen=True)
class EarlyChurn:
    """The early-life churn model, or why there is none.

    Parameters
    ----------
    window_days : int
        Length of the window.
    report : ModelReport or None
        The model that ships: with the signals where they are shown to tell more, else without.
    absent : str
        Why there is no model, else empty.
    seen : EarlyLife or None
        What was seen of every customer whose window has passed.
    frame : DataFrame
        What the model may look at of the same customers, in the same order.
    attributes : mapping of str to Attribute
        Types of its columns.
    comparison : Comparison or None
        Forecasts with the signals (challenger) beside those without (champion) on the same later customers; None where
        too few of them left or stayed.
    """

    window_days: int
    report: ModelReport | None = None
    absent: str = ""
    seen: EarlyLife | None = None
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    comparison: Comparison | None = None

    @property
    def tells_more(self) -> bool:
        """Whether the signals are shown to tell more than what was known at the sale; see :func:`gains`."""
        return self.comparison is not None and gains(self.comparison)

    @property
    def level_off(self) -> bool:
        """Whether the chances were off altogether on later customers, so that only their order is to be trusted."""
        return self.report is not None and self.report.calibration.level_off

    def chance_to_leave(self, customers: pd.Index, months: np.ndarray) -> np.ndarray:
        """Return the chance that customers still there after ``months`` leave by the horizon.

        ``1 - S(horizon) / S(months)``, both of the model's survival curve of that customer.

        Parameters
        ----------
        customers : Index
            Account ids out of :attr:`frame`.
        months : ndarray of float, shape (n,)
            Calendar months from the start, at which each is known to be a customer.

        Returns
        -------
        ndarray of float, shape (n,)

        Raises
        ------
        ValueError
            If there is no model.
        """
        predictor = None if self.report is None else self.report.predictor
        if not isinstance(predictor, FittedPredictor):
            raise ValueError(f"there is no early-life churn model: {self.absent}")
        if not len(customers):
            return np.empty(0)
        whole = _hazard(predictor.predict(self.frame.loc[customers]))
        # Hazards are proportional: whoever's they are, the same share of them lies behind after as many months.
        passed = np.array([_hazard(predictor.link.probability(np.zeros(1), t))[0] for t in months])
        everything = _hazard(predictor.link.probability(np.zeros(1)))
        return np.asarray(-np.expm1(-whole * np.clip(1 - passed / everything, 0.0, 1.0)))


def fit_early_churn(
    cohort: Cohort,
    tables: Tables,
    config: Config,
    usable: Sequence[str],
    progress: Callable[[str], None] = lambda message: None,
    settings: ModelSettings | None = None,
) -> EarlyChurn:
    """Fit the early-life churn model, with and without the signals of the window, and ship what holds up.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    tables : Tables
        Where the signals stand; none after ``as_of`` is used.
    config : Config
        Attribute types, window and seed.
    usable : sequence of str
        Attributes the model may use beside the signals.
    progress : callable, optional
        Told in words what is being done.
    settings : ModelSettings, optional
        How trees are grown.

    Returns
    -------
    EarlyChurn
        Without a model where the data or the config do not allow one; ``absent`` says why.

    Raises
    ------
    ConfigError
        If a usable attribute is not declared.
    """
    window = config.outcomes.observation_window_days
    if reason := _unmeasured(cohort, tables, window):
        return EarlyChurn(window, absent=reason)
    signals = records_by(tables, config).signals
    assert signals is not None
    seen = early_life(cohort, signals, window)
    if not seen.signals:
        return EarlyChurn(window, absent=f"hardly any signal was seen in a customer's first {window} days")
    at_sale = model_attributes(config, usable)
    attributes = at_sale | {name: Attribute(type="number") for name in seen.columns}
    frame = cohort.attributes.iloc[seen.rows][list(at_sale)].join(seen.frame)
    records = early_records(cohort, seen, frame)
    if reason := too_little(records.target, attributes):
        return EarlyChurn(window, absent=reason)
    fit = _Fit(records, attributes, config.seed, progress, (settings or ModelSettings()).of(OUTCOME))
    known = [name for name in attributes if name not in seen.columns or seen.columns[name].signal is None]
    report, comparison = fit.best(known)
    return EarlyChurn(window, report, "", seen, frame, attributes, comparison)


def gains(comparison: Comparison) -> bool:
    """Whether the forecasts with signals are better than chance explains.

    The 90 % interval of the gain in AUC lies above zero, and the Brier score is the lower one: one set of worthless
    signals in 20 passes.
    """
    low, _ = comparison.interval("auc")
    return low is not None and low > 0 and comparison.gain("brier") > 0


@dataclass(frozen=True)
class _Fit:
    """What every fit on the same customers shares."""

    records: EarlyRecords
    attributes: Mapping[str, Attribute]
    seed: int
    progress: Callable[[str], None]
    settings: BoosterSettings

    def best(self, known: list[str]) -> tuple[ModelReport, Comparison | None]:
        """Return the model that ships, of all columns or of those known at the sale, and how the two compare."""
        every = list(self.attributes)
        self.progress(f"{OUTCOME} model: testing on later customers with and without signals")
        seen = self._held_out(every)
        unseen = self._held_out(known) if known else None
        comparison = self._compared(seen, unseen)
        if not known or (comparison is not None and gains(comparison)):
            return self._report(every, seen), comparison
        return self._report(known, unseen), comparison

    def _held_out(self, names: list[str]) -> HoldOut:
        records, attributes = self._with(names)
        return hold_out(records, attributes, self.seed, settings=self.settings)

    def _report(self, names: list[str], held: HoldOut | None) -> ModelReport:
        records, attributes = self._with(names)
        return fit_outcome(
            records,
            records.frame,
            attributes,
            self.seed,
            progress=self.progress,
            settings=self.settings,
            held=held,
        )

    def _compared(self, seen: HoldOut, unseen: HoldOut | None) -> Comparison | None:
        """Compare what would ship with signals and without; None where too few of the tested left or stayed.

        Where nothing would ship without, the same kind of model stands for it: else signals that add nothing would be
        credited with what was known at the sale and, alone, fell just short of beating the base rate.
        """
        kind, without = choose(score(seen, self.seed)).kind, seen.predictions["base_rate"]
        if unseen is not None:
            alone = choose(score(unseen, self.seed)).kind
            without = unseen.predictions[kind if alone == "base_rate" else alone]
        pairs = Pairs(OUTCOME, without, seen.predictions[kind], seen.case, seen.control, seen.group, seen.months)
        return compare(pairs, self.seed) if pairs.enough else None

    def _with(self, names: list[str]) -> tuple[EarlyRecords, dict[str, Attribute]]:
        return replace(self.records, frame=self.records.frame[names]), {name: self.attributes[name] for name in names}


def _hazard(chance: np.ndarray) -> np.ndarray:
    """Return the cumulative hazard behind a chance to leave."""
    return np.asarray(-np.log1p(-chance))


def _unmeasured(cohort: Cohort, tables: Tables, window_days: int) -> str | None:
    """Why nothing can be said of early life, None where something may be."""
    if not cohort.has_churn:
        return "churn was not measured: there are no customers to follow"
    if tables.signals is None or tables.signals.empty:
        return "early life was not measured: there is no signals table to say what happened after the sale"
    if window_days == 0:
        return "the observation window has no days: set outcomes.observation_window_days"
    starts = np.arange("2023-01-01", "2027-01-01", dtype="datetime64[D]")
    if months_between(starts, starts + np.timedelta64(window_days, "D")).max() >= cohort.horizon:
        return (
            f"the observation window ({window_days} days) must end before the churn horizon ({cohort.horizon} months): "
            "there is nothing left to foretell; shorten outcomes.observation_window_days"
        )
    return None
