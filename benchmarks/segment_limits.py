"""What segments were asked to reach on planted worlds, beside what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from benchmarks.models_summary import Verdict
from benchmarks.segment_recipes import STRUCTURELESS
from benchmarks.segment_summary import (
    LEAST_EXPLAINED,
    Result,
    as_rival,
    coverage,
    firsts,
    least_explained,
    mean_of,
    shown,
    stabilities,
)

LEAST_ARI, LEAST_LEAD, LEAST_FIRST, LEAST_SILENT, LEAST_JACCARD = 0.80, 0.15, 0.95, 0.95, 0.80
COVER, FEWEST_INTERVALS = (0.87, 0.93), 400
MOST_SEGMENTS, MOST_SECONDS, TIMED_ACCOUNTS = 8, 20.0, 4000

Found = Mapping[str, Sequence[Mapping[str, Result]]]


def verdicts(found: Found, raw: Sequence[str], accounts: int) -> list[Verdict]:
    """Return each limit with what was seen and whether it holds.

    Parameters
    ----------
    found : mapping
        Kind: worlds, each ``ours`` and the others by name.
    raw : sequence of str
        Others that look at attributes alone.
    accounts : int
        Of a world.
    """
    ours = {kind: [world["ours"] for world in worlds] for kind, worlds in found.items()}
    planted = {kind: results for kind, results in ours.items() if kind not in STRUCTURELESS}
    silent = [r["segments"] == 0 for kind, results in ours.items() if kind in STRUCTURELESS for r in results]
    everything = [r for results in ours.values() for r in results]
    return [
        _agreement(planted),
        _lead({kind: worlds for kind, worlds in found.items() if kind in planted}, raw),
        _explained(planted),
        _share("the high-pull cell is ranked first where it is clearly worth most", firsts(_all(planted)), LEAST_FIRST),
        _share("structureless worlds in which nothing is called a segment", silent, LEAST_SILENT),
        _stable(_all(planted)),
        _coverage(_all(planted)),
        _few(everything),
        _quick(ours, accounts),
    ]


def _all(by_kind: Mapping[str, Sequence[Result]]) -> list[Result]:
    return [r for results in by_kind.values() for r in results]


def _agreement(planted: Mapping[str, Sequence[Result]]) -> Verdict:
    means = {kind: (mean_of(r, "ari"), mean_of(r, "ari_planted")) for kind, r in planted.items()}
    low = {k: (a, p) for k, (a, p) in means.items() if a is not None and p is not None and a < LEAST_ARI}
    told = f"; below in {', '.join(f'{k} {a:.2f} (planted rules {p:.2f})' for k, (a, p) in low.items())}" if low else ""
    overall = mean_of(_all(planted), "ari")
    text = f"adjusted Rand index to the cells, at least {LEAST_ARI:.2f} in every kind: mean {shown(overall)}{told}"
    return Verdict(text, None if overall is None else not low)


def _lead(found: Found, raw: Sequence[str]) -> Verdict:
    leads = {}
    for kind, worlds in found.items():
        theirs = [mean_of([w[name] for w in worlds if name in w], "ari") for name in raw]
        best = max((value for value in theirs if value is not None), default=None)
        mine = mean_of([as_rival(w["ours"]) for w in worlds], "ari")
        if best is not None and mine is not None:
            leads[kind] = mine - best
    text = f"above the best of raw attributes by at least {LEAST_LEAD:.2f} in every kind"
    if not leads:
        return Verdict(f"{text}: none ran (RIVALS=1)", None)
    worst = min(leads, key=lambda kind: leads[kind])
    seen = f"{np.mean(list(leads.values())):.2f} on average, least {leads[worst]:.2f} ({worst})"
    return Verdict(f"{text}: {seen}", leads[worst] >= LEAST_LEAD)


def _explained(planted: Mapping[str, Sequence[Result]]) -> Verdict:
    low = []
    for kind, results in planted.items():
        for name, word in (("eta_pull", "pull"), ("eta_churn", "churn")):
            mean = mean_of(results, name)
            if mean is not None and mean < LEAST_EXPLAINED:
                low.append(f"{kind} {word} {mean:.2f}")
    both = [value >= LEAST_EXPLAINED for value in map(least_explained, _all(planted)) if value is not None]
    pull, churn = (shown(mean_of(_all(planted), name)) for name in ("eta_pull", "eta_churn"))
    text = (
        f"variance of true pull and churn explained, at least {LEAST_EXPLAINED:.2f} in every kind: mean {pull} and "
        f"{churn}, both so in {sum(both)} of {len(both)} worlds{'; below in ' if low else ''}{', '.join(low)}"
    )
    return Verdict(text, not low if both else None)


def _share(what: str, seen: Sequence[bool], least: float) -> Verdict:
    if not seen:
        return Verdict(f"{what}, at least {least:.0%}: no such world", None)
    bounds = stats.binomtest(sum(seen), len(seen)).proportion_ci(method="wilson")
    told = f"{sum(seen)} of {len(seen)} (95 % interval {bounds.low:.0%} to {bounds.high:.0%})"
    return Verdict(f"{what}, at least {least:.0%}: {told}", sum(seen) >= least * len(seen))


def _stable(results: Sequence[Result]) -> Verdict:
    found = stabilities(results)
    text = f"resampling Jaccard of each published segment, at least {LEAST_JACCARD:.2f}"
    if not found:
        return Verdict(f"{text}: none published", None)
    below = sum(s < LEAST_JACCARD for s in found)
    seen = f"mean {np.mean(found):.2f}, least {min(found):.2f}, below in {below} of {len(found)}"
    return Verdict(f"{text}: {seen}", not below)


def _coverage(results: Sequence[Result]) -> Verdict:
    held, n = coverage(results)
    text = f"90 % intervals that hold the truth, {COVER[0]:.0%} to {COVER[1]:.0%} of at least {FEWEST_INTERVALS}"
    if n < FEWEST_INTERVALS:
        return Verdict(f"{text}: {n} are too few", None)
    return Verdict(f"{text}: {held / n:.1%} of {n:,}", COVER[0] <= held / n <= COVER[1])


def _few(results: Sequence[Result]) -> Verdict:
    most = max(r["segments"] for r in results)
    return Verdict(f"segments, at most {MOST_SEGMENTS}: at most {most}", most <= MOST_SEGMENTS)


def _quick(ours: Mapping[str, Sequence[Result]], accounts: int) -> Verdict:
    text = f"{TIMED_ACCOUNTS:,} accounts in under {MOST_SECONDS:.0f} seconds of one core"
    if accounts != TIMED_ACCOUNTS:
        return Verdict(f"{text}: worlds of {accounts:,} were measured", None)
    means = {kind: float(np.mean([r["seconds"] for r in results])) for kind, results in ours.items()}
    slow = max(means, key=lambda kind: means[kind])
    every = [r["seconds"] for r in _all(ours)]
    within = sum(s < MOST_SECONDS for s in every)
    seen = f"{np.mean(every):.0f} on average, {within} of {len(every)} worlds so, slowest kind {slow} {means[slow]:.0f}"
    return Verdict(f"{text}: {seen}", within == len(every))
