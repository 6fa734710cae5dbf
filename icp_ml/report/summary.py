"""The one summary of a release that the terminal, the HTML report, the memo and MLflow's description show.

It is made from the release's own documents alone, so that it can be told again from a folder, for instance after a
review. Everything in it is JSON-ready; sentences are for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.decided_words import told_decided_before
from icp_ml.report.groups import told_figures, told_segments
from icp_ml.report.heat_map import told_heat_map
from icp_ml.report.kept_chart import told_curves
from icp_ml.report.left_out import told_left_out
from icp_ml.report.models import told_models
from icp_ml.report.proposals import Told, told_proposals, told_review, told_scorecard, told_totals, told_two_numbers
from icp_ml.report.quality import told_quality
from icp_ml.report.ranked_words import told_ranking
from icp_ml.report.searched import told_no_evidence, told_searched
from icp_ml.report.segment_changes import told_changes
from icp_ml.report.stated import told_stated
from icp_ml.report.words import count, money, percent, span
from icp_ml.wording import list_words

TIERS = ("green", "yellow", "red")


def summarise(
    criteria: Mapping[str, Any], segments: Mapping[str, Any], checks: Mapping[str, Any], metrics: Mapping[str, Any]
) -> Told:
    """Return the summary.

    Parameters
    ----------
    criteria, segments, checks, metrics : mapping
        Content of ``criteria.json``, ``segments.json``, ``checks.json`` and ``metrics.json``.

    Returns
    -------
    dict
        ``name``, ``release_id``, ``as_of``, ``horizon``, ``currency``, ``reviewed``, ``review`` (a sentence);
        ``decided_before`` (what people decided on earlier releases) or None; ``verdict`` (``headline``, ``sentences``);
        ``data`` (``sentences``, ``left_out``, ``figures``); ``exclusions``, ``criteria``, ``not_proposed``,
        ``no_evidence`` (sentences where nothing is proposed), ``searched`` (sentences by kind),
        ``totals``, ``two_numbers``; ``stated`` or None; ``scorecard``, ``tiers_now``, ``tension`` (sentences);
        ``target`` or None; ``segments``, ``no_segments``, ``left_out``, ``ranking`` or None,
        ``changes`` (since the previous release) or None; ``heat_map`` and ``curves`` of segments or None; ``models``;
        ``quality``; ``loss_reasons``; ``settings``; ``known``, ``counts``; ``limits`` (sentences).
    """
    counted, settings = metrics["counted"], metrics.get("settings") or {}
    everybody, target = counted["everybody"], metrics.get("target") or {}
    currency, horizon = criteria["currency"], criteria["churn_horizon_months"]
    deals = "opportunities" in metrics.get("inputs", ("opportunities",))
    told: Told = {
        "name": criteria["name"],
        "release_id": criteria["release_id"],
        "as_of": criteria["as_of"],
        "horizon": horizon,
        "currency": currency,
        "reviewed": criteria["review"] is not None,
        "review": told_review(criteria["review"]),
        "decided_before": told_decided_before(criteria),
        "quality": told_quality(checks, criteria["as_of"]),
        "exclusions": told_proposals(criteria, "exclude", deals),
        "criteria": told_proposals(criteria, "include", deals),
        "not_proposed": criteria.get("not_proposed"),
        "no_evidence": told_no_evidence(criteria),
        "searched": {kind: told_searched(criteria, kind) for kind in ("exclude", "include")},
        "totals": told_totals(criteria),
        "two_numbers": told_two_numbers(criteria),
        "stated": told_stated(criteria, deals),
        "scorecard": told_scorecard(criteria),
        "tiers_now": _tiers_now(metrics, currency),
        "tension": _tension(metrics.get("tiers") or {}, currency, deals),
        "target": _target(target, currency, horizon, everybody),
        "segments": told_segments(segments, target.get("segments") or {}, everybody, horizon),
        "no_segments": segments.get("none_because"),
        "left_out": told_left_out(segments),
        "ranking": told_ranking(segments, horizon),
        "changes": told_changes(segments),
        "models": told_models(metrics, currency),
        "loss_reasons": [f"{r['reason']} ({percent(r['share'])})" for r in counted.get("loss_reasons") or []],
        "settings": settings,
        "known": counted["known"],
        "counts": {name: int(counted.get(name) or 0) for name in ("won", "lost", "customers")},
    }
    told["data"] = _data(criteria, counted, told["quality"]["left_out"])
    best_first = [segment["id"] for segment in told["segments"]]
    told |= {
        "heat_map": told_heat_map(segments, best_first, everybody, horizon),
        "curves": told_curves(segments, best_first),
    }
    return told | {"verdict": _verdict(told), "limits": _limits(told, settings)}


def _target(target: Mapping[str, Any], currency: str | None, horizon: int, everybody: Mapping[str, Any]) -> Told | None:
    """Return how many accounts the criteria describe now and what happened to past ones, None without criteria."""
    if "figures" not in target:
        return None
    said = {name for name, figure in everybody.items() if "absent" in figure}
    return {"accounts": target["accounts"], "figures": told_figures(target["figures"], currency, horizon, said)}


def _verdict(told: Mapping[str, Any]) -> Told:
    exclusions, wanted = told["exclusions"], told["criteria"]
    if not exclusions and not wanted:
        headline = "Not enough evidence to propose whom to pursue or to refuse."
        return {"headline": headline, "sentences": [told["not_proposed"] or "No rule passed the evidence test."]}
    pursue = (
        f"Pursue {_listed(wanted)}." if wanted else "No group to pursue stands out among the accounts that are left."
    )
    headline = f"Refuse {_listed(exclusions)}. {pursue}" if exclusions else pursue
    return {"headline": headline, "sentences": [*told["totals"], *_how_sure(told["settings"]), told["review"]]}


def _how_sure(settings: Mapping[str, Any]) -> list[str]:
    """Say how often chance alone would bring such a proposal, in whole numbers."""
    budget = settings.get("criteria.max_false_discovery_rate")
    if not budget:
        return []
    times = f"1 run in {round(1 / float(budget)):,}" if float(budget) <= 0.5 else f"{percent(float(budget))} of runs"
    return [f"How sure: in data where nothing matters, a proposal would come out in at most {times}."]


def _listed(proposals: list[Told]) -> str:
    """Name the rules, joined so that an "and" inside one cannot be misread."""
    return list_words(tuple(f"“{p['text']}”" for p in proposals), "and")


def _data(criteria: Mapping[str, Any], counted: Mapping[str, Any], left_out: list[str]) -> Told:
    everybody, currency = counted["everybody"], criteria["currency"]
    sentences = [f"{count(counted['accounts'], 'account')}, known up to {criteria['as_of']}."]
    if "estimate" in everybody["win_rate"]:
        sentences.append(
            f"{count(counted['decided'], 'account')} decided between {counted['first_decision']} and "
            f"{counted['last_decision']}: {counted['won']:,} won, {counted['lost']:,} lost"
            f"{_rate(everybody['win_rate'])}."
        )
    if counted["customers"]:
        arr = f" They pay {money(counted['arr_now'], currency)} a year now." if counted["arr_now"] else ""
        sentences.append(f"{count(counted['customers'], 'customer')} followed{_left(everybody['churn'])}.{arr}")
    sentences += [
        _unmeasured(everybody[name]["absent"]) for name in ("win_rate", "churn") if "absent" in everybody[name]
    ]
    figures = told_figures(everybody, currency, criteria["churn_horizon_months"])
    return {"sentences": sentences, "left_out": left_out, "figures": figures}


def _unmeasured(absent: str) -> str:
    """Say that a side was not measured, and why.

    >>> _unmeasured("no deals: winning was not measured"), _unmeasured("3 decided accounts are fewer than 10")
    ('Winning was not measured: there are no deals.', 'Not measured: 3 decided accounts are fewer than 10.')
    """
    why, _, what = absent.partition(": ")
    return f"{what[:1].upper()}{what[1:]}: there are {why}." if what else f"Not measured: {absent}."


def _rate(figure: Mapping[str, Any]) -> str:
    if "estimate" not in figure:
        return ""
    return f" (win rate {percent(figure['estimate'])}, {span(percent(figure['low']), percent(figure['high']))})"


def _left(figure: Mapping[str, Any]) -> str:
    if "estimate" not in figure:
        return ""
    between = span(percent(figure["low"]), percent(figure["high"]))
    return f"; {percent(figure['estimate'])} of them left within {figure['months']} months ({between})"


def _tiers_now(metrics: Mapping[str, Any], currency: str | None) -> list[Told]:
    tiers = metrics.get("tiers") or {}
    return [
        {
            "tier": tier,
            "accounts": tiers[tier]["accounts"],
            "open_pipeline": money(tiers[tier]["open_pipeline"], currency) if tiers[tier]["open_pipeline"] else "",
            "arr_now": money(tiers[tier]["arr_now"], currency) if tiers[tier].get("arr_now") else "",
        }
        for tier in TIERS
        if tier in tiers
    ]


def _tension(tiers: Mapping[str, Any], currency: str | None, deals: bool) -> list[str]:
    """Say what the tiers mean for accounts of today: who is still to be had, and what would have to be refused."""
    green, red = tiers.get("green") or {}, tiers.get("red") or {}
    sentences = []
    before = green.get("customers_before", 0)
    if never := green.get("no_customers_now", 0) - before:
        sentences.append(f"To pursue: {count(never, 'green account')} that never {_was(never)} a customer.")
    if before:
        sentences.append(f"To win back: {count(before, 'green account')} that {_was(before)} a customer before.")
    if deals and red.get("with_open_deals"):
        who = count(red["with_open_deals"], "red account has", "red accounts have")
        sentences.append(f"To refuse: {who} open deals, worth {money(red['open_pipeline'], currency)}.")
    if red.get("present_customers"):
        who = count(red["present_customers"], "red account is a customer", "red accounts are customers")
        paying = f", paying {money(red['arr_now'], currency)} a year" if red.get("arr_now") else ""
        sentences.append(f"To watch: {who} now{paying}.")
    return sentences


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


def _limits(told: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Say what the figures cannot mean, whatever they are."""
    budget = settings.get("criteria.max_false_discovery_rate")
    limits = [
        "Only accounts that were worked have outcomes: nothing here speaks of kinds of accounts that were never tried.",
        "A rule says what goes together with an outcome, not what causes it.",
        "A range in brackets holds the true figure in 9 cases of 10, unless another share is named.",
        "Differences shown for rules are already reduced for having been searched for among many.",
        "Pull is relative: it ranks customers among those who started in the same twelve months.",
    ]
    if budget is not None:
        limits.insert(
            2,
            f"All rules together share an error budget: at most {percent(float(budget))} of what is proposed is "
            "expected to be wrong.",
        )
    if told["currency"] is None:
        limits.append("Amounts are as the tables hold them; no currency is named in the config (money.currency).")
    if any(model.get("extrapolated") for model in told["models"]):
        limits.append(
            f"Too few customers were followed for {told['horizon']} months: the chance to leave within them is an "
            "extrapolation."
        )
    return limits
