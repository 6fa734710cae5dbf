"""What a search for settings brought for one outcome, in figures and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icp_ml.models.comparison import Comparison
from icp_ml.models.evaluation import Scores
from icp_ml.models.settings import BoosterSettings

SUPPORT = 0.8
"""Share of resamples of the later accounts in which found settings must have the lower Brier score."""


@dataclass(frozen=True)
class Trial:
    """One try of the search.

    Parameters
    ----------
    number : int
        From 0, which is the built-in settings.
    settings : BoosterSettings
        What was tried.
    loss : float
        Log loss on accounts begun after each cut-off, over the cut-offs judged at; lower is better.
    cutoffs : int
        How many cut-offs it was judged at.
    complete : bool
        Whether these were all; a hopeless try is given up early.
    """

    number: int
    settings: BoosterSettings
    loss: float
    cutoffs: int
    complete: bool


@dataclass(frozen=True)
class Tuning:
    """What the search brought for one outcome.

    Parameters
    ----------
    outcome : str
        ``churn`` or ``win``.
    settings : BoosterSettings
        What to use from now on: those found, or the built-in ones.
    found : bool
        Whether these are ones that were found.
    verdict : str
        Plain sentences: what was found, and why it is used or not.
    trials : tuple of Trial
        Everything tried, in order; empty where nothing could be.
    until : str
        Last day the search knew of, ISO; empty where nothing was tried.
    candidate : BoosterSettings, optional
        The best of those tried, used or not.
    comparison : Comparison, optional
        The candidate (challenger) against the built-in settings (champion) on the later accounts.
    scores : Scores, optional
        The candidate beside its baselines on the later accounts.
    """

    outcome: str
    settings: BoosterSettings
    found: bool
    verdict: str
    trials: tuple[Trial, ...] = ()
    until: str = ""
    candidate: BoosterSettings | None = None
    comparison: Comparison | None = None
    scores: Scores | None = None

    @property
    def support(self) -> float | None:
        """Share of resamples in which the candidate beats the built-in settings; None where it was not tried."""
        return None if self.comparison is None else support_of(self.comparison)


def support_of(comparison: Comparison) -> float:
    """Return the share of resamples in which the challenger's Brier score is the lower one."""
    gains = comparison.gains["brier"][1:]
    known = gains[np.isfinite(gains)]
    return float((known > 0).mean()) if len(known) else 0.0


def verdict_words(comparison: Comparison, tried: int, until: str, skilled: bool) -> str:
    """Say what the search found and what becomes of it."""
    support = support_of(comparison)
    n = len(comparison.pairs.case)
    against = (
        f"Brier score {comparison.challenger['brier']:.4f} against {comparison.champion['brier']:.4f}, lower in "
        f"{support:.0%} of resamples"
    )
    where = f"on {n:,} accounts begun after {until}, which the search never saw"
    if support < SUPPORT:
        return (
            f"The built-in settings stay: the best of {tried} settings tried on accounts up to {until} does not beat "
            f"them {where} ({against}; {SUPPORT:.0%} are asked for)."
        )
    if not skilled:
        return (
            f"The built-in settings stay: the best of {tried} settings tried on accounts up to {until} beats them "
            f"({against}), but not the base rate, {where}."
        )
    return (
        f"Settings found by tuning are used: the best of {tried} tried on accounts up to {until} beats the built-in "
        f"ones {where} ({against}). They were let through for that gain, so expect a little less of it."
    )
