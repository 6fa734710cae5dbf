"""A verdict of the gate as a document and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from icp_ml.models.comparison import Comparison
from icp_ml.release.gate import Verdict
from icp_ml.release.json_text import json_ready

HELD_OUT = (
    "All forecasts judged here come from fits that had never seen the account; what ships is each model's refit on "
    "everything. A gain above 0 is in favour of this release."
)
_FIGURES = {"brier": "Brier score", "log_loss": "log loss", "auc": "AUC"}
_MARKS = {True: "pass", False: "FAIL", None: "not judged"}


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON-ready values.

    Parameters
    ----------
    verdict : Verdict
        Of :func:`icp_ml.release.gate.judge_release`.
    """
    document: dict[str, Any] = json_ready(
        {
            "promoted": verdict.grounds is not None,
            "grounds": verdict.grounds,
            "headline": verdict.headline,
            "checks": [{"name": c.name, "passed": c.passed, "reason": c.text} for c in verdict.checks],
            "comparisons": [_comparison(found) for found in verdict.comparisons],
        }
    )
    return document


def print_verdict(document: Mapping[str, Any], console: Console) -> None:
    """Print a verdict: first what it is, then champion and challenger side by side, then each gate with its reason."""
    console.print(Text(document["headline"], style="bold"))
    for found in document["comparisons"]:
        console.print()
        console.print(_side_by_side(found))
    if document["checks"]:
        console.print()
    for check in document["checks"]:
        console.print(Text(f"  {_MARKS[check['passed']]:<10}  {check['name']}: {check['reason']}"))
    if document["comparisons"] or document["checks"]:
        console.print(Text(f"\n{HELD_OUT}"))


def _comparison(found: Comparison) -> dict[str, Any]:
    pairs, figures = found.pairs, {}
    for name in _FIGURES:
        low, high = found.interval(name)
        figures[name] = {
            "champion": found.champion[name],
            "challenger": found.challenger[name],
            "gain": found.gain(name),
            "low": low,
            "high": high,
            "level": 0.90,
        }
    n = pairs.events + pairs.others
    return {"outcome": pairs.outcome, "months": pairs.months, "n": n, "events": pairs.events, "figures": figures}


def _side_by_side(found: Mapping[str, Any]) -> Table:
    within = f" within {found['months']:.0f} months" if found["months"] else ""
    title = f"{found['outcome']}{within}: {found['n']:,} accounts that both forecast, {found['events']:,} events"
    table = Table(
        "", "champion", "this release", "gain", "90 % interval", title=title, title_justify="left", box=SIMPLE
    )
    for name, label in _FIGURES.items():
        figure = found["figures"][name]
        ends = "undefined" if figure.get("low") is None else f"{figure['low']:+.4f} to {figure['high']:+.4f}"
        table.add_row(
            label, _number(figure, "champion"), _number(figure, "challenger"), _number(figure, "gain", "+"), ends
        )
    return table


def _number(figure: Mapping[str, Any], key: str, sign: str = "") -> str:
    value = figure.get(key)
    return "undefined" if value is None else f"{value:{sign}.4f}"
