"""Territories and owners as a GTM lead reads them: one verdict, a table, and each territory's own view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.report.words import count, money, percent, points, span
from icp_ml.wording import list_words

Told = dict[str, Any]

SHOWN = 12  # territories with a view in the report; all are in territories.json
_OWNERS = 30
_SMALL = 12
_EACH = {"territory": "territories", "owner": "owners"}
_TIERS = ("green", "yellow", "red")


def told_territories(document: Mapping[str, Any], criteria: Mapping[str, Any]) -> Told:
    """Return what the report says of territories and owners.

    Parameters
    ----------
    document : mapping
        Content of ``territories.json``.
    criteria : mapping
        Content of ``criteria.json``, for the rules' words.

    Returns
    -------
    dict
        ``verdict`` and ``more`` (sentences); ``territories`` and ``owners``: rows for people, of groups that have
        figures or present accounts; ``small``: one sentence on those too small, or empty; ``no_territory`` or None;
        ``months`` of churn or None.
    """
    rules = {c["id"]: c["text"] for c in criteria["criteria"]}
    currency = document["currency"]
    territories, small = _split(document["territories"], SHOWN)
    owners, few = _split(document["owners"], _OWNERS)
    nobody = document.get("no_territory")
    views = [*document["territories"], *document["owners"]]
    months = next((v["churn"]["months"] for v in views if "months" in v.get("churn", {})), None)
    return {
        "verdict": _verdict(document, rules),
        "more": _more(document, rules),
        "territories": [_row(view, currency, rules) for view in territories],
        "owners": [_row(view, currency, rules) for view in owners],
        "small": [s for s in (_small("territory", small), _small("owner", few)) if s],
        "no_territory": _row({"name": "No territory", **nobody}, currency, rules) if nobody else None,
        "months": months,
    }


def _split(views: Sequence[Mapping[str, Any]], most: int) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the views to show, and the rest."""
    large = [view for view in views if "estimate" in view.get("win_rate", {}) or "estimate" in view.get("churn", {})]
    shown = large[:most]
    return shown, [view for view in views if view not in shown]


def _verdict(document: Mapping[str, Any], rules: Mapping[str, str]) -> str:
    """Say in a sentence or two whether any rule works differently anywhere."""
    absent, effects = document["absent"], document["effects"]
    if len(absent) == len(_EACH):
        return "Neither territory nor owner is known of any decided account or customer: nothing can be said of either."
    if not rules:
        return "No rule was proposed, so none can work differently in one territory than in another."
    asked = [by for by in _EACH if any(e["by"] == by and "p_value" in e for e in effects)]
    differing = [effect for effect in effects if effect.get("differs")]
    if not asked:
        return "Too few accounts on both sides of the rules to compare territories or owners."
    if differing:
        return " ".join(_differing(effect, rules) for effect in differing)
    between = list_words(tuple(_EACH[by] for by in asked), "or")
    return f"No credible difference between {between}: nothing here speaks for applying a rule differently anywhere."


def _differing(effect: Mapping[str, Any], rules: Mapping[str, str]) -> str:
    named = [group for group in effect["groups"] if group["verdict"] != "as elsewhere"]
    rule = f"{effect['rule']} ({rules[effect['rule']]})"
    if not named:
        return f"{rule} works differently between {_EACH[effect['by']]}, but no single one stands out."
    told = [f"{_how(group['verdict'])} in {group['name']}" for group in named]
    if effect["by"] == "owner":
        told = [f"{_how(group['verdict'])} with {group['name']}" for group in named]
    return f"{rule} does not work alike everywhere: {list_words(tuple(told), 'and')}."


def _how(verdict: str) -> str:
    return {"no effect shown": "no effect shown", "reversed": "the reverse"}.get(verdict, f"a {verdict} effect")


def _more(document: Mapping[str, Any], rules: Mapping[str, str]) -> list[str]:
    """Say how sure that is, what could have been seen, and what was not asked."""
    tested = [effect for effect in document["effects"] if "p_value" in effect]
    sentences = [reason[:1].upper() + reason[1:] + "." for reason in document["absent"].values()]
    if len(document["absent"]) == len(_EACH):
        return []
    if tested:
        sentences.append(
            f"{count(len(tested), 'comparison')} of a rule's effect between territories or owners; the chance that "
            f"any of them claims a difference where there is none is {percent(document['error_rate'])}."
        )
    even = [e for e in tested if not e["differs"] and e["by"] == "territory" and e["outcome"] != "pull"]
    if even:
        needed = list_words(tuple(f"{round(100 * e['would_show'])} points ({e['rule']})" for e in even), "and")
        sentences.append(
            f"To be seen, a rule's effect in the largest territory would have had to be off by about {needed}."
        )
    left = sorted({e["rule"] for e in document["effects"] if "absent" in e and e["by"] == "territory"})
    if left and rules:
        sentences.append(
            f"Not compared between territories, for too few accounts on both sides: {list_words(tuple(left), 'and')}."
        )
    return sentences


def _small(by: str, views: Sequence[Mapping[str, Any]]) -> str:
    """Name the groups without a view, with their counts."""
    if not views:
        return ""
    named = [f"{view['name']} ({view['accounts']:,})" for view in views[:_SMALL]]
    more = f" and {len(views) - _SMALL:,} more" if len(views) > _SMALL else ""
    few = "Without figures of their own, for too few decided accounts or for their number"
    return f"{few}: {_EACH[by]} {', '.join(named)}{more}. In brackets, accounts now."


def _row(view: Mapping[str, Any], currency: str | None, rules: Mapping[str, str]) -> Told:
    tiers, excluded = view["tiers"], view["excluded"]
    return {
        "name": view["name"],
        "accounts": view["accounts"],
        "decided": view.get("decided"),
        "win_rate": _figure(view.get("win_rate") or {}, "decided"),
        "churn": _figure(view.get("churn") or {}, "customers"),
        "tiers": [{"tier": t, **_tier(tiers[t], currency)} for t in _TIERS],
        "pipeline": _money(sum(tiers[t]["open_pipeline"] for t in _TIERS), currency),
        "excluded": _excluded(excluded, currency),
        "excluded_arr": _money(excluded["arr_now"], currency),
        "differs": [_differs(entry, rules) for entry in view.get("rules_that_differ") or []],
        "named": view.get("named"),
    }


def _tier(tier: Mapping[str, Any], currency: str | None) -> Told:
    return {"accounts": tier["accounts"], "pipeline": _money(tier["open_pipeline"], currency)}


def _figure(figure: Mapping[str, Any], who: str) -> Told:
    if "estimate" not in figure:
        return {"absent": figure.get("absent", "")}
    told = {
        "value": percent(figure["estimate"]),
        "between": span(percent(figure["low"]), percent(figure["high"])),
        "of": f"{figure['n']:,} {who}",
    }
    return told | ({"observed": percent(figure["observed"])} if "observed" in figure else {})


def _money(amount: float, currency: str | None) -> str:
    return money(amount, currency) if amount else ""


def _excluded(excluded: Mapping[str, Any], currency: str | None) -> str:
    """Say what following the exclusions would touch there now."""
    if not excluded["accounts"]:
        return ""
    parts = []
    if excluded["present_customers"]:
        paying = f", paying {money(excluded['arr_now'], currency)} a year" if excluded["arr_now"] else ""
        parts.append(f"{count(excluded['present_customers'], 'customer')} of now{paying}")
    if excluded["open_pipeline"]:
        parts.append(f"open deals worth {money(excluded['open_pipeline'], currency)}")
    touched = f", among them {list_words(tuple(parts), 'and')}" if parts else ""
    return f"The exclusions hit {count(excluded['accounts'], 'account')}{touched}."


def _differs(entry: Mapping[str, Any], rules: Mapping[str, str]) -> str:
    effect = points(entry["effect"]["low"], entry["effect"]["high"])
    return f"{entry['rule']} ({rules[entry['rule']]}): {_how(entry['verdict'])} here, {effect} than the rest."
