"""The churn and win models on worlds with known truth: rank, spread, level, and what censoring does to them.

``make bench-models KINDS="noise two_and_two monthly:1.4" SEEDS=0:20 ACCOUNTS=4000 OUT=models.md``. A kind may be
followed by the years of its history; worlds of two years and less are judged as censored too. ``YEARS`` sets them for
all. Results are kept in ``.cache/models`` under a checksum of the code, and ``WORKERS`` processes make them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import models_summary as summary
from benchmarks.measure_worlds import read_plan as read_worlds
from benchmarks.models_censored import judge_censored
from benchmarks.models_summary import CENSORED, CENSORED_READING, TRUTH, TRUTH_READING, Verdict
from benchmarks.models_truth import fit_world, judge_world
from benchmarks.worlds import make_world
from benchmarks.worlds_cache import ROOT, checksum, kept

CACHE = ROOT / ".cache" / "models"
KINDS = (
    "noise", "noise_wide", "noise_missing", "noise_correlated", "main_effects", "interaction", "good_region",
    "easy_win_quick_churn", "two_and_two", "majority_bad", "mild", "proxies", "wide", "monthly", "ordered", "tags",
    "level_set", "three_way", "censored", "censored_2y", "monthly:1.4",
)  # fmt: skip
CENSORED_YEARS = 2.0

Result = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A kind of world, with its years of history where they are not the kind's own."""

    kind: str
    years: float | None

    @property
    def name(self) -> str:
        """Kind and years."""
        return self.kind if self.years is None else f"{self.kind}:{self.years:g}"


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    cases: tuple[Case, ...]
    seeds: range
    accounts: int
    workers: int


def read_plan(environment: Mapping[str, str]) -> Plan:
    """Return what to measure, as the environment asks; ends the program where it asks for what there is not."""
    asked = {name: value for name, value in environment.items() if value}
    cases = tuple(_case(name, asked.get("YEARS")) for name in asked.get("KINDS", " ".join(KINDS)).split())
    kinds = " ".join(case.kind for case in cases)
    worlds = read_worlds({"SEEDS": "0:20", "ACCOUNTS": "4000"} | asked | {"KINDS": kinds, "PEERS": "none"})
    return Plan(cases, worlds.seeds, worlds.accounts, int(asked.get("WORKERS", "2")))


def _case(name: str, years: str | None) -> Case:
    kind, _, own = name.partition(":")
    asked = own or years
    try:
        return Case(kind, float(asked) if asked else None)
    except ValueError:
        sys.exit(f"years of a history must be a number, for instance monthly:1.4; found {asked!r}")


def measure(where: Path, accounts: int, task: tuple[Case, int]) -> Result:
    """Return one world's result, kept from before or measured now."""
    case, seed = task
    return kept(where / f"{case.name.replace(':', '-')}-{accounts}-{seed}.json", lambda: _measure(case, seed, accounts))


def _measure(case: Case, seed: int, accounts: int) -> Result:
    world = make_world(case.kind, seed, accounts, **({} if case.years is None else {"years": case.years}))
    models, seconds = fit_world(world)
    found: Result = judge_world(world, models)
    found |= {"seconds": seconds, "customers": int(world.cohort.customers.sum()), "censored": world.censored_share}
    if world.recipe.years <= CENSORED_YEARS:
        found["censored_models"] = judge_censored(world, models)
    return found


def report(plan: Plan, found: Mapping[str, Sequence[Result]]) -> tuple[str, list[Verdict]]:
    """Return both tables with their targets in Markdown, and the verdicts."""
    everything = [r for results in found.values() for r in results]
    truth = [summary.truth_cells(kind, o, results) for kind, results in found.items() for o in ("churn", "win")]
    verdicts = summary.truth_verdicts(found)
    told = [
        f"{len(plan.seeds)} worlds a kind, seeds {plan.seeds.start} to {plan.seeds.stop - 1}, {plan.accounts:,} "
        f"accounts, {np.mean([r['customers'] for r in everything]):,.0f} customers and "
        f"{np.mean([r['seconds'] for r in everything]):.1f} CPU seconds for both models on average.",
        TRUTH.markdown(truth),
        TRUTH_READING,
    ]
    censored = {kind: results for kind, results in found.items() if "censored_models" in results[0]}
    if censored:
        lines = [line for kind, results in censored.items() for line in summary.censored_lines(kind, results)]
        verdicts += [v for kind, results in censored.items() for v in summary.censored_verdicts(kind, results)]
        told += [CENSORED.markdown(lines), CENSORED_READING]
    told.append("\n".join(f"- {verdict.line()}" for verdict in verdicts))
    return "\n\n".join(told) + "\n", verdicts


def main() -> int:
    """Measure the worlds asked for and print the tables; 1 where a target was missed."""
    plan = read_plan(os.environ)
    code = checksum(["benchmarks.models_truth", "benchmarks.models_censored"], ("benchmarks", "icp_ml"))
    tasks = [(case, seed) for case in plan.cases for seed in plan.seeds]
    print(f"{len(tasks)} worlds of {plan.accounts:,} accounts; results are kept in worlds-{code}", file=sys.stderr)
    found: dict[str, list[Result]] = {case.name: [] for case in plan.cases}
    with ProcessPoolExecutor(plan.workers) as pool:
        measured = pool.map(partial(measure, CACHE / f"worlds-{code}", plan.accounts), tasks)
        for (case, _), result in zip(tasks, measured, strict=True):
            found[case.name].append(result)
            if len(found[case.name]) == len(plan.seeds):
                for outcome in ("churn", "win"):
                    line = TRUTH.line(summary.truth_cells(case.name, outcome, found[case.name]))
                    print(line, file=sys.stderr, flush=True)
    told, verdicts = report(plan, found)
    print(told)
    if os.environ.get("OUT"):
        Path(os.environ["OUT"]).write_text(told, encoding="utf-8")
    return 1 if any(v.holds is False for v in verdicts) else 0


if __name__ == "__main__":
    raise SystemExit(main())
