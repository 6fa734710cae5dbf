"""The one summary of a release that the terminal, the HTML report, the memo and MLflow's description show.

It is made from the release's own documents alone, so that it can be told again from a folder, for instance after a
review. Everything in it is JSON-ready; sentences are for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.groups import told_figures, told_segments
from icp_ml.report.models import told_models
from icp_ml.report.proposals import Told, told_proposals, told_scorecard, told_totals
from icp_ml.report.quality import told_quality
from icp_ml.report.stated import told_stated
from icp_ml.report.words import count, money, percent

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
        ``name``, ``release_id``, ``as_of``, ``horizon``, ``currency``, ``reviewed``; ``verdict`` (``headline``,
        ``sentences``); ``data`` (``sentences``, ``figures``); ``exclusions``, ``criteria``, ``not_proposed``,
        ``totals``; ``stated`` or None; ``scorecard``, ``tiers_now``; ``segments``, ``no_segments``; ``models``;
        ``quality``; ``settings``; ``known``; ``limits`` (sentences).
    """
    counted, settings = metrics["counted"], metrics.get("settings") or {}
    exclusions, wanted = told_proposals(criteria, "exclude"), told_proposals(criteria, "include")
    told: Told = {
        "name": criteria["name"],
        "release_id": criteria["release_id"],
        "as_of": criteria["as_of"],
        "horizon": criteria["churn_horizon_months"],
        "currency": criteria["currency"],
        "reviewed": criteria["review"] is not None,
        "data": _data(criteria, counted),
        "exclusions": exclusions,
        "criteria": wanted,
        "not_proposed": criteria.get("not_proposed"),
        "totals": told_totals(criteria),
        "stated": told_stated(criteria),
        "scorecard": told_scorecard(criteria),
        "tiers_now": _tiers_now(metrics, criteria["currency"]),
        "segments": told_segments(segments),
        "no_segments": segments.get("none_because"),
        "models": told_models(metrics),
        "quality": told_quality(checks),
        "settings": settings,
        "known": counted["known"],
    }
    return told | {"verdict": _verdict(told), "limits": _limits(told, settings)}


def _verdict(told: Mapping[str, Any]) -> Told:
    exclusions, wanted = told["exclusions"], told["criteria"]
    if not exclusions and not wanted:
        headline = "Not enough evidence to propose whom to pursue or to refuse."
        return {"headline": headline, "sentences": [told["not_proposed"] or "No rule passed the evidence test."]}
    pursue = f"Pursue {_listed(wanted)}." if wanted else "No group to pursue stood out from those that are left."
    headline = f"Refuse {_listed(exclusions)}. {pursue}" if exclusions else pursue
    state = (
        "A person has reviewed these proposals."
        if told["reviewed"]
        else ("These are proposals; no person has reviewed them yet.")
    )
    return {"headline": headline, "sentences": [*told["totals"], state]}


def _listed(proposals: list[Told]) -> str:
    """Name the rules, joined so that an "and" inside one cannot be misread."""
    return "; or ".join(f"“{p['text']}”" for p in proposals)


def _data(criteria: Mapping[str, Any], counted: Mapping[str, Any]) -> Told:
    everybody, currency = counted["everybody"], criteria["currency"]
    sentences = [f"{count(counted['accounts'], 'account')} up to {criteria['as_of']}."]
    if "estimate" in everybody["win_rate"]:
        sentences.append(
            f"{count(counted['decided'], 'account')} decided between {counted['first_decision']} and "
            f"{counted['last_decision']}: {counted['won']:,} won, {counted['lost']:,} lost"
            f"{_rate(everybody['win_rate'])}."
        )
    if counted["customers"]:
        arr = f" They pay {money(counted['arr_now'], currency)} a year now." if counted["arr_now"] else ""
        sentences.append(f"{count(counted['customers'], 'customer')} followed{_left(everybody['churn'])}.{arr}")
    sentences += [f"Not measured: {figure['absent']}." for figure in _core(everybody) if "absent" in figure]
    return {"sentences": sentences, "figures": told_figures(everybody, currency)}


def _core(everybody: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [everybody["win_rate"], everybody["churn"]]


def _rate(figure: Mapping[str, Any]) -> str:
    if "estimate" not in figure:
        return ""
    return f" (win rate {percent(figure['estimate'])}, {percent(figure['low'])} to {percent(figure['high'])})"


def _left(figure: Mapping[str, Any]) -> str:
    if "estimate" not in figure:
        return ""
    between = f"{percent(figure['low'])} to {percent(figure['high'])}"
    return f"; {percent(figure['estimate'])} of them left within {figure['months']} months ({between})"


def _tiers_now(metrics: Mapping[str, Any], currency: str | None) -> list[Told]:
    tiers = metrics.get("tiers") or {}
    return [
        {
            "tier": tier,
            "accounts": tiers[tier]["accounts"],
            "open_pipeline": money(tiers[tier]["open_pipeline"], currency) if tiers[tier]["open_pipeline"] else "",
        }
        for tier in TIERS
        if tier in tiers
    ]


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
            f"All rules together share an error budget of {percent(float(budget))}: on data without any "
            "structure, a proposal comes out about that often.",
        )
    if any(model.get("extrapolated") for model in told["models"]):
        limits.append(
            f"Too few customers were followed for {told['horizon']} months: the chance to leave within them is an "
            "extrapolation."
        )
    return limits
