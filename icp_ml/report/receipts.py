"""The receipt of a rule in sentences: revenue, pipeline, people, and what serving its customers takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.words import count, money, percent, plain_size, span
from icp_ml.wording import label_words, list_words

Told = dict[str, Any]
SAME = "no difference beyond chance"

_UNMEASURED = {
    "arr_lost_to_churn": "revenue lost to churn",
    "arr_now": "what they pay now",
    "cost_to_serve_a_year": "cost to serve",
    "onboarding_load": "onboarding",
    "feature_requests_a_year": "feature requests",
    "references_a_year": "references",
    "services_share": "services against first-year revenue",
    "owners_hit_most": "owners",
    "territories_hit_most": "territories",
}


def told_receipt(receipt: Mapping[str, Any], currency: str | None, deals: bool, months: int) -> list[str]:
    """Say what a rule touches in revenue, pipeline, cost and people.

    Parameters
    ----------
    receipt : mapping
        Of a criterion or exclusion in ``criteria.json``.
    currency : str or None
        Reporting currency.
    deals : bool
        Whether deals are known; where they are not, nothing is said of open ones.
    months : int
        Months within which churn counts as lost.
    """
    sentences = []
    if "arr_won" in receipt:
        sentences.append(_won(receipt, currency, months))
    if deals and "open_pipeline" in receipt:
        sentences.append(_pipeline(receipt, currency))
    if "cost_to_serve_a_year" in receipt:
        ends = ("cost_to_serve_a_year", "cost_to_serve_a_year_elsewhere")
        here, elsewhere = (money(receipt[end], currency) for end in ends)
        sentences.append(f"Cost to serve one customer a year: {here}, against {elsewhere} elsewhere.")
    for column, words in (("owners_hit_most", "Owners"), ("territories_hit_most", "Territories")):
        if receipt.get(column):
            sentences.append(f"{words} it touches most: {', '.join(_hit(h) for h in receipt[column])}.")
    sentences += _against_others(told_against_rest(receipt.get("against_rest") or [], currency))
    return [*sentences, *_absent(receipt.get("absent") or {}, deals)]


def _against_others(rows: list[Told]) -> list[str]:
    """Say what the rule's customers take more of than others, and less, and where no difference shows."""
    told = []
    for how, words in (("more", "More than other customers"), ("less", "Less than other customers")):
        own = [
            f"{_lower(r['label'])} {r['here']['value']} ({r['elsewhere']['value']} elsewhere)"
            for r in rows
            if r["difference"] == how and not r["money"]
        ]
        told += [f"{words}: {'; '.join(own)}."] if own else []
    same = [_lower(r["label"]) for r in rows if r["difference"] == SAME and not r["money"]]
    return [*told, f"No difference beyond chance: {'; '.join(same)}."] if same else told


def told_against_rest(entries: list[Mapping[str, Any]], currency: str | None) -> list[Told]:
    """Return what serving a rule's customers takes against all others, a row for each figure that was measured.

    Returns
    -------
    list of dict
        ``label``; ``here`` and ``elsewhere`` (``value``, ``between``, ``of``); ``difference`` in words; ``money``:
        whether it is the cost to serve, which has its own sentence.
    """
    return [_row(entry, currency) for entry in entries if "absent" not in entry]


def _row(entry: Mapping[str, Any], currency: str | None) -> Told:
    kind = "money" if entry.get("figure") == "cost_to_serve_a_year" else "share" if "signal" not in entry else "size"

    def write(value: float) -> str:
        if kind == "money":
            return money(value, currency)
        return percent(value) if kind == "share" else plain_size(value)

    difference = entry["difference"]
    beyond = not difference["low"] < 0 < difference["high"]
    return {
        "label": _label(entry),
        "here": _cell(entry["inside"], write),
        "elsewhere": _cell(entry["elsewhere"], write),
        "difference": ("more" if difference["estimate"] > 0 else "less") if beyond else SAME,
        "money": kind == "money",
    }


def _label(entry: Mapping[str, Any]) -> str:
    if entry.get("figure") == "cost_to_serve_a_year":
        return "Cost to serve one customer a year"
    if "signal" not in entry:
        return "Services sold, of first-year revenue"
    name = label_words(entry["signal"])
    return f"{name[:1].upper()}{name[1:]} per {entry['per']}"


def _cell(figure: Mapping[str, Any], write: Any) -> Told:
    return {
        "value": write(figure["estimate"]),
        "between": span(write(figure["low"]), write(figure["high"])),
        "of": count(figure["n"], "customer"),
    }


def _lower(text: str) -> str:
    """Write a label inside a sentence, a name in capitals left as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _absent(absent: Mapping[str, str], deals: bool) -> list[str]:
    """Say what was not measured, a reason once."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in absent.items():
        if deals or name not in ("owners_hit_most", "territories_hit_most", "services_share"):
            by_reason.setdefault(reason, []).append(_UNMEASURED.get(name, label_words(name)))
    return [f"Not measured: {list_words(tuple(names), 'and')} ({reason})." for reason, names in by_reason.items()]


def _won(receipt: Mapping[str, Any], currency: str | None, months: int) -> str:
    """Say what the rule's accounts brought; a revenue nobody knows is no revenue of 0."""
    won, unknown = receipt.get("won", 0), receipt.get("arr_unknown", 0)
    if not won:
        return "No account in it ever became a customer."
    if unknown >= won:
        return f"{count(won, 'account')} in it became {_customers(won)}; what they pay a year is not known."
    lost = receipt.get("arr_lost_to_churn")
    within = count(months, "month")
    churned = "" if lost is None else f"; {money(lost, currency)} of it was lost to churn within {within}"
    rest = f" What {count(unknown, 'more customer')} paid is unknown and not in this sum." if unknown else ""
    paid = money(receipt["arr_won"], currency)
    return (
        f"{count(won - unknown, 'account')} in it became {_customers(won - unknown)}, at {paid} a year{churned}.{rest}"
    )


def _customers(n: int) -> str:
    return "a customer" if n == 1 else "customers"


def _pipeline(receipt: Mapping[str, Any], currency: str | None) -> str:
    deals = receipt.get("open_deals", 0)
    if not deals and not receipt["open_pipeline"]:
        return "It touches no open deal now."
    worth = money(receipt["open_pipeline"], currency)
    who = count(deals, "account with an open deal", "accounts with open deals")
    return f"Open pipeline it touches now: {who + ', worth ' if deals else ''}{worth}."


def _hit(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']} ({count(entry['accounts'], 'account')}, {percent(entry['share'])} of theirs)"
