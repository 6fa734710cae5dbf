"""``metrics.json``: every figure of a release by name, as MLflow shows it too."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from icp_ml.models.types import Explained, LearningCurve, Metric, ModelReport, Models

Figures = dict[str, dict[str, Any]]


_OF_RULES = ("criteria_", "exclusions_", "scorecard_", "tiers/")
_OF_TIERS = ("accounts", "open_pipeline", "arr_now")


def standing_figures(models: Models, segments: Mapping[str, Any], counted: Mapping[str, Any]) -> Figures:
    """Return every figure of a release that its rules do not touch, under a flat name.

    Parameters
    ----------
    models : Models
        Churn and win models.
    segments : mapping
        Content of ``segments.json``.
    counted : mapping
        From :func:`icp_ml.report.counting.cohort_figures`.

    Returns
    -------
    dict
        Name to ``{"value"}`` and, where they are known, ``low``, ``high`` and ``n``. The first word of a name says
        which part it belongs to: ``churn``, ``win``, ``early_churn``, ``segments``, ``accounts``, ``everybody``.
    """
    figures = _segment_figures(segments)
    for report in (models.win, models.churn, models.early_churn):
        if report is not None:
            figures |= model_figures(report)
    figures |= _counted_figures(counted)
    return _finite(figures)


def with_rules(standing: Figures, criteria: Mapping[str, Any], tiers: Mapping[str, Any] | None = None) -> Figures:
    """Return the figures with those that follow from the rules.

    Their names begin ``criteria``, ``exclusions``, ``scorecard`` or, for what each tier holds now, ``tiers/``: MLflow
    draws figures with a common first part before a slash together, and ahead of all others.

    Parameters
    ----------
    standing : mapping
        From :func:`standing_figures`, or read back by :func:`kept_figures`.
    criteria : mapping
        Content of ``criteria.json``.
    tiers : mapping, optional
        From :func:`icp_ml.report.counting.tier_counts`.
    """
    held = {f"tiers/{tier}_{name}": _entry(value[name]) for tier, value in (tiers or {}).items() for name in _OF_TIERS}
    # What a reader compares two releases by comes first: MLflow shows figures in this order.
    return _finite(_criteria_figures(criteria) | held) | standing


def kept_figures(metrics: Mapping[str, Any]) -> Figures:
    """Return the figures of a ``metrics.json`` that its rules do not touch, as :func:`standing_figures` does."""
    intervals = metrics["intervals"]
    kept = {n: intervals.get(n, {"value": v}) for n, v in metrics["metrics"].items() if not n.startswith(_OF_RULES)}
    return dict(kept)


def _finite(figures: Figures) -> Figures:
    return {name: entry for name, entry in figures.items() if math.isfinite(entry["value"])}


def model_figures(report: ModelReport) -> Figures:
    """Return a model's figures, for instance ``churn_auc_out_of_time``.

    A name without a suffix is that of the model that ships; ``_boosted``, ``_logistic`` and ``_base_rate`` name each.
    """
    figures: Figures = {}
    for metric in report.metrics:
        name = _metric_name(report.outcome, metric)
        if metric.name == "events":
            figures[name] = _entry(metric.value, n=metric.n)
            continue
        entry = _entry(metric.value, metric.low, metric.high, metric.n)
        figures[f"{name}_{metric.model}"] = entry
        if metric.model == report.predictor.kind:
            figures[name] = entry
    checked = report.explained.additivity
    if checked:
        figures[f"{report.outcome}_additivity_gap"] = _entry(checked["gap"], n=int(checked["accounts"]))
    return figures


def model_document(report: ModelReport) -> dict[str, Any]:
    """Return what is shown of a model: verdict, figures, calibration, importance and what each level adds.

    ``breakdown`` is left empty: :func:`icp_ml.report.breakdowns.model_breakdowns` fills it once tiers are known.
    """
    return {
        "outcome": report.outcome,
        "ships": report.predictor.kind,
        "verdict": report.verdict,
        "calibration": {
            "probabilities": report.calibration.probabilities,
            "level_off": report.calibration.level_off,
            "sentence": report.calibration.sentence,
        },
        "by_month": report.by_month.to_dict(orient="records"),
        "extrapolated": report.extrapolated,
        "metrics": [
            {
                "name": m.name, "model": m.model, "value": m.value, "low": m.low, "high": m.high, "n": m.n,
                "split": m.split,
            }
            for m in report.metrics
        ],
        "reliability": report.reliability.to_dict(orient="records"),
        "importance": report.importance.to_dict(orient="records"),
        "levels": report.levels.to_dict(orient="records"),
        **_explained(report.explained),
        "tested": _tested(report),
        "no_profit": report.no_profit,
        "learning": _learning(report.learning),
        "breakdown": {},
    }  # fmt: skip


def _explained(explained: Explained) -> dict[str, Any]:
    """Return what the model's answers rest on; nothing where nobody explained it."""
    if not explained.additivity:
        return {}
    return {
        "average_chance": explained.chance,
        "stability": explained.stability.to_dict(orient="records"),
        "dependence": list(explained.dependence),
        "interactions": list(explained.interactions),
        "no_interactions": explained.no_interactions,
        "additivity": explained.additivity,
    }


def _tested(report: ModelReport) -> dict[str, Any]:
    """Return which accounts the figures rest on; empty where they were not kept."""
    held = report.holdout
    if held.empty:
        return {}
    judged = {"months": float(held["months"].iloc[0])} if "months" in held else {}
    begun = held["begun"].astype("datetime64[s]")
    return {
        "n": len(held),
        "from": str(begun.min().date()),
        "to": str(begun.max().date()),
        "splits": held["cutoff"].astype(str).drop_duplicates().tolist(),
        **judged,
    }


def _learning(curve: LearningCurve) -> dict[str, Any]:
    if curve.table.empty:
        return {"absent": curve.absent or "it was not drawn"}
    return {"sentence": curve.sentence, "curve": curve.table.to_dict(orient="records")}


def _metric_name(outcome: str, metric: Metric) -> str:
    name = metric.name if metric.name.startswith(f"{outcome}_") else f"{outcome}_{metric.name}"
    return name if name.endswith(metric.split) else f"{name}_{metric.split}"


def _entry(value: float, low: float | None = None, high: float | None = None, n: int | None = None) -> dict[str, Any]:
    """Return a figure with what is known of it."""
    known = {"low": low, "high": high, "n": n or None}
    return {"value": float(value), **{k: v for k, v in known.items() if v is not None}}


def _interval_entry(interval: Mapping[str, Any]) -> dict[str, Any]:
    return _entry(interval["estimate"], interval.get("low"), interval.get("high"), interval.get("n"))


def _criteria_figures(criteria: Mapping[str, Any]) -> Figures:
    kinds = [c["kind"] for c in criteria["criteria"]]
    figures = {f"scorecard_{name}": _interval_entry(v) for name, v in _measured(criteria["scorecard"])}
    figures |= {
        "criteria_proposed": _entry(kinds.count("include")),
        "exclusions_proposed": _entry(kinds.count("exclude")),
        "scorecard_lines": _entry(len(criteria["scorecard"]["items"])),
    }
    figures |= {f"exclusions_{name}": _entry(v) for name, v in _numbers(criteria.get("totals") or {})}
    for entry in criteria["criteria"]:
        evidence, receipt = entry["evidence"] or {}, entry.get("receipt") or {}
        # A person's rule that holds for too few has none.
        if "risk_difference" in evidence:
            figures[f"criteria_{entry['id']}_risk_difference"] = _interval_entry(
                {**evidence["risk_difference"], "n": evidence["n"]}
            )
        figures |= {f"criteria_{entry['id']}_{name}": _entry(value) for name, value in _numbers(receipt)}
    return figures


def _measured(scorecard: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return what was measured of the score, by name: each tier's rate, and how well the score ranks later accounts."""
    found = scorecard.get("figures") or {}
    named = {f"{tier}_rate": figure for tier, figure in (found.get("tiers") or {}).items()}
    for who, figure in (found.get("ranking") or {}).items():
        named["auc_out_of_time" if who == "scorecard" else f"auc_out_of_time_{who}"] = figure
    # A tier nobody fell in has a reason in place of a figure, and the cut-off of the ranking is a date.
    yield from ((name, f) for name, f in named.items() if isinstance(f, Mapping) and "estimate" in f)


def _segment_figures(segments: Mapping[str, Any]) -> Figures:
    figures = {"segments_published": _entry(len(segments["segments"]))} | _ranking_figures(segments)
    for segment in segments["segments"]:
        prefix = f"segments_{segment['id']}"
        figures[f"{prefix}_stability"] = _entry(segment["stability"])
        for name, value in segment["figures"].items():
            if "estimate" in value:
                figures[f"{prefix}_{name}"] = _interval_entry(value)
    return figures


def _ranking_figures(segments: Mapping[str, Any]) -> Figures:
    """Return what the best segment earns, and the share of accounts in none; a ranking by something else earns none."""
    ranking, figures = segments.get("ranking") or {}, {}
    if ranking.get("measure") == "opportunity_value" and ranking["segments"]:
        figures["segments_best_opportunity_value"] = _interval_entry(ranking["segments"][0]["value"])
    if nobody := ranking.get("no_segment"):
        figures["segments_no_segment_share"] = _entry(nobody["share"], n=nobody["of"])
    return figures


def _counted_figures(counted: Mapping[str, Any]) -> Figures:
    plain = {k: v for k, v in counted.items() if k not in ("accounts", "everybody", "known")}
    figures = {f"accounts_{name}": _entry(value) for name, value in _numbers(plain)}
    figures["accounts_total"] = _entry(counted["accounts"])
    for name, figure in counted["everybody"].items():
        if "estimate" in figure:
            figures[f"everybody_{name}"] = _interval_entry(figure)
    return figures


def _numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Return the numbers of a mapping, those of mappings in it under joined names; lists are no figures."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}_")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"{prefix}{name}".replace(" ", "_"), float(value)
