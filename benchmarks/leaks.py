"""The hunt for leaks on worlds of which it is known what leaks: caught, missed, and honest attributes accused.

``make bench-leaks SEEDS=0:3``. Every seed is tried with 300, 1,500 and 4,000 accounts and every way of keeping records:
snapshots and accounts recorded over time, both tables or one, 3 and 30 % missing, attributes named or only numbered.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from benchmarks.leak_worlds import Shape, make_leak_world
from icp_ml.features.leaks import find_leaks

SIZES = (300, 1500, 4000)
TIMED, TIMED_ATTRIBUTES = (4000, 100_000), 30
LEAST_CAUGHT, MOST_ACCUSED = 0.95, 0.02
SHAPES = {
    "snapshot": Shape(),
    "snapshot, fields only numbered": Shape(telling_names=False),
    "snapshot, 30 % missing": Shape(missing=0.3, telling_names=False),
    "recorded over time": Shape(over_time=True, telling_names=False),
    "deals only": Shape(tables="deals", telling_names=False),
    "contracts only": Shape(tables="contracts", telling_names=False),
}

Task = tuple[int, int, str]


@dataclass
class Tally:
    """How many of how many, by whatever is counted."""

    hits: Counter[object] = field(default_factory=Counter)
    of: Counter[object] = field(default_factory=Counter)

    def add(self, key: object, hit: bool) -> None:
        """Count one."""
        self.of[key] += 1
        self.hits[key] += hit

    def told(self, key: object) -> str:
        """Return the share with its 95 % interval."""
        hits, n = self.hits[key], self.of[key]
        low, high = wilson(hits, n)
        return f"{hits:5d} of {n:5d}  {hits / n:6.1%}  ({low:.1%} to {high:.1%})"


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's interval of a share (Wilson 1927, DOI 10.1080/01621459.1927.10502953)."""
    centre = (hits + z * z / 2) / (n + z * z)
    half = z * (hits * (n - hits) / n + z * z / 4) ** 0.5 / (n + z * z)
    return max(0.0, centre - half), min(1.0, centre + half)


def examine(task: Task) -> tuple[Task, dict[str, str], dict[str, str], dict[str, str]]:
    """Return the leaks and the honest attributes of one world with their kinds, and what is said of the suspects."""
    seed, accounts, shape = task
    world = make_leak_world(seed, accounts, SHAPES[shape])
    suspects = find_leaks(world.cohort, world.tables, world.config).suspects
    return task, world.leaks, world.honest, {s.attribute: s.text for s in suspects}


def seconds(accounts: int) -> float:
    """Return how long the hunt takes on some thirty attributes, half of them leaks."""
    world = make_leak_world(0, accounts)
    chosen = [*list(world.leaks)[::3], *list(world.honest)[:TIMED_ATTRIBUTES]][:TIMED_ATTRIBUTES]
    config = world.config.model_copy(update={"attributes": {n: world.config.attributes[n] for n in chosen}})
    begun = time.perf_counter()
    find_leaks(world.cohort, world.tables, config)
    return time.perf_counter() - begun


def show(title: str, tally: Tally) -> None:
    """Print a tally, one line a key."""
    print(f"\n{title}")
    for key in tally.of:
        print(f"  {key!s:48s} {tally.told(key)}")


def main() -> int:
    """Print the tables; 1 where a limit does not hold."""
    first, last = (int(part) for part in os.environ.get("SEEDS", "0:3").split(":"))
    tasks = [(seed, n, shape) for n in SIZES for shape in SHAPES for seed in range(first, last)]
    caught, accused, totals = Tally(), Tally(), {n: (Tally(), Tally()) for n in SIZES}
    texts: dict[str, str] = {}
    with ProcessPoolExecutor(2) as pool:
        for (_, n, shape), planted, honest, found in pool.map(examine, tasks):
            for name, kind in planted.items():
                caught.add(kind, name in found)
                totals[n][0].add(shape, name in found)
            for name, kind in honest.items():
                accused.add(kind, name in found)
                totals[n][1].add(shape, name in found)
                texts |= {kind: found[name]} if name in found else {}
    show("Leaks caught, by kind", caught)
    show("Honest attributes accused, by kind", accused)
    for kind, text in texts.items():
        print(f"  for instance, {kind}: {text}")
    verdict = 0
    for n, tallies in totals.items():
        show(f"{n:,} accounts: leaks caught", tallies[0])
        show(f"{n:,} accounts: honest attributes accused", tallies[1])
        share, wrong = (sum(t.hits.values()) / sum(t.of.values()) for t in tallies)
        good = share >= LEAST_CAUGHT and wrong <= MOST_ACCUSED
        verdict |= not good
        print(
            f"  {'passed' if good else 'missed'}: {share:.1%} caught (at least 95 %), {wrong:.1%} accused (at most 2 %)"
        )
    for n in TIMED:
        print(f"\n{n:,} accounts x {TIMED_ATTRIBUTES} attributes: {seconds(n):.1f} s")
    return verdict


if __name__ == "__main__":
    raise SystemExit(main())
