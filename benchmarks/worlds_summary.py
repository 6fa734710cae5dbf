"""The figures of many worlds as lines of two tables: what our search does, and what others do on the same worlds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: the heads of its columns, each with its width; the first column stands left."""

    heads: Sequence[tuple[str, int]]

    def line(self, cells: Sequence[str]) -> str:
        """Return one row in plain text."""
        aligned = (f"{cell:{'<' if i == 0 else '>'}{width}s}" for i, (cell, (_, width)) in enumerate(self._with(cells)))
        return "  ".join(aligned).rstrip()

    @property
    def head(self) -> str:
        """The heads in plain text."""
        return self.line([name for name, _ in self.heads])

    def markdown(self, rows: Iterable[Sequence[str]]) -> str:
        """Return the table in Markdown."""
        lines = [" | ".join(name for name, _ in self.heads), " | ".join(["---", *["---:"] * (len(self.heads) - 1)])]
        return "\n".join(f"| {line} |" for line in (*lines, *(" | ".join(row) for row in rows)))

    def _with(self, cells: Sequence[str]) -> Iterable[tuple[str, tuple[str, int]]]:
        return zip(cells, self.heads, strict=True)


OURS = Table(
    (
        ("kind", 20), ("worlds", 6), ("censored", 8), ("proposing", 9), ("recall", 6), ("precision", 9),
        ("F1 excl.", 8),
        ("one rule", 8), ("found", 5), ("planted", 7), ("F1 incl.", 8), ("FDR", 5), ("stray", 5), ("intervals", 9),
        ("cover", 5), ("optimism", 8), ("width", 5), ("told", 10), ("seconds", 7),
    )
)  # fmt: skip
READING = """\
censored: customers whose follow-up ends before the horizon. proposing: worlds in which anything is proposed.
recall, precision, F1: membership of the planted region on 40,000 fresh accounts, means over worlds (precision: over
worlds with an exclusion). one rule: planted exclusions for which exactly one proposed exclusion has Jaccard 0.5 or more
with them. found, planted: exclusions a world. FDR: false rules of those proposed, mean over worlds, 0 where none is.
stray: rules that name an attribute no planted rule names. intervals: how many; cover: share of the 90 % intervals that
hold the true difference; optimism: promised less delivered, points; width: median, points. told: easy = worlds where
the easy win is an exclusion and no criterion; said = worlds where nothing is proposed, or every rule says that it
stands in for the discount; trend = worlds with a rule on a trending attribute."""
PEERS_READING = """\
Each cell: F1 of the excluded region / share of worlds in which anything is excluded / rules a world / share of planted
exclusions that exactly one rule stands for. Ours are exclusions alone, since churn is what the others search."""


def our_cells(kind: str, results: Sequence[Result]) -> list[str]:
    """Return one line of the table of our search."""
    proposed = sum(r["proposals"] for r in results)
    return [
        kind,
        f"{len(results)}",
        f"{np.mean([r['censored'] for r in results]):.2f}",
        f"{np.mean([r['proposals'] > 0 for r in results]):.2f}",
        _mean(results, "exclude", "recall"),
        _mean([r for r in results if r["planted_exclusions"]], "exclude", "precision"),
        _mean(results, "exclude", "f1"),
        one_rule(results),
        f"{np.mean([r['exclusions'] for r in results]):.2f}",
        f"{results[0]['planted_exclusions']}",
        _mean(results, "include", "f1"),
        f"{false_discovery(results):.3f}",
        f"{sum(r['stray'] for r in results) / proposed:.2f}" if proposed else "-",
        *_interval_cells(results),
        _told(results),
        f"{np.mean([r['seconds'] for r in results]):.1f}",
    ]


def false_discovery(results: Sequence[Result]) -> float:
    """Return the realised false discovery rate: the mean over worlds of the share of proposals that are false."""
    return float(np.mean([r["false"] / max(r["proposals"], 1) for r in results]))


def one_rule(results: Sequence[Result]) -> str:
    """Return the share of planted exclusions that exactly one rule stands for; ``-`` where none is planted."""
    planted = sum(r["planted_exclusions"] for r in results)
    return f"{sum(r['recovered'] for r in results) / planted:.2f}" if planted else "-"


def pooled_intervals(results: Iterable[Result]) -> str:
    """Return a sentence on all intervals of many worlds: coverage with its own 95 % interval, optimism, width."""
    found = _promises(results)
    if not len(found):
        return "No interval was given."
    n, covered = len(found), int(found[:, 0].sum())
    bounds = stats.binomtest(covered, n).proportion_ci(method="wilson")
    return (
        f"{n} intervals (90 %): {covered / n:.1%} cover (95 % interval {bounds.low:.1%} to {bounds.high:.1%}), "
        f"promised less delivered {found[:, 1].mean():+.1f} points, median width {np.median(found[:, 2]):.1f} points."
    )


def pooled_false(results: Iterable[Result]) -> str:
    """Return a sentence on false discovery over many worlds."""
    listed = list(results)
    false, proposed = sum(r["false"] for r in listed), sum(r["proposals"] for r in listed)
    return (
        f"{false} of {proposed} proposed rules are false; mean over {len(listed)} worlds {false_discovery(listed):.1%}."
    )


def peers_table(names: Sequence[str]) -> Table:
    """Return the table of ours beside the others."""
    return Table((("kind", 20), ("worlds", 6), *((name, 25) for name in ("ours", *names))))


def peer_cells(kind: str, ours: Sequence[Result], others: Sequence[Sequence[Result]]) -> list[str]:
    """Return one line of ours beside the others; ``absent`` for those that did not run."""
    return [kind, f"{len(ours)}", *(_peer_cell(results) if results else "absent" for results in (ours, *others))]


def _peer_cell(results: Sequence[Result]) -> str:
    rules = np.array([_rules(r) for r in results])
    return f"{_mean(results, 'exclude', 'f1')} / {(rules > 0).mean():.2f} / {rules.mean():.1f} / {one_rule(results)}"


def _rules(result: Result) -> int:
    """Return the exclusions of a result: all that a peer proposes are."""
    return int(result.get("exclusions", result["proposals"]))


def _promises(results: Iterable[Result]) -> np.ndarray:
    return np.array([p for r in results for p in r["intervals"]])


def _interval_cells(results: Sequence[Result]) -> list[str]:
    found = _promises(results)
    if not len(found):
        return ["0", "-", "-", "-"]
    cover, optimism = found[:, :2].mean(axis=0)
    return [f"{len(found)}", f"{cover:.2f}", f"{optimism:+.1f}", f"{np.median(found[:, 2]):.1f}"]


def _mean(results: Iterable[Result], side: str, figure: str) -> str:
    """Return the mean over the worlds in which a figure is defined; ``-`` where it is in none."""
    values = [r[side][figure] for r in results if figure in r[side]]
    return f"{np.mean(values):.3f}" if values else "-"


def _told(results: Sequence[Result]) -> str:
    """Return what only some kinds ask."""
    for key, word in (("easy_refused", "easy"), ("told", "said"), ("trending", "trend")):
        if key in results[0]:
            return f"{word} {np.mean([r[key] > 0 for r in results]):.2f}"
    return "-"
