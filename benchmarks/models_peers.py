"""What we ship beside tuned and untuned boosters and a penalised logistic regression, on the same folds.

``make bench``; ``make bench-peers`` first installs LightGBM, CatBoost and Optuna. The environment may say ``DATA`` (the
folder of the real data sets), ``KINDS``, ``SEEDS`` and ``ACCOUNTS`` of the worlds, ``TRIALS`` of the tuning, and
``WORKERS``. What must hold against each tuned library: AUC and Brier score at least as good within noise, at no more
than a fifth of tuned CatBoost's time; and an AUC of 0.825 on the telephone company's customers.

Everything runs in one thread; seconds are CPU time, so that a busy machine changes nothing. A result is kept in
``.cache/models`` under a checksum of the code that made it: the others' are measured once, ours with every change.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure_worlds import read_plan as read_worlds
from benchmarks.models_compare import MOST_TIME, Predicted, compare, figures
from benchmarks.models_ours import fit_shipped
from benchmarks.models_plain import Sample, plain_frames
from benchmarks.models_problems import Problem, Task, real_problem, world_problem
from benchmarks.models_rivals import RIVALS, Rival
from benchmarks.worlds_cache import ROOT, checksum, kept
from benchmarks.worlds_summary import Table

OURS = "icp-ml"
CACHE = ROOT / ".cache" / "models"
REAL = ("telco", "saas_churn")
KINDS = ("two_and_two", "main_effects", "wide")
OUTCOMES = ("churn", "win")
LEAST_AUC = {"telco": 0.825}
CATBOOST = "tuned CatBoost"
TABLE = Table(
    (
        ("problem", 25), ("model", 19), ("AUC", 6), ("Brier", 6), ("AUC, ours less it", 27),
        ("Brier, ours less it", 27), ("seconds", 8), ("within noise", 13),
    )
)  # fmt: skip
READING = """\
AUC: higher is better; Brier score: lower is better. In brackets 90 % intervals: of real data over resampled accounts,
of worlds over the worlds, where figures are those expected under the true probabilities of fresh accounts. missed: the
interval lies wholly on the worse side. seconds: CPU time of tuning and fitting, all folds or worlds, one thread."""

Result = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is compared."""

    data: Path
    kinds: tuple[str, ...]
    seeds: range
    accounts: int
    trials: int
    workers: int


def read_plan(environment: Mapping[str, str]) -> Plan:
    """Return what to compare, as the environment asks; ends the program where it asks for what there is not."""
    asked = {name: value for name, value in environment.items() if value}
    worlds = read_worlds({"KINDS": " ".join(KINDS), "SEEDS": "0:5", "ACCOUNTS": "4000"} | asked | {"PEERS": "none"})
    return Plan(
        Path(asked.get("DATA", "../shared/data")),
        worlds.kinds,
        worlds.seeds,
        worlds.accounts,
        int(asked.get("TRIALS", "30")),
        int(asked.get("WORKERS", "2")),
    )


def problems(plan: Plan) -> list[Problem]:
    """Return the real data sets that are there, and the worlds."""
    real = [real_problem(plan.data / name) for name in REAL if (plan.data / name).is_dir()]
    return real + [world_problem(k, outcome, plan.accounts, plan.seeds) for k in plan.kinds for outcome in OUTCOMES]


def measure_ours(task: Task) -> Result:
    """Fit ours, whichever kind would ship, on a task and predict its test accounts."""
    return _timed(lambda: fit_shipped(task.frame, task.target, task.attributes, task.seed)(task.test))


def measure_rival(rival: Rival, trials: int, task: Task) -> Result:
    """Fit another model on a task and predict its test accounts."""
    learn, test = plain_frames(task.frame[task.learnable], task.test)
    return _timed(lambda: rival.predict(Sample(learn, task.label[task.learnable]), test, trials))


def _timed(predict: Callable[[], np.ndarray]) -> Result:
    begun = time.process_time()
    found = predict()
    return {"seconds": time.process_time() - begun, "probabilities": np.round(found, 7).tolist()}


def folders(trials: int) -> dict[str, Path]:
    """Return where the results of ours and of each installed model are kept, by name."""
    code = checksum(["benchmarks.models_ours", "benchmarks.models_problems"], ("benchmarks", "icp_ml"))
    found = {OURS: CACHE / f"ours-{code}"}
    for rival in RIVALS:
        if not rival.missing:
            beside = f"{rival.versions} {trials if rival.tuned else ''}"
            told = checksum(["benchmarks.models_rivals", "benchmarks.models_problems"], ("benchmarks",), beside)
            found[rival.name] = CACHE / f"{rival.name.replace(' ', '-')}-{told}"
    return found


def measure(where: Mapping[str, Path], trials: int, task: Task) -> dict[str, Result]:
    """Return every installed model's result on a task, kept from before or measured now."""
    found = {OURS: kept(where[OURS] / f"{task.name}.json", partial(measure_ours, task))}
    for rival in RIVALS:
        if rival.name in where:
            path = where[rival.name] / f"{task.name}.json"
            found[rival.name] = kept(path, partial(measure_rival, rival, trials, task))
    return found


def predicted(results: list[dict[str, Result]], name: str) -> Predicted:
    """Return one model's predictions of all tasks of a problem."""
    mine = [result[name] for result in results]
    return Predicted([np.array(r["probabilities"]) for r in mine], sum(r["seconds"] for r in mine))


def rows(problem: Problem, results: list[dict[str, Result]]) -> tuple[list[list[str]], list[str]]:
    """Return a problem's lines of the table, and what was missed in words."""
    truths = [task.truth for task in problem.tasks]
    ours = predicted(results, OURS)
    auc, brier = figures(truths, ours, problem.folds)
    lines, missed = [[problem.name, OURS, f"{auc:.4f}", f"{brier:.4f}", "", "", f"{ours.seconds:.1f}", ""]], []
    for rival in RIVALS:
        if rival.name not in results[0]:
            lines.append([problem.name, rival.name, "absent", "", "", "", "", ""])
            continue
        other = predicted(results, rival.name)
        beside = compare(truths, ours, other, problem.folds)
        gains = [beside.auc_gain.words(), beside.brier_gain.words()]
        figured = [f"{beside.auc:.4f}", f"{beside.brier:.4f}", *gains, f"{other.seconds:.1f}"]
        lines.append([problem.name, rival.name, *figured, beside.verdict])
        if rival.tuned and beside.verdict != "passed":
            missed.append(f"{problem.name}, beside {rival.name}: {beside.verdict.removeprefix('missed: ')}")
    return lines, missed + [f"{problem.name}: {told}" for told in (*_slow(ours, results), *_low(problem, auc))]


def _slow(ours: Predicted, results: list[dict[str, Result]]) -> list[str]:
    """Say so if ours took more than its share of tuned CatBoost's time."""
    share = time_share(ours, results)
    return [f"{share:.2f} of {CATBOOST}'s time"] if share is not None and share > MOST_TIME else []


def time_share(ours: Predicted, results: list[dict[str, Result]]) -> float | None:
    """Return our seconds over tuned CatBoost's, None where it is absent."""
    return ours.seconds / predicted(results, CATBOOST).seconds if CATBOOST in results[0] else None


def _low(problem: Problem, auc: float) -> list[str]:
    """Say so if the AUC is under what the data are known to carry."""
    least = LEAST_AUC.get(problem.name.split(":")[0], 0.0)
    return [f"AUC {auc:.4f}, at least {least} is there"] if auc < least else []


def absent() -> str:
    """Return which models are not installed, and how to install them; empty where all are."""
    missing = sorted({package for rival in RIVALS for package in rival.missing})
    return f"Absent, not installed: {', '.join(missing)}; `make bench-peers` installs them." if missing else ""


def main() -> int:
    """Print the table as it is measured; 1 where something that must hold was missed."""
    plan = read_plan(os.environ)
    if not any((plan.data / name).is_dir() for name in REAL):
        print(f"No real data in {plan.data}; DATA=... names another folder. Worlds alone are compared.")
    where = folders(plan.trials)
    print(f"Our results are kept in {where[OURS].name}; tuning takes {plan.trials} trials. {absent()}".strip())
    print(TABLE.head, flush=True)
    missed: list[str] = []
    with ProcessPoolExecutor(plan.workers) as pool:
        for problem in problems(plan):
            results = list(pool.map(partial(measure, where, plan.trials), problem.tasks))
            lines, told = rows(problem, results)
            missed += told
            share = time_share(predicted(results, OURS), results)
            print("\n".join(map(TABLE.line, lines)))
            if share is not None:
                verdict = "passed" if share <= MOST_TIME else "missed"
                print(f"  {problem.name}: ours takes {share:.3f} of {CATBOOST}'s time, at most {MOST_TIME}: {verdict}")
            sys.stdout.flush()
    print(f"\n{READING}\n")
    print("\n".join(f"missed: {told}" for told in missed) or "passed: everything that must hold does")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
