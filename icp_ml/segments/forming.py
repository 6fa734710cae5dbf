"""The two ways of forming segments, each from the accounts it is given and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.segments.clustering import Clusters, density_clusters
from icp_ml.segments.describing import described
from icp_ml.segments.growing import grow
from icp_ml.segments.placed import Placed, placed
from icp_ml.segments.rulelist import as_rules, rounded, rule_search
from icp_ml.segments.search import RuleSearch
from icp_ml.segments.space import contribution_space
from icp_ml.segments.targets import outcome_targets
from icp_ml.segments.telling_apart import told_apart

Form = Callable[[np.ndarray], list[Rule]]

_MOST_FORMING = 30_000


@dataclass(frozen=True)
class Forming:
    """Forms ordered rules from any part of a cohort.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    config : Config
        Attributes and limits.
    names : tuple of str
        Attributes that a rule may name.
    seed : int
        Seed of samples, folds and trees.
    """

    cohort: Cohort
    config: Config
    names: tuple[str, ...]
    seed: int

    def by_outcome(self, accounts: np.ndarray) -> list[Rule]:
        """Return rules split off directly by what happened to the accounts of a mask; empty where nothing differs."""
        return self._rules(self._sample(accounts), grow)

    def by_density(self, accounts: np.ndarray) -> list[Rule]:
        """Return rules that describe density clusters of the accounts of a mask."""
        found, _ = self.clusters(accounts, np.zeros_like(accounts))
        return self.describing(accounts, found)

    def describing(self, accounts: np.ndarray, clusters: Clusters) -> list[Rule]:
        """Return rules that describe given clusters of the accounts of a mask."""
        return self._rules(self._sample(accounts), lambda search: described(clusters.labels, search))

    def clusters(self, accounts: np.ndarray, others: np.ndarray) -> tuple[Clusters, Placed]:
        """Return density clusters formed by the accounts of a mask, those of another assigned, and where they lie."""
        rows = self._sample(accounts)
        targets = outcome_targets(self.cohort, rows)
        space, assigned, dimensions = contribution_space(
            self.frame(rows), self.frame(others), targets, self.config.attributes, self.names, self.seed
        )
        found = density_clusters(space, assigned, targets, self.seed)
        ids = [*self.frame(rows).index, *self.frame(others).index]
        everywhere, labels = np.vstack([space, assigned]), np.concatenate([found.labels, found.others])
        return found, placed(ids, everywhere, dimensions, labels, self.seed)

    def frame(self, accounts: np.ndarray) -> pd.DataFrame:
        """Return the attributes of the accounts of a mask."""
        return self.cohort.attributes.loc[accounts, list(self.names)]

    def _rules(self, rows: np.ndarray, form: Callable[[RuleSearch], list[tuple[int, ...]]]) -> list[Rule]:
        frame, targets = self.frame(rows), outcome_targets(self.cohort, rows)
        search = rule_search(frame, targets, self.config.attributes, self.names, self.config.criteria.max_conditions)
        return [] if search is None else rounded(as_rules(told_apart(form(search), search), search), frame, targets)

    def _sample(self, accounts: np.ndarray) -> np.ndarray:
        """Return at most 30,000 accounts of a mask, so that time and memory stay bounded."""
        if accounts.sum() <= _MOST_FORMING:
            return accounts
        rows = np.random.default_rng(self.seed).permutation(np.flatnonzero(accounts))[:_MOST_FORMING]
        return np.isin(np.arange(len(accounts)), rows)


def as_already_told(
    rules: Sequence[Rule],
    told: Sequence[Rule],
    fit: Callable[[list[Rule]], float],
    frame: pd.DataFrame,
    cost: float,
    settled: Sequence[Rule] = (),
) -> list[Rule]:
    """Return rules, each replaced by one told elsewhere on the same attributes where that fits about as well.

    The reader of a report should not meet one region with two boundaries.

    Parameters
    ----------
    rules, told : sequence of Rule
        Formed segments in order, and what else the report tells, such as criteria and exclusions.
    fit : callable
        Chi-squared between the cells of ordered rules.
    frame : DataFrame
        Typed attributes, of accounts whose share in both rules is compared.
    cost : float
        Chi-squared that a replacement may cost.
    settled : sequence of Rule
        Rules that stay as they are, such as the previous release's: lists that last matter more than one wording.
    """
    kept = list(rules)
    for at, rule in enumerate(rules):
        if rule in settled:
            continue
        for other in told:
            if set(other.attributes) != set(rule.attributes) or other in kept:
                continue
            mine, theirs = rule.mask(frame), other.mask(frame)
            swapped = [*kept[:at], other, *kept[at + 1 :]]
            if np.sum(mine & theirs) >= 0.5 * np.sum(mine | theirs) and fit(swapped) >= fit(kept) - cost:
                kept = swapped
                break
    return kept
