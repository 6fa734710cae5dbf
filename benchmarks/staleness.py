"""The review of a release on worlds that stay as they are, and on worlds that shift the day it was made.

``make bench-drift SEEDS=200:400 SHIFTED=40 ACCOUNTS=4000``. A release is made from each world (its models cross-fitted
penalised regressions, which fit in half a second), the world goes on for a year, and the release is reviewed each
quarter. On stable worlds anything but "fine" in the four looks is a false alarm; a planted shift should be seen in the
first. ``MODELS=full`` takes the models as a release ships them, some seconds a world.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.staleness_worlds import RELEASED, SHIFTS, STABLE, Shift, go_on
from benchmarks.worlds import World, make_world
from benchmarks.worlds_tables import AS_OF
from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months
from icp_ml.drift import Reference, Review, make_reference, met_on, review
from icp_ml.models import fit_models
from icp_ml.models.crossfit import FOLDS, assign_folds, cross_fit
from icp_ml.models.history import Records, churn_records, win_records
from icp_ml.models.learners import LogisticLearner
from icp_ml.models.predictors import FittedPredictor
from icp_ml.survival import wilson_interval

STABLE_KINDS = (
    "noise", "mild", "small_strong", "main_effects", "two_and_two", "monthly", "censored_2y", "noise_missing",
    "noise_correlated", "easy_win_quick_churn",
)  # fmt: skip
MOST_FALSE, LEAST_SEEN = 0.05, 0.80
ASKED = (
    "churn 12 to 24 %", "churn region moves", "win rate less 12 points", "win rate less 15 points",
    "industry mix by 25 points", "new level in 10 %",
)  # fmt: skip
"""Shifts that must be seen; the others show where the limits lie."""
_LEAST_SLOPE = 0.1


@dataclass(frozen=True)
class Release:
    """What is left of a release when it is reviewed."""

    world: World
    reference: Reference
    predictors: dict[str, FittedPredictor]


def make_release(world: World, full: bool) -> Release:
    """Fit the models of a world and keep its reference, written and read back."""
    tables = go_on(world, STABLE, world.seed)
    cohort = build_cohort(replace(tables, as_of=AS_OF), world.config)
    fitted = _full(world, cohort) if full else _fast(world, cohort)
    held_out = {outcome: forecast for outcome, (_, forecast) in fitted.items()}
    reference = make_reference(cohort, held_out, world.config.attributes, met_on(cohort, tables))
    predictors = {outcome: predictor for outcome, (predictor, _) in fitted.items()}
    return Release(world, Reference.from_state(reference.state()), predictors)


def _full(world: World, cohort: Cohort) -> dict[str, tuple[FittedPredictor, pd.Series]]:
    models = fit_models(cohort, world.config, list(world.config.attributes))
    return {r.outcome: (r.predictor, r.oof["prediction"]) for r in (models.win, models.churn) if r is not None}  # type: ignore[misc]  # a predictor made here is a FittedPredictor


def _fast(world: World, cohort: Cohort) -> dict[str, tuple[FittedPredictor, pd.Series]]:
    """Cross-fit the penalised regression; the base rate where its forecasts do not hold."""
    names, attributes = list(world.config.attributes), world.config.attributes
    makers: dict[str, Callable[[Cohort, list[str]], Records]] = {"win": win_records, "churn": churn_records}
    fitted = {}
    for outcome, make in makers.items():
        records = make(cohort, names)
        found = cross_fit(
            LogisticLearner(attributes), records.frame, records.target, assign_folds(records.target.label, FOLDS, 0)
        )
        margin, link, scorer = found.margin, found.link, found.refit(records.frame, records.target)
        if link.slope < _LEAST_SLOPE:
            margin = np.zeros(len(margin))
            link, scorer = records.target.link(margin), None
        predictor = FittedPredictor("logistic", outcome, tuple(names), link, scorer)
        fitted[outcome] = (predictor, pd.Series(link.probability(margin), index=records.frame.index))
    return fitted


def looks(release: Release, shift: Shift, quarters: int) -> Iterator[Review]:
    """Review a release at the end of each quarter after it."""
    tables, config = go_on(release.world, shift, release.world.seed), release.world.config
    for quarter in range(1, quarters + 1):
        now: dt.date = add_months(RELEASED, 3 * quarter).astype(object)
        cohort = build_cohort(replace(tables, as_of=now), config)
        yield review(release.reference, cohort, release.predictors, config.attributes, met_on(cohort, tables))


def measure_stable(accounts: int, full: bool, seed: int) -> list[list[str]]:
    """Return the alarms of each of the four looks at a stable world."""
    world = make_world(STABLE_KINDS[seed % len(STABLE_KINDS)], seed, accounts)
    release = make_release(world, full)
    return [[f"{a.test}" for a in found.alarms] for found in looks(release, STABLE, 4)]


def measure_shifted(accounts: int, full: bool, seed: int) -> dict[str, tuple[str, list[str]]]:
    """Return the verdict of the first look at each shift, with its alarms."""
    plain = make_release(make_world("noise", seed, accounts, churn=0.12), full)
    mild = make_release(make_world("small_strong", seed, accounts), full)
    found = {}
    for name, shift in SHIFTS.items():
        release = plain if name.startswith("churn 12") else mild
        seen = next(looks(release, shift, 1))
        found[name] = (seen.verdict, [alarm.test for alarm in seen.alarms])
    return found


def main() -> int:
    """Print both tables; return 1 where the 95 % interval of what was found leaves a limit out."""
    first, end = map(int, os.environ.get("SEEDS", "200:400").split(":"))
    shifted, accounts = int(os.environ.get("SHIFTED", "40")), int(os.environ.get("ACCOUNTS", "4000"))
    full = os.environ.get("MODELS") == "full"
    with ProcessPoolExecutor(2) as pool:
        stable = list(pool.map(partial(measure_stable, accounts, full), range(first, end)))
        moved = list(pool.map(partial(measure_shifted, accounts, full), range(first, first + shifted)))
    held = _print_stable(stable, accounts)
    if moved:
        held &= _print_shifted(moved)
    return 0 if held else 1


def _print_stable(found: list[list[list[str]]], accounts: int) -> bool:
    alarms = sum(any(year) for year in found)
    low, high = wilson_interval(alarms, len(found), 0.95)
    print(f"Stable worlds of {accounts:,} accounts: {alarms} of {len(found)} years with any alarm, "
          f"{alarms / len(found):.1%} (95 % interval {low:.1%} to {high:.1%}; at most {MOST_FALSE:.0%})")  # fmt: skip
    print(f"  by look: {[sum(bool(year[q]) for year in found) for q in range(4)]}")
    print(f"  by test: {dict(Counter(test for year in found for look in year for test in set(look)))}")
    return low <= MOST_FALSE


def _print_shifted(found: list[dict[str, tuple[str, list[str]]]]) -> bool:
    held = True
    head = f"{'shift, seen in the first quarter':<38} {'seen':>6} {'95 % interval':>16} {'retrain':>8} {'look':>6}"
    print(f"\n{head}  alarms")
    for name in SHIFTS:
        verdicts = Counter(world[name][0] for world in found)
        n, seen = len(found), len(found) - verdicts["fine"]
        low, high = wilson_interval(seen, n, 0.95)
        tests = Counter(test for world in found for test in set(world[name][1]))
        if name in ASKED:
            held &= high >= LEAST_SEEN
        short = f"(under {LEAST_SEEN:.0%}) " if name in ASKED and seen / n < LEAST_SEEN else ""
        told = short + ", ".join(f"{test} {count}" for test, count in tests.most_common())
        print(f"{name:<38} {seen / n:>6.0%} {low:>7.0%} to {high:>4.0%} {verdicts['retrain']:>8} "
              f"{verdicts['look']:>6}  {told}")  # fmt: skip
    return held


if __name__ == "__main__":
    sys.exit(main())
