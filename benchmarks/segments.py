"""Segments on worlds with known truth: what is found, what is invented, whether figures hold, and what others find.

``make bench-segments KINDS="four crossed" SEEDS=300:310 ACCOUNTS=4000 WORKERS=1 OUT=segments.md``; KINDS may also be
``planted`` or ``structureless``. ``RIVALS=1`` runs others on the same accounts; ``make bench-peers`` installs them.

A result is kept in ``.cache/segments`` under a checksum of the code that made it: an interrupted run goes on where it
stopped, and changed code measures afresh. Those who look at attributes alone stay when only our code changes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks import segment_summary as summary
from benchmarks.measure_worlds import read_plan as read_worlds
from benchmarks.models_summary import Verdict
from benchmarks.segment_limits import verdicts
from benchmarks.segment_outcome_rivals import OUTCOME_RIVALS
from benchmarks.segment_recipes import ALL_RECIPES, SEGMENT_RECIPES, STRUCTURELESS
from benchmarks.segment_rivals import RAW_RIVALS, Rival, measure_rival
from benchmarks.segment_scores import measure_segments
from benchmarks.segment_worlds import SegmentWorld, make_segment_world
from benchmarks.worlds_cache import ROOT, checksum, kept

CACHE = ROOT / ".cache" / "segments"
GROUPS = {"planted": tuple(SEGMENT_RECIPES), "structureless": tuple(STRUCTURELESS)}

Result = dict[str, Any]
Found = Mapping[str, Sequence[Mapping[str, Result]]]


@dataclass(frozen=True)
class Plan:
    """What is measured: kinds, seeds, accounts, the others beside ours, and in how many processes."""

    kinds: tuple[str, ...]
    seeds: range
    accounts: int
    rivals: tuple[Rival, ...]
    workers: int


def read_plan(environment: Mapping[str, str]) -> Plan:
    """Return what to measure, as the environment asks; ends the program where it asks for what there is not."""
    asked = {name: value for name, value in environment.items() if value}
    names = asked.get("KINDS", "planted structureless").split()
    unknown = sorted(set(names) - set(GROUPS) - set(ALL_RECIPES))
    if unknown:
        sys.exit(f"KINDS must be among {', '.join([*GROUPS, *ALL_RECIPES])}; found {', '.join(unknown)}")
    kinds = tuple(dict.fromkeys(kind for name in names for kind in GROUPS.get(name, (name,))))
    given = {name: asked[name] for name in ("SEEDS", "ACCOUNTS") if name in asked}
    worlds = read_worlds({"SEEDS": "300:310", "PEERS": "none"} | given)
    rivals = (*RAW_RIVALS, *OUTCOME_RIVALS) if asked.get("RIVALS", "0") != "0" else ()
    return Plan(kinds, worlds.seeds, worlds.accounts, rivals, int(asked.get("WORKERS", "2")))


def folders(plan: Plan) -> dict[str, Path]:
    """Return where the results of ours and of each installed rival are kept, by name."""
    found = {"ours": CACHE / checksum(["benchmarks.segment_scores"], ("benchmarks", "icp_ml"))}
    for rival in plan.rivals:
        if rival.version:
            code = _code(rival)
            found[rival.name] = CACHE / "rivals" / f"{rival.name.replace(' ', '-')}-{code}"
    return found


def _code(rival: Rival) -> str:
    beside = f"{rival.package} {rival.version}"
    if rival.raw:
        return checksum(["benchmarks.segment_rivals"], ("benchmarks", "icp_ml.conditions"), beside)
    return checksum(["benchmarks.segment_outcome_rivals"], ("benchmarks", "icp_ml"), beside)


def measure(plan: Plan, where: Mapping[str, Path], task: tuple[str, int]) -> dict[str, Result]:
    """Return the results of ours and of each installed rival on one world, kept from before or measured now."""
    kind, seed = task
    name = f"{kind}-{plan.accounts}-{seed}.json"
    world = cache(partial(make_segment_world, kind, seed, plan.accounts))  # made only if it is needed
    results = {"ours": kept(where["ours"] / name, lambda: measure_segments(world()))}
    for rival in plan.rivals:
        if rival.name in where:
            results[rival.name] = kept(where[rival.name] / name, partial(_measure_rival, rival, world))
    return results


def _measure_rival(rival: Rival, world: Any) -> Result:
    made: SegmentWorld = world()
    return measure_rival(rival, made)


def report(plan: Plan, found: Found) -> tuple[str, list[Verdict]]:
    """Return the tables with what they mean and the limits, in Markdown, and the verdicts."""
    ours = {kind: [world["ours"] for world in worlds] for kind, worlds in found.items()}
    parts = [
        f"{len(plan.seeds)} worlds a kind, seeds {plan.seeds.start} to {plan.seeds.stop - 1}, {plan.accounts:,} "
        "accounts.",
        summary.OURS.markdown(summary.our_cells(kind, results) for kind, results in ours.items()),
        summary.READING,
    ]
    planted = [r for kind, results in ours.items() if kind not in STRUCTURELESS for r in results]
    if rows := summary.figure_rows(planted):
        parts += [summary.FIGURES.markdown(rows), summary.FIGURES_READING]
    if plan.rivals:
        names = [rival.name for rival in plan.rivals]
        table = summary.rivals_table(names)
        parts.append(table.markdown(summary.rival_cells(kind, worlds, names) for kind, worlds in found.items()))
        parts += [summary.RIVALS_READING, absent(plan)]
    told = verdicts(found, [rival.name for rival in plan.rivals if rival.raw], plan.accounts)
    parts.append("\n".join(f"- {verdict.line()}" for verdict in told))
    return "\n\n".join(part for part in parts if part) + "\n", told


def absent(plan: Plan) -> str:
    """Return which rivals are not installed, and how to install them; empty where all are."""
    missing = [f"{rival.name} (package {rival.package})" for rival in plan.rivals if not rival.version]
    return f"Absent, not installed: {', '.join(missing)}; `make bench-peers` installs them." if missing else ""


def main() -> int:
    """Measure the worlds asked for and print the tables; 1 where a limit does not hold."""
    plan = read_plan(os.environ)
    where = folders(plan)
    tasks = [(kind, seed) for kind in plan.kinds for seed in plan.seeds]
    print(f"{len(tasks)} worlds of {plan.accounts:,} accounts; our results are kept in segments/{where['ours'].name}")
    print(summary.OURS.head, flush=True)
    found: dict[str, list[dict[str, Result]]] = {kind: [] for kind in plan.kinds}
    with ProcessPoolExecutor(plan.workers) as pool:
        for (kind, _), results in zip(tasks, pool.map(partial(measure, plan, where), tasks), strict=True):
            found[kind].append(results)
            if len(found[kind]) == len(plan.seeds):
                cells = summary.our_cells(kind, [r["ours"] for r in found[kind]])
                print(summary.OURS.line(cells), flush=True)
    told, judged = report(plan, found)
    print(f"\n{told}")
    if os.environ.get("OUT"):
        Path(os.environ["OUT"]).write_text(told, encoding="utf-8")
        print(f"Written: {os.environ['OUT']}")
    return 1 if any(verdict.holds is False for verdict in judged) else 0


if __name__ == "__main__":
    raise SystemExit(main())
