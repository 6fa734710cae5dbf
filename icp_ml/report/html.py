"""``report.html``: one file that opens offline and inside MLflow's artifact viewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from icp_ml.report.charts import reliability_svg
from icp_ml.report.effect_charts import dependence_svg, strip_svg
from icp_ml.report.glossary import glossary
from icp_ml.report.groups import absent_sentence
from icp_ml.report.kept_chart import kept_svg
from icp_ml.report.map_chart import PULLS, map_svg
from icp_ml.report.markers import definitions, key, marks
from icp_ml.report.rendering import render_html
from icp_ml.report.survival_chart import survival_svg
from icp_ml.report.what_if import what_if_data
from icp_ml.report.words import percent


def html_report(
    summary: Mapping[str, Any],
    lists: Mapping[str, Any] | None = None,
    territories: Mapping[str, Any] | None = None,
    early_life: Mapping[str, Any] | None = None,
    segments_map: Mapping[str, Any] | None = None,
    packed: str | None = None,
    what_if: Mapping[str, Any] | None = None,
) -> str:
    """Return the report: no network, light or dark as the reader's system is, and whole without scripts.

    Parameters
    ----------
    summary : mapping
        From :func:`icp_ml.report.summary.summarise`. Everything in it is escaped.
    lists : mapping, optional
        From :func:`icp_ml.report.account_lists.account_lists`; without it no account is named.
    territories : mapping, optional
        From :func:`icp_ml.report.territory_words.told_territories`; without it nothing is said of them.
    early_life : mapping, optional
        From :func:`icp_ml.report.early_life_words.told_early_life`; without it customers to look after are not named.
    segments_map : mapping, optional
        From :func:`icp_ml.report.map_words.told_map`; without it there is no map of accounts.
    packed : str, optional
        From :func:`icp_ml.report.account_index.packed_index`; without it no account can be looked up.
    what_if : mapping, optional
        From :func:`icp_ml.release.what_if_document.what_if_document`; without it, or without rules, nothing can be
        switched.
    """
    return render_html(
        "report.html.j2",
        {
            "s": summary,
            "lists": lists,
            "t": territories,
            "early": early_life,
            "map": segments_map,
            "packed": packed,
            "what_if": what_if if what_if and what_if["rules"] else None,
            "pulls": PULLS,
            "marks": marks(segment["id"] for segment in summary["segments"]),
            "named": any(part["total"] for part in (lists or {}).values()),
            "glossary": glossary(summary),
        },
        {
            "reliability": _reliability,
            "survival": _survival,
            "dependence": _dependence,
            "strip": _strip,
            "absent": absent_sentence,
            "percent": percent,
            "kept": _kept,
            "accounts_map": _accounts_map,
            "what_if_data": what_if_data,
            "shapes": lambda: Markup(definitions()),
            "key": lambda *which: Markup(key(*which)),
        },
    )


def _reliability(model: Mapping[str, Any]) -> Markup:
    """Draw a model's calibration; the chart's own text is escaped where it is made."""
    return Markup(reliability_svg(model["reliability"], f"{model['title']}: promised and observed shares"))


def _survival(model: Mapping[str, Any]) -> Markup:
    """Draw churn month by month."""
    return Markup(survival_svg(model["by_month"], f"{model['title']}: churn by month, forecast and observed"))


def _kept(curves: Mapping[str, Any]) -> Markup:
    """Draw who stays how long."""
    return Markup(kept_svg(curves, "Share of customers kept, by month from the start"))


def _accounts_map(told: Mapping[str, Any], by: str) -> Markup:
    """Draw the map of accounts."""
    return Markup(map_svg(told, by, f"Map of {len(told['points']):,} accounts, coloured by {by}"))


def _dependence(effect: Mapping[str, Any], model: Mapping[str, Any]) -> Markup:
    """Draw what the values of a number add."""
    title = f"{model['title']}: {effect['attribute']} and the chance {model['towards']}"
    return Markup(dependence_svg(effect["levels"], effect["accounts"], model["limit"], model["towards"], title))


def _strip(level: Mapping[str, Any], model: Mapping[str, Any]) -> Markup:
    """Draw what one level adds."""
    return Markup(strip_svg(level, model["limit"]))
