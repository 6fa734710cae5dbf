"""Search for how trees are best grown, inside the training period: the only module that imports optuna.

Every outcome is tuned on its own. The search sees what was known by a past day; what it finds is tried once, on the
accounts begun after that day, and kept only where it beats the built-in settings there. METHOD, section 2.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError, NotEnoughDataError
from icp_ml.models.comparison import Pairs, compare
from icp_ml.models.evaluation import score
from icp_ml.models.history import Records
from icp_ml.models.holdout import hold_out
from icp_ml.models.selection import beats_base_rate
from icp_ml.models.settings import BUILT_IN, ROUNDS, BoosterSettings
from icp_ml.models.tuning_judge import SettingsJudge
from icp_ml.models.tuning_memory import TrialMemory
from icp_ml.models.tuning_period import TuningPeriod, tuning_period
from icp_ml.models.tuning_result import SUPPORT, Trial, Tuning, support_of, verdict_words

if TYPE_CHECKING:
    import optuna

TRIALS = 30
"""Settings tried for each outcome: the fixed budget."""
EXTRA = "pip install 'icp-ml[tune]'"
_STEP = 5
"""Numbers of trees are multiples of it."""


def tune_outcome(
    records: Records,
    attributes: Mapping[str, Attribute],
    random_state: int,
    trials: int = TRIALS,
    watch: Callable[[Trial], None] = lambda trial: None,
    memory: TrialMemory | None = None,
) -> Tuning:
    """Search for settings of one outcome's trees, and try the best on later accounts.

    Parameters
    ----------
    records : Records
        Customers or decided accounts.
    attributes : mapping of str to Attribute
        What the model may use; monotone directions hold in every try.
    random_state : int
        Seed of the search, folds, trees and resamples.
    trials : int, optional
        How many settings to try; the first are the built-in ones.
    watch : callable, optional
        Given each try as it ends.
    memory : TrialMemory, optional
        Keeps what was computed, so that a search that is stopped goes on where it was.

    Returns
    -------
    Tuning
        The built-in settings where there is too little data to search, or nothing better was found.

    Raises
    ------
    ConfigError
        If Optuna is not installed.
    """
    need_optuna()
    outcome = records.target.outcome
    try:
        period = tuning_period(records)
        judge = SettingsJudge(period.known, attributes, random_state, memory)
    except NotEnoughDataError as err:
        return Tuning(outcome, BUILT_IN, False, f"The built-in settings stay, untuned: {err}.")
    tried = _search(judge, random_state, trials, watch)
    best = min((trial for trial in tried if trial.complete), key=lambda trial: (trial.loss, trial.number))
    until = str(period.until)
    if best.settings == BUILT_IN:
        words = (
            f"The built-in settings stay: on accounts up to {until} none of {len(tried)} settings tried does better."
        )
        return Tuning(outcome, BUILT_IN, False, words, tried, until, BUILT_IN)
    candidate = replace(best.settings, tuned_until=until)
    return _judged(period, records, candidate, tried, attributes, random_state)


def need_optuna() -> None:
    """Raise ConfigError where Optuna is not installed."""
    if not has_optuna():
        raise ConfigError(
            f"tuning needs Optuna, which is not installed; install it with {EXTRA}, or give --trials 0 to retrain and "
            "evaluate with the built-in settings, which are good untuned"
        )


def has_optuna() -> bool:
    """Return whether Optuna is installed."""
    try:
        with _quiet():
            import optuna  # noqa: F401  # whether it imports is the question
    except ImportError:
        return False
    return True


def suggest(trial: optuna.Trial) -> BoosterSettings:
    """Draw settings from the search space; values are rounded, so that what is written is what was tried."""
    eta = _rounded(trial.suggest_float("eta", 0.025, 0.2, log=True))
    return BoosterSettings(
        max_depth=trial.suggest_int("max_depth", 2, 6),
        eta=eta,
        subsample=round(trial.suggest_float("subsample", 0.4, 1.0, step=0.05), 2),
        colsample_bynode=round(trial.suggest_float("colsample_bynode", 0.2, 1.0, step=0.05), 2),
        min_child_weight=_rounded(trial.suggest_float("min_child_weight", 1.0, 50.0, log=True)),
        reg_lambda=_rounded(trial.suggest_float("reg_lambda", 0.5, 100.0, log=True)),
        reg_alpha=trial.suggest_float("reg_alpha", 0.0, 8.0, step=0.5),
        gamma=trial.suggest_float("gamma", 0.0, 3.0, step=0.25),
        rounds=rounds_at(eta),
    )


def rounds_at(eta: float) -> tuple[int, ...]:
    """Return the numbers of trees to choose among at a learning rate: half the rate takes twice as many.

    >>> rounds_at(BUILT_IN.eta) == ROUNDS, rounds_at(2 * BUILT_IN.eta)[:3]
    (True, (10, 25, 50))
    """
    return tuple(sorted({max(_STEP, round(r * BUILT_IN.eta / eta / _STEP) * _STEP) for r in ROUNDS}))


def _search(judge: SettingsJudge, random_state: int, trials: int, watch: Callable[[Trial], None]) -> tuple[Trial, ...]:
    """Try so many settings, the built-in ones first; each try learns from those before."""
    with _quiet():
        study = _study(random_state)
    tried = []
    for _ in range(trials):
        with _quiet():
            asked = study.ask()
            settings = suggest(asked)
        trial = _try(asked, settings, judge)
        with _quiet():
            study.tell(asked, **_told(trial))
        tried.append(trial)
        watch(trial)
    return tuple(tried)


def _study(random_state: int) -> optuna.Study:
    """Return a search in memory, seeded: the same data and seed give the same tries."""
    import optuna

    study = optuna.create_study(
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=random_state),
        pruner=optuna.pruners.NopPruner(),
    )
    study.enqueue_trial(BUILT_IN.parameters())
    return study


def _try(asked: optuna.Trial, settings: BoosterSettings, judge: SettingsJudge) -> Trial:
    """Judge settings cut-off by cut-off, and give them up where they are hopeless."""
    cutoffs, loss = 0, np.inf
    for cutoffs in range(1, judge.cutoffs + 1):
        loss = judge.loss(settings, cutoffs)
        with _quiet():
            asked.report(loss, cutoffs)
        if judge.hopeless(settings, cutoffs):
            break
    return Trial(asked.number, settings, loss, cutoffs, cutoffs == judge.cutoffs)


def _told(trial: Trial) -> dict[str, Any]:
    """Return what the search is told of a try."""
    from optuna.trial import TrialState

    return {"values": trial.loss} if trial.complete else {"state": TrialState.PRUNED}


def _judged(
    period: TuningPeriod,
    records: Records,
    candidate: BoosterSettings,
    tried: tuple[Trial, ...],
    attributes: Mapping[str, Attribute],
    random_state: int,
) -> Tuning:
    """Try the best settings on the later accounts: once, and beside the built-in ones."""
    built_in = hold_out(records, attributes, random_state, BUILT_IN, period.later)
    held = hold_out(records, attributes, random_state, candidate, period.later)
    pairs = Pairs(
        records.target.outcome,
        built_in.predictions["boosted"],
        held.predictions["boosted"],
        held.case,
        held.control,
        held.group,
        held.months,
    )
    comparison, scores = compare(pairs, random_state), score(held, random_state)
    skilled = beats_base_rate(scores, "boosted")
    found = skilled and support_of(comparison) >= SUPPORT
    return Tuning(
        outcome=records.target.outcome,
        settings=candidate if found else BUILT_IN,
        found=found,
        verdict=verdict_words(comparison, len(tried), str(period.until), skilled),
        trials=tried,
        until=str(period.until),
        candidate=candidate,
        comparison=comparison,
        scores=scores,
    )


def _rounded(value: float) -> float:
    """Round to three significant digits."""
    return float(f"{value:.3g}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Use Optuna without its messages; its own level is put back."""
    with warnings.catch_warnings():
        # What Optuna means to change in itself is not the reader's to mend.
        warnings.simplefilter("ignore")
        import optuna

        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(level)
