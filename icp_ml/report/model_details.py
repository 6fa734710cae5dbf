"""What stands behind a model's figures, in words: money, groups of accounts, and whether more data would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import money, percent, span

_ONE = {"churn": "customer", "win": "opportunity"}
_WORTH = {
    "churn": "margin on the revenue still there {at}, less what winning and serving them cost",
    "win": "margin on a year of what was won, less what pursuing all of them cost",
}
_BREAKDOWNS = (
    ("tier", "By tier", "Tier"),
    ("segment", "By segment", "Segment"),
    ("period", "By period", "Period"),
)  # fmt: skip


def told_profit(outcome: str, model: Mapping[str, Any], currency: str | None) -> str:
    """Say in a sentence or two what acting on the shipped model would have earned, or why that is not known."""
    if model.get("no_profit"):
        return f"What acting on it would earn is not known: {model['no_profit']}."
    figures = {(m["name"], m["model"]): m for m in model["metrics"]}
    everybody, refused = figures.get(("profit_of_all", "base_rate")), figures.get(("refused_share", model["ships"]))
    if everybody is None or refused is None:
        return ""
    one, months = _ONE[outcome], (model.get("tested") or {}).get("months")
    worth = _WORTH[outcome].format(at=f"after {months:.0f} months" if months else "at the horizon")
    alone = f"taking everybody earned {_amount(everybody, currency)} per {one} ({worth})"
    if not refused["value"]:
        return f"In money: {alone}; nobody is expected to lose money, so the model would refuse nobody."
    gain = figures["profit_gain", model["ships"]]
    said = f"In money: {alone}. Refusing those it expects to lose money on ({percent(refused['value'])}) would have"
    said += f" added {_amount(gain, currency)} per {one}"
    return f"{said}{_over_average(figures.get(('profit_over_base_rate', model['ships'])), currency)}."


def _over_average(over: Mapping[str, Any] | None, currency: str | None) -> str:
    """Say what of a gain is the model's own, since the value of each account is known without it."""
    if over is None or over.get("low") is None or over.get("high") is None:
        return ""
    if over["low"] <= 0 <= over["high"]:
        between = span(money(over["low"], currency), money(over["high"], currency))
        return f"; going by deal size and the average chance would have brought about as much (difference {between})"
    than = "more" if over["value"] > 0 else "less"
    ends = sorted((abs(over["low"]), abs(over["high"])))
    between = span(money(ends[0], currency), money(ends[1], currency))
    size = money(abs(over["value"]), currency)
    return f", {size} ({between}) {than} than going by deal size and the average chance"


def told_learning(model: Mapping[str, Any]) -> Told:
    """Return the ``sentence`` on whether more data would help, and the ``rows`` of the curve, mostly empty."""
    learning = model.get("learning") or {}
    if "sentence" not in learning:
        reason = learning.get("absent")
        return {"sentence": f"Whether more data would help was not measured: {reason}." if reason else "", "rows": []}
    rows = [
        {
            "learned_from": f"{row['learned_from']:,.0f}",
            "auc": _ranged(row["auc"], row["auc_low"], row["auc_high"], "{:.3f}"),
            "brier": _ranged(row["brier"], row["brier_low"], row["brier_high"], "{:.4f}"),
        }
        for row in learning["curve"]
    ]
    return {"sentence": learning["sentence"], "rows": rows, "n": f"{learning['curve'][0]['n']:,.0f}"}


def told_breakdowns(model: Mapping[str, Any]) -> list[Told]:
    """Return one table each by tier, segment and period: ``title``, ``head``, ``rows``, ``absent`` (sentences)."""
    found = model.get("breakdown") or {}
    return [
        {"title": title, "head": head, "rows": [_group(r) for r in found[name]], "absent": _absent(found[name])}
        for name, title, head in _BREAKDOWNS
        if found.get(name)
    ]


def _group(row: Mapping[str, Any]) -> Told:
    return {
        "group": row["group"],
        "n": f"{row['n']:,}",
        "events": f"{row['events']:,}",
        "predicted": percent(row["predicted"]),
        "observed": _share(row["observed"]),
        "auc": _figure(row["auc"], "{:.2f}"),
        "brier": _figure(row["brier"], "{:.3f}"),
        "brier_base_rate": _figure(row["brier_base_rate"], "{:.3f}"),
        "brier_skill": _figure(row["brier_skill"], "{:+.3f}"),
    }


def _absent(rows: list[Mapping[str, Any]]) -> list[str]:
    """Say why figures are missing, each reason once."""
    named = {"observed": "Observed", "auc": "AUC and Brier"}
    reasons: dict[str, list[str]] = {}
    for name, words in named.items():
        for row in rows:
            if "absent" in row[name]:
                reasons.setdefault(f"{words} not measured: {row[name]['absent']}", []).append(row["group"])
    return [f"{reason} ({', '.join(groups)})." for reason, groups in reasons.items()]


def _share(figure: Mapping[str, Any]) -> Told:
    if "absent" in figure:
        return {"absent": figure["absent"]}
    return {"value": percent(figure["estimate"]), "between": span(percent(figure["low"]), percent(figure["high"]))}


def _figure(figure: Mapping[str, Any], shown: str) -> Told:
    if "absent" in figure:
        return {"absent": figure["absent"]}
    value, low, high = (shown.format(figure[k]) for k in ("estimate", "low", "high"))
    return {"value": value, "between": span(low, high)}


def _ranged(value: float, low: float | None, high: float | None, shown: str) -> str:
    if low is None or high is None:
        return shown.format(value)
    return f"{shown.format(value)} ({shown.format(low)} to {shown.format(high)})"


def _amount(metric: Mapping[str, Any], currency: str | None) -> str:
    """Write an amount with its range."""
    said = money(metric["value"], currency)
    if metric.get("low") is None or metric.get("high") is None:
        return said
    return f"{said} ({span(money(metric['low'], currency), money(metric['high'], currency))})"
