"""Whether the accounts that come in now are of the kind the release was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from icp_ml.conditions import AttributeLike
from icp_ml.drift.chance import Variation, share_p, usual_variation
from icp_ml.drift.finding import Finding, judge
from icp_ml.drift.profile import AttributeProfile, Mark, Profile, levels_of, mask
from icp_ml.wording import label_words, list_words

LEAST_SHIFT = 0.05
"""A share that moves by less than 5 points is no reason to look, however certain."""
MOST_UNSEEN = 0.01
"""Share of accounts that may have a level the release never saw."""
ALPHA = 0.0125
"""Chance of a false alarm of one look: four a year make 5 %."""
_LEAST_ACCOUNTS = 20
_LEAST_COUNT = 5
_SHOWN = 3


@dataclass(frozen=True)
class PopulationDrift:
    """How one population differs from another.

    Parameters
    ----------
    findings : tuple of Finding
        Two an attribute at most: its largest change, and levels never seen before.
    unseen : dict of str to float
        Share of the accounts with a level the profile does not have, by attribute; 0 where there is none.
    """

    findings: tuple[Finding, ...]
    unseen: dict[str, float]

    @property
    def alarm(self) -> bool:
        """Whether anything differs beyond chance and enough to matter."""
        return any(finding.alarm for finding in self.findings)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What differs, in words."""
        return tuple(finding.text for finding in self.findings if finding.alarm)


def population_drift(
    profile: Profile, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike], alpha: float = ALPHA
) -> PopulationDrift:
    """Compare accounts with a population they are no part of.

    Each attribute is a set of statements (a level, a tag, a number from a decile on, missing); each statement's share
    is compared by Fisher's exact test and, where past quarters varied more than chance explains, by their own
    variation. The smallest p-value is multiplied by the number of statements, and attributes share ``alpha`` by Holm.

    Parameters
    ----------
    profile : Profile
        The population of before.
    frame : DataFrame
        Typed attributes of the accounts of now.
    attributes : mapping of str to Attribute
        Attribute types; those that the profile does not have are left out.
    alpha : float, default 0.0125
        Chance of any false alarm.

    Returns
    -------
    PopulationDrift
    """
    findings = judge(population_findings(profile, frame, attributes), alpha)
    return PopulationDrift(findings, unseen_shares(profile, frame, attributes))


def population_findings(
    profile: Profile, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]
) -> list[Finding]:
    """Return what differs by attribute, not yet judged; see :func:`population_drift`."""
    findings = []
    for name, own in profile.attributes.items():
        if name in attributes and name in frame:
            findings.append(_largest_change(profile, own, frame[[name]], attributes))
            if own.levels is not None:
                findings.append(_unseen(profile, own, frame[name], attributes[name]))
    return findings


def unseen_shares(profile: Profile, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> dict[str, float]:
    """Return the share of accounts with a level or tag that the profile never saw, by attribute."""
    return {
        name: float(_strange(frame[name], attributes[name].type, own).mean()) if len(frame) else 0.0
        for name, own in profile.attributes.items()
        if own.levels is not None and name in attributes and name in frame
    }


def _largest_change(
    profile: Profile, own: AttributeProfile, frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]
) -> Finding:
    """Compare one attribute."""
    name, n, before = str(frame.columns[0]), len(frame), sum(profile.sizes)
    known = np.array([sum(m.counts) for m in own.marks])
    new = np.array([int(mask(m, frame, name).sum()) for m in own.marks])
    # Which statements can differ at all depends on both samples together only, so that leaving the others out is fair.
    both = known + new
    able = np.flatnonzero((both >= _LEAST_COUNT) & (both <= before + n - _LEAST_COUNT))
    if min(n, before) < _LEAST_ACCOUNTS or not len(able):
        text = f"{label_words(name)}: too few to tell ({n} accounts now, {before} before, nothing frequent enough)"
        return Finding("population", name, n, None, None, text)
    p = np.maximum(
        share_p(known[able], before, new[able], n),
        [_by_usual_variation(own.marks[i], profile.sizes, int(new[i]), n) for i in able],
    )
    shift = new / n - known / before
    worst = able[np.lexsort((-np.abs(shift[able]), p))[0]]
    share = float(np.clip((both / (before + n))[worst], 0.05, 0.95))
    return Finding(
        "population",
        name,
        n,
        float(known[worst] / before),
        float(new[worst] / n),
        _shift_words(own.marks[worst], name, attributes, (known[worst] / before, new[worst] / n, n)),
        p=float(min(1.0, p.min() * len(able))),
        material=bool(abs(shift[worst]) >= LEAST_SHIFT),
        deviation=float(np.sqrt(share * (1 - share) * (1 / n + 1 / before))),
        tests=len(able),
    )


def _by_usual_variation(mark: Mark, sizes: tuple[int, ...], new: int, n: int) -> float:
    """Return the p-value of a share's change against the variation among past quarters, 0 where that is chance."""
    size, counts = np.array(sizes, dtype=float), np.array(mark.counts, dtype=float)
    rate = counts.sum() / size.sum()
    enough = size * min(rate, 1 - rate) >= _LEAST_COUNT
    if enough.sum() < 3:
        return 0.0
    z = (counts - size * rate)[enough] / np.sqrt(size * rate * (1 - rate))[enough]
    return 2 * _tail(usual_variation(z), rate, size.sum(), new, n)


def _tail(variation: Variation, rate: float, before: float, new: int, n: int) -> float:
    pooled = (rate * before + new) / (before + n)
    return variation.tail(abs(new / n - rate) / float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / before))))


def _strange(values: pd.Series, kind: str, own: AttributeProfile) -> np.ndarray:
    """Return which accounts have a level or tag never seen before."""
    seen = set(own.levels or ())
    if kind == "tags":
        return np.array([v is not None and v == v and not seen.issuperset(v) for v in values], dtype=bool)
    return (~values.isin(seen) & values.notna()).to_numpy(dtype=bool)


def _unseen(profile: Profile, own: AttributeProfile, values: pd.Series, spec: AttributeLike) -> Finding:
    """Ask whether more accounts have an unseen level than may, or than rare levels make likely (Good-Turing)."""
    name, n = str(values.name), len(values)
    strange = _strange(values, spec.type, own)
    count, label = int(strange.sum()), label_words(name)
    if n < _LEAST_ACCOUNTS:
        return Finding("unseen_level", name, n, 0.0, None, f"{label}: too few to tell ({n} accounts)")
    usual = max(MOST_UNSEEN, (own.single + 1) / (profile.accounts + 1))
    new = [level for level, _ in levels_of(values[strange], spec.type).most_common() if level not in (own.levels or ())]
    named = f": {list_words(tuple(new[:_SHOWN]), 'and')}{' and others' if len(new) > _SHOWN else ''}" if new else ""
    return Finding(
        "unseen_level",
        name,
        n,
        0.0,
        count / n,
        f"{label}: {count} of {n} accounts ({count / n:.1%}) have a level the release never saw{named}",
        p=float(stats.binom.sf(count - 1, n, usual)),
        material=count / n > MOST_UNSEEN,
        deviation=float(np.sqrt(usual * (1 - usual) / n)),
    )


def _shift_words(
    mark: Mark, name: str, attributes: Mapping[str, AttributeLike], figures: tuple[float, float, int]
) -> str:
    """Write a change of a share."""
    before, now, n = figures
    told = f"{label_words(name)} unknown" if mark.condition is None else mark.condition.text(attributes)
    return f"share of accounts with “{told}”: {before:.0%} before, {now:.0%} now ({n:,} accounts)"
