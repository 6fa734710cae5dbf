"""Criteria, exclusions and the scorecard as a reader meets them: a sentence, a receipt, what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.decided_words import told_decided_before
from icp_ml.report.receipts import Told, told_against_rest, told_receipt
from icp_ml.report.words import count, evidence_sentence, money, percent, points, span
from icp_ml.wording import list_words

_TARGETS = {
    "won_and_kept": "won and still a customer {months} months later",
    "won": "won",
    "kept": "still a customer {months} months later",
}
_CHOSEN = "chosen_by"
_HALF_MEASURED = ("won", "kept")
_STATES = {"accepted": "accepted by a person", "edited": "edited by a person", "manual": "added by a person"}


def told_proposals(criteria: Mapping[str, Any], kind: str, deals: bool = True) -> list[Told]:
    """Return the active criteria (``include``) or exclusions (``exclude``) in file order.

    Parameters
    ----------
    criteria : mapping
        Content of ``criteria.json``.
    kind : str
        ``include`` or ``exclude``.
    deals : bool, default True
        Whether deals are known; where they are not, nothing is said of open ones.

    Returns
    -------
    list of dict
        ``id``, ``text``, ``state`` (words), ``evidence`` (sentence), ``bar`` (``rate``, ``rate_elsewhere`` for drawing,
        and both in words; absent for pull), ``receipt`` (sentences), ``beside`` (rows of what serving them takes
        against other customers), ``mind`` (sentences to mind), ``review_on``.
    """
    currency, months = criteria.get("currency"), _months(criteria)
    active = [c for c in criteria["criteria"] if c["kind"] == kind and c["status"] != "rejected"]
    before = (told_decided_before(criteria) or {}).get("by_id", {})
    return [_told(entry, currency, deals, months, before.get(entry["id"])) for entry in active]


_DECIDED = {"accepted": "accepted", "edited": "changed", "manual": "added", "rejected": "rejected"}


def told_review(review: Mapping[str, Any] | None) -> str:
    """Say who decided on the proposals, and how.

    >>> told_review({"by": "Ann", "at": "2026-07-01T10:00:00+00:00", "accepted": ["C1", "X1"], "rejected": ["X2"]})
    'Reviewed by Ann on 2026-07-01: C1 and X1 accepted; X2 rejected.'
    >>> told_review(None)
    'These are proposals; no person has reviewed them yet.'
    """
    if review is None:
        return "These are proposals; no person has reviewed them yet."
    stand = [f"{list_words(tuple(review[s]), 'and')} {words}" for s, words in _DECIDED.items() if review.get(s)]
    if not stand or not review.get("by") or not review.get("at"):
        return "A person has reviewed these proposals."
    waiting = review.get("proposed") or ()
    left = f"; {list_words(tuple(waiting), 'and')} not decided yet" if waiting else ""
    return f"Reviewed by {review['by']} on {str(review['at'])[:10]}: {'; '.join(stand)}{left}."


def told_totals(criteria: Mapping[str, Any]) -> list[str]:
    """Return the two numbers of all exclusions together: revenue given up now, revenue to be replaced later."""
    totals, currency = criteria.get("totals") or {}, criteria.get("currency")
    if not totals.get("revenue_taken_now"):
        return []
    taken, replaced = totals["revenue_taken_now"], totals.get("revenue_to_be_replaced")
    now = f"Revenue taken now: the exclusions together would have refused {money(taken, currency)} of yearly revenue"
    if replaced is None:
        return [f"{now} that was signed."]
    within = count(totals["months"], "month")
    return [
        f"{now} that was signed.",
        f"Revenue to be replaced later: {money(replaced, currency)} of it ({percent(replaced / taken)}) was lost again "
        f"within {within} of the start, as far as these customers have been followed.",
    ]


def told_two_numbers(criteria: Mapping[str, Any]) -> list[Told]:
    """Return the two numbers for showing them large: ``value`` and ``what``; none without exclusions that cost."""
    totals, currency = criteria.get("totals") or {}, criteria.get("currency")
    taken, replaced = totals.get("revenue_taken_now"), totals.get("revenue_to_be_replaced")
    if not taken:
        return []
    told = [{"value": money(taken, currency), "what": "revenue taken now: signed a year by accounts to refuse"}]
    if replaced is not None:
        what = f"revenue to be replaced later: the part lost within {count(totals['months'], 'month')}"
        told.append({"value": money(replaced, currency), "what": f"{what}, {percent(replaced / taken)} of it"})
    return told


def told_scorecard(criteria: Mapping[str, Any]) -> Told:
    """Return the scorecard: what it ranks by, its lines, its tiers with the rate measured in each."""
    card, tiers = criteria["scorecard"], criteria["tiers"]
    figures = card.get("figures") or {}
    target = _TARGETS[card["target"]].format(months=_months(criteria))
    return {
        "target": target,
        "half": "the only side that was measured" if card["target"] in _HALF_MEASURED else "",
        "base": card["base"],
        "items": [{"criterion": i["criterion"], "text": i["text"], "points": i["points"]} for i in card["items"]],
        "tiers": [_tier(tier, tiers, (figures.get("tiers") or {}).get(tier), target) for tier in _TIER_EDGES],
        "sentences": [f"{s[:1].upper()}{s[1:]}." for s in figures.get("not_different") or []],
    }


_TIER_EDGES = {
    "green": "{green} points or more, and no exclusion",
    "yellow": "{red} to under {green} points, and no exclusion",
    "red": "an exclusion holds, or under {red} points",
}


def _told(entry: Mapping[str, Any], currency: str | None, deals: bool, months: int, before: str | None) -> Told:
    evidence, receipt = entry["evidence"] or {}, entry.get("receipt") or {}
    told: Told = {
        "id": entry["id"],
        "text": entry["text"],
        "state": _STATES.get(entry["status"], "proposed by the data"),
        "undecided": entry["status"] not in _STATES,
        "evidence": evidence_sentence(evidence),
        "receipt": told_receipt(receipt, currency, deals, months),
        "beside": told_against_rest(receipt.get("against_rest") or [], currency),
        "mind": [*([before] if before else []), *_chosen(entry), *_only_just(entry), *told_mind(evidence, receipt)],
        "review_on": receipt.get("review_on"),
    }
    if evidence.get("outcome") != "pull" and "rate" in evidence:
        told["bar"] = {
            "rate": evidence["rate"],
            "rate_elsewhere": evidence["rate_elsewhere"],
            "words": percent(evidence["rate"]),
            "words_elsewhere": percent(evidence["rate_elsewhere"]),
        }
    return told


def _chosen(entry: Mapping[str, Any]) -> list[str]:
    """Say of a rule that a person chose who it was, what the data says of it, and what it was before."""
    chosen = entry.get(_CHOSEN)
    if not chosen:
        return []
    why = f": {entry['reason']}" if entry.get("reason") else ""
    said = [f"Chosen by {chosen['by']} on {chosen['on']}, not proposed by the data{why.rstrip('.')}."]
    if entry.get("judged"):
        said.append(entry["judged"]["verdict"])
    if entry.get("was"):
        said.append(f"Before that it was “{entry['was'][-1]['text']}”.")
    return said


def _months(criteria: Mapping[str, Any]) -> int:
    """Return the months after which a customer counts as kept: the horizon, or the longest the data supports."""
    return int((criteria.get("searched") or {}).get("horizon_months", criteria["churn_horizon_months"]))


def told_mind(evidence: Mapping[str, Any], receipt: Mapping[str, Any]) -> list[str]:
    """Say what speaks against leaning on the rule too hard."""
    sentences = []
    later = evidence.get("replication_later") or {}
    if "low" in later:
        low, high = later["low"], later["high"]
        sentences.append(f"On the later half of the accounts alone: {_later(evidence, low, high)} than the rest.")
    elif "absent" in later:
        sentences.append(f"Not checked on later accounts: {later['absent']}.")
    sentences += _adjusted(evidence.get("adjustment") or {})
    again = evidence.get("stability")
    if again:
        sentences.append(f"It came out again in {again['found_again']} of {again['halves']} random halves of the data.")
    if receipt.get("no_tension"):
        sentences.append("It would have refused nothing that was ever won or is open: it creates no tension.")
    return sentences


_ONLY_JUST = (
    "It passed the test beside everything that was searched, but only just: how much of the difference will show again "
    "cannot be told yet."
)


def _only_just(entry: Mapping[str, Any]) -> list[str]:
    """Say of a rule that the data proposes that its corrected range reaches from less to more."""
    difference = (entry["evidence"] or {}).get("risk_difference") or {}
    low, high = difference.get("low"), difference.get("high")
    if _CHOSEN in entry or low is None or high is None:
        return []
    return [_ONLY_JUST] if low < 0 < high else []


def _adjusted(adjustment: Mapping[str, Any]) -> list[str]:
    """Say where the effect does not stand on its own; that it does needs no words."""
    verdict = str(adjustment.get("verdict") or "holds")
    if verdict == "holds":
        return []
    if verdict.startswith("stands in for "):
        return [
            f"It may only stand in for {verdict.removeprefix('stands in for ')}: beside that, little of it remains."
        ]
    return ["Beside everything else that is known, little of the difference remains."]


def _later(evidence: Mapping[str, Any], low: float, high: float) -> str:
    return f"{low:+.2f} to {high:+.2f} more" if evidence.get("outcome") == "pull" else points(low, high)


def _tier(tier: str, edges: Mapping[str, Any], rate: Mapping[str, Any] | None, target: str) -> Told:
    told: Told = {"tier": tier, "edge": _TIER_EDGES[tier].format(**edges), "action": edges["actions"][tier]}
    if rate and "estimate" in rate:
        told["rate"] = rate["estimate"]
        past, ends = count(rate["n"], "past account"), span(percent(rate["low"]), percent(rate["high"]))
        told["sentence"] = f"{percent(rate['estimate'])} of {past} were {target} ({ends})"
        told["measured"] = {"value": percent(rate["estimate"]), "between": ends, "of": past}
    else:
        told["sentence"] = "no past account to measure it on" if rate and "absent" in rate else "not measured"
    return told
