"""How boosted trees are grown: the built-in settings, and those that tuning found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

ROUNDS = (25, 50, 100, 150, 250)
"""Numbers of trees among which cross-fitting chooses, at the built-in learning rate; small data with a weak signal want
few."""


@dataclass(frozen=True)
class BoosterSettings:
    """Settings of one model's trees; the defaults are good untuned.

    METHOD 9: shallow and slow beats library defaults by 0.02 AUC at 1,500 customers, at a tenth of their calibration
    error. The L1 penalty and the least gain keep attributes without meaning out of the trees, so that a split may
    choose among all columns: where two conditions matter only together, half the columns at a split miss one of them.

    Parameters
    ----------
    max_depth : int
        Conditions a tree may combine.
    eta : float
        Learning rate.
    subsample, colsample_bynode : float
        Share of accounts each tree sees, and of columns each split may choose among.
    min_child_weight : float
        Least curvature of the loss in a leaf: expected events for churn, ``n p (1 - p)`` for winning.
    reg_lambda, reg_alpha : float
        L2 and L1 penalty on leaves; the L1 penalty is in events more or fewer than expected.
    gamma : float
        Least gain in log-likelihood of a split.
    rounds : tuple of int
        Numbers of trees among which held-out accounts choose, increasing: the early stopping.
    tuned_until : str, optional
        Last day, ISO, of what the search for these settings knew; None for settings nobody searched for.
    """

    max_depth: int = 3
    eta: float = 0.05
    subsample: float = 0.6
    colsample_bynode: float = 1.0
    min_child_weight: float = 5.0
    reg_lambda: float = 10.0
    reg_alpha: float = 3.0
    gamma: float = 1.0
    rounds: tuple[int, ...] = ROUNDS
    tuned_until: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Return what xgboost takes."""
        return {name: value for name, value in asdict(self).items() if name not in ("rounds", "tuned_until")}

    def at(self, label: str) -> BoosterSettings:
        """Return the settings one had at a past cut-off day, or in a fold: the built-in ones before these were found.

        A model judged at a cut-off may only use what was known then, and that holds for its settings too.

        >>> tuned = BoosterSettings(eta=0.03, tuned_until="2025-03-31")
        >>> tuned.at("2025-06-30").eta, tuned.at("2024-12-31").eta, tuned.at("fold 1").eta
        (0.03, 0.05, 0.05)
        """
        if self.tuned_until is None or (label[:1].isdigit() and label >= self.tuned_until):
            return self
        return BUILT_IN

    def state(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        return asdict(self) | {"rounds": list(self.rounds)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> BoosterSettings:
        """Rebuild settings from their :meth:`state`.

        Raises
        ------
        ValueError
            If a name is unknown, which :func:`icp_ml.models.storage` turns into a message.
        """
        unknown = sorted(set(state) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"unknown booster settings: {', '.join(unknown)}")
        return cls(**{**state, "rounds": tuple(int(r) for r in state.get("rounds", ROUNDS))})


BUILT_IN = BoosterSettings()
EXPLORING = BoosterSettings(colsample_bynode=0.5, reg_alpha=0.0, gamma=0.0)
"""For trees that are read, not shipped: segments and criteria want every attribute to have its say."""


@dataclass(frozen=True)
class ModelSettings:
    """Settings of every model of a release, by outcome.

    Parameters
    ----------
    boosters : mapping of str to BoosterSettings
        By outcome, ``churn`` and ``win``; one that is not there has the built-in settings.
    origin : str
        Where they come from, in words.
    """

    boosters: Mapping[str, BoosterSettings] = field(default_factory=dict)
    origin: str = "built in"

    def of(self, outcome: str) -> BoosterSettings:
        """Return an outcome's settings."""
        return self.boosters.get(outcome, BUILT_IN)
