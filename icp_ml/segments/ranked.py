"""Segments by what an opportunity earns, beside the ranking by win rate alone: which ranks are sure, and what differs.

Segments are ranked by the expected value of an opportunity pursued; where that is not measured, by the first of *won
and kept*, *kept* and *win rate* that is. Ranks are those of the estimates. Beside each stands the range of ranks it may
have: at best one after those surely better, at worst one before those surely worse. Two segments are told apart where
the interval of their difference leaves out 0 (groups of different accounts, so independent), at a level that holds for
all comparisons of one segment together (Bonferroni), so that a range of ranks holds in 9 of 10 cases as every
interval does (Mogstad, Romano, Shaikh and Wilhelm 2024, doi:10.1093/restud/rdad006).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtri

from icp_ml.segments.types import Segment
from icp_ml.segments.verdicts import compared
from icp_ml.survival.ratios import difference_interval

Figure = Mapping[str, Any]
Figures = Mapping[str, Figure]

LEVEL = 0.90
MEASURES = ("opportunity_value", "won_and_kept", "kept", "win_rate")
# What makes an opportunity worth less than its win rate promises, and on which side of all other accounts it does so.
_PARTS = {"churn": 1, "arr": -1, "cost_to_serve": 1}
_UNMEASURED = {"absent": "it was not measured"}


@dataclass(frozen=True)
class Others:
    """The accounts of no segment.

    Parameters
    ----------
    figures : mapping
        What happened to them.
    accounts, of : int
        How many they are, and of how many.
    pipeline : mapping
        Of :func:`icp_ml.segments.open_pipeline.pipeline_by_segment`.
    """

    figures: Figures
    accounts: int
    of: int
    pipeline: Mapping[str, Any]


def ranked_segments(segments: Sequence[Segment], others: Others | None = None) -> dict[str, Any]:
    """Return both rankings and what differs between them.

    Parameters
    ----------
    segments : sequence of Segment
        Published, at least one, with their figures and those of all other accounts.
    others : Others, optional
        The accounts of no segment.

    Returns
    -------
    dict
        ``measure`` (one of :data:`MEASURES`) and ``instead_because`` (why it is not what an opportunity earns, else
        None); ``level``; ``segments``, the best first: ``id``, ``verdict``, ``rank``, ``best_rank`` and ``worst_rank``,
        ``apart_from_next`` (None for the last), ``value`` (a figure of the measure), ``win_rate`` (figure) and
        ``rank_by_win_rate`` (None where unknown); ``unranked``: ``id`` and ``because``; ``by_win_rate``: ``id`` and
        the ranks; ``differs``: segments whose places differ, the first by win rate first, with ``rank``,
        ``rank_by_win_rate``, ``sure`` (the two ranges of ranks do not meet) and ``since`` (which of churn, ARR and cost
        to serve lies clear of all other accounts on the side that moves it); ``high_pull`` (ids); ``no_segment``:
        ``accounts``, ``of``, ``share``, ``value``, ``win_rate``, ``pipeline`` and ``beside_first`` (``better`` than the
        first segment, ``same`` or ``worse``, None where unknown), or None; ``not_counted`` (costs nobody knows).
    """
    measure = _measure(segments)
    values = {s.id: measured_as(measure, s.figures) for s in segments}
    won = {s.id: measured_as("win_rate", s.figures) for s in segments}
    ranks, by_win_rate = _ranks(values), _ranks(won)
    of_wins = {entry["id"]: entry for entry in by_win_rate}
    by_id = {s.id: s for s in segments}
    return {
        "measure": measure,
        "instead_because": None if measure == MEASURES[0] else _reason(segments),
        "level": LEVEL,
        "segments": [
            {
                **entry,
                "verdict": by_id[entry["id"]].verdict,
                "value": values[entry["id"]],
                "win_rate": won[entry["id"]],
                "rank_by_win_rate": of_wins.get(entry["id"], {}).get("rank"),
            }
            for entry in ranks
        ],
        "unranked": [{"id": key, "because": f["absent"]} for key, f in values.items() if "absent" in f],
        "by_win_rate": by_win_rate,
        "differs": [] if measure == "win_rate" else _differs(ranks, by_win_rate, by_id),
        "high_pull": [s.id for s in segments if s.verdict == "high pull"],
        "no_segment": _told_others(others, measure, values[ranks[0]["id"]] if ranks else _UNMEASURED)
        if others
        else None,
        "not_counted": sorted({cost for figure in values.values() for cost in figure.get("without", ())}),
    }


def _told_others(others: Others, measure: str, first: Figure) -> dict[str, Any]:
    value = measured_as(measure, others.figures)
    return {
        "accounts": others.accounts,
        "of": others.of,
        "share": round(others.accounts / others.of, 6),
        "value": value,
        "win_rate": measured_as("win_rate", others.figures),
        "pipeline": dict(others.pipeline),
        "beside_first": None if "absent" in value or "absent" in first else _beside(value, first),
    }


def _beside(value: Figure, first: Figure) -> str:
    if _surely_better(value, first, of=2):
        return "better"
    return "worse" if _surely_better(first, value, of=2) else "same"


def measured_as(measure: str, figures: Figures) -> dict[str, Any]:
    """Return a group's figure of a measure, or the reason why there is none.

    ``kept`` is one minus churn; ``won_and_kept`` that times the win rate, its interval by variance estimates recovery.

    >>> measured_as("kept", {"churn": {"estimate": 0.25, "low": 0.125, "high": 0.5, "n": 30}})
    {'estimate': 0.75, 'low': 0.5, 'high': 0.875, 'n': 30}
    """
    if measure in ("opportunity_value", "win_rate"):
        return dict(figures.get(measure, _UNMEASURED))
    churn, won = (figures.get(name, _UNMEASURED) for name in ("churn", "win_rate"))
    if "absent" in churn or (measure == "won_and_kept" and "absent" in won):
        return {"absent": str(churn.get("absent") or won["absent"])}
    kept = {**churn, "estimate": 1 - churn["estimate"], "low": 1 - churn["high"], "high": 1 - churn["low"]}
    if measure == "kept":
        return kept
    rate, stay = won["estimate"], kept["estimate"]
    low, high = (math.hypot(stay * (won[e] - rate), rate * (kept[e] - stay)) for e in ("low", "high"))
    both = {"estimate": rate * stay, "low": max(rate * stay - low, 0.0), "high": min(rate * stay + high, 1.0)}
    return kept | {end: round(value, 6) for end, value in both.items()} | {"n": won["n"]}


def _measure(segments: Sequence[Segment]) -> str:
    """Return the first measure that two segments have, or all of them; else the first that any has."""
    known = {name: sum("absent" not in measured_as(name, s.figures) for s in segments) for name in MEASURES}
    enough = [name for name in MEASURES if known[name] >= min(2, len(segments))]
    return next(iter(enough), max(MEASURES, key=lambda name: known[name]))


def _reason(segments: Sequence[Segment]) -> str:
    """Return why what an opportunity earns is not what ranks: what most segments lack."""
    reasons = [measured_as(MEASURES[0], s.figures).get("absent") for s in segments]
    told = sorted({r for r in reasons if r}, key=lambda r: (-reasons.count(r), r))
    return str(told[0])


def _ranks(values: Mapping[str, Figure]) -> list[dict[str, Any]]:
    """Return the known ones, best first, with the ranks they may have."""
    known = [key for key, figure in values.items() if "absent" not in figure]
    known.sort(key=lambda key: (-values[key]["estimate"], key))
    better = {(a, b) for a in known for b in known if _surely_better(values[a], values[b], len(known))}
    return [
        {
            "id": key,
            "rank": at + 1,
            "best_rank": 1 + sum((other, key) in better for other in known),
            "worst_rank": len(known) - sum((key, other) in better for other in known),
            "apart_from_next": (key, known[at + 1]) in better if at + 1 < len(known) else None,
        }
        for at, key in enumerate(known)
    ]


def _surely_better(one: Figure, other: Figure, of: int) -> bool:
    """Tell whether a figure lies above another, beside all others that one of so many is compared with."""
    if one["estimate"] <= other["estimate"]:
        return False
    wider = float(ndtri(1 - (1 - LEVEL) / 2 / max(of - 1, 1)) / ndtri(0.5 + LEVEL / 2))
    here, there = ((f["estimate"], f["low"], f["high"]) for f in (one, other))
    difference, low, _ = difference_interval(here, there)
    return difference - wider * (difference - low) > 0


def _differs(
    ranks: Sequence[Mapping[str, Any]], by_win_rate: Sequence[Mapping[str, Any]], by_id: Mapping[str, Segment]
) -> list[dict[str, Any]]:
    """Return the segments that stand elsewhere by win rate alone, among those that both rankings hold."""
    both = {entry["id"] for entry in ranks} & {entry["id"] for entry in by_win_rate}
    place = {entry["id"]: at for at, entry in enumerate((e for e in ranks if e["id"] in both), 1)}
    found = []
    for at, wins in enumerate((e for e in by_win_rate if e["id"] in both), 1):
        key = wins["id"]
        own = next(e for e in ranks if e["id"] == key)
        if place[key] == at:
            continue
        apart = own["best_rank"] > wins["worst_rank"] or own["worst_rank"] < wins["best_rank"]
        entry = {"id": key, "rank": own["rank"], "rank_by_win_rate": wins["rank"], "sure": apart}
        found.append(entry | {"since": _since(by_id[key], falls=place[key] > at)})
    return found


def _since(segment: Segment, falls: bool) -> list[str]:
    """Return what lies clear of all other accounts on the side that makes a won deal worth less, or more."""
    side = 1 if falls else -1
    return [name for name, bad in _PARTS.items() if _standing(segment, name) == side * bad]


def _standing(segment: Segment, name: str) -> int:
    known = name in segment.figures and name in segment.elsewhere
    return compared(segment.figures, segment.elsewhere, name) if known else 0
