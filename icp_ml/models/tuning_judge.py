"""How good settings are inside the tuning period: forecasts of accounts begun after past cut-offs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from icp_ml.config.schema import Attribute
from icp_ml.errors import NotEnoughDataError
from icp_ml.models.history import Records
from icp_ml.models.holdout import Plan, judgeable, judging_plan, outcome_weights, predict_kind
from icp_ml.models.learners import BoostedLearner
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.tuning_memory import TrialMemory

_HOPELESS = 2.0
"""Standard errors by which settings do worse than the built-in ones when they are given up early."""
_LEAST = 1e-6
"""Probability that a loss is still finite for."""


class SettingsJudge:
    """Judges settings on the accounts begun after each past cut-off, inside the tuning period.

    Parameters
    ----------
    known : Records
        All that tuning sees.
    attributes : mapping of str to Attribute
        What the model may use.
    random_state : int
        Seed of folds and trees.
    memory : TrialMemory, optional
        Where losses are kept for a search that goes on later.

    Raises
    ------
    NotEnoughDataError
        If no cut-off, and no fold either, leaves enough accounts to judge by.
    """

    def __init__(
        self,
        known: Records,
        attributes: Mapping[str, Attribute],
        random_state: int,
        memory: TrialMemory | None = None,
    ) -> None:
        self.known, self.attributes, self.random_state, self.memory = known, attributes, random_state, memory
        self.plan: Plan = judging_plan(known, random_state)
        tested = known.target.take(np.concatenate([split.test for split in self.plan.splits]))
        if not judgeable(tested, self.plan.months):
            raise NotEnoughDataError(
                "tuning needs 10 accounts with the outcome and 10 without to judge settings by, inside its period; "
                "there are fewer"
            )
        ends = np.cumsum([len(split.test) for split in self.plan.splits])
        case, control = outcome_weights(tested, self.plan.months)
        self.case, self.control = np.split(case, ends[:-1]), np.split(control, ends[:-1])
        self.losses: dict[tuple[BoosterSettings, int], np.ndarray] = {}

    @property
    def cutoffs(self) -> int:
        """How many cut-offs there are."""
        return len(self.plan.splits)

    def loss(self, settings: BoosterSettings, cutoffs: int) -> float:
        """Return the mean log loss over the accounts of the first so many cut-offs."""
        weight = sum((self.case[at] + self.control[at]).sum() for at in range(cutoffs))
        return float(self._each(settings, cutoffs).sum() / weight)

    def hopeless(self, settings: BoosterSettings, cutoffs: int) -> bool:
        """Whether settings do so much worse than the built-in ones, on the same accounts, that it is no chance."""
        worse = self._each(settings, cutoffs) - self._each(BUILT_IN, cutoffs)
        error = worse.std() / np.sqrt(len(worse))
        return bool(worse.mean() > _HOPELESS * error)

    def _each(self, settings: BoosterSettings, cutoffs: int) -> np.ndarray:
        """Return each account's loss, by censoring weights."""
        return np.concatenate([self._at(settings, at) for at in range(cutoffs)])

    def _at(self, settings: BoosterSettings, at: int) -> np.ndarray:
        """Return the losses at one cut-off; what was computed once is not again."""
        if (settings, at) not in self.losses:
            outcome, cutoff = self.known.target.outcome, self.plan.splits[at].label
            found = self.memory.recall(outcome, settings, cutoff) if self.memory else None
            if found is None:
                found = self._compute(settings, at)
                if self.memory:
                    self.memory.keep(outcome, settings, cutoff, found)
            self.losses[settings, at] = found
        return self.losses[settings, at]

    def _compute(self, settings: BoosterSettings, at: int) -> np.ndarray:
        """Fit at one cut-off and return the losses on the accounts begun after it."""
        learner = BoostedLearner(self.attributes, self.random_state, settings)
        split, months = self.plan.splits[at], self.plan.months
        p = np.clip(predict_kind(learner, self.known, split, months, self.random_state), _LEAST, 1 - _LEAST)
        return np.asarray(-self.case[at] * np.log(p) - self.control[at] * np.log1p(-p))
