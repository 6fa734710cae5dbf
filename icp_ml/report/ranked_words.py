"""Where an opportunity earns most: the ranking of segments as a reader meets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, figure_words, money, percent, span
from icp_ml.wording import list_words

# What a measure is called as a title, at the head of a column, and in a sentence.
_MEASURES = {
    "opportunity_value": (
        "Where an opportunity earns most", "Earned per opportunity worked", "what an opportunity earns",
    ),
    "won_and_kept": ("Where most are won and kept", "Won and kept", "the share won and kept"),
    "kept": ("Where most customers stay", "Stayed", "the share of customers who stay"),
    "win_rate": ("Where most are won", "Won", "win rate"),
}  # fmt: skip
_COSTS = {
    "acquisition cost": "what pursuing an opportunity costs is not in the config (economics.acquisition_cost)",
    "cost to serve": "what serving a customer costs is not known (economics.signal_costs)",
}
_MOST_REASONS = 2
VERDICTS = (
    (
        "avoid",
        "More customers leave than elsewhere; or an opportunity surely loses money; or fewer are won than elsewhere, "
        "and an opportunity earns less (or nobody knows what it earns).",
    ),
    (
        "high pull",
        "Not to avoid; pull is stronger than elsewhere (where pull is not measured: more are won); and an opportunity "
        "does not earn less than elsewhere.",
    ),
    (
        "promising",
        "None of these; something is better than elsewhere (more won, stronger pull, more revenue kept, more earned, "
        "fewer leaving), and nothing is worse.",
    ),
    ("average", "Everything else."),
)
"""The written rules of :mod:`icp_ml.segments.verdicts` in plain words, in the order in which they are asked."""


def told_ranking(segments: Mapping[str, Any], horizon: int) -> Told | None:
    """Return what to say of the ranking, None where there is none.

    Parameters
    ----------
    segments : mapping
        Content of ``segments.json``; of releases of before there was a ranking nothing is told.
    horizon : int
        Months of the churn horizon.

    Returns
    -------
    dict or None
        ``title``, ``columns`` (heads, by name of the cell), ``rows`` (``id``, ``name``, ``verdict``, ``rank``, and by
        column a cell with ``value`` and ``between``, empty where not measured; the last row is that of no segment),
        ``differs`` and ``notes`` (sentences), ``lines`` (a segment each, for a terminal), ``brief`` (one to
        three sentences), ``verdicts`` (each with its rule).
    """
    ranking = segments.get("ranking")
    if ranking is None or "absent" in ranking:
        return None
    teller = _Teller(segments, horizon)
    rows = teller.rows()
    # What may be chance is worth a sentence where it is about who comes first.
    worth_telling = [e for e in ranking["differs"] if e["sure"] or 1 in (e["rank"], e["rank_by_win_rate"])]
    differs = [*map(teller.differing, worth_telling), *teller.unassigned()]
    columns = {name: head for name, head in teller.columns().items() if any(row["cells"].get(name) for row in rows)}
    return {
        "title": _MEASURES[ranking["measure"]][0],
        "columns": columns,
        "rows": rows,
        "differs": differs,
        "notes": teller.notes(),
        "lines": [_line(row, columns) for row in rows],
        "brief": teller.brief([teller.differing(e) for e in worth_telling if e["rank_by_win_rate"] == 1]),
        "verdicts": [{"verdict": name, "rule": rule} for name, rule in VERDICTS],
    }


class _Teller:
    """Words the ranking of one ``segments.json``."""

    def __init__(self, segments: Mapping[str, Any], horizon: int) -> None:
        self.ranking: Mapping[str, Any] = segments["ranking"]
        self.entries = {s["id"]: s for s in segments["segments"]}
        self.currency: str | None = segments.get("currency")
        self.looked_at = segments.get("looked_at") or {}
        self.horizon = horizon
        self.measure: str = self.ranking["measure"]

    def columns(self) -> dict[str, str]:
        """Return the heads of all columns that there could be."""
        churns = [e["figures"].get("churn", {}) for e in self.entries.values()]
        months = next((f["months"] for f in churns if "months" in f), self.horizon)
        heads = {"value": _MEASURES[self.measure][1]}
        heads |= {} if self.measure == "win_rate" else {"win_rate": "Won", "by_win_rate": "Rank by wins"}
        heads |= {"churn": f"Left within {count(months, 'month')}", "pull": "Pull, 1 to 5"}
        return heads | {"pipeline": "Of the open pipeline"}

    def rows(self) -> list[Told]:
        """Return the ranked segments, those without a rank, and the accounts of no segment."""
        # To be first of one says nothing, and looks like praise.
        several = len(self.ranking["segments"]) > 1
        ranked = [
            self._row(r["id"], rank_words(r["best_rank"], r["worst_rank"]) if several else "", r)
            for r in self.ranking["segments"]
        ]
        ranked += [self._row(u["id"], "", {}) for u in self.ranking["unranked"]]
        return ranked + ([self._nobody()] if self.ranking["no_segment"] else [])

    def _row(self, key: str, rank: str, ranked: Mapping[str, Any]) -> Told:
        segment = self.entries[key]
        figures = segment["figures"]
        wins = next((e for e in self.ranking["by_win_rate"] if e["id"] == key), None)
        place = {"value": rank_words(wins["best_rank"], wins["worst_rank"])} if wins else {}
        cells = {"value": self._cell(self._kind(), ranked.get("value")), "by_win_rate": place}
        cells |= {"win_rate": self._cell("win_rate", figures.get("win_rate"))}
        cells |= {name: self._cell(name, figures.get(name)) for name in ("churn", "pull")}
        cells["pipeline"] = self._pipeline(segment.get("pipeline"))
        return {"id": key, "name": segment["name"], "verdict": segment["verdict"], "rank": rank, "cells": cells}

    def _nobody(self) -> Told:
        """Return the accounts of no segment, which have no rank."""
        others, elsewhere = self.ranking["no_segment"], self.looked_at.get("elsewhere", {})
        cells = {"value": self._cell(self._kind(), others["value"])}
        cells |= {"win_rate": self._cell("win_rate", others["win_rate"]), "by_win_rate": {"value": ""}}
        cells |= {name: self._cell(name, elsewhere.get(name)) for name in ("churn", "pull")}
        cells["pipeline"] = self._pipeline(others["pipeline"])
        who = f"No segment: {count(others['accounts'], 'account')}, {percent(others['share'])}"
        return {"id": "", "name": who, "verdict": "", "rank": "", "cells": cells}

    def _kind(self) -> str:
        """Return a name that says whether the measure is money or a share."""
        return "kept" if self.measure == "won_and_kept" else self.measure

    def _cell(self, name: str, figure: Mapping[str, Any] | None) -> Told:
        if not figure or "estimate" not in figure:
            return {}
        cell: Told = {"value": figure_words(name, figure["estimate"], self.currency)}
        low, high = (figure_words(name, figure[end], self.currency) for end in ("low", "high"))
        return cell | ({"between": span(low, high)} if low != high else {})

    def _pipeline(self, pipeline: Mapping[str, Any] | None) -> Told:
        if not pipeline or "open" not in pipeline:
            return {}
        return {"value": percent(pipeline["share"]), "between": money(pipeline["open"], self.currency)}

    def differing(self, entry: Mapping[str, Any]) -> str:
        """Say where a segment stands by win rate alone, where it stands, and what lies between."""
        figures = self.entries[entry["id"]]["figures"]
        won = f"{percent(figures['win_rate']['estimate'])} won"
        worth = self._worth(entry["id"])
        since = [self._because(name, figures[name], entry) for name in entry["since"][:_MOST_REASONS]]
        why = f", since {list_words(tuple(since), 'and')}" if since else ""
        of = len(self.ranking["segments"])
        if entry["rank_by_win_rate"] == 1:
            told = (
                f"By win rate alone {entry['id']} comes first ({won}). It {worth} and comes {ordinal(entry['rank'])} "
                f"of {of}{why}."
            )
        else:
            told = (
                f"{entry['id']} is {ordinal(entry['rank_by_win_rate'])} by win rate ({won}). It {worth} and comes "
                f"{ordinal(entry['rank'])}{why}."
            )
        return told if entry["sure"] else f"{told} The ranges overlap: this may be chance."

    def _worth(self, key: str) -> str:
        return self._amount(next(r for r in self.ranking["segments"] if r["id"] == key)["value"])

    def _amount(self, value: Mapping[str, Any]) -> str:
        words = figure_words(self._kind(), value["estimate"], self.currency)
        if self.measure == "opportunity_value":
            return f"earns {words} per opportunity worked"
        if self.measure == "win_rate":
            return f"has {words} won"
        return f"has {words} won and kept" if self.measure == "won_and_kept" else f"keeps {words} of its customers"

    def _because(self, name: str, figure: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
        amount, falls = figure_words(name, figure["estimate"], self.currency), entry["rank"] > entry["rank_by_win_rate"]
        if name == "churn":
            return f"{'' if falls else 'only '}{amount} leave within {count(figure['months'], 'month')}"
        if name == "arr":
            return f"customers pay {'only ' if falls else ''}{amount} a year at the start"
        return f"serving a customer costs {'' if falls else 'only '}{amount} a year"

    def unassigned(self) -> list[str]:
        """Say where the first segment is no better than the accounts of no segment."""
        others = self.ranking["no_segment"] or {}
        if others.get("beside_first") not in ("better", "same"):
            return []
        first = self.ranking["segments"][0]["id"]
        than = f"more than {first}" if others["beside_first"] == "better" else f"not clearly less than {first}"
        return [f"The rest (no segment) {self._amount(others['value'])}, {than}."]

    def notes(self) -> list[str]:
        """Say what the ranking rests on, what it leaves out, and what could not be ranked."""
        said, ranking = [], self.ranking
        if ranking["instead_because"]:
            said.append(
                f"What an opportunity earns was not measured ({_reason(ranking['instead_because'])}), so segments are "
                f"ranked by {_MEASURES[self.measure][2]}."
            )
        if ranking["not_counted"]:
            costs = list_words(tuple(_COSTS[cost] for cost in ranking["not_counted"]), "and")
            said.append(f"{costs[:1].upper()}{costs[1:]}, so it counts as none.")
        said += [f"{u['id']} has no rank: {_reason(u['because'])}." for u in ranking["unranked"]]
        shared = [r for r in (*ranking["segments"], *ranking["by_win_rate"]) if r["best_rank"] != r["worst_rank"]]
        for r in shared[:1]:
            words = rank_words(r["best_rank"], r["worst_rank"])
            said.append(f"A rank of “{words}” means that the data cannot tell which of these places it is.")
        missing = {e["pipeline"]["absent"] for e in self.entries.values() if "absent" in (e.get("pipeline") or {})}
        return said + [f"Shares of the open pipeline: not known ({why})." for why in sorted(missing)]

    def brief(self, differs: Sequence[str]) -> list[str]:
        """Return the ranking in a sentence, how the first by win rate fares, and whether the rest is as good."""
        ids = [r["id"] for r in self.ranking["segments"]]
        rest = (self.ranking["no_segment"] or {}).get("value", {})
        if len(ids) < 2:
            beside = f"; the rest (no segment) {self._amount(rest)}" if "estimate" in rest else ""
            return [f"Segment {key} {self._worth(key)}{beside}." for key in ids]
        surely = "" if self.ranking["segments"][0]["apart_from_next"] else ", though not surely"
        first = f"{ids[0]} {self._worth(ids[0])}: first by {_MEASURES[self.measure][2]}{surely}"
        return [f"Of the segments, {first}, then {list_words(tuple(ids[1:]), 'and')}.", *differs, *self.unassigned()]


def rank_words(best: int, worst: int) -> str:
    """Write a rank, or the ranks that it may be.

    >>> rank_words(1, 1), rank_words(1, 2)
    ('1', '1 to 2')
    """
    return str(best) if best == worst else f"{best} to {worst}"


def ordinal(n: int) -> str:
    """Write a place.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11)]
    ['1st', '2nd', '3rd', '4th', '11th']
    """
    return f"{n}{'th' if 10 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _reason(absent: str) -> str:
    return absent.removesuffix(", which could not be measured here").replace("needs ", "it needs ", 1)


def _line(row: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """Write a row on one line."""
    figures = [
        f"{head[:1].lower()}{head[1:]} {cell['value']}" + (f" ({cell['between']})" if "between" in cell else "")
        for name, head in columns.items()
        if name in ("value", "win_rate", "pipeline") and (cell := row["cells"][name])
    ]
    rank = f"{row['rank']}. " if row["rank"] else ""
    return f"{rank}{row['id'] or row['name']}: {'; '.join(figures) or 'not measured'}"
