"""Segments on many worlds as tables: ours, our intervals by figure, and others on the same accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.worlds_summary import Table

Result = Mapping[str, Any]
LEAST_EXPLAINED = 0.90

OURS = Table(
    (
        ("kind", 18), ("worlds", 6), ("segments", 8), ("most", 4), ("ARI", 5), ("planted", 7), ("pull", 5),
        ("churn", 5), ("explained", 9), ("first", 8), ("Jaccard", 7), ("least", 5), ("intervals", 9), ("cover", 5),
        ("seconds", 7), ("longest", 7),
    )
)  # fmt: skip
READING = """\
segments: mean number a world; most: in any world. ARI: adjusted Rand index to the cells of equal true pull and churn on
40,000 fresh accounts; planted: what the planted rules themselves reach on those, since they see gaps where values are
missing. pull, churn: share of the variance of the true pull and of the true churn probability that the segment
explains (eta squared); explained: worlds in which both are at least 0.90. first: worlds in which the high-pull cell is
ranked first, of those in which it is worth at least 10 % more than any other. Jaccard, least: resampling Jaccard of
published segments, mean and smallest. intervals, cover: how many of 90 %, and the share that holds the truth.
seconds: of one core, mean; longest: of any world."""
FIGURES = Table((("figure", 18), ("intervals", 9), ("cover", 6), ("estimate less truth", 19), ("spread", 6)))
FIGURES_READING = """\
estimate less truth: mean, and spread: standard deviation, in standard errors as the interval tells them: 0 and 1 are
right."""
RIVALS_READING = """\
Each cell: adjusted Rand index / eta squared of true pull / of true churn / groups a world, on the world's own accounts
with an outcome. (told k): given the true number of cells, which nobody has. HDBSCAN on SHAP and the pruned tree look at
outcomes, the others at attributes alone."""


def our_cells(kind: str, results: Sequence[Result]) -> list[str]:
    """Return one line of the table of our segments."""
    first, jaccard, held = firsts(results), stabilities(results), intervals(results)
    explained = [value >= LEAST_EXPLAINED for value in map(least_explained, results) if value is not None]
    return [
        kind,
        f"{len(results)}",
        f"{np.mean([r['segments'] for r in results]):.1f}",
        f"{max(r['segments'] for r in results)}",
        *(shown(mean_of(results, name)) for name in ("ari", "ari_planted", "eta_pull", "eta_churn")),
        f"{np.mean(explained):.2f}" if explained else "-",
        f"{sum(first)} of {len(first)}" if first else "-",
        shown(float(np.mean(jaccard)) if jaccard else None),
        shown(min(jaccard, default=None)),
        f"{len(held)}",
        f"{np.mean([_holds(row) for row in held]):.2f}" if held else "-",
        f"{np.mean([r['seconds'] for r in results]):.1f}",
        f"{max(r['seconds'] for r in results):.1f}",
    ]


def figure_rows(results: Iterable[Result]) -> list[list[str]]:
    """Return the lines of the table of intervals by figure."""
    found: dict[str, list[Sequence[Any]]] = {}
    for row in intervals(results):
        found.setdefault(row[0], []).append(row)
    return [_figure_row(name, rows) for name, rows in found.items()]


def rivals_table(names: Sequence[str]) -> Table:
    """Return the table of ours beside the others."""
    return Table((("kind", 18), ("worlds", 6), *((name, max(26, len(name))) for name in ("ours", *names))))


def rival_cells(kind: str, worlds: Sequence[Mapping[str, Result]], names: Sequence[str]) -> list[str]:
    """Return one line of ours beside the others, ``absent`` for those that did not run."""
    ours = [as_rival(world["ours"]) for world in worlds]
    others = [[world[name] for world in worlds if name in world] for name in names]
    return [kind, f"{len(worlds)}", *(_rival_cell(results) if results else "absent" for results in (ours, *others))]


def as_rival(ours: Result) -> Result:
    """Return what ours did on the accounts on which others are compared."""
    return {"groups": ours["segments"], **{n: ours[f"{n}_counted"] for n in ("ari", "eta_pull", "eta_churn")}}


def mean_of(results: Iterable[Result], name: str) -> float | None:
    """Return the mean over the worlds in which a figure is defined, None where it is in none."""
    values = [r[name] for r in results if r[name] is not None]
    return float(np.mean(values)) if values else None


def least_explained(result: Result) -> float | None:
    """Return the smaller eta squared of pull and churn, None where neither varies."""
    return min((v for v in (result["eta_pull"], result["eta_churn"]) if v is not None), default=None)


def firsts(results: Iterable[Result]) -> list[bool]:
    """Return for each world in which a first place is defined whether the high-pull cell has it."""
    return [r["first"] for r in results if r["first"] is not None]


def stabilities(results: Iterable[Result]) -> list[float]:
    """Return the resampling Jaccard of every published segment."""
    return [s for r in results for s in r["stability"]]


def intervals(results: Iterable[Result]) -> list[Sequence[Any]]:
    """Return every interval: name, truth, estimate, low, high."""
    return [row for r in results for row in r["intervals"]]


def coverage(results: Iterable[Result]) -> tuple[int, int]:
    """Return how many intervals hold the truth, of how many."""
    rows = intervals(results)
    return sum(_holds(row) for row in rows), len(rows)


def shown(value: float | None) -> str:
    """Return a share in words, ``-`` where it is undefined."""
    return "-" if value is None else f"{value:.2f}"


def _holds(row: Sequence[Any]) -> bool:
    return bool(row[3] <= row[1] <= row[4])


def _figure_row(name: str, rows: Sequence[Sequence[Any]]) -> list[str]:
    truth, estimate, low, high = np.array([row[1:] for row in rows], dtype=float).T
    wide = high > low
    off = (estimate - truth)[wide] / ((high - low)[wide] / (2 * stats.norm.ppf(0.95)))
    told = [f"{off.mean():+.2f}", f"{off.std():.2f}"] if wide.any() else ["-", "-"]
    return [name, f"{len(rows)}", f"{np.mean([_holds(row) for row in rows]):.3f}", *told]


def _rival_cell(results: Sequence[Result]) -> str:
    told = [shown(mean_of(results, name)) for name in ("ari", "eta_pull", "eta_churn")]
    return " / ".join([*told, f"{np.mean([r['groups'] for r in results]):.1f}"])
