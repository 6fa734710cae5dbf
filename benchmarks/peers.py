"""What others would exclude on the same worlds: open-source rule finders, each run as a practitioner runs it.

All see the same table: the customers whose first contract year has passed (dropping the younger ones is the usual, and
unbiased, choice), whether each churned in it, medians for missing numbers where a finder cannot take them, a column for
each level and tag. All are read in the same way: what they name is excluded where its churn is at least one and a half
times the average, at most as many rules as ours may propose. A package that is not installed is told as absent.

All three run on Python 3.11 with scikit-learn 1.9: pysubgroup at 0.8, since 0.9 asks for numpy below 2, and SkopeRules
as imodels has it, since the package of its first authors stopped in 2020 and no longer imports.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from benchmarks.worlds import World
from benchmarks.worlds_regions import any_of, membership, recovered, unseen

MULTIPLE = 1.5
MOST_RULES = 8
FEWEST = 30
_FEWEST_IN_RULE = 0.05

Finder = Callable[["Training", pd.DataFrame], list[np.ndarray]]


@dataclass(frozen=True)
class Training:
    """What a practitioner learns from: attributes of grown-up customers, and whether each churned in its first year."""

    known: pd.DataFrame
    churned: np.ndarray

    @property
    def limit(self) -> float:
        """Churn from which a group counts as bad."""
        return float(MULTIPLE * self.churned.mean())

    @property
    def is_enough(self) -> bool:
        """Whether there is anything to learn from."""
        return len(self.churned) >= FEWEST and 0 < self.churned.sum() < len(self.churned)


@dataclass(frozen=True)
class Peer:
    """A rule finder: its name, the package it needs, and a function from training to masks on fresh accounts."""

    name: str
    package: str
    find: Finder

    @property
    def version(self) -> str:
        """Version of the package; empty where it is not installed."""
        if importlib.util.find_spec({"scikit-learn": "sklearn"}.get(self.package, self.package)) is None:
            return ""
        return importlib.metadata.version(self.package)


def training_of(world: World) -> Training:
    """Return the customers whose first year has passed, and whether they churned in it."""
    table = world.cohort.accounts
    grown = world.cohort.customers & table["horizon_passed"].to_numpy(dtype=bool)
    churned = (table["churned"] & (table["follow_up_months"] <= world.cohort.horizon)).to_numpy()
    return Training(world.known[grown], churned[grown])


def measure_peer(peer: Peer, world: World) -> dict[str, Any]:
    """Return what a peer does on one world, held against the truth on fresh accounts, JSON-ready.

    With fewer than 30 grown-up customers, or churn among none or all of them, nothing can be learnt: no rule.
    """
    training, known = training_of(world), unseen(world)[0]
    begun = time.perf_counter()
    masks = peer.find(training, known) if training.is_enough else []
    seconds = time.perf_counter() - begun
    planted = [rule.mask(known) for rule in world.excluded]
    return {
        "proposals": len(masks),
        "planted_exclusions": len(planted),
        "recovered": recovered(masks, planted),
        "exclude": membership(any_of(masks, len(known)), any_of(planted, len(known))),
        "seconds": seconds,
    }


def _tree(training: Training, fresh: pd.DataFrame) -> list[np.ndarray]:
    """Grow a tree of depth 3 with leaves of 20; its bad leaves are the rules."""
    columns = _Columns(training.known)
    learn, met = columns.numbers(training.known), columns.numbers(fresh)
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=20, random_state=0).fit(learn, training.churned)
    churn, leaves = tree.tree_.value[:, 0, 1], tree.apply(met)
    at = np.unique(tree.apply(learn))
    return [leaves == leaf for leaf in at if churn[leaf] >= training.limit]


def _beam_search(training: Training, fresh: pd.DataFrame) -> list[np.ndarray]:
    """Search subgroups of depth 3 by weighted relative accuracy with a beam of 20, the rest as the package has it."""
    pysubgroup = importlib.import_module("pysubgroup")
    columns = _Columns(training.known)
    data = columns.plain(training.known).assign(churned=training.churned)
    selectors = pysubgroup.create_selectors(data, ignore=["churned"])
    task = pysubgroup.SubgroupDiscoveryTask(
        data, pysubgroup.BinaryTarget("churned", True), selectors, result_set_size=MOST_RULES, depth=3,
        qf=pysubgroup.WRAccQF(),
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):  # it divides by the size of empty subgroups
        found = pysubgroup.BeamSearch(beam_width=20).execute(task)
    met = columns.plain(fresh)
    subgroups = [subgroup for _, subgroup, _ in found.results]
    bad = [s for s in subgroups if _rate(training.churned, s.covers(data)) >= training.limit]
    return [np.asarray(s.covers(met), dtype=bool) for s in bad]


def _skope_rules(training: Training, fresh: pd.DataFrame) -> list[np.ndarray]:
    """Take the most precise rules of 30 bagged trees of depth 3, near duplicates dropped, as its own guide does."""
    skope = importlib.import_module("imodels").SkopeRulesClassifier
    columns = _Columns(training.known)
    names = [f"x{i}" for i in range(columns.width)]
    learn = pd.DataFrame(columns.numbers(training.known), columns=names)
    met = pd.DataFrame(columns.numbers(fresh), columns=names)
    model = skope(
        precision_min=training.limit, recall_min=_FEWEST_IN_RULE, n_estimators=30, max_depth=3,
        max_depth_duplication=2, random_state=0,
    )  # fmt: skip
    model.fit(learn.to_numpy(), training.churned.astype(int), feature_names=names)
    best = sorted(model.rules_, key=lambda rule: (-rule.args[0], rule.rule))[:MOST_RULES]
    return [np.asarray(met.eval(rule.rule), dtype=bool) for rule in best]


def _rate(churned: np.ndarray, inside: np.ndarray) -> float:
    return float(churned[inside].mean()) if inside.any() else 0.0


class _Columns:
    """Attributes as columns of numbers, or as plain columns with missing values; levels and tags as learnt."""

    def __init__(self, known: pd.DataFrame) -> None:
        names = [str(c) for c in known.columns]
        self._medians = {c: known[c].median() for c in names if pd.api.types.is_float_dtype(known[c])}
        self._tags = {c: sorted({t for row in known[c] for t in row}) for c in names if _is_tags(known[c])}
        words = [c for c in names if c not in self._medians and c not in self._tags]
        self._levels = {c: sorted(known[c].dropna().unique()) for c in words}
        groups = (*self._tags.values(), *self._levels.values())
        self.width = len(self._medians) + sum(len(group) for group in groups)

    def numbers(self, frame: pd.DataFrame) -> np.ndarray:
        """Return numbers without gaps, shape (n, width): a missing level is in no column."""
        columns = [frame[c].fillna(m).to_numpy(dtype=float) for c, m in self._medians.items()]
        columns += [_has(frame[c], tag) for c, tags in self._tags.items() for tag in tags]
        columns += [
            (frame[c] == level).fillna(False).to_numpy(dtype=bool)
            for c, levels in self._levels.items()
            for level in levels
        ]
        return np.column_stack(columns).astype(float)

    def plain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return one column an attribute or tag, missing values left as they are."""
        columns: dict[str, object] = {c: frame[c] for c in self._medians}
        columns |= {f"{c}: {tag}": _has(frame[c], tag) for c, tags in self._tags.items() for tag in tags}
        columns |= {c: frame[c].astype(object).where(frame[c].notna()) for c in self._levels}
        return pd.DataFrame(columns, index=frame.index)


def _is_tags(column: pd.Series) -> bool:
    known = column.dropna()
    return len(known) > 0 and isinstance(known.iloc[0], tuple)


def _has(column: pd.Series, tag: str) -> np.ndarray:
    return np.array([tag in row for row in column], dtype=bool)


PEERS = (
    Peer("tree", "scikit-learn", _tree),
    Peer("pysubgroup", "pysubgroup", _beam_search),
    Peer("SkopeRules", "imodels", _skope_rules),
)
