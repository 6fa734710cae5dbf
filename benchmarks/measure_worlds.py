"""The search for criteria on worlds with known truth: what it finds, what it invents, whether promises are kept.

``make bench-worlds KINDS="noise two_and_two" SEEDS=0:50 ACCOUNTS=4000 OUT=worlds.md``. ``YEARS=2`` shortens the history
of every world, so that more customers are censored; ``PEERS=none`` leaves the other rule finders out.

Every world is made in one of two processes. A result is kept in ``.cache/worlds`` under a checksum of the code that
made it, so that an interrupted run goes on where it stopped and a change of the code measures afresh; the others'
results stand apart, since our code does not change them. ``make bench-peers`` installs them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS, Peer, measure_peer
from benchmarks.worlds import KINDS, World, make_world
from benchmarks.worlds_cache import CACHE, checksum, kept
from benchmarks.worlds_scores import measure_search
from benchmarks.worlds_summary import (
    OURS,
    PEERS_READING,
    READING,
    Table,
    our_cells,
    peer_cells,
    peers_table,
    pooled_false,
    pooled_intervals,
)

Result = dict[str, Any]
Found = Mapping[str, Sequence[Mapping[str, Result]]]


@dataclass(frozen=True)
class Plan:
    """What is measured: kinds, seeds, accounts, changes of every recipe, and the others beside ours."""

    kinds: tuple[str, ...]
    seeds: range
    accounts: int
    changes: tuple[tuple[str, float], ...]
    peers: tuple[Peer, ...]

    def file(self, kind: str, seed: int) -> str:
        """Return the name of a world's result."""
        return "-".join([kind, str(self.accounts), *(f"{k}{v:g}" for k, v in self.changes), str(seed)]) + ".json"


def read_plan(environment: Mapping[str, str]) -> Plan:
    """Return what to measure, as the environment asks; ends the program where it asks for what there is not."""
    kinds = tuple(environment.get("KINDS", "").split()) or KINDS
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        sys.exit(f"KINDS must be among {', '.join(KINDS)}; found {', '.join(unknown)}")
    names = environment.get("PEERS", "").split() or [peer.name for peer in PEERS]
    strange = sorted(set(names) - {"none", *(peer.name for peer in PEERS)})
    if strange:
        sys.exit(f"PEERS must be none or among {', '.join(p.name for p in PEERS)}; found {', '.join(strange)}")
    years = environment.get("YEARS", "")
    return Plan(
        kinds,
        _seeds(environment.get("SEEDS", "0:20")),
        int(environment.get("ACCOUNTS", "4000")),
        (("years", float(years)),) if years else (),
        tuple(peer for peer in PEERS if peer.name in names),
    )


def _seeds(asked: str) -> range:
    """Return the seeds of ``first:end``, the end left out."""
    first, colon, end = asked.partition(":")
    if not (colon and first.isdecimal() and end.isdecimal() and int(first) < int(end)):
        sys.exit(f"SEEDS must be first:end, the end left out and at least one seed between; found {asked!r}")
    return range(int(first), int(end))


def folders(plan: Plan) -> dict[str, Path]:
    """Return where the results of ours and of each installed peer are kept, by name."""
    found = {"ours": CACHE / checksum(["benchmarks.worlds_scores"], ("benchmarks", "icp_ml"))}
    for peer in plan.peers:
        if peer.version:
            code = checksum(["benchmarks.peers"], ("benchmarks", "icp_ml.conditions"), f"{peer.package} {peer.version}")
            found[peer.name] = CACHE / "peers" / f"{peer.name}-{code}"
    return found


def measure(plan: Plan, where: Mapping[str, Path], task: tuple[str, int]) -> dict[str, Result]:
    """Return the results of ours and of each installed peer on one world, kept from before or measured now."""
    kind, seed = task
    name = plan.file(kind, seed)
    world = cache(partial(make_world, kind, seed, plan.accounts, **dict(plan.changes)))  # made only if it is needed
    results = {"ours": kept(where["ours"] / name, lambda: measure_search(world()))}
    for peer in plan.peers:
        if peer.name in where:
            results[peer.name] = kept(where[peer.name] / name, partial(_measure_peer, peer, world))
    return results


def _measure_peer(peer: Peer, world: Callable[[], World]) -> Result:
    return measure_peer(peer, world())


def report(plan: Plan, found: Found) -> str:
    """Return both tables and what they mean, in Markdown."""
    changed = "".join(f", {name} {value:g}" for name, value in plan.changes)
    parts = [
        f"{len(plan.seeds)} worlds a kind, seeds {plan.seeds.start} to {plan.seeds.stop - 1}, {plan.accounts:,} "
        f"accounts{changed}.",
        OURS.markdown(our_cells(kind, results) for kind, results in _ours(found).items()),
        READING,
        pooled(found),
    ]
    if plan.peers:
        parts += [_peers_table(plan).markdown(peer_rows(plan, found)), PEERS_READING, absent(plan)]
    return "\n\n".join(part for part in parts if part) + "\n"


def pooled(found: Found) -> str:
    """Return what holds over all kinds: coverage of the intervals and false discovery."""
    everything = [result for results in _ours(found).values() for result in results]
    return f"{pooled_intervals(everything)}\n{pooled_false(everything)}"


def peer_rows(plan: Plan, found: Found) -> list[list[str]]:
    """Return the lines of the table of ours beside the others."""
    names = [peer.name for peer in plan.peers]
    return [
        peer_cells(kind, [r["ours"] for r in results], [[r[n] for r in results if n in r] for n in names])
        for kind, results in found.items()
    ]


def _ours(found: Found) -> dict[str, list[Result]]:
    return {kind: [r["ours"] for r in results] for kind, results in found.items()}


def _peers_table(plan: Plan) -> Table:
    return peers_table([peer.name for peer in plan.peers])


def absent(plan: Plan) -> str:
    """Return which peers are not installed, and how to install them; empty where all are."""
    missing = [f"{peer.name} (package {peer.package})" for peer in plan.peers if not peer.version]
    return f"Absent, not installed: {', '.join(missing)}; `make bench-peers` installs them." if missing else ""


def main() -> None:
    """Measure the kinds and seeds asked for and print the tables."""
    plan = read_plan(os.environ)
    where = folders(plan)
    tasks = [(kind, seed) for kind in plan.kinds for seed in plan.seeds]
    print(f"{len(tasks)} worlds of {plan.accounts:,} accounts; our results are kept in {where['ours'].name}")
    print(OURS.head, flush=True)
    found: dict[str, list[dict[str, Result]]] = {kind: [] for kind in plan.kinds}
    with ProcessPoolExecutor(2) as pool:
        for (kind, _), results in zip(tasks, pool.map(partial(measure, plan, where), tasks), strict=True):
            found[kind].append(results)
            if len(found[kind]) == len(plan.seeds):
                print(OURS.line(our_cells(kind, [r["ours"] for r in found[kind]])), flush=True)
    print(f"\n{READING}\n\n{pooled(found)}")
    if plan.peers:
        table = _peers_table(plan)
        print("\n".join(["", table.head, *map(table.line, peer_rows(plan, found)), "", PEERS_READING, absent(plan)]))
    if os.environ.get("OUT"):
        Path(os.environ["OUT"]).write_text(report(plan, found), encoding="utf-8")
        print(f"Written: {os.environ['OUT']}")


if __name__ == "__main__":
    main()
