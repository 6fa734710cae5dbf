"""The search for criteria on worlds with known truth: what it finds, what it invents, whether promises are kept.

``make bench-worlds KINDS="noise two_and_two" SEEDS=0:50 ACCOUNTS=4000``. Every world is searched in one of two
processes; its result is kept in ``.cache/worlds`` under a checksum of the code that made it, so that an interrupted run
goes on where it stopped and a change of the code measures afresh. Beside it stands a decision tree of depth 3, read as
practitioners do: its leaves above one and a half times the average churn are what it would exclude.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
from worlds import KINDS, World, make_world

from icp_ml.conditions import Rule
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.criteria.types import Proposal

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "worlds"
CODE = ("icp_ml/criteria/*.py", "icp_ml/survival/*.py", "icp_ml/conditions/*.py", "benchmarks/*worlds*.py")
FRESH = 40_000
TREE_MULTIPLE = 1.5

Result = dict[str, Any]


def code_checksum() -> str:
    """Return a checksum of the code that the results depend on."""
    files = sorted(path for pattern in CODE for path in ROOT.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the F1 of membership; 1 where there is nothing to find and nothing was found."""
    both = found.sum() + truth.sum()
    return 2 * float((found & truth).sum()) / float(both) if both else 1.0


def any_of(rules: list[Rule] | tuple[Rule, ...], frame: pd.DataFrame) -> np.ndarray:
    """Return the accounts that any of the rules holds for."""
    return np.any([np.zeros(len(frame), dtype=bool), *(rule.mask(frame) for rule in rules)], axis=0)


def measure(kind: str, seed: int, accounts: int) -> Result:
    """Return what the search did on one world."""
    world = make_world(kind, seed, accounts=accounts)
    begun = time.perf_counter()
    found = discover_criteria(world.cohort, world.config, list(world.config.attributes), seed).proposals
    seconds = time.perf_counter() - begun
    known, truth = world.fresh(FRESH, seed + 1_000_000)
    exclude = any_of([p.rule for p in found if p.kind == "exclude"], known)
    include = any_of([p.rule for p in found if p.kind == "include"], known)
    bad = any_of(world.excluded, known)
    good = any_of(world.included, known) & ~bad
    return {
        "proposals": len(found),
        "exclusions": sum(p.kind == "exclude" for p in found),
        "planted_exclusions": len(world.excluded),
        "f1_exclude": f1(exclude, bad),
        "f1_include": f1(include & ~exclude, good),
        "f1_tree": f1(_tree(world, known), bad),
        "bad_in_criteria": bool((include & ~exclude & bad).sum() > 0.5 * max(bad.sum(), 1)),
        "false": sum(bool(_is_false(p, known, truth)) for p in found),
        "intervals": [_promise(p, known, truth) for p in found],
        "seconds": seconds,
    }


def _true_difference(proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame) -> float:
    inside = proposal.rule.mask(known)
    win, churn = truth["win"].to_numpy(), truth["churn"].to_numpy()
    outcome = proposal.evidence.outcome

    def rate(where: np.ndarray) -> float:
        if outcome.startswith("churn"):
            return float(np.average(churn[where], weights=win[where]))
        return float(win[where].mean() if outcome == "won" else (win * (1 - churn))[where].mean())

    return rate(inside) - rate(~inside)


def _is_false(proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame) -> bool:
    """Return whether the rule's true effect is none or goes the other way."""
    true = _true_difference(proposal, known, truth)
    return bool(abs(true) < 0.01 or np.sign(true) != np.sign(proposal.evidence.risk_difference.estimate))


def _promise(proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame) -> list[float]:
    """Return covered or not, promised less delivered in points in the promised direction, and the width."""
    true, interval = _true_difference(proposal, known, truth), proposal.evidence.risk_difference
    optimism = (interval.estimate - true) * float(np.sign(interval.estimate))
    return [float(interval.low <= true <= interval.high), 100 * optimism, 100 * (interval.high - interval.low)]


def _tree(world: World, known: pd.DataFrame) -> np.ndarray:
    """Return the accounts in the bad leaves of a depth-3 tree on customers' churn, as known to the practitioner."""
    table = world.cohort.accounts
    customers = world.cohort.customers
    churned = (table["churned"] & (table["follow_up_months"] <= 12)).to_numpy()[customers]
    both = _dummies(pd.concat([world.known[customers], known]))
    train, fresh = both[: customers.sum()], both[customers.sum() :]
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, random_state=0).fit(train, churned)
    return np.asarray(tree.predict_proba(fresh)[:, 1] > TREE_MULTIPLE * churned.mean())


def _dummies(frame: pd.DataFrame) -> np.ndarray:
    numeric = [c for c in frame if pd.api.types.is_numeric_dtype(frame[c]) or frame[c].dtype == "boolean"]
    words = [c for c in frame if c not in numeric and c != "tech_stack"]
    tags = sorted({tag for row in frame["tech_stack"] for tag in row})
    stack = np.array([[tag in row for tag in tags] for row in frame["tech_stack"]], dtype=float)
    numbers = frame[numeric].astype("Float64").fillna(-1).to_numpy(dtype=float)
    return np.column_stack([numbers, pd.get_dummies(frame[words].astype("str"), dtype=float).to_numpy(), stack])


def cached(task: tuple[str, int, int, str]) -> tuple[str, Result]:
    """Return the result of one world, measured now or kept from before."""
    kind, seed, accounts, code = task
    path = CACHE / code / f"{kind}-{accounts}-{seed}.json"
    if path.exists():
        return kind, json.loads(path.read_text(encoding="utf-8"))
    result = measure(kind, seed, accounts)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(path)
    return kind, result


def told(kind: str, results: list[Result]) -> str:
    """Return one line of the table."""
    promises = np.array([p for r in results for p in r["intervals"]])
    proposed, false = sum(r["proposals"] for r in results), sum(r["false"] for r in results)

    def mean(name: str) -> float:
        return float(np.mean([r[name] for r in results]))

    columns = [
        f"{kind:22s}", f"{len(results):6d}", f"{np.mean([r['proposals'] > 0 for r in results]):9.2f}",
        f"{mean('f1_exclude'):8.3f}", f"{mean('f1_tree'):7.3f}", f"{mean('exclusions'):7.2f}",
        f"{results[0]['planted_exclusions']:7d}", f"{mean('f1_include'):8.3f}", f"{false / max(proposed, 1):6.2f}",
    ]  # fmt: skip
    if len(promises):
        widths = np.median(promises[:, 2])
        columns += [f"{promises[:, 0].mean():6.2f}", f"{promises[:, 1].mean():+8.1f}", f"{widths:7.1f}"]
    else:
        columns += [" " * 6, " " * 8, " " * 7]
    return " ".join([*columns, f"{mean('seconds'):8.1f}"])


def main() -> None:
    """Measure the kinds and seeds asked for and print the table."""
    kinds = os.environ.get("KINDS", "").split() or list(KINDS)
    first, last = (int(part) for part in os.environ.get("SEEDS", "0:20").split(":"))
    accounts = int(os.environ.get("ACCOUNTS", "4000"))
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        sys.exit(f"KINDS must be among {', '.join(KINDS)}; found {', '.join(unknown)}")
    code = code_checksum()
    tasks = [(kind, seed, accounts, code) for kind in kinds for seed in range(first, last)]
    found: dict[str, list[Result]] = {kind: [] for kind in kinds}
    print(f"{len(tasks)} worlds of {accounts:,} accounts; kept results in {CACHE.relative_to(ROOT)}/{code}")
    heads = (6, "worlds"), (9, "proposing"), (8, "F1 excl."), (7, "F1 tree"), (7, "X found"), (7, "planted")
    more = (8, "F1 incl."), (6, "false"), (6, "cover"), (8, "optimism"), (7, "width"), (8, "seconds")
    print(" ".join([f"{'kind':22s}", *(f"{name:>{width}s}" for width, name in (*heads, *more))]))
    with ProcessPoolExecutor(2) as pool:
        for kind, result in pool.map(cached, tasks):
            found[kind].append(result)
            if len(found[kind]) == last - first:
                print(told(kind, found[kind]), flush=True)
    promises = np.array([p for results in found.values() for r in results for p in r["intervals"]])
    if len(promises):
        cover, optimism = promises[:, 0].mean(), promises[:, 1].mean()
        print(f"{len(promises)} intervals (90 %): {cover:.1%} cover, optimism {optimism:+.1f} points")


if __name__ == "__main__":
    main()
