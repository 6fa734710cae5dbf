"""A fitted model of one outcome as it ships: attributes in, calibrated probability and explanation out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.errors import DataError
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import Booster
from icp_ml.models.crossfit import scale_contributions
from icp_ml.models.learners import BoostedScorer, LinearScorer, Scorer
from icp_ml.models.targets import Link, link_from_state

FORMAT = 1
"""Version of the state; one written by a later version is refused."""


@dataclass(frozen=True)
class FittedPredictor:
    """A :class:`~icp_ml.models.types.Predictor` made of a scorer and a link.

    Parameters
    ----------
    kind : str
        ``boosted``, ``logistic`` or ``base_rate``.
    outcome : str
        ``churn`` or ``win``.
    attributes : tuple of str
        What it was fitted on.
    link : Link
        From margin to probability.
    scorer : Scorer, optional
        None for the base rate, which looks at nothing.
    """

    kind: str
    outcome: str
    attributes: tuple[str, ...]
    link: Link
    scorer: Scorer | None = None

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the probability of churn within the horizon, or of winning, shape (len(frame),).

        ``frame`` holds typed attributes; a column it does not have reads as missing.
        """
        return self.link.probability(self._margin(frame))

    def predict_by(self, frame: pd.DataFrame, months: float) -> np.ndarray:
        """Return the probability of churn within ``months`` instead of the horizon."""
        return self.link.probability(self._margin(frame), months)

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what each attribute adds on the log scale, and ``base``.

        The scale is log-odds for winning and the log of the cumulative hazard at the horizon for churn,
        ``log(-log(1 - p))``; rows add up to it.
        """
        if self.scorer is None:
            silent = pd.DataFrame(0.0, index=frame.index, columns=[*self.attributes, "base"])
            return scale_contributions(silent, self.link)
        explained = scale_contributions(self.scorer.contributions(frame), self.link)
        # An attribute without any usable level has no column; it adds nothing.
        return explained.reindex(columns=[*self.attributes, "base"], fill_value=0.0)

    def state(self) -> dict[str, Any]:
        """Return everything but the trees as JSON-ready values."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "outcome": self.outcome,
            "attributes": list(self.attributes),
            "link": self.link.state(),
            "scorer": self.scorer.state() if self.scorer else None,
        }

    def trees(self) -> bytes | None:
        """Return the trees in UBJSON, None where the model has none."""
        return self.scorer.booster.to_bytes() if isinstance(self.scorer, BoostedScorer) else None

    def _margin(self, frame: pd.DataFrame) -> np.ndarray:
        return np.zeros(len(frame)) if self.scorer is None else self.scorer.margin(frame)


def predictor_from_state(state: Mapping[str, Any], trees: bytes | None, where: str) -> FittedPredictor:
    """Rebuild a predictor.

    Parameters
    ----------
    state : mapping
        From :meth:`FittedPredictor.state`.
    trees : bytes or None
        From :meth:`FittedPredictor.trees`.
    where : str
        What to call the file in a message.

    Raises
    ------
    DataError
        If the state was written by another version, or lacks something.
    """
    if state.get("format") != FORMAT:
        raise DataError(
            f"{where}: this version reads models of format {FORMAT}; found {state.get('format')!r}; "
            "make the release again with this version, or score with the one that wrote it"
        )
    try:
        kind, outcome = str(state["kind"]), str(state["outcome"])
        link = link_from_state(outcome, state["link"])
        scorer = _scorer(kind, state["scorer"], trees, where)
        return FittedPredictor(kind, outcome, tuple(state["attributes"]), link, scorer)
    except (KeyError, TypeError, ValueError) as err:
        raise DataError(
            f"{where} must hold a model as this version writes it; {err!r}; make the release again"
        ) from err


def _scorer(kind: str, state: Mapping[str, Any] | None, trees: bytes | None, where: str) -> Scorer | None:
    """Rebuild the scorer of a kind."""
    if state is None:
        return None
    encoder = AttributeEncoder.from_state(state["encoder"])
    if kind == "boosted":
        return BoostedScorer(encoder, Booster.from_bytes(trees or b"", where))
    return LinearScorer(encoder, np.asarray(state["coefficients"], dtype=float), float(state["intercept"]))
