"""What the ICP people already hold gets right and wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from icp_ml.report.proposals import told_mind
from icp_ml.report.receipts import Told, told_against_rest, told_receipt
from icp_ml.report.words import count, evidence_sentence, money, months_of, percent, points, span
from icp_ml.wording import list_words

_MATCHED = {"pursued": "accounts pursued", "won": "accounts won", "kept": "customers kept for {months} months"}
_STANDINGS = {
    "supported": "Taken as one criterion, the data supports it",
    "not supported": "Taken as one criterion, the data does not support it",
    "cannot be judged": "Taken as one criterion, it cannot be judged",
}
_WHY = {
    "too small": ", certain but too little to count as a finding",
    "other way": ", which is the other way round",
}
_KEPT_MONEY = {"nrr": "with expansion", "grr": "without expansion"}


def told_stated(criteria: Mapping[str, Any], deals: bool = True) -> Told | None:
    """Return the audit of the stated ICP and exclusions, or None where the config states none.

    Returns
    -------
    dict or None
        ``text``; ``whole``, ``findings``, ``matches``, ``outcomes``, ``failing``, ``together``, ``pull``: lists of
        sentences; ``compared``: rows of what happened in it and outside (``label``, ``here``, ``elsewhere``,
        ``difference``); ``quarters``: rows of match rates (``quarter`` and a cell each); ``exclusions``: one ``{"text",
        "reason", "owner", "review_on", "supported", "standing", "verdict", "receipt", "beside", "mind"}`` each.
    """
    stated = criteria.get("stated")
    if not stated:
        return None
    figures, currency = stated.get("figures") or {}, criteria.get("currency")
    months = _months(criteria)
    sided = {name: f for name, f in figures.items() if "inside" in f and "outside" in f}
    return {
        "text": stated["text"],
        "whole": _whole(stated.get("whole") or {}),
        "findings": list(stated.get("findings") or []),
        "matches": _matches(figures, months),
        "outcomes": [_in_and_out(name, f, months, currency) for name, f in sided.items() if name != "grr"],
        "compared": [_compared(name, f, months, currency) for name, f in sided.items()]
        + told_against_rest(stated.get("after_sale") or [], currency),
        "quarters": [_quarter(row) for row in stated.get("quarters") or []],
        "failing": [_failing(row, stated["failing"]) for row in stated.get("failing") or [] if row["fails"]],
        "together": [_together(row) for row in stated.get("failing_together") or [] if len(row["fails"]) > 1],
        "pull": _pull(stated.get("pull") or {}),
        "exclusions": [_exclusion(e, currency, deals, months) for e in stated.get("exclusions") or []],
    }


def _months(criteria: Mapping[str, Any]) -> int:
    return int((criteria.get("searched") or {}).get("horizon_months", criteria["churn_horizon_months"]))


def _whole(judged: Mapping[str, Any]) -> list[str]:
    """Say whether the stated ICP as a whole parts the accounts that are won and kept from the others."""
    if not judged:
        return []
    said = _STANDINGS[judged["standing"]]
    if not judged.get("evidence"):
        return [f"{said}: {judged['verdict'].partition(': ')[2]}"]
    return [f"{said}: {evidence_sentence(judged['evidence'])}."]


def _matches(figures: Mapping[str, Any], months: int) -> list[str]:
    known = {group: figures.get(f"match_rate_{group}", {}) for group in _MATCHED}
    return [
        f"{percent(rate['estimate'])} of {rate['n']:,} {_MATCHED[group].format(months=months)} fit it "
        f"({span(percent(rate['low']), percent(rate['high']))})."
        for group, rate in known.items()
        if "estimate" in rate
    ]


def _quarter(row: Mapping[str, Any]) -> Told:
    """Return the cells of one quarter: a share with range and number, or why there is none."""
    return {"quarter": row["quarter"].replace("-", " ")} | {group: _cell(row.get(group) or {}) for group in _MATCHED}


def _cell(figure: Mapping[str, Any]) -> Told:
    if "estimate" not in figure:
        return {"why": figure.get("absent", "not measured")}
    between = span(percent(figure["low"]), percent(figure["high"]))
    return {"value": percent(figure["estimate"]), "between": between, "of": f"of {figure['n']:,}"}


def _in_and_out(name: str, figure: Mapping[str, Any], months: int, currency: str | None) -> str:
    if name == "nrr":
        kept = f"After {months} months, customers that fit it pay {percent(figure['inside'])} of what they started with"
        return f"{kept}, expansion included, against {percent(figure['outside'])} for the rest ({_gap(figure)})."
    if name == "cost_to_serve":
        here, elsewhere = money(figure["inside"], currency), money(figure["outside"], currency)
        ends = [money(figure["difference"][end], currency) for end in ("low", "high")]
        cost = f"Serving a customer that fits it costs {here} a year, against {elsewhere} for the rest"
        return f"{cost} (difference {span(*ends)})."
    within = months_of(name)
    if name.startswith("churn_"):
        happened = f"of the customers that fit it left within {within} months"
    elif name.startswith("won_and_kept_"):
        happened = f"of the accounts that fit it were won and stayed {within} months"
    else:
        happened = "of the accounts that fit it were won"
    return f"{percent(figure['inside'])} {happened}, against {percent(figure['outside'])} of the rest ({_gap(figure)})."


def _gap(figure: Mapping[str, Any]) -> str:
    return points(figure["difference"]["low"], figure["difference"]["high"])


def _compared(name: str, figure: Mapping[str, Any], months: int, currency: str | None) -> Told:
    """Return a row of the table of what happened in the stated ICP and outside it."""

    def write(value: float) -> str:
        return money(value, currency) if name == "cost_to_serve" else percent(value)

    who = "decided account" if name == "won" or name.startswith("won_and_kept") else "customer"
    difference = [figure["difference"][end] for end in ("low", "high")]
    return {
        "label": _label(name, months),
        "here": _side_cell(figure, "inside", write, who),
        "elsewhere": _side_cell(figure, "outside", write, who),
        "difference": span(*map(write, difference)) if name == "cost_to_serve" else points(*difference),
    }


def _side_cell(figure: Mapping[str, Any], side: str, write: Callable[[float], str], who: str) -> Told:
    cell = {"value": write(figure[side]), "of": count(figure[f"n_{side}"], who)}
    if f"low_{side}" in figure:
        cell["between"] = span(write(figure[f"low_{side}"]), write(figure[f"high_{side}"]))
    return cell


def _label(name: str, months: int) -> str:
    if name in _KEPT_MONEY:
        return f"Revenue kept after {months} months, {_KEPT_MONEY[name]}"
    if name.startswith("churn_"):
        return f"Left within {months_of(name)} months"
    if name.startswith("won_and_kept_"):
        return f"Won, and stayed {months_of(name)} months"
    return "Won, of those decided" if name == "won" else "Cost to serve one customer a year"


def _failing(row: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> str:
    unknown = f" ({count(row['unknown'], 'account')} with no value)" if row.get("unknown") else ""
    alone = ""
    if "fails_only" in row and len(rows) > 1:
        alone = f"; for {row['fails_only']:,} of these {row['fails']:,} nothing else fails"
    return f"“{row['text']}” fails for {percent(row['share'])} of {count(row['won'], 'won account')}{unknown}{alone}."


def _together(row: Mapping[str, Any]) -> str:
    texts = list_words(tuple(f"“{text}”" for text in row["fails"]), "and")
    return (
        f"{texts} fail together for {count(row['won'], 'won account')}, "
        f"{percent(row['share'])} of those that do not fit."
    )


def _pull(pull: Mapping[str, Any]) -> list[str]:
    if pull.get("none_because"):
        return [f"Pull inside it: {pull['none_because']}."]
    return [_pull_rule(rule) for rule in pull.get("rules") or []]


def _pull_rule(rule: Mapping[str, Any]) -> str:
    """Say where pull differs, by how much, and how many of the strongest and of the weak are found there."""
    side = "stronger" if rule["pull"] == "more" else "weaker"
    told = f"Inside it, pull is {side} where: {rule['text']} ({count(rule['n'], 'customer')})"
    if "rate" in rule:
        ends = sorted((abs(rule["difference"]["low"]), abs(rule["difference"]["high"])))
        told += (
            f": {rule['rate']:.2f} on average on a scale from 0 to 1, against {rule['rate_elsewhere']:.2f} for the "
            f"rest of those that fit (difference {ends[0]:.2f} to {ends[1]:.2f})"
        )
    strong, weak = (rule.get("meets", {}).get(fifth, {}) for fifth in ("5", "2"))
    if "estimate" not in strong or "estimate" not in weak:
        return f"{told}."
    return (
        f"{told}. It holds for {percent(strong['estimate'])} of the {count(strong['n'], 'customer')} with pull 5 of 5 "
        f"({_range(strong)}), and for {percent(weak['estimate'])} of the {weak['n']:,} with pull 2 of 5 "
        f"({_range(weak)})."
    )


def _range(figure: Mapping[str, Any]) -> str:
    return span(percent(figure["low"]), percent(figure["high"]))


def _exclusion(entry: Mapping[str, Any], currency: str | None, deals: bool, months: int) -> Told:
    kept = ("text", "reason", "owner", "review_on", "supported", "standing")
    receipt, evidence = entry.get("receipt") or {}, entry.get("evidence") or {}
    return {name: entry.get(name) for name in kept} | {
        "verdict": _exclusion_verdict(entry),
        "receipt": told_receipt(receipt, currency, deals, months),
        "beside": told_against_rest(receipt.get("against_rest") or [], currency),
        "mind": told_mind(evidence if entry.get("supported") else _unadjusted(evidence), receipt),
    }


def _unadjusted(evidence: Mapping[str, Any]) -> Told:
    """Return evidence without its adjustment: where no effect was shown, there is none to stand in for anything."""
    return {k: v for k, v in evidence.items() if k != "adjustment"}


def _exclusion_verdict(entry: Mapping[str, Any]) -> str:
    """Say plainly whether the data supports a rule that people hold, and what it leaves open."""
    difference, outcome, evidence = entry.get("difference"), entry.get("outcome"), entry.get("evidence") or {}
    if not difference or not outcome:
        return str(entry["verdict"])
    low, high = difference["low"], difference["high"]
    size = points(low, high).replace(" more", " higher").replace(" less", " lower")
    anything = "could be anything from " if low < 0 < high else "is "
    told = f"{_share(outcome)} {anything}{size} than elsewhere{_WHY.get(entry.get('why', ''), '')}."
    missed = evidence.get("smallest_difference")
    seen = f" {_seen(evidence)}" if evidence else ""
    if entry.get("supported") is None:
        could = f": only a difference of {100 * missed:.0f} points or more would have shown" if missed else ""
        return f"Cannot be judged, too few accounts are in it{could}. As far as seen, {told}{seen}"
    if entry["supported"]:
        return f"Supported by the data: {told}{seen}"
    shown = f" A difference of {100 * missed:.0f} points or more would probably have shown." if missed else ""
    return f"Not supported by the data: {told}{shown if low < 0 < high else ''}{seen}"


def _share(outcome: str) -> str:
    if outcome.startswith("churn_"):
        return f"the share that left within {months_of(outcome)} months"
    return "the share won and kept" if outcome.startswith("won_and_kept") else "the win rate"


def _seen(evidence: Mapping[str, Any]) -> str:
    said = evidence_sentence({k: v for k, v in evidence.items() if k != "risk_difference"})  # said already
    return f"{said[:1].upper()}{said[1:]}."
