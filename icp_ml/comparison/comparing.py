"""Releases against the first of them: everything that the terminal, the page and MLflow tell of a comparison."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.comparison.evidence import with_evidence
from icp_ml.comparison.figures import Figures, compared_figures
from icp_ml.comparison.forecasts import compared_forecasts
from icp_ml.comparison.matching import in_ids_of
from icp_ml.comparison.origins import origin_differences
from icp_ml.comparison.population import Population
from icp_ml.comparison.tiers import TierChanges, tier_changes
from icp_ml.comparison.verdict import Verdict, decide
from icp_ml.conditions import Rule
from icp_ml.config.schema import Economics
from icp_ml.errors import DataError
from icp_ml.release.folder import Release
from icp_ml.release.kept_cohort import kept_cohort
from icp_ml.release.rule_changes import RuleChange, rule_changes
from icp_ml.segments.changes import changes_since


@dataclass(frozen=True)
class Entry:
    """One of the releases to compare.

    Parameters
    ----------
    release : Release
        The release.
    asked : str
        What it was asked for by: a folder, an id, ``champion``, a run.
    accounts : Population or None
        The accounts it carries; None where an earlier version wrote it, which did not keep them.
    economics : Economics or None
        What its config says of costs and margins.
    """

    release: Release
    asked: str
    accounts: Population | None
    economics: Economics | None = None

    @classmethod
    def of(cls, release: Release, asked: str, economics: Economics | None) -> Entry:
        """Return a release with the accounts it carries."""
        try:
            cohort = kept_cohort(release).cohort
        except DataError:
            return cls(release, asked, None, economics)
        return cls(release, asked, Population(cohort, release.attributes, f"release {release.id}"), economics)

    def as_dict(self) -> dict[str, Any]:
        """Return what tells it from others."""
        document = self.release.criteria
        return {
            "id": self.release.id,
            "asked": self.asked,
            "as_of": document["as_of"],
            "reviewed": document["review"] is not None,
            "rules": len(self.release.rules.rules),
            "segments": len(self.release.segment_rules.rules),
        }


@dataclass(frozen=True)
class Pair:
    """One release against the first.

    Parameters
    ----------
    before, after : Entry
        The first release, and the other.
    verdict : Verdict
        Which of them to run.
    rules : list of dict
        What changed in the rules, from :func:`icp_ml.comparison.evidence.with_evidence`.
    own_ids : dict of str to str
        Id told here to the id that the first release itself gives, where these differ.
    tiers : TierChanges
        Tiers of the same accounts.
    on : str
        Whose accounts these are.
    segments : dict
        From :func:`icp_ml.segments.changes.changes_since`.
    later, flattering : Figures or None
        Both on accounts decided after either's data ended, and on those decided after the first one's that the second
        was made from.
    later_from : str
        Where the later accounts are from; empty where there are none.
    forecasts, origins : list of dict
        Models compared; what they were made from and does not agree.
    lacking : dict of str to list of str
        Release id to attributes its rules use that these accounts lack.
    """

    before: Entry
    after: Entry
    verdict: Verdict
    rules: list[dict[str, Any]]
    own_ids: dict[str, str]
    tiers: TierChanges
    on: str
    segments: dict[str, Any]
    later: Figures | None
    flattering: Figures | None
    later_from: str
    forecasts: list[dict[str, Any]]
    origins: list[dict[str, Any]]
    lacking: dict[str, list[str]]

    @property
    def newer(self) -> Entry:
        """The one whose data reach further; of two on one day, the other."""
        return newer(self.before, self.after)


@dataclass(frozen=True)
class _Ruled:
    id: str
    rule: Rule


def newer(before: Entry, after: Entry) -> Entry:
    """Return the release whose data reach further, the second where both end on one day."""
    return before if str(before.release.criteria["as_of"]) > str(after.release.criteria["as_of"]) else after


def compare_releases(
    entries: Sequence[Entry], later: Population | None = None, economics: Economics | None = None, random_state: int = 0
) -> list[Pair]:
    """Compare releases with the first of them.

    Parameters
    ----------
    entries : sequence of Entry
        Two or more releases of one company.
    later : Population or None
        Accounts that reach further; without it, those of whichever release reaches furthest.
    economics : Economics or None
        Costs and margins to judge by, from where ``later`` is from; without it those of the release that reaches
        furthest.
    random_state : int, optional
        Seed of the resamples.

    Returns
    -------
    list of Pair
        One for each release but the first.

    Raises
    ------
    DataError
        If they are of several companies, or none carries its accounts.
    """
    first = entries[0]
    for entry in entries[1:]:
        if entry.release.criteria["name"] != first.release.criteria["name"]:
            raise DataError(
                f"{first.asked} is a release of {first.release.criteria['name']!r} and {entry.asked} one of "
                f"{entry.release.criteria['name']!r}; give releases of one company"
            )
    carried = [entry.accounts for entry in entries if entry.accounts is not None]
    pool = [*carried, *([later] if later else [])]
    if not pool:
        raise DataError(
            "none of these releases carries its accounts, since an earlier version wrote them; run 'icp discover' "
            "again, or give tables with --on CONFIG"
        )
    furthest = later or max(pool, key=lambda accounts: accounts.as_of)
    if economics is None:
        economics = next((e.economics for e in entries if e.accounts is furthest), first.economics)
    return [_compared(first, entry, furthest, economics, random_state) for entry in entries[1:]]


def _compared(before: Entry, after: Entry, furthest: Population, economics: Economics | None, seed: int) -> Pair:
    last = newer(before, after)
    accounts = last.accounts or before.accounts or after.accounts or furthest
    named = in_ids_of(after.release, before.release, accounts)
    old, new = named.release, after.release
    changes = rule_changes(old.criteria, new.criteria)
    tiers = tier_changes(old, new, accounts)
    segments = _segments(old, new, accounts)
    judged, flattering, later_from = _figures(before, after, last, furthest, economics, seed)
    same = _nothing_changed(changes, tiers, old, new)
    return Pair(
        before=before,
        after=after,
        verdict=Verdict("nothing_changed", "nothing_changed") if same else decide(judged, flattering),
        rules=with_evidence(changes, old, new, before.accounts, after.accounts),
        own_ids=named.own,
        tiers=tiers,
        on=accounts.source,
        segments=segments,
        later=judged,
        flattering=flattering,
        later_from=later_from,
        forecasts=compared_forecasts(before.release, after.release, seed),
        origins=origin_differences(before.release, after.release),
        lacking={r.id: list(lost) for r in (before.release, after.release) if (lost := accounts.lacking(r))},
    )


def _segments(old: Release, new: Release, accounts: Population) -> dict[str, Any]:
    ruled = [_Ruled(name, rule) for name, rule in new.segment_rules.rules]
    return changes_since(old.segments, ruled, accounts.cohort, accounts.types) or {}


def _figures(
    before: Entry, after: Entry, last: Entry, furthest: Population, economics: Economics | None, seed: int
) -> tuple[Figures | None, Figures | None, str]:
    """Return figures on later accounts, on those that flatter the second release, and where the later ones are from."""
    # Choices are judged by each release's own rules: ids do not matter here.
    pair = before.release, after.release
    later, known_until = furthest.decided_after(_as_of(last)), ""
    judged = None
    if later.any():
        judged, known_until = compared_figures(*pair, furthest, later, economics, seed), furthest.source
    flattering = None
    if after.accounts is not None:
        # Those decided by the first one's day flatter that one too, whose rules were chosen on them.
        between = after.accounts.decided_after(_as_of(before))
        if between.any():
            flattering = compared_figures(*pair, after.accounts, between, economics, seed)
    return judged, flattering, known_until


def _as_of(entry: Entry) -> dt.date:
    return dt.date.fromisoformat(str(entry.release.criteria["as_of"]))


def _nothing_changed(changes: Sequence[RuleChange], tiers: TierChanges, old: Release, new: Release) -> bool:
    """Return whether both say the same of every account, by the same rules."""
    alike = [rule.key() for _, rule in old.segment_rules.rules] == [rule.key() for _, rule in new.segment_rules.rules]
    moved = bool(np.any(tiers.table["before"] != tiers.table["after"]))
    return not changes and alike and not moved
