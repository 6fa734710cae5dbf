"""Which kind of model ships, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icp_ml.models.evaluation import Scores
from icp_ml.models.holdout import HoldOut

_GATE_LEVEL = 0.99
"""Interval of the AUC whose low end must exceed one half: one noise model in two hundred passes."""
_LEANING_LEVEL, _CROSSED_LEVEL = 0.80, 0.995
"""Where later accounts lean to a model at the first level without deciding: what cross-validation on all must show."""
_FEW = 50
"""Later accounts with or without the event, under which they lean to nothing: cross-validation on all decides alone."""
_LEAST_SLOPE = 0.1
"""Held-out calibration slope of all accounts under which a model is as good as silent."""
_SUPPORT = 0.8
"""Share of resamples in which the boosted model must have the lower Brier score for its complexity to be worth it."""
_AGAINST, _CROSSED_SUPPORT = 0.05, 0.90
"""Down to the first share later accounts do not decide between the two, since the models judged on them learned from a
part of the accounts, of which trees want more; the second is then asked for in cross-validation on all."""

_NAMES = {"boosted": "boosted model", "logistic": "penalised logistic regression"}


@dataclass(frozen=True)
class Choice:
    """What ships.

    Parameters
    ----------
    kind : str
        ``boosted``, ``logistic`` or ``base_rate``.
    boosted_has_skill : bool
        Whether the boosted model beats the base rate, shipped or not.
    verdict : str
        Plain sentences.
    """

    kind: str
    boosted_has_skill: bool
    verdict: str


def choose(scores: Scores, everybody: Scores | None = None) -> Choice:
    """Choose what ships. METHOD, section 2.

    A kind beats the base rate if its Brier score is the lower one and the 99 % interval of its AUC lies above one half.
    The boosted model beats the logistic regression if its Brier score is lower in at least 80 % of the resamples, both
    judged on the same ones; otherwise the simpler one of those that beat the base rate ships.

    Models of past cut-offs learn from a part of the accounts, so later accounts may not decide: they lean to a model
    without being sure, or fewer than 50 of them met, or did not meet, the event. There, and only there,
    cross-validation on all accounts does, at a 99.5 % interval; it never overrules them.

    Parameters
    ----------
    scores : Scores
        On later accounts.
    everybody : Scores, optional
        Cross-validated on all accounts; None where there is none beside ``scores``.
    """
    skilled = [kind for kind in _NAMES if beats_base_rate(scores, kind, everybody)]
    support = boosted_support(scores)
    crossed = boosted_support(everybody) if everybody is not None else 0.0
    if not skilled:
        kind = "base_rate"
    elif "boosted" in skilled and ("logistic" not in skilled or _boosted_wins(scores, support, crossed)):
        kind = "boosted"
    else:
        kind = "logistic"
    words = _verdict(scores, kind, skilled, (support, crossed), everybody)
    return Choice(kind, "boosted" in skilled, words)


def confirm(choice: Choice, slope: float) -> Choice:
    """Fall back to the base rate where the shipped kind, cross-fitted on everything, tells nobody apart.

    Parameters
    ----------
    choice : Choice
        From :func:`choose`.
    slope : float
        Of its held-out margins; see :func:`icp_ml.models.recalibration.recalibrate`.

    Returns
    -------
    Choice
    """
    if choice.kind == "base_rate" or slope >= _LEAST_SLOPE:
        return choice
    return Choice(
        "base_rate",
        False,
        f"Everybody is given the base rate: the {_NAMES[choice.kind]} looked better than that on later accounts, but "
        f"cross-fitted on all accounts its forecasts do not hold (calibration slope {slope:.2f}).",
    )


def beats_base_rate(scores: Scores, kind: str, everybody: Scores | None = None) -> bool:
    """Whether a kind's forecasts are better than giving everybody the base rate; see :func:`choose`."""
    if _surely_beats(scores, kind):
        return True
    if everybody is None or not _may_rank(scores, kind):
        return False
    return everybody.value("brier_skill", kind) > 0 and _ranks(everybody, kind, _CROSSED_LEVEL)


def _surely_beats(scores: Scores, kind: str) -> bool:
    """Whether a kind beats the base rate on these accounts alone."""
    return scores.value("brier_skill", kind) > 0 and _ranks(scores, kind)


def _ranks(scores: Scores, kind: str, level: float = _GATE_LEVEL) -> bool:
    """Whether a kind surely ranks better than a coin."""
    low, _ = scores.interval("auc", kind, level)
    return low is not None and low > 0.5


def _may_rank(scores: Scores, kind: str) -> bool:
    """Whether later accounts lean to a kind, or are too few to lean to anything and do not speak against it."""
    if _few(scores):
        return _not_worse(scores, kind)
    return scores.value("brier_skill", kind) > 0 and _ranks(scores, kind, _LEANING_LEVEL)


def _not_worse(scores: Scores, kind: str) -> bool:
    """Whether a kind's Brier score may be as low as the base rate's."""
    _, high = scores.interval("brier_skill", kind)
    return high is None or high > 0


def _few(scores: Scores) -> bool:
    """Whether later accounts with or without the event are too few to decide anything."""
    held = scores.holdout
    return bool(min((held.case > 0).sum(), (held.control > 0).sum()) < _FEW)


def _boosted_wins(scores: Scores, support: float, crossed: float) -> bool:
    """Whether the boosted model beats the logistic regression; ``crossed`` counts where later accounts are unsure."""
    undecided = _few(scores) or _AGAINST < support < _SUPPORT
    return support >= _SUPPORT or (undecided and crossed >= _CROSSED_SUPPORT)


def boosted_support(scores: Scores) -> float:
    """Share of resamples in which the boosted model's Brier score is below the logistic regression's."""
    gain = scores.draws["brier", "logistic"][1:] - scores.draws["brier", "boosted"][1:]
    return float((gain[np.isfinite(gain)] > 0).mean()) if np.isfinite(gain).any() else 0.0


def _verdict(
    scores: Scores, kind: str, skilled: list[str], supports: tuple[float, float], everybody: Scores | None
) -> str:
    """Plain sentences on what ships."""
    where = _where(scores.holdout)
    if kind == "base_rate":
        figures = " and ".join(f"{_NAMES[k]}: {_auc_words(scores, k)}" for k in _NAMES)
        return f"Nothing beats the base rate {where} ({figures}), so everybody is given the base rate."
    if everybody is None or _surely_beats(scores, kind):
        return _shipping(scores, where, kind, skilled, supports)
    told = _shipping(everybody, "in cross-validation on all accounts", kind, skilled, supports)
    return f"{told} Later accounts alone are too few to decide that, {where} ({_auc_words(scores, kind)})."


def _shipping(scores: Scores, where: str, kind: str, skilled: list[str], supports: tuple[float, float]) -> str:
    """Say what ships, on the accounts that decided it."""
    support, crossed = supports
    ships = f"The {_NAMES[kind]} ships: {where} it beats the base rate ({_auc_words(scores, kind)})"
    if kind == "boosted" and "logistic" in skilled and support < _SUPPORT:
        return (
            f"{ships}. Later accounts do not decide between it and the penalised logistic regression (better in "
            f"{support:.0%} of resamples); in cross-validation on all accounts it is better in {crossed:.0%}."
        )
    if kind == "boosted" and "logistic" in skilled:
        return f"{ships} and the penalised logistic regression (better in {support:.0%} of resamples)."
    if kind == "boosted":
        return f"{ships}, which the penalised logistic regression does not ({_auc_words(scores, 'logistic')})."
    if "boosted" in skilled:
        return (
            f"{ships}. The boosted model does not beat it ({_auc_words(scores, 'boosted')}; better in {support:.0%} of "
            "resamples), so the simpler one is kept."
        )
    return f"{ships}, which the boosted model does not ({_auc_words(scores, 'boosted')})."


def _auc_words(scores: Scores, kind: str) -> str:
    """Write an AUC with its interval, and the Brier skill."""
    value, (low, high) = scores.value("auc", kind), scores.interval("auc", kind)
    if not np.isfinite(value):
        return "AUC undefined, too few events"
    ends = f", 90 % interval {low:.2f} to {high:.2f}" if low is not None and high is not None else ""
    return f"AUC {value:.2f}{ends}, Brier skill {scores.value('brier_skill', kind):+.3f}"


def _where(holdout: HoldOut) -> str:
    """How it was judged."""
    n = len(holdout.rows)
    judged = f", churn within {holdout.months:.0f} months" if holdout.months else ""
    if holdout.split == "out_of_time":
        times = "1 cut-off" if len(holdout.labels) == 1 else f"{len(holdout.labels)} cut-offs"
        return f"out of time ({n:,} later accounts at {times}{judged})"
    return f"in cross-validation ({n:,} accounts{judged}; the history is too short to test on later ones)"
